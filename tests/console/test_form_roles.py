"""Every form of administration, and what it answers each role; sent by another site, it does nothing."""

import pytest

from tests.conftest import Api
from tests.console.test_roles import ROLES
from tests.console.visiting import visit

# What the API refuses to who may send it, too, so that nothing is made: 400 and 409. 303: there is no such form for
# the role, and nothing was asked. 404: the role does not see what the form is about.
FORMS: list[tuple[str, dict[str, str], str]] = [
    ("/customers/new", {"action": "make", "name": ""}, "400 403 403 403 403 403 400 400 303"),
    ("/customers/10", {"action": "save", "name": ""}, "400 403 403 403 403 403 400 404 303"),
    ("/customers/10", {"action": "delete"}, "409 403 403 403 403 403 409 404 303"),
    ("/users/new", {"action": "make", "name": ""}, "400 403 403 403 403 403 400 400 303"),
    ("/tokens/new", {"action": "make", "name": ""}, "400 400 400 400 400 403 400 400 303"),
    ("/tokens/77777777-7777-4777-8777-777777777777/end", {}, "404 404 404 404 404 403 404 404 303"),
    ("/organization", {"action": "save", "name": ""}, "400 303 303 303 303 303 400 400 303"),
    ("/organizations/new", {"action": "make", "name": ""}, "403 403 403 403 403 403 400 403 303"),
    ("/organizations/1", {"action": "delete"}, "303 303 303 303 303 303 303 404 303"),
    ("/windows/new", {"action": "make", "name": ""}, "400 400 403 400 403 403 400 400 303"),
    ("/status-pages/new", {"action": "make", "title": ""}, "400 400 403 400 403 403 400 400 303"),
    ("/account", {"action": "change", "password": "x"}, "400 400 400 400 400 400 400 400 303"),
    ("/account/two-factor", {"action": "confirm", "code": "1"}, "409 409 409 409 409 409 409 409 303"),
]


@pytest.mark.parametrize(("path", "form", "statuses"), FORMS, ids=[path for path, *_ in FORMS])
async def test_a_form_is_for_whom_the_api_is(api: Api, path: str, form: dict[str, str], statuses: str) -> None:
    answers = [await visit(api, path, who, form=form) for who in ROLES]
    assert [str(answer.status) for answer in answers] == statuses.split()
    forged = await visit(api, path, form=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert forged.status == 403
