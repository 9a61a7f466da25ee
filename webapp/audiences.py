"""Audiences of campaigns: customers dealt into those to be contacted and a control group, and taken along as a file.

POST /audiences/{dataset}?FILTERS     a form with `name` and `share` (in percent): the groups are drawn, and the campaign's page is next
GET  /audiences/{campaign}/{file}     audience.csv and audience.xlsx: everyone with their group; contacts.csv and contacts.xlsx: without the
                                      control group
"""

import logging
import re
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from pipeline import formats
from pipeline.campaigns import ASSIGNMENT, CONTACT, LEAST, LEAST_SHARE, LONGEST_NAME, MOST_SHARE, Campaign, Campaigns, Draw
from pipeline.errors import ClienteleError
from pipeline.exports.listing import Listing, explained, of_batches
from webapp import notice
from webapp.access import visitor
from webapp.as_file import as_file
from webapp.choice import in_words
from webapp.exports.lists import RefusedError
from webapp.media import LISTS
from webapp.store import Store
from webapp.views import audience
from webapp.views.scope import Scope

_MOST_BYTES = 10_000
_SEEDS = 2**31
# What a dataset's settings say of how its files are written.
_WRITTEN = ("sheets", "delimiter", "encoding", "decimal")
_NAMES = {"audience": False, "contacts": True}
_log = logging.getLogger(__name__)


class Audiences:
    """What stands at /audiences.

    Attributes:
        app: Answers its routes.
    """

    def __init__(self, store: Store, campaigns: Campaigns, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Draw from the current run of `store`, and keep campaigns; `now` is told in UTC."""
        self._store, self._campaigns, self._now = store, campaigns, now
        limited = [Middleware(RequestBodyLimitMiddleware, max_body_size=_MOST_BYTES)]
        self.app = Starlette(
            routes=[
                Route("/{dataset}", self._hold_out, methods=["POST"], middleware=limited),
                Route("/{campaign}/{file}", self._file),
            ],
            exception_handlers={HTTPException: _explained},
        )

    async def _hold_out(self, request: Request) -> Response:
        async with request.form(max_files=0, max_fields=3) as form:
            name, share = (str(form.get(field) or "") for field in ("name", "share"))
        campaign = await run_in_threadpool(self._drawn, request.path_params["dataset"], request.url.query, name, share)
        return RedirectResponse(f"/campaigns/{campaign.id}", 303)

    def _drawn(self, dataset: str, query: str, name: str, share: str) -> Campaign:
        """Draw the groups of a new campaign, and keep them."""
        snapshot = self._store.snapshot()
        if dataset not in snapshot.datasets:
            raise HTTPException(404, f"No dataset is called {dataset!r}. There are: {', '.join(snapshot.datasets)}.")
        scope = Scope(snapshot, dataset).narrowed(query)
        name, held = _name(name), _share(share)
        customers = audience.size(scope)
        control = audience.control_of(customers, held)
        if min(control, customers - control) < LEAST:
            raise HTTPException(
                422,
                f"{formats.share(held)} of {formats.plural(customers, 'customer')} is a control group of {control}, and each group needs "
                f"{LEAST} or more. Choose more customers, or another share.",
            )
        draw = self._draw(scope, name, held)
        try:
            return self._campaigns.keep(draw, lambda: audience.groups(scope, draw.key, control))
        except (OSError, ClienteleError) as error:
            _log.exception("a campaign could not be kept")
            why = str(error) if isinstance(error, ClienteleError) else error.strerror
            raise HTTPException(
                503, f"The campaign could not be kept: {why}. Whoever runs this has to let the server write there."
            ) from None

    def _draw(self, scope: Scope, name: str, share: float) -> Draw:
        now, settings = self._now(), scope.record.settings
        return Draw(
            id=f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
            name=name,
            dataset=scope.name,
            run_id=scope.snapshot.run_id,
            created_at=now,
            created_by=visitor.current().name,
            seed=secrets.randbelow(_SEEDS),
            share=share,
            choice=in_words(scope.filters, scope.record),
            query=scope.filters.to_query(),
            id_column=settings["columns"]["customer_id"] if scope.sells else settings["customer_id"],
            currency=scope.currency,
            as_of=scope.record.as_of,
            **{name: settings[name] for name in _WRITTEN if name in settings},
        )

    def _file(self, request: Request) -> Response:
        """The audience, or those of it who are to be contacted."""
        try:
            response = self._listed(request.path_params["campaign"], request.path_params["file"])
        except RefusedError as error:
            response = PlainTextResponse(f"{error}\n", error.status)
        except ClienteleError as error:
            response = PlainTextResponse(f"{error}\n", 503)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def _listed(self, campaign_id: str, file: str) -> Response:
        campaign = self._campaigns.find(campaign_id)
        if campaign is None:
            raise RefusedError(404, f"There is no campaign {campaign_id!r}.")
        name, _, ending = file.rpartition(".")
        if name not in _NAMES or ending not in LISTS:
            raise RefusedError(
                404, f"There is no {file!r}. There are: {', '.join(f'{name}.{ending}' for name in _NAMES for ending in LISTS)}."
            )
        found = _listing(campaign, self._campaigns.assignment(campaign), only_contacts=_NAMES[name])
        slug = re.sub(r"[\s/\\]+", "-", campaign.name)
        return as_file(found, ending, file=f"{slug}-{name}-{campaign.created_at:%Y%m%d}", sheet=name, about=_about(campaign, found))


def _name(text: str) -> str:
    name = " ".join("".join(filter(lambda sign: sign.isprintable() or sign.isspace(), text)).split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise HTTPException(422, f"A campaign needs a name of 1 to {LONGEST_NAME} characters. Go back and type one.")
    return name


def _share(text: str) -> float:
    """A share of 1, of a number of percent."""
    least, most = LEAST_SHARE * 100, MOST_SHARE * 100
    if not re.fullmatch(r"\d{1,2}(\.\d{1,4})?", text) or not least <= float(text) <= most:
        raise HTTPException(422, f"The share of the control group is {text[:20]!r}. Go back and type a number from {least:g} to {most:g}.")
    return float(text) / 100


def _listing(campaign: Campaign, assignment: Path, *, only_contacts: bool) -> Listing:
    rows = campaign.contact if only_contacts else campaign.contact + campaign.control
    choice = f"{campaign.choice}; without the control group" if only_contacts else campaign.choice
    return of_batches(_batches(assignment, only_contacts=only_contacts), rows, ASSIGNMENT.columns, choice)


def _batches(assignment: Path, *, only_contacts: bool) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(assignment) as file:
        for batch in file.iter_batches():
            yield batch.filter(pc.equal(batch["group"], CONTACT)) if only_contacts else batch


def _about(campaign: Campaign, found: Listing) -> list[tuple[Any, ...]]:
    """Rows for a reader who has only the file."""
    said: list[tuple[Any, ...]] = [
        ("Campaign", campaign.name),
        ("Rows", found.rows),
        ("Which", found.choice),
        ("To be contacted", campaign.contact),
        ("Control group", campaign.control),
        ("Share held out", f"{campaign.share:.2%}"),
        ("Seed", campaign.seed),
        ("Drawn (UTC)", campaign.created_at.replace(tzinfo=None, microsecond=0)),
        ("Run", campaign.run_id),
    ]
    return [*said, ("",), *explained(found.columns, campaign.currency)]


def _explained(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return notice.refused(error.detail, error.status_code)
