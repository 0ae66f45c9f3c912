"""The forms that make and change a monitor: what they send, what they keep, and what they do when somebody is first."""

import asyncio
import os
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import orjson
import pytest

from server.serving.config import Config
from tests.conftest import MONITOR, Api
from tests.console.visiting import visit
from tests.probe import scripted_smtp
from tests.probe.probing import LOOPBACK
from tests.probe.scripted_smtp import Step

PAGE = f"/monitors/{MONITOR}"
EDIT = f"{PAGE}/edit"
SECRET = "s3cret"
RICH: dict[str, Any] = {
    "secure": True,
    "requireTls": True,
    "auth": {"user": "u", "pass": SECRET},
    "tls": {"verify": False, "servername": "mx.example.com", "minVersion": "TLSv1.2", "warnDays": 0, "criticalDays": 3},
    "ehloName": "probe.example.com",
    "mailFrom": "",
    "rcptTo": "postmaster@example.com",
    "expect": "refused",
    "expectGreeting": 'ESMTP "ready" <\'>',
    "warnMs": 900,
}


@pytest.fixture
def config(config: Config) -> Config:
    return replace(config, probe_allow=LOOPBACK)


class Form(HTMLParser):
    """What a browser would send: the first button is pressed, and of radio buttons none."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "select":
            self.select = given["name"]
        elif tag == "option" and ("selected" in given or self.select not in self.values):
            self.values[self.select] = given["value"]
        elif tag == "input" and given["type"] != "radio" and (given["type"] != "checkbox" or "checked" in given):
            self.values[given["name"]] = given.get("value", "")


async def read_form(api: Api, path: str = EDIT) -> dict[str, str]:
    answer = await visit(api, path)
    assert answer.status == 200
    return Form(await answer.text()).values


async def send(api: Api, form: dict[str, str], path: str = EDIT, **changes: str | None) -> tuple[int, str, str]:
    """Status, where to, and the page; fields by their names with two underscores for a dot."""
    named = {name.replace("__", "."): value for name, value in changes.items()}
    sent = {name: value for name, value in (form | named).items() if value is not None}
    answer = await visit(api, path, form=sent, headers={"Accept-Language": "en"})
    text = await answer.text()
    assert SECRET not in text
    return answer.status, answer.headers.get("Location", ""), text


async def stored(api: Api) -> dict[str, Any]:
    monitor: dict[str, Any] = await (await api.get()).json()
    return monitor


async def last_fields(api: Api) -> list[str]:
    changes = await (await api.call("GET", f"/api/smtp-monitors/{MONITOR}/changes")).json()
    return [field["field"] for field in changes["items"][0]["fields"]]


async def test_a_form_sends_what_was_changed_and_keeps_the_password(api: Api) -> None:
    await api.patch({"smtpConfig": RICH, "allowedCheckCountryCodes": ["DE", "FR"]})
    form = await read_form(api)
    assert SECRET not in form.values()
    assert (await send(api, form))[:2] == (303, f"{PAGE}?notice=monitor.done_nothing")
    assert (await send(api, form, name=" New ", port=""))[:2] == (303, f"{PAGE}?notice=monitor.done_saved")
    assert await last_fields(api) == ["name", "port"]
    form = await read_form(api)
    changes: dict[str, Any] = {"smtpConfig__secure": None, "smtpConfig__tls__verify": "", "smtpConfig__warnMs": "901"}
    assert (await send(api, form, **changes))[0] == 303
    tls = {name: value for name, value in RICH["tls"].items() if name != "verify"}
    assert (await stored(api))["smtpConfig"] == {**RICH, "secure": False, "tls": tls, "warnMs": 901}
    form = await read_form(api)
    assert (await send(api, form, smtpConfig__auth__pass="t0ped"))[0] == 303
    assert (await stored(api))["smtpConfig"]["auth"] == {"user": "u", "pass": "t0ped"}
    form = await read_form(api)
    cleared = {f"smtpConfig__{name}": "" for name in ("auth__user", "mailFrom", "expect", "rcptTo", "ehloName")}
    assert (await send(api, form, **cleared, allowedCheckCountryCodes=""))[0] == 303
    kept = await stored(api)
    assert kept["smtpConfig"].keys() == {"secure", "requireTls", "tls", "expectGreeting", "warnMs"}
    assert kept["allowedCheckCountryCodes"] is None


async def test_a_conflict_is_chosen_field_by_field(api: Api) -> None:
    await api.patch({"smtpConfig": RICH})
    form = await read_form(api)
    await api.patch({"name": "Theirs", "port": 2525, "smtpConfig": {**RICH, "ehloName": "theirs.example.com"}})
    mine = {
        "name": "Mine",
        "timeoutSeconds": "9",
        "smtpConfig__ehloName": "mine.example.com",
        "smtpConfig__warnMs": "8",
    }
    status, _, text = await send(api, form, **mine)
    assert status == 412
    assert all(
        f'id="{whose}-{name}"' in text for whose in ("mine", "theirs") for name in ("name", "smtpConfig.ehloName")
    )
    assert text.count('type="radio"') == 4
    chosen = Form(text).values
    await api.patch({"hostname": "later.example.com"})
    status, _, text = await send(api, chosen, name="Mine", smtpConfig__ehloName="theirs.example.com")
    assert (status, 'type="radio"' in text, "none of your fields" in text) == (412, False, True)
    assert (await send(api, Form(text).values))[1] == f"{PAGE}?notice=monitor.done_saved"
    kept = await stored(api)
    assert (kept["name"], kept["port"], kept["timeoutSeconds"], kept["hostname"]) == (
        "Mine",
        2525,
        9,
        "later.example.com",
    )
    assert kept["smtpConfig"] == {**RICH, "ehloName": "theirs.example.com", "warnMs": 8}


async def test_what_is_wrong_stands_at_its_field(api: Api) -> None:
    form = await read_form(api)
    wrong = {"port": "99999", "timeoutSeconds": "x", "smtpConfig__ignoreTls": "true", "smtpConfig__auth__pass": SECRET}
    status, _, text = await send(api, form, **wrong, hostname='"><b>')
    assert status == 400
    assert all(f'id="d-{name}"' in text for name in ("port", "timeoutSeconds", "hostname"))
    assert "&gt;&lt;b&gt;" in text
    assert "Please type it again" in text
    status, _, text = await send(api, form, smtpConfig__ignoreTls="true")
    assert (status, "SMTP settings: " in text) == (400, True)


async def test_settings_are_tested_with_the_stored_password(api: Api) -> None:
    script: list[Step] = [
        b"220 mail\r\n",
        "EHLO",
        b"250-mail\r\n250 AUTH PLAIN\r\n",
        "AUTH PLAIN AHUAczNjcmV0",
        b"535 no\r\n",
        "QUIT",
    ]
    await api.patch({"smtpConfig": {"ignoreTls": True, "auth": {"user": "u", "pass": SECRET}}})
    form = await read_form(api)
    async with scripted_smtp.serve(script) as server:
        tried = {"hostname": "127.0.0.1", "port": str(server.port), "action": "test"}
        status, _, text = await send(api, form, **tried)
    assert (status, server.surprises, "User or password was rejected" in text) == (200, [], True)
    assert (await stored(api))["hostname"] == "smtp.example.com"
    status, _, text = await send(api, form, hostname="not a name", action="test")
    assert (status, 'id="d-hostname"' in text) == (200, True)


async def test_a_curl_line_does_the_same(api: Api) -> None:
    await api.patch({"smtpConfig": {"auth": {"user": "u", "pass": SECRET}}})
    form = await read_form(api)
    changes = {"name": 'It\'s "$HOME"', "smtpConfig__warnMs": "7", "action": "curl"}
    _, _, text = await send(api, form, **changes)
    line = HTMLText(text.split("<pre><code>")[1].split("</code>")[0]).text
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", "curl() { printf '%s\\0' \"$@\"; }\n" + line, stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "TOKEN": await api.token("admin"), "SMTP_PASSWORD": "typed"},
    )  # fmt: skip
    words = (await process.communicate())[0].decode().split("\0")
    headers = dict(word.split(": ", 1) for before, word in pairwise(words) if before == "-H")
    path = words[2].removeprefix(str(api.client.make_url("")).rstrip("/"))
    answer = await api.call(words[1], path, None, headers=headers, json=orjson.loads(words[words.index("-d") + 1]))
    assert answer.status == 200
    kept = await stored(api)
    assert kept["name"] == changes["name"]
    assert kept["smtpConfig"] == {"auth": {"user": "u", "pass": "typed"}, "warnMs": 7}


class HTMLText(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = ""
        self.feed(text)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data


async def test_a_form_makes_one_monitor_however_often_it_is_sent(api: Api) -> None:
    form = await read_form(api, "/monitors/new")
    status, _, text = await send(api, form, "/monitors/new", name="N", hostname="n.example.com")
    assert (status, 'id="d-customerId"' in text) == (400, True)
    made = {"name": "N", "hostname": "n.example.com", "customerId": "10", "smtpConfig__auth__user": "u"}
    places = {(await send(api, form, "/monitors/new", **made))[1] for _ in range(2)}
    [place] = places
    assert place.endswith("?notice=monitor.done_made")
    public_id = place.split("/")[2].split("?")[0]
    monitor = await (await api.get(monitor=public_id)).json()
    assert (monitor["customerId"], monitor["smtpConfig"], monitor["status"]) == (10, {"auth": {"user": "u"}}, "active")
    _, _, text = await send(api, form, "/monitors/new", **made, action="curl")
    assert "curl -X POST" in text
