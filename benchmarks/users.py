"""People who look at customers, each with a mind of their own and time to think: the clients of `benchmarks.load`, in a process of theirs.

    python -m benchmarks.users ADDRESS ARTIFACTS USERS SECONDS

Prints a line once all are signed in, and in the end what came of it as JSON: for each kind of request its milliseconds, and the
errors in words.
"""

import asyncio
import json
import random
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from benchmarks import product
from benchmarks.product import DATASET

SEED, THINKING_SECONDS = 7, 5.0
# Of what somebody does next, how much is what.
HABITS = {"filter": 34, "page": 20, "customer": 16, "suggest": 12, "chart": 8, "lookup": 6, "leave": 3, "download": 1}
PAGES = ("/", f"/{DATASET}", "/mall", f"/customers/{DATASET}", "/quality", "/data")
COUNTRIES = ("United Kingdom", "Germany", "France", "Spain", "Belgium", "Portugal", "Netherlands", "Switzerland")
LISTS = ("customers.csv", "personas.csv", "rejected.csv", "customers.xlsx")
CALLBACKS = "/_dash-update-component"


@dataclass
class Seen:
    """What came of all requests: milliseconds by kind, and errors in words."""

    milliseconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)


class User:
    """Somebody; the same number does the same each time."""

    def __init__(self, number: int, client: httpx2.AsyncClient, ids: list[str], seen: Seen) -> None:
        """Ask through `client` and note it in `seen`; `ids` are customers."""
        self._dice = random.Random(SEED * 10_000 + number)
        self._client, self._ids, self._seen = client, ids, seen
        self._search = ""
        self._name = f"user{number}"
        self._held: dict[str, str] = {}

    async def sign_in(self) -> None:
        """Get a session. Its cookie is for https: a client of this machine alone has to send it by hand."""
        answer = await self._client.post("/login", data={"name": self._name, "password": product.PASSWORD})
        if answer.status_code != 303:
            sys.exit(f"{self._name} could not sign in: {answer.status_code}")
        self._held = {"Cookie": answer.headers["set-cookie"].split(";")[0]}

    async def live(self, until: float) -> None:
        """Come, look around, think in between, leave and come again, until a moment of the monotonic clock."""
        arrived = False
        while True:
            thought = self._dice.expovariate(1 / THINKING_SECONDS)
            if time.monotonic() + thought >= until:
                return
            await asyncio.sleep(thought)
            habit = self._dice.choices([*HABITS], [*HABITS.values()])[0] if arrived else "arrive"
            await getattr(self, f"_{habit}")()
            arrived = habit != "leave"

    async def _arrive(self) -> None:
        """What a browser asks for that has the scripts already."""
        self._search, path = "", self._dice.choice(PAGES)
        await self._ask("arrive", "GET", path)
        await asyncio.gather(self._ask("frame", "GET", "/_dash-layout"), self._ask("frame", "GET", "/_dash-dependencies"))
        await self._call("page", product.page(path))

    async def _leave(self) -> None:
        """A tab that is closed asks for nothing."""

    async def _filter(self) -> None:
        match self._dice.randrange(4):
            case 0:
                self._search = f"?country={self._dice.choice(COUNTRIES)}"
            case 1:
                self._search = f"?recency_days=~{self._dice.randrange(10, 700)}"
            case 2:
                self._search = f"?monetary={self._dice.randrange(5_000)}~"
            case _:
                self._search = ""
        await self._call("filter", product.view(self._search))

    async def _chart(self) -> None:
        await self._call("chart", product.lens(self._search))

    async def _page(self) -> None:
        await self._call("page", product.page(self._dice.choice(PAGES)))

    async def _customer(self) -> None:
        await self._call("customer", product.page(f"/customers/{DATASET}/{self._dice.choice(self._ids)}"))

    async def _suggest(self) -> None:
        """An id, typed letter by letter."""
        for length in range(1, 4):
            await self._call("suggest", product.suggest(self._dice.choice(self._ids)[:length]))

    async def _lookup(self) -> None:
        question = {"data": [DATASET, self._dice.choice(self._ids)], "fn_index": 0, "session_hash": "load"}
        await self._ask("lookup", "POST", "/lookup/gradio_api/run/predict", json=question)

    async def _download(self) -> None:
        await self._ask("download", "GET", f"/download/{DATASET}/{self._dice.choice(LISTS)}{self._search}")

    async def _call(self, kind: str, callback: dict[str, Any]) -> None:
        await self._ask(kind, "POST", CALLBACKS, json=callback)

    async def _ask(self, kind: str, method: str, path: str, **more: Any) -> None:
        begun = time.perf_counter()
        try:
            answer = await self._client.request(method, path, headers=self._held, **more)
        except httpx2.HTTPError as error:
            self._seen.errors.append(f"{kind}: {type(error).__name__}")
            return
        self._seen.milliseconds[kind].append((time.perf_counter() - begun) * 1000)
        if answer.status_code not in {200, 204}:
            self._seen.errors.append(f"{kind}: {answer.status_code} for {path}")


async def live(address: str, ids: list[str], users: int, seconds: float) -> Seen:
    """Let so many users live for so long."""
    seen = Seen()
    limits = httpx2.Limits(max_connections=users * 2, max_keepalive_connections=users * 2)
    async with httpx2.AsyncClient(base_url=address, limits=limits, timeout=30, verify=False) as client:
        people = [User(number, client, ids, seen) for number in range(users)]
        for user in people:  # one after the other: from one address no more than fifty may be trying
            await user.sign_in()
        print(f"{users} users are signed in", flush=True)
        until = time.monotonic() + seconds
        await asyncio.gather(*(user.live(until) for user in people))
    return seen


def main() -> None:
    """Live, and say what came of it."""
    address, artifacts, users, seconds = sys.argv[1:]
    seen = asyncio.run(live(address, product.ids(Path(artifacts)), int(users), float(seconds)))
    print(json.dumps({"milliseconds": seen.milliseconds, "errors": seen.errors}))


if __name__ == "__main__":
    main()
