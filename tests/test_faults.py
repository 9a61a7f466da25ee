import errno
import os

import pytest

from pipeline import faults


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def test_the_kind_and_the_place_are_told() -> None:
    told = faults.told(raised(ValueError("customer 17850")))
    assert "in raised" in told
    assert told.splitlines()[-1] == "ValueError"


@pytest.mark.parametrize(
    "error",
    [
        ValueError("17850"),
        TypeError("Could not convert string '17850' to numeric"),
        KeyError("17850"),
        RuntimeError("17850"),
        LookupError("17850"),
    ],
)
def test_messages_that_may_quote_data_are_left_out(error: Exception) -> None:
    assert "17850" not in faults.told(raised(error))


@pytest.mark.parametrize(
    ("error", "last"),
    [
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (AttributeError("'str' object has no attribute 'x'"), "AttributeError: 'str' object has no attribute 'x'"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_messages_about_the_program_stay(error: Exception, last: str) -> None:
    assert faults.told(raised(error)).splitlines()[-1] == last


def test_a_file_s_name_is_left_out_and_what_the_system_says_stays() -> None:
    told = faults.told(raised(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "Jane Doe.csv")))
    assert told.splitlines()[-1] == "OSError: No space left on device"


def test_what_led_to_it_comes_first() -> None:
    told = faults.told(raised(ValueError("b"), raised(KeyError("a"))))
    kinds = [line for line in told.splitlines() if not line.startswith(" ")]
    assert kinds == ["KeyError", "and then:", "ValueError"]


def test_each_of_several_faults_is_told() -> None:
    told = faults.told(raised(ExceptionGroup("17850", [ValueError("17850"), ZeroDivisionError("division by zero")])))
    kinds = [line for line in told.splitlines() if not line.startswith(" ")]
    assert kinds == ["ValueError", "ZeroDivisionError: division by zero", "ExceptionGroup"]
