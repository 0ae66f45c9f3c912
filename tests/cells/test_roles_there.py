"""The table of roles holds for organizations of another cell, while what they have left in the first is nobody's."""

import pytest

from tests.api.test_roles import (  # noqa: F401 - they run here, with the api below
    test_a_strangers_monitor_answers_exactly_like_none,
    test_for_whose_customers_a_role_makes_monitors,
    test_what_a_role_may_do,
    test_what_a_role_may_do_around_monitors,
    test_who_sees_a_password,
    test_whose_monitors_a_list_shows,
)
from tests.cells.conftest import North
from tests.cells.moving import move
from tests.conftest import Api

pytestmark = pytest.mark.slow


@pytest.fixture
async def api(api: Api, north: North) -> Api:
    """Everybody lives in cell 1."""
    await north.db.execute("DELETE FROM organizations")
    for organization_id in (1, 2):
        await move(api.db, north.db, organization_id)
    api.db = north.db
    return api
