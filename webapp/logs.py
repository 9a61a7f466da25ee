"""What the server writes down, a line per record on standard output: JSON where programs read it, plain text where people do."""

import json
import logging
import os
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pipeline import faults
from webapp import request_id
from webapp.access.settings import SettingsError

FORMATS = ("json", "text")
# Lines of servers that keep handlers of their own, and what they would say of each request: addresses hold customers' ids.
_SERVERS = ("gunicorn.error", "uvicorn", "uvicorn.error")
_ADDRESSES = ("gunicorn.access", "uvicorn.access")
_log = logging.getLogger(__name__)


class Json(logging.Formatter):
    """A record as one object: time, level, request, and either its `fields` or its logger and message; a fault as text."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "request": request_id.current(),
        }
        said |= getattr(record, "fields", None) or {"logger": record.name, "message": record.getMessage().strip()}
        if fault := _fault(record):
            said["fault"] = fault
        return json.dumps(said, ensure_ascii=False)


class Text(logging.Formatter):
    """A record as time and message; warnings and worse with their level, and the request they belong to."""

    def format(self, record: logging.LogRecord) -> str:
        """The lines of a record."""
        at, message = f"{datetime.fromtimestamp(record.created).astimezone():%H:%M:%S}", record.getMessage().strip()
        if record.levelno < logging.WARNING:
            return f"{at}  {message}"
        request, fault = request_id.current(), _fault(record)
        said = f"{at}  {record.levelname}  {message}" + ("" if request == "-" else f"  (request {request})")
        return f"{said}\n{fault}" if fault else said


def formatter(environment: Mapping[str, str]) -> logging.Formatter:
    """How records are written: as `CLIENTELE_LOG` says; without it as JSON on Heroku and as text elsewhere.

    Raises:
        SettingsError: If `CLIENTELE_LOG` is neither json nor text.
    """
    wanted = environment.get("CLIENTELE_LOG") or ("json" if "DYNO" in environment else "text")
    if wanted not in FORMATS:
        raise SettingsError(f"CLIENTELE_LOG={wanted!r} is no format. Set it to json or text, or leave it out.")
    return Json() if wanted == "json" else Text()


def configure(environment: Mapping[str, str] = os.environ) -> None:
    """Send every record of this process through one formatter, those of gunicorn and uvicorn too.

    Raises:
        SettingsError: If `CLIENTELE_LOG` is neither json nor text.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter(environment))
    logging.getLogger().handlers = [handler]
    logging.getLogger("webapp").setLevel(logging.INFO)
    for name in _SERVERS:
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    for name in _ADDRESSES:
        logging.getLogger(name).disabled = True
    logging.captureWarnings(True)
    threading.excepthook = _thread_failed


def _thread_failed(ended: threading.ExceptHookArgs) -> None:
    _log.error("a thread ended by a fault", exc_info=ended.exc_value)


def _fault(record: logging.LogRecord) -> str:
    """What went wrong: here, or in a process that left it in writing."""
    if written := getattr(record, "fault", ""):
        return str(written)
    return faults.told(record.exc_info[1]) if record.exc_info and record.exc_info[1] else ""
