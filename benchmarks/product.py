"""The product as the Procfile runs it, and the questions that benchmarks put to it."""

import json
import os
import secrets
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from argon2 import PasswordHasher

from benchmarks.measure import Line
from webapp.pages import dataset

ROOT = Path(__file__).resolve().parent.parent
PORT = 8059
HOME = f"http://127.0.0.1:{PORT}"
DATASET = "retail"
PASSWORD = "two hundred people at once"  # of accounts that live as long as a benchmark


def published(out: Path) -> Path:
    """A run of the real data, built into `out`."""
    subprocess.run([sys.executable, "-m", "pipeline", "build", "--out", str(out)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return out


@contextmanager
def server(artifacts: Path, *, people: int = 0, patience: float = 60) -> Iterator[tuple[psutil.Process, float]]:
    """The product as the Procfile runs it, one worker; yields the worker's process and the seconds until all of it was there.

    So many `people` have accounts, `user0` and so on, all with `PASSWORD`; with none of them nobody has to sign in. `patience` is how many
    seconds it may take to be there.
    """
    command = ["sh", "-c", f"exec env {(ROOT / 'Procfile').read_text(encoding='utf-8').removeprefix('web: ').strip()}"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "CLIENTELE_ARTIFACTS": str(artifacts), **_access(people), "PATH": path, "PORT": str(PORT), "WEB_CONCURRENCY": "1"}
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _ready():
            if process.poll() is not None or time.perf_counter() - started > patience:
                sys.exit(f"the server did not become ready within {patience:.0f} s")
            threading.Event().wait(0.05)
        seconds = time.perf_counter() - started
        yield max(psutil.Process(process.pid).children(recursive=True), key=lambda child: child.memory_info().rss), seconds
    finally:
        process.terminate()
        process.wait(timeout=20)


def _access(people: int) -> dict[str, str]:
    if not people:
        return {"CLIENTELE_AUTH": "none"}
    hashed = PasswordHasher().hash(PASSWORD)
    lines = " ".join(f"user{number}:analyst:{hashed}" for number in range(people))
    return {"CLIENTELE_AUTH": "local", "CLIENTELE_URL": HOME, "CLIENTELE_SECRET": secrets.token_urlsafe(32), "CLIENTELE_USERS": lines}


def _ready() -> bool:
    """Whether the pages can be shown, and the lookup, which is loaded beside and answers once it is there, or is for whoever signs in."""
    try:
        for path in ("/readyz", "/lookup/"):
            urllib.request.urlopen(f"{HOME}{path}", timeout=30).close()
    except urllib.error.HTTPError as error:
        return error.code == 401
    except OSError:
        return False
    return True


def ids(artifacts: Path) -> list[str]:
    """Ids of customers, in no order that means anything."""
    import duckdb

    run = artifacts / "runs" / (artifacts / "CURRENT").read_text(encoding="utf-8").strip()
    rows = duckdb.sql(f"SELECT customer_id FROM '{run / DATASET / 'customers.parquet'}' ORDER BY hash(customer_id)").fetchall()
    return [row[0] for row in rows]


def timed(count: int, ask: Callable[[int], dict[str, Any]]) -> list[float]:
    """Milliseconds of questions asked one after another."""
    return [post(ask(at)) for at in range(count)]


def together(clients: int, each: int, ask: Callable[[int, int], dict[str, Any]]) -> list[float]:
    """The same of several clients at once."""
    with ThreadPoolExecutor(clients) as pool:
        parts = pool.map(lambda client: [post(ask(client, at)) for at in range(each)], range(clients))
    return [spent for part in parts for spent in part]


def post(body: dict[str, Any]) -> float:
    """Milliseconds of one callback, over HTTP as the browser asks for it."""
    request = urllib.request.Request(
        f"{HOME}/_dash-update-component", json.dumps(body).encode(), {"Content-Type": "application/json", "Accept-Encoding": "gzip"}
    )
    begun = time.perf_counter()
    with urllib.request.urlopen(request, timeout=30) as answer:
        if answer.status != 200 or not answer.read():
            sys.exit(f"{body['output']} was not answered")
    return (time.perf_counter() - begun) * 1000


def _callback(outputs: list[tuple[str, str]], inputs: list[tuple[str, str, Any]], state: list[tuple[str, str, Any]]) -> dict[str, Any]:
    named = [{"id": component, "property": prop} for component, prop in outputs]
    joined = "...".join(f"{component}.{prop}" for component, prop in outputs)
    return {
        "output": f"..{joined}.." if len(outputs) > 1 else joined,
        "outputs": named if len(outputs) > 1 else named[0],
        "inputs": [{"id": component, "property": prop, "value": value} for component, prop, value in inputs],
        "state": [{"id": component, "property": prop, "value": value} for component, prop, value in state],
        "changedPropIds": [f"{inputs[0][0]}.{inputs[0][1]}"],
    }


def view(search: str, name: str = DATASET) -> dict[str, Any]:
    """A change of filters."""
    state = [("address", "pathname", f"/{name}"), ("theme", "data", "light"), ("map", "drawn", "persona")]
    return _callback(list(dataset.OUTPUTS), [("address", "search", search)], state)


def page(path: str, search: str = "") -> dict[str, Any]:
    """A page, as the browser asks for it."""
    outputs = [("page", "children"), ("page-title", "data")]
    return _callback(outputs, [("address", "pathname", path), ("theme", "data", "light")], [("address", "search", search)])


def lens(search: str) -> dict[str, Any]:
    """The charts below the fold, as the reader comes near."""
    state = [("address", "pathname", f"/{DATASET}"), ("theme", "data", "light")]
    return _callback([("lens-slot", "children")], [("lens-ask", "data", search)], state)


def rest(path: str) -> dict[str, Any]:
    """What is below the fold of a record of a crowd's customer, as the reader comes near."""
    state = [("address", "pathname", path), ("theme", "data", "light")]
    return _callback([("rest-slot", "children")], [("rest-ask", "data", "")], state)


def zoom(search: str, part: list[float]) -> dict[str, Any]:
    """A closer look at a part of a crowd's map: left, low, right, high."""
    state = [("address", "pathname", f"/{DATASET}"), ("theme", "data", "light")]
    return _callback([("map", "closer")], [("map-zoom", "data", {"search": search, "part": part})], state)


def mixed(ids: list[str], at: int) -> dict[str, Any]:
    """One of a thousand interactions, each unlike the one before."""
    match at % 4:
        case 0:
            return view(f"?monetary={at}~")
        case 1:
            return page(f"/customers/{DATASET}/{ids[at * 13 % len(ids)]}")
        case 2:
            return suggest(ids[at % len(ids)][:3])
        case _:
            return page("/")


def suggest(text: str) -> dict[str, Any]:
    """What is found as an id is typed."""
    return _callback([("search-results", "children")], [("search", "value", text)], [])


def percentile(values: list[float], share: float) -> float:
    """Of sorted values."""
    return values[min(len(values) - 1, round(share * (len(values) - 1)))]


def at_most(what: str, bar: float, value: float, unit: str) -> Line:
    """A line of the table: a value that may not be larger than its bar."""
    said = f"{value:.2f}" if unit in {"s", "MB"} and value < 10 else f"{value:.0f}"
    return Line(what, f"<= {bar:g} {unit}".strip(), f"{said} {unit}".strip(), value <= bar)
