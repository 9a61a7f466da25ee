"""Answers kept until so many others were asked for."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Lately:
    """The answers that were asked for last."""

    def __init__(self, most: int) -> None:
        """Keep `most` of them."""
        self._most, self._noting = most, threading.Lock()
        self._kept: OrderedDict[tuple[Any, ...], Future[Any]] = OrderedDict()

    def get(self, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        """What `make` returns for a key, made anew where so many others were asked for since; who asks meanwhile waits for it.

        What it raises reaches all of them, and is not kept.
        """
        with self._noting:
            kept = self._kept.get(key)
            answer: Future[T] = kept if kept is not None else Future()
            self._kept[key] = answer
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        if kept is None:
            try:
                answer.set_result(make())
            except BaseException as error:  # noqa: BLE001 - whoever waits has to be told
                with self._noting:
                    self._kept.pop(key, None)
                answer.set_exception(error)
        return answer.result()
