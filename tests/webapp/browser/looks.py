"""What can be seen of any page: whether it is there, whether its charts are drawn, whether it fits, whether axe finds fault."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, ViewportSize, expect

from tests.webapp.browser.places import Place
from tests.webapp.browser.product import ROOT
from webapp.theme import INK, MUTED, Theme

DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
THEMES: tuple[Theme, ...] = ("light", "dark")

_AXE = (ROOT / "tests" / "webapp" / "axe.min.js").read_text(encoding="utf-8")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def expect_whole(page: Page, place: Place, theme: Theme) -> None:
    """The page is there in a theme, its charts are drawn in the colours of that theme, and nothing runs out of its sides."""
    # The last to come: a page gets its title when it is in place.
    page.locator(f"xpath=//title[. = '{_title(place)}']").wait_for(state="attached")
    expect(page.locator("main h1")).to_have_text(place.heading)
    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
    expect_drawn(page, place.charts, theme)
    if place.has_map:
        page.locator("#map .gl-canvas, #map-here .gl-canvas").first.wait_for(state="attached")
        expect(page.locator("#map .no-webgl, #map-here .no-webgl")).to_have_count(0)
    expect_no_sideways_scroll(page)
    expect_charts_fill_their_boxes(page)


def expect_drawn(page: Page, charts: int | None, theme: Theme) -> None:
    """So many charts, or all that there are, each drawn with words in the ink of a theme; those on coloured areas are white in both."""
    written = [f".main-svg text[style*='fill: {_rgb(colour)}']" for colour in (INK[theme], MUTED[theme])]
    words = page.locator(", ".join([*written, ".treemaplayer text"]))
    with at_the_end(page):
        # Waited for rather than expected: `expect` looks once a second, this twice, and most of a test's time goes by here.
        if charts is not None:
            page.locator("main .dash-graph").filter(has=words).nth(charts - 1).wait_for(state="attached" if charts else "detached")
        page.locator("main .dash-graph").filter(has_not=words).first.wait_for(state="detached")
        page.locator("main .skeleton").first.wait_for(state="detached")
    assert charts in (None, page.locator("main .dash-graph").count())


@contextmanager
def at_the_end(page: Page) -> Iterator[None]:
    """Stay at the end of the page, however it grows: what is below the fold comes when the reader is near."""
    # A page that has only just been asked for is without an element for a moment.
    down = "document.documentElement && window.scrollTo(0, document.documentElement.scrollHeight)"
    page.evaluate(f"window.goingDown = setInterval(() => {down}, 20)")
    yield
    page.evaluate("clearInterval(window.goingDown); window.scrollTo(0, 0)")


def expect_no_sideways_scroll(page: Page) -> None:
    """The page is as wide as its window; charts may take a moment to follow it."""
    assert page.viewport_size is not None
    expect(page.locator("html")).to_have_js_property("scrollWidth", page.viewport_size["width"])


def expect_charts_fill_their_boxes(page: Page) -> None:
    """Every chart is drawn as wide as the box that is there for it."""
    for graph in page.locator("main .dash-graph").all():
        box = graph.bounding_box()
        assert box is not None
        expect(graph.locator(".main-svg").first).to_have_attribute("width", f"{box['width']:.6g}")


def faults(page: Page, within: str = "html") -> list[str]:
    """What axe finds against WCAG 2.2 AA and good practice in a part of the page: rule, element, and what is wrong with it."""
    page.evaluate(_AXE)
    found = page.evaluate("([part, rules]) => axe.run(part, { runOnly: rules, resultTypes: ['violations'] })", [within, _RULES])
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found["violations"] for node in rule["nodes"]]


def _title(place: Place) -> str:
    heading = {"There is no such page": "No such page", "There is no such campaign": "Campaign"}.get(place.heading, place.heading)
    return f"{heading.replace('No customer', 'Customer')} · Clientele"


def _rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"
