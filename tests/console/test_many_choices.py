"""Where there are too many customers or organizations to choose from, forms take their numbers."""

from tests.conftest import Api
from tests.console.test_windows import window
from tests.console.visiting import visit

MANY = """INSERT INTO customers (organization_id, id, name)
          SELECT 1, n, 'Customer ' || n FROM generate_series(1001, 1200) n"""


async def test_customers_are_named_by_numbers(api: Api) -> None:
    await api.db.execute(MANY)
    page = await (await visit(api, "/users/new")).text()
    assert ('id="make-customerIds-numbers"' in page, 'value="1001"' in page) == (True, False)
    user = {"action": "make", "email": "new@example.com", "name": "New", "role": "user", "password": ""}
    form = [*user.items(), ("customerIds", "limited"), ("customerIds", "10, 1200")]
    assert (await visit(api, "/users/new", form=form)).status == 200
    number = await api.db.fetchval("SELECT id FROM users WHERE customer_ids = '{10,1200}'")
    assert 'name="customerIds" value="10, 1200"' in await (await visit(api, f"/users/{number}")).text()
    assert (await visit(api, "/windows/new", form=window(customerId="1150"))).status == 303
    assert "Customer 1150" in await (await visit(api, "/windows")).text()
    wrong = await (await visit(api, "/windows/new", form=window(customerId="7"))).text()
    assert '<input id="make-customerId" name="customerId" value="7" type="number" aria-invalid="true"' in wrong


async def test_organizations_are_named_by_numbers(api: Api) -> None:
    await api.db.execute("INSERT INTO organizations (id, name) SELECT n, 'O' || n FROM generate_series(1001, 1200) n")
    page = await (await visit(api, "/customers?organizationId=2", "globaladmin")).text()
    assert '<input id="organization" name="organizationId" inputmode="numeric" value="2">' in page
    assert ("Stranger&#39;s customer" in page, "Example customer" in page) == (True, False)
