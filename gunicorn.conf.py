"""How gunicorn runs the server: `gunicorn webapp.server:app -k uvicorn_worker.UvicornWorker` reads this by itself.

`WEB_CONCURRENCY` is the number of workers, one without it. Each holds the libraries and the run of its own, some 300 MB, and keeps its
own results unless `CACHE_URL` names a Redis. Sessions and limits are kept for all workers of a machine, so any can answer any request.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from gunicorn.glogging import Logger

sys.path.insert(0, str(Path(__file__).parent))
from webapp.access.reception import Reception
from webapp.access.settings import SettingsError
from webapp.serving import address
from webapp.settings import Settings  # found only from here on

try:
    # Before anything is loaded, and said once: a worker would be started again and again.
    access = Settings.from_environment().access
    Reception(access).close()
    host, port = address(port=8050)
except SettingsError as error:
    sys.exit(str(error))
if access.mode != "none" and os.environ.get("PORT") and not os.environ.get("HOST"):
    host = "0.0.0.0"  # noqa: S104 # a platform says which port its router, another machine, asks at
bind = f"{host}:{port}"
worker_class = "uvicorn_worker.UvicornWorker"
# Platforms end a process some ten seconds after SIGTERM: accepted requests are finished by then.
graceful_timeout = 8
# Libraries take a quarter of it to load on a busy machine; a worker that is silent for longer is replaced.
timeout = 60
# Longer than routers keep a connection that is idle, 90 seconds at Heroku: whoever closes first must not be the one that is being asked.
keepalive = 95
control_socket_disable = True
if "DYNO" in os.environ:
    # Heroku: nothing reaches a dyno but the router, whose word on scheme and client counts.
    forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "*")

# Where several workers keep what they count: whichever is asked adds it up. Set before any of them loads the library, which looks then.
_COUNTS = "PROMETHEUS_MULTIPROC_DIR"
_OURS = "clientele-metrics-"
if int(os.environ.get("WEB_CONCURRENCY") or 1) > 1 and not os.environ.get(_COUNTS):
    os.environ[_COUNTS] = tempfile.mkdtemp(prefix=_OURS)


class _Log(Logger):
    """What gunicorn itself says, in the form of all other records."""

    def setup(self, cfg):
        super().setup(cfg)
        from webapp import logs  # the folder is in the path by now

        logs.configure()


logger_class = _Log


def child_exit(server, worker):
    """Memory of a worker that is gone is nobody's; its other counts stay in the sums."""
    if os.environ.get(_COUNTS):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)


def on_exit(server):
    """Leave nothing behind."""
    folder = Path(os.environ.get(_COUNTS, ""))
    if folder.name.startswith(_OURS):
        shutil.rmtree(folder)
