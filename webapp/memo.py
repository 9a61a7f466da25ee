"""Results kept by run and arguments; without the cache they are worked out each time."""

import hashlib
import json
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask
from flask_caching import Cache

from webapp import metrics

T = TypeVar("T")

# A cache that failed is left alone for this long: every request would wait for it otherwise.
PAUSE_SECONDS = 30.0
# A page is some 100 KB.
_ENTRIES = 100
_KEPT_SECONDS = 24 * 3600
_log = logging.getLogger(__name__)


class Memo:
    """Keeps what was worked out: in memory, or in Redis where an address is given."""

    def __init__(self, app: Flask, *, url: str | None, clock: Callable[[], float] = time.monotonic) -> None:
        """Attach to a Flask application; `url` is Redis's, None for memory."""
        self._clock, self._paused_until = clock, float("-inf")
        self._cache = Cache(app, config=_config(url))
        self._failures: tuple[type[Exception], ...] = ()
        if url:
            from redis.exceptions import RedisError

            self._failures = (RedisError,)

    def get(self, run_id: str, name: str, arguments: Any, make: Callable[[], T]) -> T:
        """What `make` returns for a run and arguments (anything that JSON can hold), made once."""
        key = hashlib.sha256(json.dumps([run_id, name, arguments], sort_keys=True, default=str).encode()).hexdigest()
        found: T | None = self._try(lambda: self._cache.get(key))
        metrics.CACHE.labels("miss" if found is None else "hit").inc()
        if found is None:
            found = make()
            self._try(lambda: self._cache.set(key, found))
        return found

    def _try(self, call: Callable[[], Any]) -> Any:
        if self._clock() < self._paused_until:
            return None
        try:
            return call()
        except self._failures as error:
            self._paused_until = self._clock() + PAUSE_SECONDS
            _log.warning("the cache cannot be used for %.0f s: %s", PAUSE_SECONDS, error)
            return None


def _config(url: str | None) -> dict[str, Any]:
    common = {"CACHE_DEFAULT_TIMEOUT": _KEPT_SECONDS}
    if not url:
        return {**common, "CACHE_TYPE": "SimpleCache", "CACHE_THRESHOLD": _ENTRIES}
    # Short waits: a page must not wait for a cache that is gone.
    options = {"socket_timeout": 0.25, "socket_connect_timeout": 0.25}
    return {**common, "CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": url, "CACHE_KEY_PREFIX": "clientele-", "CACHE_OPTIONS": options}
