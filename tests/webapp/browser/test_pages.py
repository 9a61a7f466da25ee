import pytest

from tests.webapp.browser import published
from tests.webapp.browser.conftest import OpenPage
from tests.webapp.browser.looks import DESKTOP, PHONE, expect_whole, faults
from tests.webapp.browser.places import PLACES, Place
from tests.webapp.browser.product import Product

pytestmark = pytest.mark.slow

THEME_SWITCH = "Change theme"


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_page_is_whole_and_accessible_on_a_phone_and_a_desktop_in_both_themes(demo: Product, open_page: OpenPage, place: Place) -> None:
    place = place.of(published.ids(demo.artifacts))
    page = open_page(demo, place.path, viewport=PHONE, color_scheme="dark")
    expect_whole(page, place, "dark")
    found = {"phone, dark": faults(page)}

    page.get_by_role("button", name=THEME_SWITCH).click()
    expect_whole(page, place, "light")

    page.set_viewport_size(DESKTOP)
    expect_whole(page, place, "light")
    found["desktop, light"] = faults(page)

    page.get_by_role("button", name=THEME_SWITCH).click()
    expect_whole(page, place, "dark")
    assert found == {"phone, dark": [], "desktop, light": []}


# A phone in light and a desktop in dark are seen on made-up data.
@pytest.mark.real
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_page_of_real_data_is_whole_on_a_desktop_in_light_and_a_phone_in_dark(real: Product, open_page: OpenPage, place: Place) -> None:
    place = place.of(published.ids(real.artifacts))
    page = open_page(real, place.path)
    expect_whole(page, place, "light")

    page.set_viewport_size(PHONE)
    page.get_by_role("button", name=THEME_SWITCH).click()
    expect_whole(page, place, "dark")
