import numpy as np
from hypothesis import example, given

from tests.webapp.scattered import CELL, CROWD, EACH, MONTHS, PERSONAS, areas
from webapp.crowd import INSIDE
from webapp.enclosed import enclosed


@given(areas)
@example([(-1.0, -1.0), (-1.0, 2.0), (2.0, 2.0), (2.0, -1.0)])
@example([(-1.0, -1.0), (-1.0, -0.5), (-0.5, -0.5)])
def test_those_in_a_shape_come_to_what_each_of_them_comes_to(area: list[tuple[float, float]]) -> None:
    shape, buyers = enclosed(area, CROWD), CROWD.buyers
    assert buyers is not None
    found = buyers.counted(shape.within, shape.border, shape.near)
    inside = np.array(shape.placed[INSIDE].to_pylist(), bool)
    each = {name: column.to_numpy()[inside] for name, column in zip(EACH.schema.names, EACH.columns, strict=True)}
    assert found.customers.tolist() == np.bincount(each["persona"], minlength=PERSONAS).tolist()
    assert found.orders.tolist() == np.bincount(each["persona"], each["orders"], PERSONAS).tolist()
    np.testing.assert_allclose(found.revenue, np.bincount(each["persona"], each["revenue"], PERSONAS))
    days = np.bincount(each["days"])
    assert found.days[: len(days)].tolist() == days.tolist()
    assert not found.days[len(days) :].any()


@given(areas)
@example([(-1.0, -1.0), (-1.0, 2.0), (2.0, 2.0), (2.0, -1.0)])
def test_months_of_a_cell_and_persona_count_as_far_as_its_customers_do(area: list[tuple[float, float]]) -> None:
    shape, buyers = enclosed(area, CROWD), CROWD.buyers
    assert buyers is not None
    inside = np.array(shape.placed[INSIDE].to_pylist(), float)
    persona, month, revenue = (EACH[name].to_numpy() for name in ("persona", "month", "revenue"))
    own = CELL * PERSONAS + persona
    share = np.bincount(own, inside)[own] / np.bincount(own)[own]
    expected = np.bincount(month * PERSONAS + persona, share * revenue, MONTHS * PERSONAS).reshape(MONTHS, PERSONAS)
    np.testing.assert_allclose(buyers.counted(shape.within, shape.border, shape.near).months, expected)
