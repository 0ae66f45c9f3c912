"""A status page of two monitors, for tests that look at what is shown of it."""

from typing import Any

from tests.conftest import MONITOR, OTHER_CUSTOMERS, Api
from tests.console.visiting import visit

PAGE = {
    "slug": "example",
    "title": "Mail of <Example>",
    "language": "en",
    "visibility": "public",
    "monitors": [{"smtpMonitorId": MONITOR, "name": "Out & in"}, {"smtpMonitorId": OTHER_CUSTOMERS, "name": "Spare"}],
}


async def made(api: Api, **fields: object) -> dict[str, Any]:
    response = await api.call("POST", "/api/status-pages", json={**PAGE, **fields})
    assert response.status == 201, await response.text()
    page: dict[str, Any] = await response.json()
    return page


async def shown(api: Api, form: str = ".json", who: str | None = None) -> str:
    answer = await visit(api, f"/status/example{form}", who)
    assert answer.status == 200, await answer.text()
    return await answer.text()
