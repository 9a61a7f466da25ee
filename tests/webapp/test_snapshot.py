import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline import artifacts
from pipeline.errors import ArtifactError
from tests.conftest import ROOT
from tests.webapp.handmade import alter, publish, rewrite
from webapp.snapshot import Snapshot


class TestSnapshot:
    def test_every_table_of_the_run_can_be_asked(self, tmp_path: Path) -> None:
        snapshot = Snapshot(publish(tmp_path))
        tables = {(name, table) for name, record in snapshot.datasets.items() for table in record.tables}
        rows = snapshot.rows("SELECT table_schema AS s, table_name AS t FROM information_schema.tables")
        assert {(row["s"], row["t"]) for row in rows} == tables
        for dataset, table in tables:
            published = pq.read_metadata(snapshot.run.table(dataset, table)).num_rows
            assert snapshot.rows(f'SELECT count(*) AS n FROM "{dataset}"."{table}"') == [{"n": published}]

    def test_a_frame_rows_and_batches_give_the_same_answer(self, tmp_path: Path) -> None:
        snapshot = Snapshot(publish(tmp_path))
        sql, values = "SELECT customer_id, monetary FROM shop.customers WHERE monetary >= ? ORDER BY monetary", [300]
        expected = [{"customer_id": "8", "monetary": 300.0}, {"customer_id": "7", "monetary": 400.0}]
        assert snapshot.rows(sql, values) == expected
        assert snapshot.frame(sql, values).to_dict("records") == expected
        assert [row for batch in snapshot.batches(sql, values) for row in batch.to_pylist()] == expected

    def test_an_altered_table_is_refused(self, tmp_path: Path) -> None:
        run = publish(tmp_path)
        path = run.table("shop", "orders")
        path.write_bytes(path.read_bytes()[:-1] + b"!")
        with pytest.raises(ArtifactError, match=r"orders\.parquet: the table was altered after it was published"):
            Snapshot(run)

    def test_a_missing_table_is_refused(self, tmp_path: Path) -> None:
        run = publish(tmp_path)
        run.table("gym", "quality").unlink()
        with pytest.raises(ArtifactError, match=r"quality\.parquet: the table is missing"):
            Snapshot(run)

    def test_a_table_of_another_version_is_refused_with_the_command_that_helps(self, tmp_path: Path) -> None:
        run = publish(tmp_path)
        content = pq.read_table(run.table("shop", "customers"))
        alter(run, "shop", "customers", content.rename_columns(["id", *content.column_names[1:]]))
        with pytest.raises(ArtifactError) as refused:
            Snapshot(artifacts.open_run(tmp_path, run.manifest.run_id))
        assert str(refused.value) == (
            f"{run.table('shop', 'customers')}: was published by another version (table customers: lacks ['customer_id string'], "
            "has ['id string'], or orders its columns otherwise). Run `python -m pipeline build`."
        )

    def test_a_table_that_is_no_parquet_is_refused(self, tmp_path: Path) -> None:
        run = publish(tmp_path)
        path = run.table("shop", "orders")
        path.write_bytes(b"not parquet")
        hashed = {"sha256": artifacts.sha256(path)}
        rewrite(run.folder, lambda manifest: manifest["datasets"]["shop"]["tables"]["orders"].update(hashed))
        with pytest.raises(ArtifactError, match=r"orders\.parquet: was published by another version"):
            Snapshot(artifacts.open_run(tmp_path, run.manifest.run_id))

    def test_memory_is_limited_and_nothing_is_installed(self, tmp_path: Path) -> None:
        snapshot = Snapshot(publish(tmp_path))
        settings = "SELECT current_setting('memory_limit') AS memory, current_setting('autoinstall_known_extensions') AS install"
        assert snapshot.rows(settings) == [{"memory": "244.1 MiB", "install": False}]

    def test_times_are_universal(self, tmp_path: Path) -> None:
        moment = "SELECT CAST(TIMESTAMPTZ '2024-07-01 12:00:00+02:00' AS VARCHAR) AS moment"
        assert Snapshot(publish(tmp_path)).rows(moment) == [{"moment": "2024-07-01 10:00:00+00"}]

    def test_a_folder_with_brackets_and_quotes_is_a_folder(self, tmp_path: Path) -> None:
        snapshot = Snapshot(publish(tmp_path / "it's [here] *"))
        assert snapshot.rows("SELECT count(*) AS n FROM shop.customers") == [{"n": 5}]
        assert snapshot.rows("SELECT count(*) AS n FROM shop.rejected") == [{"n": 2}]

    def test_threads_ask_at_the_same_time_and_get_their_own_answers(self, tmp_path: Path) -> None:
        snapshot = Snapshot(publish(tmp_path))

        def ask(number: int) -> list[dict[str, Any]]:
            return snapshot.rows("SELECT sum(range) + ? AS n FROM range(20000)", [number])

        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(ask, range(64)))
        assert answers == [[{"n": 199_990_000 + number}] for number in range(64)]

    def test_a_list_that_is_being_read_is_not_disturbed_by_other_questions(self, tmp_path: Path) -> None:
        snapshot = Snapshot(publish(tmp_path))
        batches = snapshot.batches("SELECT range AS n FROM range(120000)")
        first = next(batches)
        assert snapshot.rows("SELECT count(*) AS n FROM shop.customers") == [{"n": 5}]
        numbers = [number for batch in (first, *batches) for number in batch["n"].to_pylist()]
        assert numbers == list(range(120_000))

    def test_a_forked_child_opens_its_own_connection(self, tmp_path: Path) -> None:
        publish(tmp_path)
        command = [sys.executable, "-m", "tests.webapp.forked", str(tmp_path)]
        assert subprocess.run(command, cwd=ROOT, check=False, timeout=60).returncode == 0
