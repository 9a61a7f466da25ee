"""What is below the fold and takes its time: it is asked for when the reader comes near."""

from typing import Any

from dash import dcc, html

from webapp.components import states


def later(name: str) -> list[Any]:
    """The place of it: `assets/later.js` writes into `name`-ask when the reader is near, and what is then made goes into `name`-slot."""
    asking = {"namespace": "clientele", "type": "Later", "props": {"ask": f"{name}-ask"}}
    return [html.Div(asking), html.Div(states.skeleton_of_chart(), id=f"{name}-slot"), dcc.Store(id=f"{name}-ask")]
