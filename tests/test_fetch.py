import io
import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline import fetch
from pipeline.errors import InputError

Serve = Callable[[bytes, int], str]


def archive(member: str, content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as container:
        container.writestr(member, content)
    return target.getvalue()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Answer every request with the given body, announcing the given length."""
    answer: list[tuple[bytes, int]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body, length = answer[-1]
            self.send_response(200)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()

        def start(body: bytes, length: int) -> str:
            answer.append((body, length))
            return f"http://127.0.0.1:{server.server_port}/archive.zip"

        yield start
        server.shutdown()
        thread.join()


def test_the_workbook_is_saved_and_the_mall_file_explained(tmp_path: Path, serve: Serve) -> None:
    body = archive("online_retail_II.xlsx", b"workbook")
    said = fetch.fetch_retail(tmp_path, url=serve(body, len(body)))
    assert (tmp_path / "online_retail_II.xlsx").read_bytes() == b"workbook"
    assert [path.name for path in tmp_path.iterdir()] == ["online_retail_II.xlsx"]
    assert said.splitlines() == [
        f"Saved {tmp_path / 'online_retail_II.xlsx'} (0 MB; Chen, Sain and Guo 2012, CC BY 4.0).",
        "Mall_Customers.csv needs a Kaggle account: download 'Mall Customer Segmentation Data' (vjchoudhary7) "
        f"and save it as {tmp_path / 'Mall_Customers.csv'}.",
    ]


def test_files_that_are_there_are_left_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "online_retail_II.xlsx").write_text("mine")
    (tmp_path / "Mall_Customers.csv").write_text("mine")
    said = fetch.fetch_retail(tmp_path, url="http://127.0.0.1:9/never-asked")
    retail, mall = (tmp_path / name for name in ("online_retail_II.xlsx", "Mall_Customers.csv"))
    assert said == f"{retail} is there already and was left as it is.\n{mall} is there already."


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>moved</html>", "did not send the data set (File is not a zip file). Nothing was changed."),
        (archive("readme.txt", b""), "did not send the data set (\"There is no item named 'online_retail_II.xlsx' in the archive\")."),
    ],
)
def test_what_is_not_the_data_set_is_refused_and_nothing_kept(tmp_path: Path, serve: Serve, body: bytes, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        fetch.fetch_retail(tmp_path, url=serve(body, len(body)))
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_breaks_off_leaves_nothing(tmp_path: Path, serve: Serve) -> None:
    body = archive("online_retail_II.xlsx", b"workbook" * 1000)
    with pytest.raises(InputError, match=r"Nothing was changed\."):
        fetch.fetch_retail(tmp_path, url=serve(body[:2000], len(body)))
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_it_says_so_and_changes_nothing(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as closed:
        url = f"http://127.0.0.1:{closed.server_port}/"
    with pytest.raises(InputError) as caught:
        fetch.fetch_retail(tmp_path, url=url)
    assert str(caught.value) == (
        f"{url}: could not be downloaded ([Errno 111] Connection refused). Nothing was changed. "
        f"Download it on a machine with a network and save the workbook as {tmp_path / 'online_retail_II.xlsx'}."
    )
    assert list(tmp_path.iterdir()) == []
