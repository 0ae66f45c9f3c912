"""What pages of other sites can do with the browser of somebody who is logged in: lead him here, and nothing else."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.conftest import MONITOR
from tests.console.browsing import Window
from tests.console.running import Console

pytestmark = pytest.mark.slow
# browsers send a strict cookie to the same host, whatever the port; to them it is the same site
SAME_SITE, OTHER_SITE = "127.0.0.1", "127.0.0.2"
Serve = Callable[[str, str], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve a page at an address; gives its URL."""
    servers: list[ThreadingHTTPServer] = []

    def serve_one(host: str, page: str) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(f"<!doctype html><link rel=icon href=data:,>{page}".encode())

            def log_message(self, *_: object) -> None: ...

        servers.append(ThreadingHTTPServer((host, 0), Handler))
        threading.Thread(target=servers[-1].serve_forever).start()
        return f"http://{host}:{servers[-1].server_port}/"

    yield serve_one
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("host", [SAME_SITE, OTHER_SITE])
def test_a_form_of_another_page_does_nothing(console: Console, window: Window, serve: Serve, host: str) -> None:
    window.log_in_at_once("user@example.com")
    inputs = f"<input name=id value={MONITOR}><input name=action value=resume>"
    window.visit_elsewhere(serve(host, f"<form method=post action={console.url}/>{inputs}<button>Win!</button></form>"))
    window.expect_status(403)
    window.page.get_by_role("button").click()
    expect(window.page.get_by_role("heading", level=1)).to_have_text("Request of another site")
    assert console.api("GET", f"/api/smtp-monitors/{MONITOR}")["status"] == "disabled"
    assert console.api("GET", "/api/session", who="user@example.com")["email"] == "user@example.com"


def test_a_link_leads_to_the_page(console: Console, window: Window, serve: Serve) -> None:
    window.log_in_at_once()
    window.visit_elsewhere(serve(OTHER_SITE, f"<a href={console.url}/?search=Demo>Look</a>"))
    window.page.get_by_role("link").click()
    expect(window.page.locator("tbody tr")).to_have_count(1)
    assert window.path == "/?search=Demo"


def test_a_page_is_in_nobodys_frame(console: Console, window: Window, serve: Serve) -> None:
    window.log_in_at_once()
    window.visit_elsewhere(serve(SAME_SITE, f"<iframe src={console.url}/></iframe>"))
    assert window.page.frames[1].content().count("Outbound") == 0
    assert "frame-ancestors 'none'" in " ".join(window.problems)
    window.problems.clear()
