"""Pictures of the console for the README: ``.venv/bin/python -m tests.console.pictures``, with Debian's Chromium."""

import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tests.console import showcase
from tests.console.browsing import ARGUMENTS, DESK, PHONE, Window
from tests.console.running import Console, start
from tests.console.showcase_rows import MONITOR
from tests.product.process import Product

FOLDER = Path(__file__).parent.parent.parent / ".docs" / "pictures"
SCREEN: ViewportSize = {"width": 1600, "height": 900}
# name, path, theme, window
PICTURES: list[tuple[str, str, Literal["light", "dark"], ViewportSize]] = [
    ("list", "/", "light", DESK),
    ("list-dark", "/", "dark", DESK),
    ("list-phone", "/", "light", PHONE),
    ("monitor", f"/monitors/{MONITOR}", "light", DESK),
    ("monitor-dark", f"/monitors/{MONITOR}", "dark", DESK),
    ("monitor-phone", f"/monitors/{MONITOR}", "light", PHONE),
    ("status", f"/status/{showcase.SLUG}", "light", DESK),
    ("wall", "/wall", "dark", SCREEN),
]


def main(arguments: list[str]) -> int:
    """Into *arguments*' folder, or the README's."""
    folder = Path(arguments[0]) if arguments else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        product = Product(Path(data) / "data")
        try:
            console = start(product)
            showcase.load(console)
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
            for picture in PICTURES:
                take(browser, console, folder, *picture)
            browser.close()
        finally:
            product.stop()
    return 0


def take(
    browser: Browser,
    console: Console,
    folder: Path,
    name: str,
    path: str,
    theme: Literal["light", "dark"],
    size: ViewportSize,
) -> None:
    """One picture, as a German visitor sees it who has chosen English."""
    context = browser.new_context(color_scheme=theme, viewport=size, locale="en-GB", timezone_id="Europe/Berlin")
    window = Window(context, console)
    window.log_in_at_once()
    window.go(path)
    if window.page.locator("#live").count():
        window.is_live()
    window.page.screenshot(path=folder / f"{name}.png")
    context.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
