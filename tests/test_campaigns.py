import json
import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline import artifacts, publishing
from pipeline.campaigns import ASSIGNMENT, Campaign, Campaigns
from pipeline.errors import ArtifactError, InputError
from pipeline.storage import Storage, StorageError
from tests.buckets import Bucket
from tests.campaign import DRAWN_AT, ID, draw, groups


@pytest.fixture
def campaigns(tmp_path: Path) -> Campaigns:
    return Campaigns(tmp_path)


def kept(campaigns: Campaigns, **changes: Any) -> Campaign:
    return campaigns.keep(draw(**changes), groups)


class TestKept:
    def test_it_says_what_was_drawn_how_many_there_are_and_which_file_it_is(self, campaigns: Campaigns, tmp_path: Path) -> None:
        found, path = kept(campaigns), tmp_path / "campaigns" / ID / "assignment.parquet"
        assert found == Campaign(**draw().model_dump(), contact=90, control=10, sha256=artifacts.sha256(path))
        assert campaigns.find(ID) == found
        assert campaigns.assignment(found) == path
        assert pq.read_table(path).schema.equals(ASSIGNMENT.arrow)
        assert pq.read_table(path)["customer_id"].to_pylist() == [str(number) for number in range(1, 101)]

    def test_the_newest_of_a_dataset_stands_first(self, campaigns: Campaigns) -> None:
        for at, dataset in enumerate(("shop", "gym", "shop")):
            kept(campaigns, id=f"2024031{at}T090000Z-0000abcd", dataset=dataset)
        assert [found.id[:8] for found in campaigns.of("shop")] == ["20240312", "20240310"]
        assert campaigns.of("nothing") == []

    def test_without_any_there_are_none(self, campaigns: Campaigns) -> None:
        assert campaigns.of("shop") == []
        assert campaigns.find(ID) is None

    def test_what_broke_off_leaves_nothing(self, campaigns: Campaigns, tmp_path: Path) -> None:
        def broken() -> Any:
            yield from groups()
            raise OSError("the disk is full")

        with pytest.raises(OSError, match="the disk is full"):
            campaigns.keep(draw(), broken)
        assert campaigns.of("shop") == []
        assert [*(tmp_path / "campaigns").iterdir()] == []

    def test_what_killed_draws_left_is_swept_after_a_day(self, campaigns: Campaigns, tmp_path: Path) -> None:
        for name, hours in ((".20240309T090000Z-0000abcd", 25), (".20240310T100000Z-0000abcd-x1", 23)):
            left = tmp_path / "campaigns" / name
            left.mkdir(parents=True)
            (left / "assignment.parquet").write_bytes(b"begun")
            os.utime(left, times=(DRAWN_AT.timestamp() - hours * 3600,) * 2)
        kept(campaigns)
        assert {path.name for path in (tmp_path / "campaigns").iterdir()} == {ID, ".20240310T100000Z-0000abcd-x1"}

    def test_a_manifest_of_an_earlier_version_says_nothing_of_files(self, campaigns: Campaigns, tmp_path: Path) -> None:
        found, path = kept(campaigns), tmp_path / "campaigns" / ID / "manifest.json"
        said = json.loads(path.read_text())
        assert [said.pop(name) for name in ("sheets", "delimiter", "encoding", "decimal")] == [None, None, "utf-8", "."]
        path.write_text(json.dumps(said))
        assert campaigns.find(ID) == found

    @pytest.mark.parametrize("sheets", ["all", ("2009", "2010"), None])
    def test_how_files_of_its_dataset_are_written_is_kept(self, campaigns: Campaigns, sheets: Any) -> None:
        written = {"sheets": sheets, "delimiter": ";", "encoding": "cp1252", "decimal": ","}
        kept(campaigns, **written)
        found = campaigns.find(ID)
        assert found is not None
        assert found.model_dump(include={*written}) == written

    def test_a_sound_assignment_is_hashed_once(self, campaigns: Campaigns, monkeypatch: pytest.MonkeyPatch) -> None:
        found, hashed = kept(campaigns), []
        monkeypatch.setattr(artifacts, "sha256", lambda path: hashed.append(path) or found.sha256)
        assert campaigns.assignment(found) == hashed[0]
        assert len(hashed) == 1

    @pytest.mark.parametrize("name", ["", "..", "../runs", ".20240311T090000Z-0000abcd", f"{ID}/manifest.json", f"{ID}\n"])
    def test_what_is_no_id_leads_nowhere(self, campaigns: Campaigns, name: str) -> None:
        kept(campaigns)
        assert campaigns.find(name) is None

    def test_an_altered_assignment_is_not_used(self, campaigns: Campaigns) -> None:
        found = kept(campaigns)
        campaigns.assignment(found).write_bytes(b"altered")
        with pytest.raises(ArtifactError, match="is missing or was altered, so nobody can tell who is in which group"):
            campaigns.assignment(found)

    def test_a_manifest_that_cannot_be_read_is_named(self, campaigns: Campaigns, tmp_path: Path) -> None:
        kept(campaigns)
        (tmp_path / "campaigns" / ID / "manifest.json").write_text("{}")
        with pytest.raises(ArtifactError, match=f"Campaign {ID}: its manifest.json cannot be read"):
            campaigns.of("shop")

    def test_builds_leave_campaigns_alone(self, campaigns: Campaigns, tmp_path: Path) -> None:
        found = kept(campaigns)
        with publishing.publication(tmp_path):
            pass
        assert campaigns.of("shop") == [found]


