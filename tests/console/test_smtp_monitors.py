"""The list of monitors, without a browser."""

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
