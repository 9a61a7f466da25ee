import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from webapp.lately import Lately


def test_what_was_asked_for_lately_is_kept_and_no_more() -> None:
    asked, made = [1, 2, 1, 3, 1, 2], count()
    kept = Lately(2)
    # The 1 was asked for again and again, and 2 had to go.
    assert [kept.get((key,), lambda: next(made)) for key in asked] == [0, 1, 0, 2, 0, 3]


def test_who_asks_meanwhile_waits_for_the_same() -> None:
    kept, begun, go = Lately(2), threading.Event(), threading.Event()

    def make() -> object:
        begun.set()
        assert go.wait(10)
        return object()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(kept.get, ("key",), make)
        assert begun.wait(10)
        second = pool.submit(kept.get, ("key",), make)
        go.set()
        assert first.result(10) is second.result(10)


def test_a_failure_reaches_who_asks_and_is_not_kept() -> None:
    def fail() -> int:
        raise ValueError("once")

    kept = Lately(2)
    with pytest.raises(ValueError, match="once"):
        kept.get(("key",), fail)
    assert kept.get(("key",), lambda: 7) == 7
