"""What surrounds every page: skip link, rail, header, banner for made-up data."""

from typing import Any

from dash import dcc, html

from pipeline import formats
from webapp.access.visitor import Visitor
from webapp.components.icon import icon
from webapp.components.plain import folded
from webapp.components.states import skeleton
from webapp.snapshot import Snapshot

_ICONS = {"profile": "shop", "transactions": "cart3"}


def shell(snapshot: Snapshot, theme: str, visitor: Visitor) -> html.Div:
    """The frame of a page; the page itself comes into `#page`. What the visitor's role may not do is not shown in it."""
    return html.Div(
        [
            dcc.Location(id="address", refresh="callback-nav"),
            dcc.Store(id="theme", data=theme),
            dcc.Store(id="shown-run", data=snapshot.run_id),
            dcc.Store(id="page-title"),
            dcc.Interval(id="run-watch", interval=10_000),
            html.A("Skip to the content", href="#page", className="skip"),
            folded(_rail(snapshot)),
            html.Div(
                [_header(snapshot, visitor), _banner(snapshot), html.Div(id="run-notice", role="status"), _main()], className="column"
            ),
        ],
        className=f"app {visitor.role}",
    )


def _main() -> html.Main:
    return html.Main(skeleton(), id="page", tabIndex=-1)


def _rail(snapshot: Snapshot) -> html.Nav:
    places = [("Overview", "/", "grid-1x2")]
    places += [(_short(record.title, name), f"/{name}", _ICONS[record.kind]) for name, record in snapshot.datasets.items()]
    places += [("Personas", "/personas", "people"), ("Customers", "/customers", "person-badge")]
    if any(record.kind == "transactions" for record in snapshot.datasets.values()):
        places.append(("Migration", "/migration", "arrow-left-right"))
    places += [("Quality", "/quality", "patch-check"), ("Data", "/data", "database")]
    links: list[Any] = [html.A([icon(name), html.Span(word)], href=href) for word, href, name in places]
    links.append(html.A([icon("search"), html.Span("Lookup")], href="/lookup/"))
    brand = html.A([html.Span(className="brand-mark", **{"aria-hidden": "true"}), html.Span("Clientele")], href="/", className="brand")
    return html.Nav([brand, html.Div(links, className="places")], className="rail", **{"aria-label": "Pages"})


def _short(title: str, name: str) -> str:
    return name.replace("_", " ").capitalize() or title


def _header(snapshot: Snapshot, visitor: Visitor) -> html.Header:
    as_of = [record.as_of for record in snapshot.datasets.values() if record.as_of]
    run = f"Built {formats.day(snapshot.run.manifest.created_at)}" + (f" · data to {formats.day(max(as_of))}" if as_of else "")
    return html.Header(
        [
            html.Div(
                [
                    html.Label("Find a customer", htmlFor="search", className="visually-hidden"),
                    icon("search"),
                    dcc.Input(id="search", type="search", placeholder="Customer id", autoComplete="off", debounce=False),
                    html.Div(id="search-results", className="results"),
                ],
                className="search",
                role="search",
                **{"aria-label": "On every page"},
            ),
            html.Span(run, className="run"),
            html.Button(
                [icon("circle-half"), html.Span("Change theme", className="visually-hidden")],
                id="theme-switch",
                className="button quiet",
                type="button",
            ),
            _leaving(visitor),
        ],
        className="top",
    )


def _leaving(visitor: Visitor) -> html.Form | None:
    """Who is signed in, and the way out; nothing where nobody has to sign in."""
    if not visitor.name:
        return None
    out = html.Button(
        [icon("box-arrow-right"), html.Span(f"Sign out {visitor.name}", className="visually-hidden")],
        className="button quiet",
        type="submit",
        title="Sign out",
    )
    return html.Form(
        [html.Span(visitor.name, className="signed-in", title=visitor.name), out], action="/logout", method="POST", className="leaving"
    )


def _banner(snapshot: Snapshot) -> html.Aside | None:
    demo = [record.title for record in snapshot.datasets.values() if record.demo]
    if not demo:
        return None
    return html.Aside(
        [icon("exclamation-triangle"), html.Span(f"Made-up data: {formats.listed(demo)}. Put your own files in place and build again.")],
        className="banner",
        **{"aria-label": "About the data"},
    )
