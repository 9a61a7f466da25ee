"""What never changes by itself, as one component: Dash keeps books on each of its own, and looks through them at every change."""

from typing import Any

from dash.development.base_component import Component

# Of these, those without an id are nothing but text and links.
_HTML = "dash_html_components"
_OURS = "clientele"


def folded(content: Any) -> Any:
    """The same content with each part that Dash need not know made one component, which `assets/plain.js` draws.

    Content is a component, a list of contents, or plain JSON. A component with an id is one that callbacks may speak of.
    """
    found, plain = _fold(content)
    return found if not plain or _is_text(found) else _wrapped(found)


def _fold(content: Any) -> tuple[Any, bool]:
    """Content as JSON, and whether Dash need not know it; what it has to know holds wrapped what it need not."""
    if isinstance(content, list | tuple):
        parts = [_fold(part) for part in content]
        if all(plain for _, plain in parts):
            return [part for part, _ in parts], True
        return [_wrapped(part) if plain and not _is_text(part) else part for part, plain in parts], False
    if isinstance(content, dict):
        return content, content.get("namespace") == _OURS and "id" not in content["props"]
    if not isinstance(content, Component):
        return content, True
    json = content.to_plotly_json()
    children, plain = _fold(json["props"].get("children"))
    if not plain or json["namespace"] != _HTML or "id" in json["props"]:
        children, plain = children if not plain or _is_text(children) else _wrapped(children), False
    return {**json, "props": {**json["props"], **({} if children is None else {"children": children})}}, plain


def _wrapped(content: Any) -> dict[str, Any]:
    if isinstance(content, dict) and content["namespace"] == _OURS:
        return content
    return {"namespace": _OURS, "type": "Plain", "props": {"content": content}}


def _is_text(content: Any) -> bool:
    return content is None or isinstance(content, str | int | float)
