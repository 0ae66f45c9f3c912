"""Customers in the console: list, create, rename, delete, and what the API refuses."""

import re

from tests.conftest import Api
from tests.console.visiting import visit


async def test_an_administrator_makes_renames_and_deletes_a_customer(api: Api) -> None:
    made = await visit(api, "/customers/new", form={"action": "make", "name": "  Third <customer> "})
    assert (made.status, made.headers["Location"]) == (303, "/customers?notice=customers.done_made")
    number = await api.db.fetchval("SELECT id FROM customers WHERE name = 'Third <customer>' AND organization_id = 1")
    listed = await (await visit(api, "/customers?search=third")).text()
    assert f'<a href="/customers/{number}">Third &lt;customer&gt;</a>' in listed
    assert "Other customer" not in listed
    saved = await visit(api, f"/customers/{number}", form={"action": "save", "was": "{}", "name": "Renamed"})
    assert (saved.status, saved.headers["Location"]) == (303, "/customers?notice=form.saved")
    assert await api.db.fetchval("SELECT name FROM customers WHERE id = $1", number) == "Renamed"
    gone = await visit(api, f"/customers/{number}", form={"action": "delete"})
    assert gone.headers["Location"] == "/customers?notice=form.deleted"
    assert (await visit(api, f"/customers/{number}")).status == 404


async def test_what_the_api_refuses_stands_at_its_field(api: Api) -> None:
    again = await visit(api, "/customers/new", form={"action": "make", "name": "  "}, headers={"Accept-Language": "en"})
    text = await again.text()
    assert again.status == 400
    assert re.search(r'<input id="make-name" name="name" value="  "[^>]* aria-invalid="true"[^>]* autofocus', text)
    assert '<p class="error" id="make-name-more">must have 1 to 255 characters</p>' in text


async def test_what_cannot_be_deleted_says_why(api: Api) -> None:
    refused = await visit(api, "/customers/10", form={"action": "delete"}, headers={"Accept-Language": "en"})
    text = await refused.text()
    assert (refused.status, "The customer still has monitors" in text) == (409, True)
    assert '<details class="card danger" open>' in text


async def test_a_global_admin_makes_a_customer_where_the_address_says(api: Api) -> None:
    page = await (await visit(api, "/customers/new?organizationId=2", "globaladmin")).text()
    assert '<option value="2" selected>Stranger</option>' in page
    form = {"action": "make", "name": "Over there"}
    assert (await visit(api, "/customers/new?organizationId=2", "globaladmin", form=form)).status == 303
    assert await api.db.fetchval("SELECT organization_id FROM customers WHERE name = 'Over there'") == 2
    listed = await (await visit(api, "/customers?organizationId=2", "globaladmin")).text()
    assert ("Over there" in listed, "Example customer" in listed) == (True, False)
    # for others the address names nothing
    assert (await visit(api, "/customers/new?organizationId=2", form={**form, "name": "Here"})).status == 303
    assert await api.db.fetchval("SELECT organization_id FROM customers WHERE name = 'Here'") == 1
