"""Every page as a picture: `python -m tests.webapp.browser.screenshots [FOLDER]`, in both sizes and both themes.

Of each page there are two: what stands above the fold, and all of it. The product is started on the runs that
`CLIENTELE_ARTIFACTS` names, else on data/artifacts.
"""

import argparse
import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.webapp.browser import published
from tests.webapp.browser.chromium import arguments, installed
from tests.webapp.browser.looks import DESKTOP, PHONE, THEMES, expect_whole
from tests.webapp.browser.places import PLACES
from tests.webapp.browser.product import ROOT, Product, running
from webapp.settings import Settings
from webapp.theme import Theme

SIZES = {"desktop": DESKTOP, "phone": PHONE}


def main() -> int:
    """Take them all; 2 when there is nothing to take them of, or nothing to take them with."""
    parser = argparse.ArgumentParser(description="Every page as a picture, in both sizes and both themes.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "screenshots")
    folder: Path = parser.parse_args().folder
    artifacts, chromium = Settings.from_environment().artifacts.absolute(), installed()
    if not (artifacts / "CURRENT").is_file():
        sys.stderr.write(f"No run is published in {artifacts}. Run `python -m pipeline build`.\n")
        return 2
    if chromium is None:
        sys.stderr.write("There is no browser. Install chromium, or set CHROMIUM to the path of one.\n")
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    with running(artifacts, folder / "server.log") as product, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments())
        for theme in THEMES:
            for size in SIZES:
                take(browser, product, folder, theme, size)
        browser.close()
    return 0


def take(browser: Browser, product: Product, folder: Path, theme: Theme, size: str) -> None:
    """Every page in one theme and size, and the lookup with a customer."""
    ids = published.ids(product.artifacts)
    ending = f"{size}-{theme}"
    context = browser.new_context(viewport=SIZES[size], color_scheme=theme, reduced_motion="reduce", base_url=product.url)
    page = context.new_page()
    for place in (place.of(ids) for place in PLACES):
        page.goto(place.path, wait_until="commit")
        expect_whole(page, place, theme)
        shoot(page, folder, f"{place.name}-{ending}", SIZES[size])
    page.goto("/lookup/", wait_until="commit")
    box = page.get_by_label("Customer id").locator("visible=true")
    box.fill(ids["mall"])
    box.press("Enter")
    page.locator(".lk-map:visible .annotation-text").wait_for()
    shoot(page, folder, f"lookup-{ending}", SIZES[size])
    context.close()
    sys.stdout.write(f"{size}, {theme}: {len(PLACES) + 1} pages in {os.path.relpath(folder)}\n")


def shoot(page: Page, folder: Path, name: str, size: ViewportSize) -> None:
    """Take a page as it is seen first, and whole."""
    page.screenshot(path=folder / f"{name}.png")
    # A window as high as the page: rails and bars that stay in sight would be cut off or stand in the middle.
    page.set_viewport_size({**size, "height": page.evaluate("document.scrollingElement.scrollHeight")})
    page.screenshot(path=folder / f"{name}-whole.png")
    page.set_viewport_size(size)


if __name__ == "__main__":
    sys.exit(main())
