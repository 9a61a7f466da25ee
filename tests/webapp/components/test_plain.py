from typing import Any

from dash import dcc, html
from hypothesis import given
from hypothesis import strategies as st

from webapp.components.plain import folded
from webapp.components.table import table

TEXTS = st.text(max_size=3)
IDS = st.none() | st.integers(0, 99).map(str)


def element(children: Any, identity: str | None, kind: int) -> Any:
    given = {} if identity is None else {"id": identity}
    if kind == 0:
        return dcc.Store(id=identity or "store")
    return (html.Div, html.P, html.A)[kind % 3](children, className="c", **given)


TREES = st.recursive(TEXTS, lambda inner: st.builds(element, st.lists(inner, max_size=3) | inner, IDS, st.integers(0, 3)), max_leaves=12)


def unfolded(content: Any) -> Any:
    """Content as the browser draws it, whatever it was folded into."""
    if isinstance(content, list):
        return [unfolded(part) for part in content]
    if hasattr(content, "to_plotly_json"):
        content = content.to_plotly_json()
    if not isinstance(content, dict):
        return content
    if content["type"] == "Plain":
        return unfolded(content["props"]["content"])
    return {**content, "props": {name: unfolded(value) if name == "children" else value for name, value in content["props"].items()}}


def known(content: Any) -> list[Any]:
    """The components that Dash keeps books on."""
    if isinstance(content, list):
        return [one for part in content for one in known(part)]
    return [content, *known(content["props"].get("children"))] if isinstance(content, dict) else []


def ids(components: list[Any]) -> set[str]:
    return {one["props"]["id"] for one in components if "id" in one["props"]}


@given(TREES)
def test_the_same_is_drawn(tree: Any) -> None:
    assert unfolded(folded(tree)) == unfolded(tree)


@given(TREES)
def test_dash_knows_every_id_and_nothing_that_neither_has_one_nor_holds_one(tree: Any) -> None:
    kept = known(folded(tree))
    assert ids(kept) == ids(known(unfolded(tree)))
    assert all(one["type"] == "Plain" or ids([one, *known(one["props"].get("children"))]) for one in kept)


def test_a_page_without_an_id_is_one_component() -> None:
    page = html.Section([html.H2("Heading"), table(["a"], [["1"]], caption="Table"), html.A("link", href="/")])
    assert len(known(folded(page))) == 1
