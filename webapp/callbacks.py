"""What happens when the reader does something: each callback reads the address, asks a page, and sends what it says."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, no_update

from pipeline.campaigns import Campaigns
from webapp import payload, routes
from webapp.access import visitor
from webapp.components import states
from webapp.jobs import Jobs
from webapp.memo import Memo
from webapp.pages import customer, customers, dataset, migration
from webapp.pages.ask import Ask
from webapp.store import Store
from webapp.theme import Theme

# What a callback that follows the address is told.
_ADDRESS = (Input("address", "search"), State("address", "pathname"), State("theme", "data"))


def theme_of(value: str | None) -> Theme:
    """The theme that a cookie or a browser names; light for anything else."""
    return "dark" if value == "dark" else "light"


@dataclass(frozen=True)
class Answers:
    """What pages say, each worked out once per run, address and theme."""

    store: Store
    memo: Memo
    jobs: Jobs
    campaigns: Campaigns
    upload_bytes: int

    def ask(self, search: str | None, path: str | None, theme: str) -> Ask:
        """A request for what the current run says at an address."""
        role = visitor.current().role
        shown = self.store.snapshot()
        return Ask(self.store, shown, path or "/", search or "", theme_of(theme), self.jobs, self.campaigns, self.upload_bytes, role)

    def kept(self, name: str, ask: Ask, make: Callable[[], Any]) -> Any:
        """What `make` returns, which is called `name`; kept where it depends on nothing but the run and the address."""
        if not routes.depends_on_run_alone(ask):
            return make()
        return self.memo.get(ask.snapshot.run_id, name, [ask.path, ask.search, ask.theme], make)


def add_pages(app: Dash, answers: Answers) -> None:
    """A page comes when the path changes; what it has below its heading when the rest of the address does."""

    @app.callback(
        Output("page", "children"),
        Output("page-title", "data"),
        Input("address", "pathname"),
        Input("theme", "data"),
        State("address", "search"),
    )
    def show_page(path: str | None, theme: str, search: str | None) -> tuple[Any, str]:
        ask = answers.ask(search, path, theme)

        def make() -> tuple[bytes, str]:
            content, title = routes.layout(ask)
            return payload.dump(content), title

        content, title = answers.kept("page", ask, make)
        return payload.fragment(content), title

    @app.callback(Output("view", "children"), Output("viewed", "data"), *_ADDRESS, State("viewed", "data"), prevent_initial_call=True)
    def show_view(search: str | None, path: str | None, theme: str, before: str | None) -> tuple[Any, Any]:
        ask = answers.ask(search, path, theme)
        now = routes.viewed(ask)
        # What is supposed is told by itself.
        if now == before:
            return no_update, no_update
        return _sent(answers.kept("view", ask, lambda: payload.dump(routes.view(ask)))), now


def add_datasets(app: Dash, answers: Answers) -> None:
    """On a dataset's page each part is written by itself: charts that are there are drawn over and not anew."""
    places = [Output(*place) for place in dataset.OUTPUTS]

    @app.callback(*places, *_ADDRESS, State("map", "drawn"), prevent_initial_call=True)
    def show_filtered(search: str | None, path: str | None, theme: str, drawn: str) -> list[Any]:
        ask = answers.ask(search, path, theme)
        if not dataset.matches(ask):
            return [no_update] * len(places)
        values = answers.kept(f"filtered {drawn}", ask, lambda: [payload.dump(value) for value in dataset.changed(ask, drawn)])
        return [_sent(value) for value in values]

    @app.callback(
        Output("map", "closer"),
        Input("map-zoom", "data"),
        State("address", "pathname"),
        State("theme", "data"),
        prevent_initial_call=True,
    )
    def show_closer(asked: dict[str, Any], path: str | None, theme: str) -> Any:
        ask, part = answers.ask(str(asked.get("search") or ""), path, theme), asked.get("part")
        if not dataset.matches(ask):
            return no_update
        return _sent(answers.kept(f"closer {part}", ask, lambda: payload.dump(dataset.closer(ask, part))))


