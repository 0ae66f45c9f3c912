"""The page of a monitor in a real browser: the chart is zoomed by mouse and keys, and the page follows what happens."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.console import showcase
from tests.console.browsing import Window
from tests.console.running import Console
from tests.console.showcase_rows import MONITOR

pytestmark = pytest.mark.slow
PAGE = f"/monitors/{MONITOR}"
WHOLE = "0 0 1000 1000"


@pytest.fixture(scope="module")
def console(console: Console) -> Console:
    showcase.load(console)
    return console


def test_a_chart_is_zoomed_by_dragging_and_by_keys(window: Window) -> None:
    window.log_in_at_once()
    window.go(f"{PAGE}?range=month")
    page, chart = window.page, window.page.locator(".chart")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 100)
    expect(page.locator("#readout")).to_contain_text(re.compile(r"ms \(DNS [0-9.]+, Connect [0-9.]+"))
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 100, steps=3)
    page.mouse.up()
    page.wait_for_url(re.compile("startDate="))
    expect(page.locator(".plot")).to_have_attribute("viewBox", WHOLE)
    query = parse_qs(urlsplit(page.url).query)
    assert query["startDate"] < query["endDate"]
    window.tab_to(page.get_by_role("link", name="Year"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Year")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("link", name="Year")).to_be_focused()
    expect(page.locator(".plot")).to_have_attribute("viewBox", WHOLE)
    page.go_back()
    expect(page.get_by_role("link", name="Year")).not_to_have_attribute("aria-current", "true")
    page.locator(".days g").nth(85).click()
    page.wait_for_url(re.compile("[?&]date="))
    assert window.barriers() == []


def test_a_page_follows_what_happens(console: Console, window: Window) -> None:
    window.log_in_at_once()
    window.go(PAGE)
    window.is_live()
    details = window.page.locator(".checks details").first
    details.locator("summary").click()
    console.api("PATCH", f"/api/smtp-monitors/{MONITOR}", {"status": "disabled"})
    expect(window.page.locator(".changes li").first).to_contain_text("active")
    expect(window.page.locator(".head .state")).to_have_text("Paused")
    expect(details).to_have_attribute("open", "")


def test_without_scripts_links_do_the_same(open_window: Callable[..., Window]) -> None:
    window = open_window(java_script_enabled=False)
    window.log_in_at_once()
    window.go(PAGE)
    window.page.get_by_role("link", name="Month").click()
    expect(window.page.get_by_role("link", name="Month")).to_have_attribute("aria-current", "true")
    expect(window.page.locator(".plot path").first).to_be_attached()
