from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sql import identifier, literal, one_file, parquet

# DuckDB takes no NUL in a statement.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30)


@given(texts)
def test_whatever_a_text_holds_it_comes_back(text: str) -> None:
    assert duckdb.execute(f"SELECT {literal(text)}").fetchall() == [(text,)]


@given(texts)
def test_whatever_a_name_holds_it_is_that_name(name: str) -> None:
    assert duckdb.execute(f"SELECT 1 AS {identifier(name)}").description[0][0] == name


@pytest.mark.parametrize("name", ["a*", "a?", "[ab]c", "it's", "customer_id=9", "a]b", '"a"'])
def test_a_file_is_itself_alone_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    for at, stem in enumerate(("ab", "ac", "bc", name)):
        (tmp_path / stem).mkdir()
        duckdb.execute(f"COPY (SELECT {at} AS n) TO {literal(str(tmp_path / stem / 'x.parquet'))} (FORMAT parquet)")
    path = tmp_path / name / "x.parquet"
    assert duckdb.execute(f"SELECT * FROM {parquet(path)}").fetchall() == [(3,)]
    assert duckdb.execute(f"SELECT file FROM glob({one_file(path)})").fetchall() == [(str(path),)]
