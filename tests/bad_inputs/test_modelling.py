"""Files that are sound and yet give no segmentation, or one with a caveat; and what a refusal leaves of what is published."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from pipeline import artifacts, scoring
from pipeline.artifacts import Run
from pipeline.build import build
from pipeline.errors import ArtifactError, InputError
from pipeline.settings import ProfileDataset
from pipeline.wanted import Request
from tests.bad_inputs.conftest import text_file
from tests.bad_inputs.test_files import PROTECTED
from tests.conftest import CREATED_AT, silent
from tests.intake.conftest import CLUB

# Every test builds.
pytestmark = pytest.mark.slow

HEAD = "id,age,sex\n"
MEMBERS = HEAD + "".join(f"{at},{20 + at % 40},{'FM'[at % 2]}\n" for at in range(40))
SEVEN = CLUB.model_copy(update={"k": 7})


def publish(folder: Path, dataset: ProfileDataset, content: str | bytes, out: Path) -> Run:
    folder.mkdir(exist_ok=True)
    text_file(folder, content, dataset.file)
    return build(Request({"club": dataset}, folder, out, quick=True), created_at=CREATED_AT, report=silent).run


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of forty members that everything else here is held against."""
    folder = tmp_path_factory.mktemp("published")
    return publish(folder / "raw", SEVEN, MEMBERS, folder / "out")


