"""Status pages in several cells: a slug is used once over all of them, and a page is found where it lives."""

import sql
from tests.cells.conftest import North
from tests.conftest import Api

PATH = "/api/status-pages"
NEW = {"slug": "example-mail", "title": "Mail"}


async def test_a_slug_is_used_once_over_all_cells(both: Api, north: North) -> None:
    made = await (await both.call("POST", PATH, "north-admin", json={**NEW, "visibility": "public"})).json()
    assert made["id"] >> 44 == 1
    assert (await both.call("POST", PATH, "admin", json=NEW)).status == 409
    assert (await both.call("GET", "/status/example-mail.json", None)).status == 200, "served from its own cell"
    path = f"{PATH}/{made['id']}"
    assert (await both.call("GET", path, "admin")).status == 404
    assert await (await both.call("GET", path, "globaladmin")).json() == made
    listed = await (await both.call("GET", PATH, "globaladmin")).json()
    assert [item["id"] for item in listed["items"]] == [made["id"]]
    message = {"kind": "info", "title": "A", "body": "B"}
    assert (await both.call("POST", f"{path}/messages", "globaladmin", json=message)).status == 201
    assert (await both.call("PATCH", path, "north-admin", json={"slug": "other"})).status == 200
    assert (await both.call("POST", PATH, "admin", json=NEW)).status == 201
    assert (await both.call("DELETE", path, "north-admin")).status == 204
    rows = await both.db.fetch("SELECT slug, organization_id FROM status_page_slugs")
    assert [tuple(row) for row in rows] == [("example-mail", 1)]


async def test_a_slug_that_a_crash_has_left_behind_is_free_after_the_next_write(both: Api, north: North) -> None:
    assert await sql.status_page_slugs.claim(both.db, north.organization_id, "left-behind")
    body = {**NEW, "slug": "left-behind"}
    assert (await both.call("POST", PATH, "admin", json=body)).status == 409
    wrong = {**NEW, "monitors": [{"smtpMonitorId": "66666666-6666-4666-8666-666666666666", "name": "A"}]}
    assert (await both.call("POST", PATH, "north-admin", json=wrong)).status == 400
    assert (await both.call("POST", PATH, "admin", json=body)).status == 201
    assert (await both.call("POST", PATH, "admin", json=NEW)).status == 201, "what was refused has claimed nothing"


async def test_what_an_organization_has_left_behind_frees_no_slug(both: Api, north: North) -> None:
    """A worker that does not know yet that the organization has moved asks where its pages are being removed."""
    assert await sql.status_page_slugs.claim(both.db, north.organization_id, "example-mail")
    await north.db.execute("INSERT INTO departures VALUES ($1, true)", north.organization_id)
    assert await sql.status_pages.select_slugs(north.db, north.organization_id) is None
