"""What intake and features can be computed by, and what each of the engines does in a way of its own."""

from typing import Literal

Engine = Literal["duckdb", "spark"]
