"""New passwords: none that is common, names the account, or is the one before."""

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import pytest

from server.access import password_rules
from server.fields.values import Invalid
from tests.conftest import PASSWORD, Api
from tests.product.process import Product

USER = {"email": "kim.meier@wetterdienst.example", "name": "Kim Meier-Oberhuber", "role": "user"}
COMMON = [
    "password1234",
    "Passw0rd!2024",
    "qwertyuiop12",
    "123456789012",
    "aaaaaaaaaaaa",
    "iloveyou1234",
]
NAMING = ["Meier's own secret!", "the WETTERDIENST of Ulm", "kim.meier rides a bike", "oberhuber climbs hills"]


@pytest.mark.parametrize(
    ("password", "code"),
    [*((common, "password_common") for common in COMMON), *((naming, "password_names_account") for naming in NAMING)],
)
async def test_a_bad_password_is_refused_and_told_why(api: Api, password: str, code: str) -> None:
    response = await api.call("POST", "/api/users", json={**USER, "password": password})
    [error] = (await response.json())["errors"]
    assert (response.status, error["field"], error["code"]) == (400, "password", code)
    assert await api.db.fetchval("SELECT count(*) FROM users WHERE email = $1", USER["email"]) == 0


@pytest.mark.parametrize(("language", "words"), [("de", "zu leicht zu erraten"), ("en", "too easy to guess")])
async def test_both_languages_say_why(api: Api, language: str, words: str) -> None:
    body, headers = {**USER, "password": COMMON[0]}, {"Accept-Language": language}
    response = await api.call("POST", "/api/users", json=body, headers=headers)
    assert words in (await response.json())["errors"][0]["message"]


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("password1234", "password_common"),
        ("example of a phrase", "password_names_account"),
        (PASSWORD, "password_unchanged"),
    ],
)
async def test_ones_own_new_password_is_judged(api: Api, password: str, code: str) -> None:
    change = {"currentPassword": PASSWORD, "password": password}
    response = await api.call("PATCH", "/api/session", "user", json=change)
    [error] = (await response.json())["errors"]
    assert (response.status, error["field"], error["code"]) == (400, "password", code)


@pytest.mark.parametrize("password", ["password1234", "meier-oberhuber rides"])
async def test_a_password_that_an_administrator_sets_is_judged(api: Api, password: str) -> None:
    made = await (await api.call("POST", "/api/users", json=USER)).json()
    response = await api.call("PATCH", f"/api/users/{made['id']}", json={"password": password})
    assert (response.status, (await response.json())["errors"][0]["field"]) == (400, "password")
    both = {"name": "Another Name", "password": "another name rides"}
    assert (await api.call("PATCH", f"/api/users/{made['id']}", json=both)).status == 400, "also by its new name"


async def test_a_password_that_is_made_passes(api: Api) -> None:
    for _ in range(20):
        made = await (await api.call("POST", "/api/users", json=USER)).json()
        password_rules.judge(made["password"], email=str(USER["email"]), name=str(USER["name"]))
        await api.call("DELETE", f"/api/users/{made['id']}")


@pytest.mark.parametrize("password", ["4@8({[<369|1!0$5+7%2" * 50, "1234567890" * 100, "17" * 500, "x" * 1024])
def test_no_password_takes_long_to_judge(password: str) -> None:
    password_rules.judge("warm up the import first", email="a@b.example", name="a")
    started = time.perf_counter()
    with contextlib.suppress(Invalid):
        password_rules.judge(password, email="a@b.example", name="a")
    assert time.perf_counter() - started < 1


def test_a_short_name_forbids_nothing() -> None:
    password_rules.judge("annotated chandelier", email="ann@abc.example", name="Ann Lee")


def test_no_command_waits_for_the_import() -> None:
    program = "import sys, server.cli; from server.serving import app; assert 'zxcvbn' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(("password", "words"), [(COMMON[0], "too easy to guess"), ("the boss rides", "the name nor")])
def test_a_command_judges_the_password_of_a_file(product: Product, tmp_path: Path, password: str, words: str) -> None:
    file = tmp_path / "password"
    file.write_text(password)
    # judged before anything is connected to
    own = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x"}
    refused = product.run("user", "add", "boss@a.example", "--organization", "X", "--password-file", str(file), **own)
    assert (refused.returncode, words in refused.stderr) == (1, True), refused.stderr
