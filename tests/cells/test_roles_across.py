"""The table of roles holds for callers with a global role who live in another cell than the monitors."""

import pytest

import sql
from server.access.sessions import open_session
from server.access.signer import Signer
from tests.api.test_roles import (  # noqa: F401 - they run here, with the api below
    test_for_whose_customers_a_role_makes_monitors,
    test_what_a_role_may_do,
    test_who_sees_a_password,
    test_whose_monitors_a_list_shows,
)
from tests.cells.conftest import North
from tests.cells.moving import move
from tests.conftest import PASSWORD_HASH, Api

pytestmark = pytest.mark.slow

GLOBAL = {"supporter": "supporter", "globaladmin": "admin"}


@pytest.fixture
async def api(api: Api, north: North) -> Api:
    """Only callers with a global role live in cell 0."""
    await north.db.execute("DELETE FROM organizations")
    for organization_id in (1, 2):
        await move(api.db, north.db, organization_id)
    operators = (await sql.organizations.insert(api.db, {"name": "Operators"}))["id"]
    for name, role in GLOBAL.items():
        email = f"{name}@example.net"
        await sql.users.insert(
            api.db, operators, email=email, password_hash=PASSWORD_HASH, name=name, role="user", global_role=role
        )
        user = await sql.users.select_login(api.db, email)
        assert user is not None
        api.tokens[name], _ = await open_session(api.db, user, Signer(api.config.jwt_secret), hours=1)
    api.db = north.db
    return api
