"""The parts of a dataset's page, by the words that a reader sees."""

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect


def expect_count(page: Page, found: int, total: int) -> None:
    """The page says how many customers are left of how many; all of them without a filter."""
    expect(page.locator(".status strong")).to_have_text(f"{found:,} of {total:,}" if found < total else f"{total:,}")


def panel(page: Page, name: str) -> Locator:
    """A filter: the button that bears its name, and what it opens."""
    return page.locator("details.filter", has=page.locator("summary", has_text=name))


def choose(page: Page, name: str, word: str) -> None:
    """Open a filter, tick one of its words, and close it."""
    panel(page, name).locator("summary").click()
    panel(page, name).get_by_role("checkbox", name=word, exact=True).check()
    page.keyboard.press("Escape")


def filters(page: Page) -> dict[str, list[str]]:
    """What the address says."""
    return parse_qs(urlsplit(page.url).query)


def table(page: Page) -> Locator:
    """The list of customers."""
    return page.get_by_role("group", name="Customers", exact=True)


def listed(page: Page) -> list[str]:
    """The ids in the list, from the top."""
    return table(page).locator("tbody th").all_inner_texts()
