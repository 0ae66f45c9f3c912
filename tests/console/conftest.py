"""For tests in a real browser: Debian's Chromium, a product for all tests of a module, and windows.

Tests in a browser are plain functions in modules of their own: while Playwright runs, no other event loop can run in
the same thread, so that a module with a coroutine among its tests would fail.
"""

import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.console.running import Console, start
from tests.missing import missing
from tests.product.process import Product

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.console.browsing import Window

PATIENCE_MS = 30_000  # of a machine that has much else to do; nothing waits in vain


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    if (chromium := shutil.which("chromium")) is None:
        missing("chromium is not installed")
    from playwright.sync_api import expect, sync_playwright

    from tests.console.browsing import ARGUMENTS

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def console(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The product, which all tests of a module share; what one of them changes should be its own."""
    product = Product(tmp_path_factory.mktemp("console") / "data")
    try:
        yield start(product)
    finally:
        if product.process is not None and product.process.poll() is None:
            product.stop()


@pytest.fixture
def open_window(browser: "Browser", console: Console) -> "Iterator[Callable[..., Window]]":
    """Open windows, each of another visitor; options are those of Playwright's ``new_context``."""
    from tests.console.browsing import Window

    opened: list[Window] = []

    def open_one(**options: Any) -> Window:
        context = browser.new_context(**{"locale": "en-GB", **options})
        context.set_default_timeout(PATIENCE_MS)
        opened.append(Window(context, console))
        return opened[-1]

    yield open_one
    for window in opened:
        window.context.close()
    problems = [problem for window in opened for problem in window.problems]
    assert not problems, "\n".join(problems)


@pytest.fixture
def window(open_window: "Callable[..., Window]") -> "Window":
    return open_window()
