"""Components and figures as JSON: written once, kept as it is, and put into Dash's answer without another look."""

import base64
from datetime import date
from typing import Any

import numpy as np
import orjson
from dash.development.base_component import Component

from webapp.components.plain import folded


def dump(content: Any) -> bytes:
    """Components, figures and plain values as JSON; arrays as plotly.js takes them: typed, in base64."""
    return orjson.dumps(folded(content), default=_plain)


def fragment(json: bytes) -> Any:
    """JSON that goes into an answer as it is."""
    return orjson.Fragment(json)


def _plain(value: Any) -> Any:
    if isinstance(value, Component):
        return value.to_plotly_json()
    if isinstance(value, np.ndarray):
        # "f4" and the like; plotly.js reads the bytes without parsing a number.
        typed = {"dtype": value.dtype.str[1:], "bdata": base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()}
        # Without its shape a table would be taken for one long row.
        return typed if value.ndim == 1 else {**typed, "shape": ", ".join(map(str, value.shape))}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be sent to a browser")
