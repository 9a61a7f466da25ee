"""A guess as a block of `datasets.toml`, with a remark on every line that may need mending."""

import json
import re
from collections.abc import Iterable
from itertools import chain, count
from pathlib import Path

from pipeline.catalogue import RESERVED
from pipeline.init.guess import Guess
from pipeline.init.sample import Sample
from pipeline.naming import LONGEST, slug
from pipeline.settings import TAKEN

# Characters of a name that a number is put behind.
_LONGEST_STEM = LONGEST - 4
_REMARKS = {
    "customer_id": "whom the line belongs to",
    "order_id": "lines of one order share it",
    "time": "when it was bought",
    "quantity": "negative when given back",
    "unit_price": "of one piece",
    "amount": "what the line comes to",
    "country": "optional",
}


def name_for(file: Path) -> str:
    """A name for the dataset made of the file's."""
    name = slug(file.stem, "data")
    return f"own_{name}" if name in RESERVED else name


def write(name: str, file: str, sample: Sample, guess: Guess) -> str:
    """The block, to be put at the end of a catalogue."""
    lines = [f"[{name}]", _line("kind", guess.kind, _kind(guess)), _line("file", file)]
    layout = sample.layout
    lines += [_line("sheets", layout.sheets, "every sheet, stacked; or a list of names")] if layout.sheets else []
    lines += [_line("encoding", layout.encoding, "what it seems to be written in")] if layout.encoding != "utf-8" else []
    lines += [_line("decimal", guess.decimal, "numbers are written 1.234,50")] if guess.decimal == "," else []
    lines.append(_line("k", guess.k, "how many clusters"))
    lines += _orders(name, guess) if guess.kind == "transactions" else _customers(guess)
    return "\n".join(lines) + "\n"


def _orders(name: str, guess: Guess) -> list[str]:
    code, said = guess.currency
    lines = [_line("currency", code, "as its headers say" if said else "a guess: the file does not say")]
    if guess.time_format:
        lines.append(_line("time_format", guess.time_format, "how times are written"))
    if guess.cancellation_prefix:
        lines.append(_line("cancellation_prefix", guess.cancellation_prefix, "an order id that starts with it is a cancellation"))
    if "order_id" not in guess.roles:
        lines.append(_line("order_per", "day", 'without order ids, what a customer buys in a day is one order; or "timestamp"'))
    lines += ["", f"[{name}.columns]"]
    return lines + [_line(role, guess.roles[role], remark) for role, remark in _REMARKS.items() if role in guess.roles]


def _customers(guess: Guess) -> list[str]:
    lines = [_line("customer_id", guess.roles["customer_id"]), 'scaling = "standard"']
    if guess.gaps:
        lines.append(_line("missing", "reject", 'customers without a value are kept out; "median" fills it in'))
    names = _feature_names([*guess.features, *guess.categories])
    lines.append("features = [")
    for header, words in guess.features.items():
        codes = ", ".join(f"{_text(word)} = {code}" for code, word in enumerate(words))
        lines.append(_feature(names[header], header, f", codes = {{ {codes} }}" if codes else ""))
    if guess.categories:
        lines.append("    # Categories: take the # away to let them shape the segments, each word as a yes or no. Where words")
        lines.append("    # have an order, give them numbers instead: codes = { low = 0, high = 1 }.")
    for header, words in guess.categories.items():
        listed = ", ".join(map(_text, words))
        lines.append(f"    # {_feature(names[header], header, f', one_hot = [{listed}]').lstrip()}")
    lines.append(f"{']':<37} # leave out what should not shape the segments")
    return lines + [f"# Not used: {_text(header)}, {why}." for header, why in guess.left_out.items()]


def _feature(name: str, header: str, more: str) -> str:
    return f"    {{ name = {_text(name)}, column = {_text(header)}{more} }},"


def _feature_names(headers: Iterable[str]) -> dict[str, str]:
    """Header to a name that a feature may have, no two alike."""
    names: dict[str, str] = {}
    for header in headers:
        words = slug(re.sub(r"\(.*?\)", "", header), "feature")
        words = f"{words}_value" if words in TAKEN else words
        candidates = chain([words], (f"{words[:_LONGEST_STEM]}_{at}" for at in count(2)))
        names[header] = next(name for name in candidates if name not in names.values())
    return names


def _kind(guess: Guess) -> str:
    return "a row is an order line" if guess.kind == "transactions" else "a row is a customer"


def _line(key: str, value: object, remark: str = "") -> str:
    written = f"{key} = {_text(value) if isinstance(value, str) else value}"
    return f"{written:<37} # {remark}" if remark else written


def _text(value: str) -> str:
    # A TOML basic string is written as JSON writes one.
    return json.dumps(value, ensure_ascii=False)