def state(out: Path) -> Mapping[Path, tuple[int, bytes]]:
    """Every file there but the lock of a build: when it was written, and what it holds."""
    files = [path for path in out.rglob("*") if path.is_file() and path.name != "PUBLISHING"]
    return {path.relative_to(out): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


@pytest.mark.parametrize(
    ("changes", "content", "said"),
    [
        pytest.param({}, b"", "club.csv: is empty. Export it again.", id="empty"),
        pytest.param(
            {},
            MEMBERS.replace("20,F", "20,Zoë").encode("cp1252"),
            "club.csv: byte 18 (0xeb) is not valid utf-8. "
            'Save the file as UTF-8, or declare its encoding in datasets.toml, for example encoding = "cp1252".',
            id="cp1252 not declared",
        ),
        pytest.param(
            {"file": "club.xlsx"},
            PROTECTED,
            "club.xlsx: the workbook is protected by a password. Open it, remove the password, and save it again.",
            id="password-protected workbook",
        ),
        pytest.param(
            {},
            MEMBERS.replace("age", "agee"),
            "club.csv: no column 'age' (for age). The closest is 'agee'. The file has: id, agee, sex. Name the right one in datasets.toml.",
            id="missing column",
        ),
        pytest.param(
            {},
            HEAD + ",20,F\n,30,M\n",
            "club.csv: none of its 2 rows can be used. In 2, id is missing (first: club.csv, row 2: nothing). "
            "Correct the file, or its columns in datasets.toml.",
            id="ids all missing",
        ),
        pytest.param(
            {},
            HEAD + "1,20,F\n2,30,M\n3,40,M\n",
            "club.csv: k = 7 needs at least 7 customers, and the usable rows give 3. "
            "Lower k in datasets.toml, say lower_k = true there, or bring more customers.",
            id="fewer customers than k",
        ),
        pytest.param(
            {"k": 2},
            HEAD + "1,20,F\n",
            "club.csv: k = 2 needs at least 2 customers, and the usable rows give 1. "
            "Lower k in datasets.toml, say lower_k = true there, or bring more customers.",
            id="one customer",
        ),
        pytest.param(
            {},
            HEAD + "".join(f"{at},{20 + at % 3},F\n" for at in range(40)),
            "club.csv: 40 customers, 3 of them different in age: k = 7 needs at least 7. "
            "Lower k in datasets.toml, say lower_k = true there, or bring more customers.",
            id="fewer different customers than k",
        ),
        pytest.param(
            {},
            HEAD + "".join(f"{at},20,F\n" for at in range(40)),
            "club.csv: Every feature (age, sex) is the same for all customers: there is nothing to segment by. "
            "Name features that differ in datasets.toml.",
            id="nothing but constant features",
        ),
    ],
)
def test_a_refusal_leaves_the_published_run_as_it_was(
    published: Run, tmp_path: Path, changes: dict[str, str | int], content: str | bytes, said: str
) -> None:
    out = published.folder.parents[1]
    before = state(out)
    with pytest.raises(InputError) as caught:
        publish(tmp_path / "raw", SEVEN.model_copy(update=changes), content, out)
    assert (caught.value.exit_code, str(caught.value)) == (2, said)
    assert state(out) == before
    current = artifacts.current(out)
    assert current is not None
    assert current.manifest == published.manifest


class TestDamagedRun:
    """One that readers cannot open is replaced by the next build, which begins anew."""

    @pytest.mark.parametrize("content", [b"\xff\xfe\0\1", b"", b"../..\n", b"a" * 5_000], ids=["garbage", "nothing", "no run", "too long"])
    def test_current_names_none(self, tmp_path: Path, content: bytes) -> None:
        first = publish(tmp_path / "raw", SEVEN, MEMBERS, tmp_path / "out")
        (tmp_path / "out" / "CURRENT").write_bytes(content)
        with pytest.raises(ArtifactError, match=r"cannot be opened .* Runs there: "):
            artifacts.current(tmp_path / "out")
        first.folder.rename(tmp_path / "aside")
        publish(tmp_path / "raw", SEVEN, MEMBERS, tmp_path / "out").verify()
        assert artifacts.current(tmp_path / "out") is not None

    @pytest.mark.parametrize("table", ["centres", "clusters", "customers"])
    def test_a_table_is_no_parquet(self, tmp_path: Path, table: str) -> None:
        first = publish(tmp_path / "raw", SEVEN, MEMBERS, tmp_path / "out")
        first.table("club", table).write_bytes(b"not parquet")
        first.folder.rename(first.folder.with_name("before"))
        (tmp_path / "out" / "CURRENT").write_text("before\n")
        second = publish(tmp_path / "raw", SEVEN, MEMBERS, tmp_path / "out")
        second.verify()
        assert second.manifest.datasets["club"].tables == first.manifest.datasets["club"].tables


def test_a_value_without_a_logarithm_in_a_scored_file(tmp_path: Path) -> None:
    run = publish(tmp_path / "raw", SEVEN.model_copy(update={"scaling": "log"}), MEMBERS, tmp_path / "out")
    with pytest.raises(InputError) as caught:
        scoring.score(run, "club", text_file(tmp_path, HEAD + "7,-5,M\n", "more.csv"), as_of=None, report=silent)
    assert str(caught.value) == (
        'more.csv: age goes down to -5.00, which has no logarithm. Use scaling = "standard" in datasets.toml. Then build again.'
    )


def test_constant_feature(tmp_path: Path) -> None:
    """It is left out of clustering, and still measured and shown."""
    run = publish(tmp_path / "raw", SEVEN, MEMBERS.replace(",M", ",F"), tmp_path / "out")
    quality = pd.read_parquet(run.table("club", "quality")).set_index("check")
    found = quality.loc["a feature is the same for all customers and left out of clustering"]
    assert (found["outcome"], found["example"]) == ("warned", "sex")
    assert set(pd.read_parquet(run.table("club", "centres"))["feature"]) == {"age"}
    assert (pd.read_parquet(run.table("club", "customers"))["sex"] == 1).all()


def test_unknown_customers_in_a_scored_file(published: Run, tmp_path: Path) -> None:
    file = text_file(tmp_path, HEAD + "7,27,M\n1000,30,F\n")
    found = scoring.score(published, "club", file, as_of=None, report=silent).customers.set_index("customer_id")
    assert found["status"].to_dict() == {"7": "known", "1000": "new"}
    assert found["persona"].notna().all()
    assert found["persona_before"].isna().to_dict() == {"7": False, "1000": True}
