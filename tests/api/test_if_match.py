"""If-Match is honoured where a resource has an entity tag, and refused elsewhere: it is never ignored."""

import re

import pytest
from aiohttp.web import RouteDef

from server.handlers import smtp_monitor_patches, smtp_monitors
from server.serving.routes import ROUTES
from tests.conftest import MONITOR, OTHER_CUSTOMERS, Api

HONOURING = {smtp_monitor_patches.patch_monitor, smtp_monitor_patches.post_revert, smtp_monitors.delete_monitor}
CHANGING = [route for route in ROUTES if route.method != "GET" and route.handler not in HONOURING]
VARIABLE = re.compile(r"\{\w+:[^}]*\}")
STALE = {"If-Match": '"9-00000000"'}


async def test_a_patch_of_many_is_refused_under_if_match(api: Api) -> None:
    body = {"ids": [MONITOR, OTHER_CUSTOMERS], "changes": {"port": 26}}
    response = await api.call("PATCH", "/api/smtp-monitors", json=body, headers=STALE)
    assert await response.json() == {
        "statusCode": 400,
        "statusMessage": "Bad Request",
        "message": "If-Match gilt nur für einen einzelnen SMTP Monitor; hier bitte weglassen",
        "code": "if_match_unsupported",
    }
    assert (await (await api.get()).json())["port"] == 587


@pytest.mark.parametrize("route", CHANGING, ids=lambda route: f"{route.method} {route.path}")
async def test_what_has_no_entity_tag_refuses_if_match(api: Api, route: RouteDef) -> None:
    method, path = route.method, route.path
    for name in ("{smtpMonitorPublicId:[^/]*}", "{tokenId:[^/]*}"):
        path = path.replace(name, MONITOR)
    path = VARIABLE.sub("10", path.replace("{locationCode:[^/]*}", "de-nbg"))
    response = await api.call(method, path, "globaladmin", json={}, headers=STALE)
    assert (response.status, (await response.json())["code"]) == (400, "if_match_unsupported")
