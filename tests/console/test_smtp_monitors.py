"""The list of monitors, without a browser."""

from server.console import lists
from tests.conftest import Api
from tests.console.visiting import visit


async def test_a_view_is_in_its_address_and_in_those_that_lead_on(api: Api) -> None:
    answer = await visit(api, "/?search=o&state=paused&sort=name")
    assert answer.status == 200
    text = await answer.text()
    assert "Outbound SMTP (Primary)" in text
    assert 'href="/monitors.csv?search=o&amp;state=paused&amp;sort=name"' in text
    assert 'action="/?search=o&amp;state=paused&amp;sort=name"' in text


async def test_who_only_reads_exports_too(api: Api) -> None:
    text = await (await visit(api, "/", "supporter")).text()
    assert ('href="/monitors.csv?' in text, "<button name=" in text) == (True, False)


async def test_more_customers_than_one_chooses_from_are_named_by_number(api: Api) -> None:
    assert '<select id="customer"' in await (await visit(api, "/")).text()
    query = "INSERT INTO customers (organization_id, name) SELECT 1, 'Many ' || n FROM generate_series(1, $1::int) n"
    await api.db.execute(query, lists.CHOICES)
    for path in ("/?customerId=11", "/incidents?customerId=11"):
        page = await (await visit(api, path)).text()
        assert '<input id="customer" name="customerId" inputmode="numeric"' in page
        assert 'value="11"' in page
    assert 'name="customerId" type="text"' in await (await visit(api, "/monitors/new")).text()
