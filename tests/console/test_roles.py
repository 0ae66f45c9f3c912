"""Every page, and what it answers each role: 303 sends to the log-in."""

import pytest

from tests.conftest import ABSENT, MONITOR, OTHER_CUSTOMERS, STRANGERS, Api
from tests.console.visiting import visit

ROLES = ["admin", "user", "readonly", "restricted", "restricted-readonly", "supporter", "globaladmin", "stranger", None]
# a line a page: its path, and the status for each of ROLES
PAGES: list[tuple[str, str]] = [
    ("/", "200 200 200 200 200 200 200 200 303"),
    ("/monitors.csv", "200 200 200 200 200 200 200 200 303"),
    ("/incidents", "200 200 200 200 200 200 200 200 303"),
    ("/incidents?status=&customerId=11", "200 200 200 200 200 200 200 200 303"),
    ("/incidents/999", "404 404 404 404 404 404 404 404 303"),
    ("/wall", "200 200 200 200 200 200 200 200 303"),
    ("/customers", "200 200 200 200 200 200 200 200 303"),
    ("/customers/new", "200 403 403 403 403 403 200 200 303"),
    ("/customers/10", "200 403 403 403 403 403 200 404 303"),
    ("/users", "200 403 403 403 403 403 200 200 303"),
    ("/users/new", "200 403 403 403 403 403 200 200 303"),
    ("/tokens", "200 200 200 200 200 403 200 200 303"),
    ("/tokens/new", "200 200 200 200 200 403 200 200 303"),
    ("/organization", "200 200 200 200 200 200 200 200 303"),
    ("/organizations", "200 200 200 200 200 200 200 200 303"),
    ("/organizations/new", "403 403 403 403 403 403 200 403 303"),
    ("/organizations/1", "200 200 200 200 200 200 200 404 303"),
    ("/windows", "200 200 200 200 200 200 200 200 303"),
    ("/windows/new", "200 200 403 200 403 403 200 200 303"),
    (f"/windows/new?smtpMonitorId={OTHER_CUSTOMERS}", "200 200 403 404 403 403 200 404 303"),
    ("/status-pages", "200 200 200 200 200 200 200 200 303"),
    ("/status-pages/new", "200 200 403 200 403 403 200 200 303"),
    ("/status-pages/999", "404 404 404 404 404 404 404 404 303"),
    ("/status-pages/999/messages/new", "404 404 403 404 403 403 404 404 303"),
    ("/audit", "200 403 403 403 403 200 200 200 303"),
    (f"/monitors/{MONITOR}", "200 200 200 200 200 200 200 404 303"),
    (f"/monitors/{OTHER_CUSTOMERS}", "200 200 200 404 404 200 200 404 303"),
    (f"/monitors/{STRANGERS}", "404 404 404 404 404 200 200 200 303"),
    (f"/monitors/{ABSENT}", "404 404 404 404 404 404 404 404 303"),
    (f"/monitors/{MONITOR}/edit", "200 200 403 200 403 403 200 404 303"),
    ("/monitors/new", "200 200 403 200 403 403 200 200 303"),
    (f"/monitors/{MONITOR}/delete", "200 200 403 200 403 403 200 404 303"),
    ("/account", "200 200 200 200 200 200 200 200 303"),
    ("/account/two-factor", "303 303 303 303 303 303 303 303 303"),
    ("/login", "303 303 303 303 303 303 303 303 200"),
]
IDS = (MONITOR, OTHER_CUSTOMERS, STRANGERS, ABSENT)


@pytest.mark.parametrize(("path", "statuses"), PAGES, ids=[path for path, _ in PAGES])
async def test_a_page_is_for_whom_the_api_is(api: Api, path: str, statuses: str) -> None:
    answers = [await visit(api, path, who) for who in ROLES]
    assert [str(answer.status) for answer in answers] == statuses.split()
    for answer in answers:
        assert "webhook.example" not in await answer.text()