class TestResult:
    def test_the_last_one_counts(self, campaigns: Campaigns) -> None:
        found = kept(campaigns)
        assert campaigns.result(found) is None
        for said in ({"file": "first.csv"}, {"file": "sécond.csv"}):
            campaigns.conclude(found, said)
            assert campaigns.result(found) == said

    def test_one_that_cannot_be_kept_leaves_what_there_was(self, campaigns: Campaigns, tmp_path: Path) -> None:
        found = kept(campaigns)
        campaigns.conclude(found, {"file": "first.csv"})
        with pytest.raises(InputError, match="Let the server write there, and send the file again"):
            Campaigns(tmp_path / "gone").conclude(found, {"file": "second.csv"})
        assert campaigns.result(found) == {"file": "first.csv"}


class TestAtAnAddress:
    @pytest.fixture
    def campaigns(self, bucket: Bucket, tmp_path: Path) -> Campaigns:
        return Campaigns(tmp_path / "mirror", bucket.address)

    def test_every_server_has_it(self, campaigns: Campaigns, bucket: Bucket, tmp_path: Path) -> None:
        found = kept(campaigns)
        campaigns.conclude(found, {"file": "first.csv"})
        other = Campaigns(tmp_path / "elsewhere", bucket.address)
        assert other.of("shop") == [found]
        assert other.result(found) == {"file": "first.csv"}
        assert artifacts.sha256(other.assignment(found)) == found.sha256

    def test_one_whose_manifest_did_not_get_there_is_none(self, campaigns: Campaigns, bucket: Bucket) -> None:
        bucket.write(f"campaigns/{ID}/assignment.parquet", b"begun")
        assert campaigns.of("shop") == []

    def test_an_assignment_that_was_altered_there_is_not_used(self, campaigns: Campaigns, bucket: Bucket, tmp_path: Path) -> None:
        found = kept(campaigns)
        bucket.flip(f"campaigns/{ID}/assignment.parquet")
        with pytest.raises(ArtifactError, match="was altered"):
            Campaigns(tmp_path / "elsewhere", bucket.address).assignment(found)

    def test_an_assignment_is_fetched_aside_and_put_in_its_place_whole(
        self, campaigns: Campaigns, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found, other = kept(campaigns), Campaigns(tmp_path / "elsewhere", bucket.address)
        path = tmp_path / "elsewhere" / "campaigns" / ID / "assignment.parquet"
        download, seen = Storage.download, []

        def watched(storage: Storage, paths: list[str], folder: Path) -> None:
            download(storage, paths, folder)
            seen.append(path.exists())

        monkeypatch.setattr(Storage, "download", watched)
        assert other.assignment(found) == path
        assert seen == [False]
        assert [found.name for found in path.parents[1].iterdir()] == [ID]
        assert other.assignment(found) == path
        assert len(seen) == 1

    def test_one_that_is_fetched_altered_leaves_what_there_was(self, campaigns: Campaigns, bucket: Bucket, tmp_path: Path) -> None:
        found, other = kept(campaigns), Campaigns(tmp_path / "elsewhere", bucket.address)
        other.assignment(found).write_bytes(b"altered here")
        bucket.flip(f"campaigns/{ID}/assignment.parquet")
        with pytest.raises(ArtifactError, match="was altered"):
            other.assignment(found)
        assert (tmp_path / "elsewhere" / "campaigns" / ID / "assignment.parquet").read_bytes() == b"altered here"
        assert [found.name for found in (tmp_path / "elsewhere" / "campaigns").iterdir()] == [ID]

    @pytest.mark.parametrize("step", ["upload", "write"])
    def test_one_that_cannot_be_brought_there_leaves_nothing_anywhere(
        self, campaigns: Campaigns, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
    ) -> None:
        done = getattr(Storage, step)

        def broken(storage: Storage, *given: Any) -> None:
            done(storage, *given)
            raise StorageError("the connection was lost")

        with monkeypatch.context() as losing:
            losing.setattr(Storage, step, broken)
            with pytest.raises(StorageError, match="the connection was lost"):
                kept(campaigns)
        assert [*(tmp_path / "mirror" / "campaigns").iterdir()] == []
        assert bucket.keys() == []
        assert campaigns.of("shop") == []
        kept(campaigns)

    def test_storage_that_cannot_be_reached_is_named(self, bucket: Bucket, tmp_path: Path) -> None:
        with pytest.raises(StorageError, match="there is no bucket"):
            Campaigns(tmp_path, "s3://nowhere/clientele").of("shop")


def test_the_manifest_is_read_by_people(campaigns: Campaigns, tmp_path: Path) -> None:
    kept(campaigns)
    said = json.loads((tmp_path / "campaigns" / ID / "manifest.json").read_text())
    assert {key: said[key] for key in ("name", "run_id", "seed", "share", "contact", "control", "choice")} == {
        "name": "Spring letter",
        "run_id": "20240310T120000Z-00000001",
        "seed": 7,
        "share": 0.1,
        "contact": 90,
        "control": 10,
        "choice": "all customers",
    }
