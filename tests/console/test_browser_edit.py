"""The form of a monitor in a real browser: what somebody else changed meanwhile, and settings that are tested first."""

import os
import subprocess
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.console.browsing import Window
from tests.console.running import Console, mail_server
from tests.ports import free_port

pytestmark = pytest.mark.slow


@pytest.fixture
def monitor(console: Console) -> dict[str, Any]:
    settings = {"name": "Before", "hostname": "127.0.0.1", "port": free_port(), "checkInterval": 3600}
    made: dict[str, Any] = console.api("POST", "/api/smtp-monitors", {"customerId": 10, **settings})
    return made


def test_who_comes_second_chooses_field_by_field(console: Console, window: Window, monitor: dict[str, Any]) -> None:
    path = f"/monitors/{monitor['publicId']}"
    window.log_in_at_once("user@example.com")
    window.go(f"{path}/edit")
    console.api("PATCH", f"/api/smtp-monitors/{monitor['publicId']}", {"name": "Theirs", "timeoutSeconds": 7})
    window.page.get_by_label("Name", exact=False).first.fill("Mine")
    window.page.locator("[name=checkInterval]").fill("1800")
    window.expect_status(412)
    window.page.get_by_role("button", name="Save").click()
    expect(window.page.get_by_role("heading", level=1)).to_have_text("Somebody was first")
    assert window.barriers() == []
    window.page.get_by_role("radio", name="Mine").check()
    window.page.get_by_role("button", name="Save").click()
    expect(window.page.get_by_role("heading", level=1)).to_have_text("Mine")
    assert window.path.startswith(path)
    now = console.api("GET", f"/api/smtp-monitors/{monitor['publicId']}")
    assert (now["name"], now["timeoutSeconds"], now["checkInterval"]) == ("Mine", 7, 1800)


def test_settings_are_tested_before_they_are_saved(console: Console, window: Window, monitor: dict[str, Any]) -> None:
    window.log_in_at_once("user@example.com")
    window.go(f"/monitors/{monitor['publicId']}/edit")
    port = free_port()
    window.page.locator("[name=port]").fill(str(port))
    window.page.get_by_role("button", name="Test").click()
    expect(window.page.locator("[data-part=found]")).to_contain_text("The connection was refused")
    with mail_server(port):
        window.page.get_by_role("button", name="Test").click()
        expect(window.page.locator("[data-part=found]")).to_contain_text("The server answers")
    assert window.barriers() == []
    path = f"/api/smtp-monitors/{monitor['publicId']}"
    assert console.api("GET", path)["port"] == monitor["port"]
    line = window.page.locator("[data-part=curl] code").text_content() or ""
    assert line.endswith(f"-d '{{\"port\":{port}}}'")
    token = console.token("user@example.com")
    subprocess.run(["bash", "-c", line], env={**os.environ, "TOKEN": token}, check=True, capture_output=True)
    assert console.api("GET", path)["port"] == port
