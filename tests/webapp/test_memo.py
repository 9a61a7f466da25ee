import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from tests.webapp.conftest import Clock
from webapp.memo import PAUSE_SECONDS, Memo
from webapp.metrics import REGISTRY

NOBODY = "redis://127.0.0.1:1"


class Made:
    """Makes 1, 2, 3: how often it was asked is what it says."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> int:
        self.times += 1
        return self.times


class Flaky:
    """A cache that works until `error` is set; counts the calls that reach it."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.kept: dict[str, Any] = {}
        self.calls = 0

    def get(self, key: str) -> Any:
        return self._reached(lambda: self.kept.get(key))

    def set(self, key: str, value: Any) -> None:
        self._reached(lambda: self.kept.update({key: value}))

    def _reached(self, call: Callable[[], Any]) -> Any:
        self.calls += 1
        if self.error:
            raise self.error
        return call()


@pytest.fixture
def made() -> Made:
    return Made()


@pytest.fixture
def memo() -> Memo:
    return Memo(Flask("test"), url=None)


@pytest.fixture
def shared(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> tuple[Memo, Flaky]:
    """A memo in Redis, whose Redis can be made to fail."""
    memo, cache = Memo(Flask("test"), url=NOBODY, clock=clock), Flaky()
    monkeypatch.setattr(memo, "_cache", cache)
    return memo, cache


class TestInMemory:
    def test_what_was_made_for_a_run_and_arguments_is_made_once(self, memo: Memo, made: Made) -> None:
        assert [memo.get("run", "view", ["/", "persona=A", "dark"], made) for _ in range(3)] == [1, 1, 1]

    def test_another_run_makes_anew(self, memo: Memo, made: Made) -> None:
        assert [memo.get(run, "view", [], made) for run in ("first", "second", "first", "second")] == [1, 2, 1, 2]

    @pytest.mark.parametrize("other", [("page", ["/"]), ("view", ["/mall"]), ("view", ["/", ""]), ("view", None)])
    def test_other_names_and_arguments_make_their_own(self, memo: Memo, made: Made, other: tuple[str, Any]) -> None:
        assert [memo.get("run", "view", ["/"], made), memo.get("run", *other, made), memo.get("run", "view", ["/"], made)] == [1, 2, 1]

    def test_the_order_of_named_arguments_does_not_matter(self, memo: Memo, made: Made) -> None:
        assert [memo.get("run", "view", arguments, made) for arguments in ({"a": 1, "b": 2}, {"b": 2, "a": 1})] == [1, 1]

    def test_what_was_handed_out_can_be_changed_without_changing_what_is_kept(self, memo: Memo) -> None:
        first = memo.get("run", "view", [], lambda: [1])
        first.append(2)
        assert memo.get("run", "view", [], lambda: [9]) == [1]

    def test_nothing_is_not_kept(self, memo: Memo, made: Made) -> None:
        assert memo.get("run", "view", [], lambda: None) is None
        assert memo.get("run", "view", [], made) == 1

    def test_a_failure_to_make_is_not_hidden_and_not_kept(self, memo: Memo, made: Made) -> None:
        def fail() -> int:
            raise ValueError("bad")

        with pytest.raises(ValueError, match="bad"):
            memo.get("run", "view", [], fail)
        assert memo.get("run", "view", [], made) == 1

    def test_two_applications_keep_apart(self, made: Made) -> None:
        assert [Memo(Flask("test"), url=None).get("run", "view", [], made) for _ in range(2)] == [1, 2]


def test_hits_and_misses_are_counted(memo: Memo, made: Made) -> None:
    def counted() -> list[float]:
        return [REGISTRY.get_sample_value("clientele_cache_total", {"result": result}) or 0 for result in ("hit", "miss")]

    before = counted()
    for run_id in ("first", "first", "second", "first"):
        memo.get(run_id, "view", [], made)
    assert [now - then for now, then in zip(counted(), before, strict=True)] == [2, 2]


class TestRedisGone:
    def test_everything_is_made_each_time_and_one_warning_says_why(self, made: Made, caplog: pytest.LogCaptureFixture) -> None:
        memo = Memo(Flask("test"), url=NOBODY)
        with caplog.at_level(logging.WARNING, "webapp.memo"):
            assert [memo.get("run", "view", [], made) for _ in range(3)] == [1, 2, 3]
        (said,) = caplog.messages
        assert said.startswith("the cache cannot be used for 30 s: Error 111 connecting to 127.0.0.1:1")

    @pytest.mark.parametrize("error", [RedisConnectionError("gone"), RedisTimeoutError("slow")])
    def test_it_is_left_alone_for_a_while(self, shared: tuple[Memo, Flaky], clock: Clock, made: Made, error: Exception) -> None:
        memo, cache = shared
        cache.error = error
        assert memo.get("run", "view", [], made) == 1
        assert cache.calls == 1  # it failed at the question, and was not asked to keep the answer
        clock.now += PAUSE_SECONDS * 0.99
        assert memo.get("run", "view", [], made) == 2
        assert cache.calls == 1

    def test_it_is_used_again_after_the_pause(self, shared: tuple[Memo, Flaky], clock: Clock, made: Made) -> None:
        memo, cache = shared
        cache.error = RedisConnectionError("gone")
        memo.get("run", "view", [], made)
        cache.error = None
        clock.now += PAUSE_SECONDS
        assert [memo.get("run", "view", [], made) for _ in range(3)] == [2, 2, 2]

    def test_it_is_paused_again_when_it_is_still_gone(self, shared: tuple[Memo, Flaky], clock: Clock, made: Made) -> None:
        memo, cache = shared
        cache.error = RedisConnectionError("gone")
        for _ in range(3):
            memo.get("run", "view", [], made)
            clock.now += PAUSE_SECONDS
        assert (made.times, cache.calls) == (3, 3)

    def test_what_was_kept_before_is_there_afterwards(self, shared: tuple[Memo, Flaky], clock: Clock, made: Made) -> None:
        memo, cache = shared
        assert memo.get("run", "view", [], made) == 1
        cache.error = RedisTimeoutError("slow")
        assert memo.get("run", "view", [], made) == 2
        cache.error = None
        clock.now += PAUSE_SECONDS
        assert memo.get("run", "view", [], made) == 1

    def test_a_fault_of_ours_is_not_taken_for_the_cache_s(self, shared: tuple[Memo, Flaky], made: Made) -> None:
        memo, cache = shared
        cache.error = TypeError("ours")
        with pytest.raises(TypeError, match="ours"):
            memo.get("run", "view", [], made)
