"""A program that opens a run and forks, as a server with several workers may: ends with 0 when parent and child were both answered.

A program, because the process that runs the tests has threads whose locks a fork would take over for good.
"""

import os
import signal
import sys
from pathlib import Path

from pipeline import artifacts
from webapp.snapshot import Snapshot

COUNT = "SELECT count(*) AS n FROM shop.customers"
MARK = "SELECT count(*) AS n FROM information_schema.tables WHERE table_name = 'mark'"


def main(root: Path) -> int:
    """Ask before the fork, in the child, and in the parent after it; the child must not see what the parent's database holds."""
    run = artifacts.current(root)
    assert run is not None
    snapshot = Snapshot(run)
    snapshot.rows("CREATE TABLE mark AS SELECT 1")
    asked = [snapshot.rows(COUNT), snapshot.rows(MARK)] == [[{"n": 5}], [{"n": 1}]]
    child = os.fork()
    if child == 0:
        signal.alarm(30)  # a child that hangs is a failure, not a wait
        answered = False
        try:
            answered = [snapshot.rows(COUNT), snapshot.rows(MARK)] == [[{"n": 5}], [{"n": 0}]]
        finally:
            os._exit(0 if answered else 1)
    answered = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return 0 if asked and answered and snapshot.rows(COUNT) == [{"n": 5}] else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
