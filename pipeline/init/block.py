"""A guess as a block of `datasets.toml`, with a remark on every line that may need mending."""

import json
import re

from pipeline.catalogue import TAKEN
from pipeline.init.guess import Guess
from pipeline.init.sample import Sample

_REMARKS = {
    "customer_id": "whom the line belongs to",
    "order_id": "lines of one order share it",
    "time": "when it was bought",
    "quantity": "negative when given back",
    "unit_price": "of one piece",
    "amount": "what the line comes to",
    "country": "optional",
}


def name_for(sample: Sample) -> str:
    """A name for the dataset made of the file's."""
    words = re.sub(r"[^a-z0-9]+", "_", sample.path.stem.casefold()).strip("_")
    return (words if words[:1].isalpha() else f"data_{words}")[:40].strip("_")


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
    lines = [_line("customer_id", guess.roles["customer_id"]), 'scaling = "standard"', "features = ["]
    for header, codes in guess.features.items():
        listed = f", codes = {{ {', '.join(f'{_text(word)} = {code:g}' for word, code in codes.items())} }}" if codes else ""
        lines.append(f"    {{ name = {_text(_feature(header, guess))}, column = {_text(header)}{listed} }},")
    lines.append(f"{']':<37} # leave out what should not shape the segments")
    if guess.left_out:
        lines.append(
            f"# Not used: {', '.join(guess.left_out)}. A category of three words or more needs codes: codes = {{ low = 0, high = 1 }}"
        )
    return lines


def _feature(header: str, guess: Guess) -> str:
    """A name for a feature, no two alike."""
    names: list[str] = []
    for other in guess.features:
        words = re.sub(r"[^a-z0-9]+", "_", re.sub(r"\(.*?\)", "", other).casefold()).strip("_") or "feature"
        words = words if words[0].isalpha() else f"feature_{words}"
        words = f"{words}_value" if words in TAKEN else words
        while words in names:
            words += "_2"
        names.append(words[:40])
        if other == header:
            break
    return names[-1]


def _kind(guess: Guess) -> str:
    return "a row is an order line" if guess.kind == "transactions" else "a row is a customer"


def _line(key: str, value: object, remark: str = "") -> str:
    written = f"{key} = {_text(value) if isinstance(value, str) else value}"
    return f"{written:<37} # {remark}" if remark else written


def _text(value: str) -> str:
    # A TOML basic string is written as JSON writes one.
    return json.dumps(value, ensure_ascii=False)
