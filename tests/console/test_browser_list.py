"""The list of monitors in a real browser: rows follow what happens, selection and place stay, no mouse is needed."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.console.browsing import Window
from tests.console.running import Console

pytestmark = pytest.mark.slow
Open = Callable[..., Window]


@pytest.fixture
def monitors(console: Console, request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """Three that no other test knows; nobody answers where they look."""
    names = [f"{request.node.name} {n}" for n in range(3)]
    hosts = [{"name": name, "hostname": "127.0.0.1", "port": 1, "checkInterval": 3600} for name in names]
    return [console.api("POST", "/api/smtp-monitors", {"customerId": 10, **one}) for one in hosts]


def row_of(window: Window, monitor: dict[str, Any]) -> Locator:
    return window.page.locator(f'tr[data-id="{monitor["publicId"]}"]')


def show(window: Window, monitors: list[dict[str, Any]]) -> None:
    """The list of these alone."""
    window.go(f"/?search={monitors[0]['name'][:-2]}&sort=name")
    expect(window.page.locator("tbody tr")).to_have_count(len(monitors))


def statuses(console: Console, monitors: list[dict[str, Any]]) -> set[str]:
    return {console.api("GET", f"/api/smtp-monitors/{monitor['publicId']}")["status"] for monitor in monitors}


def test_two_keys_pause_all_that_are_shown(console: Console, window: Window, monitors: list[dict[str, Any]]) -> None:
    window.log_in_at_once()
    show(window, monitors)
    window.page.keyboard.press("a")
    expect(window.page.locator("#selected")).to_have_text("3 selected")
    window.page.keyboard.press("p")
    expect(window.page.get_by_role("status").filter(has_text="3")).to_be_visible()
    assert statuses(console, monitors) == {"disabled"}
    expect(window.page.locator("tbody .state.paused")).to_have_count(3)


def test_keys_choose_rows_and_silence_them(console: Console, window: Window, monitors: list[dict[str, Any]]) -> None:
    window.log_in_at_once()
    show(window, monitors)
    for key in "jxjjx":  # the first, and the third
        window.page.keyboard.press(key)
    expect(window.page.locator("#selected")).to_have_text("2 selected")
    window.page.keyboard.press("m")
    expect(window.page.get_by_role("status").filter(has_text="2")).to_be_visible()
    named = {window["smtpMonitorId"] for window in console.api("GET", "/api/maintenance-windows")["items"]}
    assert named >= {monitors[0]["publicId"], monitors[2]["publicId"]}
    assert monitors[1]["publicId"] not in named


def test_a_window_without_scripts_acts_on_many(
    console: Console, open_window: Open, monitors: list[dict[str, Any]]
) -> None:
    window = open_window(java_script_enabled=False)
    window.log_in_at_once("user@example.com")
    show(window, monitors)
    for monitor in monitors[:2]:
        row_of(window, monitor).get_by_role("checkbox").check()
    window.page.get_by_role("button", name="Pause").click()
    expect(window.page.locator("tbody .state.paused")).to_have_count(2)
    assert statuses(console, monitors[2:]) == {"active"}


def test_a_row_changes_where_it_is(console: Console, window: Window, monitors: list[dict[str, Any]]) -> None:
    window.log_in_at_once()
    show(window, monitors)
    window.is_live()
    kept = row_of(window, monitors[0])
    kept.get_by_role("checkbox").check()
    window.page.evaluate("globalThis.before = document.querySelector('tbody tr')")
    console.api("PATCH", f"/api/smtp-monitors/{monitors[1]['publicId']}", {"status": "disabled"})
    expect(row_of(window, monitors[1]).locator(".state")).to_have_text("Paused")
    expect(kept.get_by_role("checkbox")).to_be_checked()
    expect(kept.get_by_role("checkbox")).to_be_focused()
    expect(window.page.locator("#selected")).to_have_text("1 selected")
    assert window.page.evaluate("globalThis.before === document.querySelector('tbody tr')")