def add_below(app: Dash, answers: Answers) -> None:
    """What is below the fold comes when the reader is near: most look at what is above it alone."""

    def add(name: str, page: ModuleType, make: Callable[[Ask], Any]) -> None:
        @app.callback(
            Output(f"{name}-slot", "children"),
            Input(f"{name}-ask", "data"),
            State("address", "pathname"),
            State("theme", "data"),
            prevent_initial_call=True,
        )
        def show(search: str | None, path: str | None, theme: str) -> Any:
            ask = answers.ask(search, path, theme)
            return _sent(answers.kept(name, ask, lambda: payload.dump(make(ask) if page.matches(ask) else None)))

    add("lens", dataset, dataset.lens)
    add("rest", customer, customer.rest)
    add("movers-list", migration, migration.movers_of)
    add("staying", migration, migration.staying_of)


def add_supposed(app: Dash, answers: Answers) -> None:
    """What would be is told by itself: what is stays as it is drawn."""

    @app.callback(Output("supposed", "children"), *_ADDRESS, prevent_initial_call=True)
    def show_supposed(search: str | None, path: str | None, theme: str) -> Any:
        ask = answers.ask(search, path, theme)
        return _sent(answers.kept("supposed", ask, lambda: payload.dump(routes.supposed(ask))))


def _sent(value: bytes) -> Any:
    """JSON as it is; null stands for what stays."""
    return no_update if value == b"null" else payload.fragment(value)


def add_search(app: Dash, store: Store, searched: Callable[[str], bool]) -> None:
    """The box of every page, and the page of customers: suggestions as an id is typed; Enter opens the first.

    `searched` is told of what is searched for, and says whether it may be.
    """

    def ask() -> Ask:
        return Ask(store, store.snapshot(), "/customers", "", "light")

    def allowed(text: str | None) -> bool:
        return not text or searched(text)

    @app.callback(Output("search-results", "children"), Input("search", "value"), prevent_initial_call=True)
    def suggest(text: str | None) -> list[Any]:
        return customers.suggestions(ask(), text or "") if allowed(text) else [states.too_many()]

    @app.callback(Output("found", "children"), Input("q", "value"), prevent_initial_call=True)
    def find(text: str | None) -> list[Any]:
        return customers.found(ask(), text or "") if allowed(text) else [states.too_many()]

    def open_first(submitted: int | None, text: str | None) -> Any:
        found = customers.first(ask(), text or "") if submitted and allowed(text) else None
        return found or no_update

    for field in ("search", "q"):
        opened = Output("address", "href", allow_duplicate=True)
        app.callback(opened, Input(field, "n_submit"), State(field, "value"), prevent_initial_call=True)(open_first)


def add_browser_side(app: Dash) -> None:
    """What needs no callback: filters and the address keep in step, the theme, the title, and whether another run was published."""
    controls = {"filter": ALL, "end": ALL}
    app.clientside_callback(
        ClientsideFunction("clientele", "sync"),
        Output("address", "search", allow_duplicate=True),
        Output(controls, "value"),
        Output({"chosen": ALL}, "children"),
        Input("address", "search"),
        Input(controls, "value"),
        State(controls, "id"),
        State({"chosen": ALL}, "id"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("clientele", "switchTheme"),
        Output("theme", "data"),
        Input("theme-switch", "n_clicks"),
        prevent_initial_call=True,
    )
    # Asked for by itself, not as a callback: what a person does can be told from what an open page does.
    app.clientside_callback(
        ClientsideFunction("runs", "watch"),
        Output("run-notice", "children"),
        Input("run-watch", "n_intervals"),
        State("shown-run", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("clientele", "arrive"),
        Output("page-title", "modified_timestamp"),
        Input("page-title", "data"),
        State("address", "pathname"),
        prevent_initial_call=True,
    )
