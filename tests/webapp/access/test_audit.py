import json
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.webapp.access.house import SECRET
from webapp import request_id
from webapp.access.audit import Trail, result_of, writer
from webapp.access.keyed import Keyed
from webapp.access.settings import SettingsError

KEYED = Keyed(SECRET)


def test_a_line_names_who_and_what_by_keyed_hashes_and_holds_nothing_else() -> None:
    lines: list[str] = []
    trail = Trail(KEYED, lines.append, clock=lambda: 1_700_000_000.0625, run_id=lambda: "20240310T120000Z-00000001")
    made = request_id.begin()
    trail.note("search", "done", user="ann@shop.example", about="12346")
    assert lines == [
        json.dumps(
            {
                "time": "2023-11-14T22:13:20.062+00:00",
                "request_id": made,
                "user": KEYED.short("user", "ann@shop.example"),
                "action": "search",
                "object": KEYED.short("object", "12346"),
                "result": "done",
                "run_id": "20240310T120000Z-00000001",
            }
        )
    ]


def test_a_line_about_nothing_by_nobody_says_so() -> None:
    lines: list[str] = []
    Trail(KEYED, lines.append, clock=lambda: 0.0).note("login", "failed", user="")
    line = json.loads(lines[0])
    assert (line["time"], line["user"], line["object"], line["run_id"]) == ("1970-01-01T00:00:00.000+00:00", "-", "-", "-")


@pytest.mark.parametrize(
    ("status", "result"),
    [(200, "done"), (303, "done"), (399, "done"), (400, "failed"), (401, "refused"), (403, "refused"), (404, "failed"), (409, "failed"),
     (429, "limited"), (500, "failed")],
)  # fmt: skip
def test_a_status_says_how_it_ended(status: int, result: str) -> None:
    assert result_of(status) == result


class TestFile:
    def test_can_be_read_by_nobody_else_and_is_only_added_to(self, tmp_path: Path) -> None:
        path = tmp_path / "audit"
        writer(path)("first")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        writer(path)("sécond")
        assert path.read_text(encoding="utf-8") == "first\nsécond\n"

    def test_may_be_taken_away_meanwhile(self, tmp_path: Path) -> None:
        path = tmp_path / "audit"
        write = writer(path)
        write("first")
        path.rename(tmp_path / "audit.1")
        write("second")
        assert [(tmp_path / name).read_text() for name in ("audit.1", "audit")] == ["first\n", "second\n"]

    def test_holds_whole_lines_of_many_at_once(self, tmp_path: Path) -> None:
        workers, together = [writer(tmp_path / "audit"), writer(tmp_path / "audit")], threading.Barrier(8)

        def note(number: int) -> None:
            together.wait()
            for _ in range(20):
                workers[number % 2](str(number) * 200)

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(note, range(8)))
        lines = (tmp_path / "audit").read_text().splitlines()
        assert sorted(lines) == sorted(str(number) * 200 for number in range(8) for _ in range(20))


def test_without_a_file_lines_are_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    write = writer(None)
    write("first")
    write("second")
    assert capsys.readouterr() == ("first\nsecond\n", "")


def test_a_file_that_cannot_be_written_is_refused_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "trail"
    with pytest.raises(SettingsError) as refused:
        writer(path)
    assert str(refused.value) == f"CLIENTELE_AUDIT={path}: cannot be written (No such file or directory). Name a file that can be."
