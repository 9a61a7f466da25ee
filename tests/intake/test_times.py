from datetime import datetime
from pathlib import Path
from typing import Any

from ibis.backends.duckdb import Backend

from pipeline.intake.findings import Finding
from tests.intake.cases import SOUND, outcomes, shop, till
from tests.intake.conftest import SHOP

TIMES: dict[str, Any] = {
    "2009-12-01": datetime(2009, 12, 1),
    "2009-12-01 07:45": datetime(2009, 12, 1, 7, 45),
    "2009-12-01T07:45:30": datetime(2009, 12, 1, 7, 45, 30),
    "2009-12-01 07:45:30.250": datetime(2009, 12, 1, 7, 45, 30, 250_000),
    "2024-02-29": datetime(2024, 2, 29),
    "1990-01-01": datetime(1990, 1, 1),
    "1989-12-31 23:59:59": "when is before 1990-01-01",
    "": "when is missing",
    "2023-02-29": "when is not a time",
    "2024-13-01": "when is not a time",
    "2024-01-01 25:00": "when is not a time",
    "01/02/2024": "when is not a time",
    "2024-1-1": "when is not a time",
    "40148.32291666": "when is not a time",
    "yesterday": "when is not a time",
}


def test_times_are_iso_8601_where_no_format_is_declared(connection: Backend, tmp_path: Path) -> None:
    assert outcomes(shop(connection, tmp_path, "when", list(TIMES)), list(TIMES), "time") == TIMES


ZONED: dict[str, Any] = {
    "2024-03-10T12:00:00Z": datetime(2024, 3, 10, 12),
    "2024-03-10T00:30:00+01:00": datetime(2024, 3, 9, 23, 30),
    "2024-03-10 23:45-0530": datetime(2024, 3, 11, 5, 15),
    "2024-03-10 12:00:00.5 +00:00": datetime(2024, 3, 10, 12, 0, 0, 500_000),
    "2024-03-10+01:00": "when is not a time",
    "2024-03-10 12:00 CET": "when is not a time",
    "2024-03-10 12:00+25:00": "when is not a time",
}


def test_times_with_an_offset_are_brought_to_utc_and_counted(connection: Backend, tmp_path: Path) -> None:
    result = shop(connection, tmp_path, "when", list(ZONED))
    assert outcomes(result, list(ZONED), "time") == ZONED
    assert result.found("when was brought to UTC") == Finding(
        "when was brought to UTC", "normalised", 4, 4 / (SOUND + len(ZONED)), "shop.csv, row 2: 2024-03-10T12:00:00Z", 4, 12.0
    )


# Days since 1904-01-01, as a Macintosh counts them; 1462 more than there are since 1899-12-30.
SERIAL: dict[str, Any] = {
    "43889": datetime(2024, 2, 29),
    "43889.5208333333": datetime(2024, 2, 29, 12, 30),
    "43889.99999999": datetime(2024, 3, 1),
    "4.3889e4": datetime(2024, 2, 29),
    "1": "when is before 1990-01-01",
    "0.5": "when is not a time",
    "200000": datetime(2451, 7, 31),
    "200001": "when is not a time",
    "-43889": "when is not a time",
    "20240229": "when is not a time",
    "2024-02-29 12:30": datetime(2024, 2, 29, 12, 30),
}


class TestSerialNumbersOfDays:
    NAME = "when was a serial number of a day"

    def test_they_are_times_to_the_second_where_a_workbook_says_from_when_they_count(self, connection: Backend, tmp_path: Path) -> None:
        result = shop(connection, tmp_path, "when", list(SERIAL), epoch="1904-01-01")
        assert outcomes(result, list(SERIAL), "time") == SERIAL
        assert result.found(self.NAME) == Finding(self.NAME, "normalised", 6, 6 / (SOUND + len(SERIAL)), "shop.csv, row 2: 43889", 6, 18.0)
        assert result.found("when was brought to UTC").rows == 0

    def test_they_are_no_times_elsewhere(self, connection: Backend, tmp_path: Path) -> None:
        result = shop(connection, tmp_path, "when", ["43889"])
        assert outcomes(result, ["43889"], "time") == {"43889": "when is not a time"}
        assert self.NAME not in {finding.check for finding in result.findings}

    def test_a_declared_format_comes_first_and_cells_that_are_times_are_read_beside_it(self, connection: Backend, tmp_path: Path) -> None:
        values = {
            "3.4.2024": datetime(2024, 4, 3),
            "2024-04-03 07:05:00": datetime(2024, 4, 3, 7, 5),
            "45385.5": datetime(2024, 4, 3, 12),
            "2024-04-03T07:05:00Z": "when is not a time",
        }
        dataset = SHOP.model_copy(update={"time_format": "%d.%m.%Y"})
        result = shop(connection, tmp_path, "when", list(values), dataset, epoch="1899-12-30")
        assert outcomes(result, list(values), "time") == values
        assert result.found(self.NAME).rows == 1


DAY_FIRST: dict[str, Any] = {
    "03.04.2024 07:05": datetime(2024, 4, 3, 7, 5),
    "3.4.2024 7:05": datetime(2024, 4, 3, 7, 5),
    "31.12.2023 23:59": datetime(2023, 12, 31, 23, 59),
    "12.31.2023 23:59": "when is not a time",
    "03/04/2024 07:05": "when is not a time",
    "03a04.2024 07:05": "when is not a time",
    "2024-04-03 07:05": "when is not a time",
    "03.04.2024": "when is not a time",
}


def test_times_follow_the_declared_format_to_the_letter(connection: Backend, tmp_path: Path) -> None:
    dataset = SHOP.model_copy(update={"time_format": "%d.%m.%Y %H:%M"})
    assert outcomes(shop(connection, tmp_path, "when", list(DAY_FIRST), dataset), list(DAY_FIRST), "time") == DAY_FIRST


LOCAL: dict[str, Any] = {
    "2024-01-15 00:30:00": datetime(2024, 1, 14, 23, 30),
    "2024-07-15 00:30:00": datetime(2024, 7, 14, 22, 30),
    "2024-07-15": datetime(2024, 7, 14, 22),
    "2024-07-15T00:30:00Z": datetime(2024, 7, 15, 0, 30),
}


def test_times_of_a_declared_zone_are_brought_to_utc_summer_and_winter(connection: Backend, tmp_path: Path) -> None:
    result = shop(connection, tmp_path, "when", list(LOCAL), SHOP.model_copy(update={"time_zone": "Europe/Berlin"}))
    assert outcomes(result, list(LOCAL), "time") == LOCAL
    assert result.found("when was brought to UTC").rows == result.counts.read


def test_the_day_of_an_order_without_an_id_is_that_of_the_declared_zone(connection: Backend, tmp_path: Path) -> None:
    lines = [("a", "2024-07-15 00:30", "5"), ("a", "2024-07-15 12:00", "5"), ("a", "2024-07-14 23:59", "5")]
    result = till(connection, tmp_path, lines, time_zone="Europe/Berlin")
    assert [row["order_id"] for row in result.kept.values()] == ["2024-07-15", "2024-07-15", "2024-07-14"]
