"""A customer's record as HTML, and the words where there is none. All that comes from data is escaped here."""

from html import escape
from typing import Any

from pipeline import formats
from webapp.components import links
from webapp.lookup.answer import Found, Nothing, Standing
from webapp.theme import persona_colours


def record(found: Found, *, home: bool, every: int = 1) -> str:
    """The record; `home` says whether the application is there to link to, `every` how many customers a dot on the map is one of."""
    customer, persona = found.customer, found.persona
    colour = persona_colours(found.personas)[persona["persona"]]
    parts = [
        f'<p class="lk-who">Customer <b>{_text(customer["customer_id"])}</b> · {_text(_cluster(found))}</p>',
        f'<h2 class="lk-persona"><span class="lk-dot" style="background:{colour}"></span>{_text(persona["persona"])}</h2>',
        _grade(found, home=home),
        f'<p class="lk-lead">{_text(persona["summary"])}</p>',
        f'<h3>What to do</h3><ul class="lk-actions">{"".join(f"<li>{_text(action)}</li>" for action in persona["actions"])}</ul>',
        f"<h3>Against all customers</h3>{_standings(found.standings, colour)}",
        _bought(found) if found.scope.sells else "",
        f"<h3>How sure</h3><p>{_text(found.sure)}</p>",
        f"<h3>Why this persona</h3><p>{_text(persona['reason'])}</p>",
        f'<p class="lk-note">{_map_note(every)}</p>',
        _way_home(found) if home else "",
    ]
    return _block("lk-record", parts)


def nothing(found: Nothing) -> str:
    """Why there is no record."""
    return _block("lk-nothing", [f"<h2>{_text(found.heading)}</h2><p>{_text(found.text)}</p>"])


def _block(name: str, parts: list[str]) -> str:
    # One element without line breaks: what stands in it is taken as HTML and never read as Markdown.
    return f'<section class="lk-card {name}">{"".join(parts)}</section>'


def _standings(standings: list[Standing], colour: str) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_text(row.name)}</th><td class="lk-value">{_text(row.value)}</td>'
        f'<td class="lk-words">{_bar(row.ahead, colour)}{_text(row.words)}</td></tr>'
        for row in standings
    )
    return f'<table class="lk-standings"><tbody>{rows}</tbody></table>'


def _bar(ahead: float | None, colour: str) -> str:
    """Where the customer stands among all; the words beside it say the same."""
    if ahead is None:
        return ""
    return f'<span class="lk-bar"><span style="left:{ahead:.1%};background:{colour}"></span></span>'


def _bought(found: Found) -> str:
    customer = found.customer
    words = [formats.plural(customer["orders"], "order")]
    if not formats.is_nothing(customer["first_order"]):
        words.append(f"first {formats.day(customer['first_order'])}, last {formats.day(customer['last_order'])}")
    if customer["country"]:
        words.append(customer["country"])
    return f'<p class="lk-note">{_text(" · ".join(words))}</p>'


def _cluster(found: Found) -> str:
    row = found.cluster
    return f"cluster {row['cluster']} ({formats.plural(row['customers'], 'customer')}, {formats.share(row['share'])} of all)"


def _map_note(every: int) -> str:
    drawn = "each customer" if every == 1 else f"one customer in {every}"
    return f"On the map a dot stands for {drawn}; those near each other are alike."


def _grade(found: Found, *, home: bool) -> str:
    """How surely the persona is found again, leading to what is behind it."""
    if found.grade is None:
        return ""
    said = f'class="lk-grade" title="{_text(found.grade.meaning)}"'
    if not home:
        return f"<p><span {said}>{_text(found.grade.word)}</span></p>"
    address = links.quality_path(found.scope.name)
    return f'<p><a {said} href="{escape(address)}">{_text(found.grade.word)}</a></p>'


def _way_home(found: Found) -> str:
    address = links.customer_path(found.scope.name, found.customer["customer_id"])
    return f'<p><a class="lk-more" href="{escape(address)}">Open the full record</a></p>'


def _text(value: Any) -> str:
    # A line break would end the HTML and begin Markdown; a sign stays with its number.
    return escape(" ".join(str(value).split())).replace(" %", "\u00a0%")
