"""Records as lines, and whose records go through them."""

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Mapping

import pytest

from tests.conftest import ROOT
from webapp import logs, request_id
from webapp.access.settings import SettingsError


def record(level: int = logging.INFO, message: str = "done", *, error: Exception | None = None, **more: object) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("webapp.part", level, "part.py", 1, message, None, info)
    vars(made).update(more)
    return made


@pytest.fixture
def fault() -> Exception:
    quoted = "17850"
    try:
        raise ValueError(f"customer {quoted}")
    except ValueError as error:
        return error


class TestFormat:
    @pytest.mark.parametrize(
        ("environment", "kind"),
        [
            ({}, logs.Text),
            ({"DYNO": "web.1"}, logs.Json),
            ({"CLIENTELE_LOG": "json"}, logs.Json),
            ({"CLIENTELE_LOG": "text", "DYNO": "web.1"}, logs.Text),
            ({"CLIENTELE_LOG": ""}, logs.Text),
        ],
    )
    def test_follows_the_environment(self, environment: Mapping[str, str], kind: type) -> None:
        assert type(logs.formatter(environment)) is kind

    def test_one_that_is_none_is_refused(self) -> None:
        with pytest.raises(SettingsError, match="CLIENTELE_LOG='xml' is no format"):
            logs.formatter({"CLIENTELE_LOG": "xml"})


class TestJson:
    def test_a_record_is_one_object_with_its_logger_and_message(self) -> None:
        said = json.loads(logs.Json().format(record(created=0.25)))
        assert said == {
            "time": "1970-01-01T00:00:00.250+00:00",
            "level": "info",
            "request": request_id.current(),
            "logger": "webapp.part",
            "message": "done",
        }

    def test_fields_stand_in_the_place_of_a_message(self) -> None:
        said = json.loads(logs.Json().format(record(fields={"status": 200})))
        assert {name: said.get(name) for name in ("status", "message", "logger")} == {"status": 200, "message": None, "logger": None}

    def test_a_fault_is_one_line_without_values(self, fault: Exception) -> None:
        line = logs.Json().format(record(logging.ERROR, "Exception in ASGI application\n", error=fault))
        said = json.loads(line)
        assert (line.count("\n"), said["message"]) == (0, "Exception in ASGI application")
        assert said["fault"].endswith("ValueError")
        assert "17850" not in line

    def test_what_others_send_cannot_begin_a_line(self) -> None:
        assert "\n" not in logs.Json().format(record(message='x\n{"level": "info"}'))


class TestText:
    def test_what_is_in_order_is_time_and_message(self) -> None:
        assert re.fullmatch(r"\d\d:\d\d:\d\d  done", logs.Text().format(record()))

    def test_what_is_not_says_how_bad_it_is_and_where(self, fault: Exception) -> None:
        made = request_id.begin()
        first, *rest = logs.Text().format(record(logging.ERROR, error=fault)).splitlines()
        assert first[10:] == f"ERROR  done  (request {made})"
        assert rest[-1] == "ValueError"
        assert "17850" not in " ".join(rest)


OTHERS = """
import logging, os, threading, warnings
from webapp import logs

for name in ("uvicorn.access", "uvicorn.error", "gunicorn.error", "gunicorn.access"):
    logging.getLogger(name).addHandler(logging.StreamHandler())
    logging.getLogger(name).setLevel("INFO")
    logging.getLogger(name).propagate = False
logs.configure()
logging.getLogger("uvicorn.access").info("GET /customers/retail/17850")
logging.getLogger("gunicorn.access").info("GET /customers/retail/17850")
logging.getLogger("uvicorn.error").info("started")
logging.getLogger("gunicorn.error").info("booted")
logging.getLogger("elsewhere").info("quiet")
logging.getLogger("webapp.part").info("ours")
warnings.warn("old")
thread = threading.Thread(target=lambda: {}["17850"])
thread.start()
thread.join()
"""


def test_all_records_of_a_process_are_lines_of_one_form_and_none_holds_an_address() -> None:
    environment = os.environ | {"CLIENTELE_LOG": "json"}
    ended = subprocess.run(
        [sys.executable, "-c", OTHERS], cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    said = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(line["logger"], line["level"]) for line in said] == [
        ("uvicorn.error", "info"),
        ("gunicorn.error", "info"),
        ("webapp.part", "info"),
        ("py.warnings", "warning"),
        ("webapp.logs", "error"),
    ]
    assert said[-1]["fault"].endswith("KeyError")
    assert ended.stderr == ""
    assert "17850" not in ended.stdout.replace('{}[\\"17850\\"]', "")
