"""A window of a real browser, and what must be true of every page in it."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, Response, ViewportSize, expect

from tests.console.running import Console

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
DESK: ViewportSize = {"width": 1280, "height": 860}
PHONE: ViewportSize = {"width": 360, "height": 740}
# beside what Playwright gives by itself: nothing leaves this machine
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.*",
]
# a page that is left ends its requests
ABORTED = "net::ERR_ABORTED"
# of axe; the same page in dark differs in its colours alone
EVERYTHING, COLOURS = "{resultTypes: ['violations']}", "{runOnly: ['color-contrast']}"
MANY_KEYS = 200


class Window:
    """One visitor's window. *problems* collects what no page may do; it has to be empty in the end."""

    def __init__(self, context: BrowserContext, console: Console) -> None:
        self.context, self.console = context, console
        self.problems: list[str] = []
        self.expected: tuple[int, ...] = ()
        self.sites = {console.url}
        context.on("console", self._message)
        context.on("weberror", lambda error: self.problems.append(f"error in a script: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("requestfailed", self._failed)
        self.page: Page = context.new_page()

    def expect_status(self, *statuses: int) -> None:
        """Answers with these statuses are no problem from now on."""
        self.expected = statuses

    def go(self, path: str) -> None:
        self.page.goto(f"{self.console.url}{path}")

    def visit_elsewhere(self, url: str) -> None:
        """A page of another site, which the test serves itself."""
        self.sites.add(_site(url))
        self.page.goto(url)

    @property
    def path(self) -> str:
        """Path and query of the page."""
        parts = urlsplit(self.page.url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def log_in(self, email: str = "admin@example.com", path: str = "/") -> None:
        """As a person does: open a page, be sent to the form, fill it in, be where he wanted to be."""
        self.go(path)
        self.page.locator("input[name=email]").fill(email)
        self.page.locator("input[name=password]").fill(self.console.passwords[email])
        self.page.locator("main button.main").click()
        self.page.wait_for_url(f"{self.console.url}{path}")

    def log_in_at_once(self, email: str = "admin@example.com") -> None:
        """With a session of the API; what a form would do is not what the test is about."""
        token = self.console.token(email)
        self.context.add_cookies(
            [{"name": "session", "value": token, "url": self.console.url, "httpOnly": True, "sameSite": "Strict"}]
        )

    def choose_language(self, language: str) -> None:
        self.context.add_cookies([{"name": "language", "value": language, "url": self.console.url}])

    def is_live(self) -> None:
        """The page hears of events from now on."""
        expect(self.page.locator("#live")).to_have_text("Live")

    def barriers(self, themes: Sequence[Theme] = THEMES) -> list[str]:
        """What axe finds in themes, and on a phone; and where a page needs a horizontal scroll bar."""
        found = []
        for theme in themes:
            self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            found += self._violations(theme, COLOURS if theme == "dark" else EVERYTHING)
        found += self._too_wide()
        usual = self.page.viewport_size or DESK
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(PHONE)
        found += self._violations("phone", EVERYTHING) + self._too_wide()
        self.page.set_viewport_size(usual)
        return found

    def _too_wide(self) -> list[str]:
        width, room = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        return [f"{self.path}: {width} pixels do not fit into {room}"] if width > room else []

    def _violations(self, where: str, options: str) -> list[str]:
        if not self.page.evaluate("'axe' in globalThis"):
            self.page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text())
        found = self.page.evaluate(f"axe.run(document, {options}).then(result => result.violations)")
        violations = [(one["id"], one["help"], node["html"]) for one in found for node in one["nodes"]]
        return [f"{self.path}, {where}: {': '.join(violation)}" for violation in violations]

    def tab_to(self, wanted: Locator) -> None:
        """Press Tab until *wanted* has the focus, and shows it."""
        for _ in range(MANY_KEYS):
            self.page.keyboard.press("Tab")
            if wanted.evaluate("one => one === document.activeElement"):
                break
        assert wanted.evaluate("one => one === document.activeElement"), f"Tab does not lead to {wanted}"
        assert wanted.evaluate("one => getComputedStyle(one).outlineStyle") != "none", "the focus cannot be seen"

    def _message(self, message: ConsoleMessage) -> None:
        told = any(f"status of {status} " in message.text for status in self.expected)
        if not told:
            self.problems.append(f"message in the console: {message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith("data:") and _site(request.url) not in self.sites:
            self.problems.append(f"request to another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.problems.append(f"{response.status} for {response.request.method} {response.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != ABORTED:
            self.problems.append(f"{request.failure} for {request.method} {request.url}")


def _site(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
