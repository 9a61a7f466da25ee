from pathlib import Path

import pyarrow.parquet as pq

from pipeline.artifacts import Run
from tests.webapp.handmade import MEMBERS, alter, member, publish
from tests.webapp.pages.test_every_page import ask, page
from webapp.store import Store


def said(run: Run, path: str) -> list[str]:
    return page(ask(Store(run.folder.parents[1]), path))[0]


def test_a_customer_is_told_what_holds_them_what_would_move_them_and_the_other_lens(tmp_path: Path) -> None:
    found = said(publish(tmp_path), "/customers/shop/12")
    assert "Recency holds them here most; nothing speaks for Loyal High Spenders" in found
    assert "No order in 100 more days: Loyal High Spenders" in found
    assert "Hibernating by the marketer's grid (recency 2, frequency 2)" in found
    assert "stability doubtful" in found


def test_a_member_has_no_segment(tmp_path: Path) -> None:
    found = said(publish(tmp_path), "/customers/gym/1")
    assert "Age up to 120 years instead of 20: Budget Conscious" in found
    assert not [text for text in found if "marketer's grid" in text]


def test_whom_no_change_of_one_feature_moves_is_told_so(tmp_path: Path) -> None:
    run = publish(tmp_path)
    alter(run, "gym", "moves", pq.read_table(run.table("gym", "moves")).slice(0, 0))
    assert "No change of a single feature moves them within what the data holds." in said(run, "/customers/gym/1")


def test_a_next_cluster_of_the_same_persona_is_called_so(tmp_path: Path) -> None:
    assert [text for text in said(publish(tmp_path), "/customers/shop/8") if text.endswith("for cluster 1, the same persona")]


def test_without_a_second_cluster_nothing_holds_anybody(tmp_path: Path) -> None:
    run = publish(tmp_path, members=[*MEMBERS[:2], member("3", 25.0, 30.0, 0.0, next_cluster=0)])
    found = said(run, "/customers/gym/3")
    assert not [text for text in found if "holds them here" in text]
    assert "What would move them" in found
