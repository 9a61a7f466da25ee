from collections import Counter

from benchmarks.mutants import counted

SAID = """
    webapp.access.gate.xǁGateǁ_rule__mutmut_1: killed
    webapp.access.gate.xǁGateǁ_rule__mutmut_2: survived
    webapp.access.gate.x__answer__mutmut_1: killed
    pipeline.artifacts.x_use__mutmut_1: no tests
"""


def test_what_became_of_each_change_is_counted_by_module() -> None:
    assert counted(SAID) == {
        "webapp.access.gate": Counter(killed=2, survived=1),
        "pipeline.artifacts": Counter({"no tests": 1}),
    }


def test_nothing_said_is_nothing_counted() -> None:
    assert counted("\n") == {}
