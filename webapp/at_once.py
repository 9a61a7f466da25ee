"""How many customers of a crowd are sorted or gathered at once, as it is laid out: all of them would not fit into memory."""

import duckdb

# Each counts as some of the months that they bought in.
CUSTOMERS, OF_A_CUSTOMER = 900_000, 2


def parts(connection: duckdb.DuckDBPyConnection, held: str) -> list[tuple[int, int]]:
    """Parts of what `held` counts (number, held) that fit into memory one at a time: the number before the first, and the last of each."""
    sql = (
        f"SELECT max(number) FROM (SELECT number, sum(held) OVER (ORDER BY number) AS so_far FROM ({held})) GROUP BY so_far // {CUSTOMERS}"
    )
    lasts = sorted(last for (last,) in connection.execute(sql).fetchall())
    return list(zip([-1, *lasts], lasts, strict=False))
