"""Status pages in the API: their slugs, their monitors, and the messages that people write on them."""

import asyncio

import pytest

import sql
from tests.conftest import ABSENT, MONITOR, OTHER_CUSTOMERS, Api

PATH = "/api/status-pages"
NEW = {"slug": "example-mail", "title": "Mail"}
SHOWN = [{"smtpMonitorId": MONITOR, "name": "Outgoing"}, {"smtpMonitorId": OTHER_CUSTOMERS, "name": "Incoming"}]


async def slugs(api: Api) -> dict[str, int]:
    rows = await api.db.fetch("SELECT slug, organization_id FROM status_page_slugs")
    return {row["slug"]: row["organization_id"] for row in rows}


async def test_a_page_is_kept_as_it_was_sent_and_a_patch_changes_what_it_names(api: Api) -> None:
    response = await api.call("POST", PATH, json={**NEW, "monitors": SHOWN, "description": "One\r\ntwo"})
    made = await response.json()
    assert (response.status, response.headers["Location"]) == (201, f"{PATH}/{made['id']}")
    defaults = {"logoUrl": None, "language": "de", "visibility": "off", "showHostnames": False}
    assert {**NEW, **defaults, "showResponseTimes": False, "description": "One\ntwo"}.items() <= made.items()
    assert (made["monitors"], made["monitorCount"], made["url"]) == (SHOWN, 2, "/status/example-mail")
    path = f"{PATH}/{made['id']}"
    changed = await (await api.call("PATCH", path, json={"monitors": SHOWN[::-1], "logoUrl": "/logo.svg"})).json()
    assert changed == {
        **made,
        "monitors": SHOWN[::-1],
        "logoUrl": "/logo.svg",
        "updatedAt": changed["updatedAt"],
    }
    assert await (await api.call("GET", path)).json() == changed
    listed = await (await api.call("GET", f"{PATH}?customerId=10")).json()
    assert listed["items"] == []
    [item] = (await (await api.call("GET", PATH)).json())["items"]
    assert item == {key: value for key, value in changed.items() if key != "monitors"}
    await api.call("DELETE", f"/api/smtp-monitors/{MONITOR}")
    assert (await (await api.call("GET", path)).json())["monitors"] == SHOWN[1:]


async def test_a_slug_is_used_once_over_all_organizations_and_is_free_again_afterwards(api: Api) -> None:
    made = await (await api.call("POST", PATH, json=NEW)).json()
    for who in ("admin", "stranger"):
        refused = await api.call("POST", PATH, who, json=NEW)
        assert refused.status == 409
        assert [wrong["field"] for wrong in (await refused.json())["errors"]] == ["slug"]
    assert await slugs(api) == {"example-mail": 1}
    path = f"{PATH}/{made['id']}"
    assert (await api.call("PATCH", path, json={"slug": "example-mail", "title": "New"})).status == 200
    assert (await api.call("PATCH", path, json={"slug": "other"})).status == 200
    assert (await api.call("POST", PATH, "stranger", json=NEW)).status == 201
    assert (await api.call("PATCH", path, json={"slug": "example-mail"})).status == 409
    assert await slugs(api) == {"other": 1, "example-mail": 2}
    assert (await api.call("DELETE", path)).status == 204
    assert await slugs(api) == {"example-mail": 2}


async def test_what_is_refused_claims_no_slug(api: Api) -> None:
    for wrong in ([{"smtpMonitorId": ABSENT, "name": "A"}], [SHOWN[0], SHOWN[0]], [{"smtpMonitorId": MONITOR}], [1]):
        response = await api.call("POST", PATH, json={**NEW, "monitors": wrong})
        assert response.status == 400
        assert (await response.json())["errors"][0]["field"].startswith(f"monitors[{len(wrong) - 1}]")
    assert await slugs(api) == {}


async def test_of_many_who_want_a_slug_one_gets_it(api: Api) -> None:
    await asyncio.gather(api.token("admin"), api.token("stranger"))
    calls = [api.call("POST", PATH, who, json=NEW) for who in ("admin", "stranger") * 4]
    assert sorted([response.status for response in await asyncio.gather(*calls)]) == [201, *[409] * 7]


@pytest.mark.parametrize("slug", ["ab", "-ab", "ab-", "Abc", "a_b", "a" * 64, "ä-b", "a.b", "", None, 1])
async def test_a_slug_is_plain(api: Api, slug: object) -> None:
    response = await api.call("POST", PATH, json={**NEW, "slug": slug})
    assert [wrong["field"] for wrong in (await response.json())["errors"]] == ["slug"]


@pytest.mark.parametrize("url", ["//evil.example/a", "https://evil.example", "logo.svg", "/\\evil", "/a?b", "/a\nb"])
async def test_a_logo_is_of_this_server(api: Api, url: str) -> None:
    response = await api.call("POST", PATH, json={**NEW, "logoUrl": url})
    assert [wrong["field"] for wrong in (await response.json())["errors"]] == ["logoUrl"]


async def test_messages_are_written_changed_and_added_to(api: Api) -> None:
    page = await sql.status_pages.insert(api.db, 1, None, NEW)
    path = f"{PATH}/{page}/messages"
    sent = {"kind": "incident", "title": "Slow", "body": "We look\ninto it."}
    response = await api.call("POST", path, json=sent)
    made = await response.json()
    one = f"{path}/{made['id']}"
    assert (response.status, response.headers["Location"]) == (201, one)
    assert {**sent, "statusPageId": page, "endsAt": None, "updates": []}.items() <= made.items()
    for body in ("Found it.", "Solved."):
        assert (await api.call("POST", f"{one}/updates", json={"body": body})).status == 201
    ended = await (await api.call("PATCH", one, json={"endsAt": "2199-01-01T00:00:00Z"})).json()
    assert [update["body"] for update in ended["updates"]] == ["Found it.", "Solved."]
    assert await (await api.call("GET", one)).json() == ended
    assert (await (await api.call("GET", path)).json())["items"] == [ended]
    refused = await api.call("PATCH", one, json={"endsAt": made["startsAt"]})
    assert (await refused.json())["errors"][0]["field"] == "endsAt"
    other = await sql.status_pages.insert(api.db, 1, None, {**NEW, "slug": "other"})
    assert (await api.call("GET", f"{PATH}/{other}/messages/{made['id']}")).status == 404
    assert (await api.call("DELETE", one)).status == 204
    assert (await api.call("GET", one)).status == 404


async def test_a_message_has_so_many_updates_and_no_more(api: Api) -> None:
    page = await sql.status_pages.insert(api.db, 1, None, NEW)
    row = await sql.status_page_messages.insert(api.db, 1, page, {"kind": "info", "title": "A", "body": "B"})
    for _ in range(99):
        await sql.status_page_messages.add_update(api.db, 1, page, row["id"], "More")
    path = f"{PATH}/{page}/messages/{row['id']}/updates"
    statuses = [(await api.call("POST", path, json={"body": "More"})).status for _ in range(2)]
    assert statuses == [201, 400]
