"""What is below the fold and takes its time: it is asked for when the reader comes near."""

from typing import Any

from dash import dcc, html

from webapp.components import states


def later(name: str, of: str | None = None) -> list[Any]:
    """The place of it: `assets/later.js` writes into `name`-ask when the reader is near, and what is then made goes into `name`-slot.

    It is made of the address as it then is, and again when that changes; or of the part after the question mark that `of` says, and once.
    """
    asking = {"namespace": "clientele", "type": "Later", "props": {"ask": f"{name}-ask", "of": of}}
    return [html.Div(asking), html.Div(states.skeleton_of_chart(), id=f"{name}-slot"), dcc.Store(id=f"{name}-ask")]
