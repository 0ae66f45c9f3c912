"""The reference page's own request and answer."""

import re

from tests.conftest import MONITOR, Api

ANSWER = (
    '{"id":200,"organizationId":1,"customerId":10,"name":"Outbound SMTP (Primary)","hostname":"smtp.example.com",'
    '"port":587,"status":"disabled","checkInterval":60,"timeoutSeconds":30,"notificationEmail":null,'
    '"notificationPhoneNumber":null,"lastCheckedAt":"2026-01-01T12:00:00.000Z","createdAt":"2026-01-01T12:00:00.000Z",'
    '"updatedAt":"(?P<updated>[0-9-]{10}T[0-9:]{8}[.][0-9]{3}Z)",'
    '"config":{"secure":false,"requireTls":true,"auth":{"user":"username","pass":"password"}},'
    '"smtpConfig":{"secure":false,"requireTls":true,"auth":{"user":"username","pass":"password"}},'
    f'"publicId":"{MONITOR}","allowedCheckCountryCodes":COUNTRIES}}'
)
BODY = {
    "name": "Outbound SMTP (Primary)",
    "hostname": "smtp.example.com",
    "port": 587,
    "status": "paused",
    "checkInterval": 60,
    "timeoutSeconds": 30,
    "allowedCheckCountryCodes": ["de", "us"],
    "smtpConfig": {"secure": False, "requireTls": True, "auth": {"user": "username", "pass": "password"}},
}


def pattern(countries: str) -> str:
    head, _, rest = ANSWER.partition("(?P<updated>")
    group, _, tail = rest.partition(")")
    return re.escape(head) + "(?P<updated>" + group + ")" + re.escape(tail.replace("COUNTRIES", countries))


async def test_the_pages_curl_gets_the_pages_answer(api: Api) -> None:
    response = await api.patch({"status": "disabled"})
    assert response.status == 200
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert re.fullmatch(pattern("null"), await response.text())


async def test_the_pages_whole_body_is_accepted(api: Api) -> None:
    response = await api.patch(BODY)
    assert response.status == 200
    assert re.fullmatch(pattern('["DE","US"]'), await response.text())
