"""What schemathesis has to know beside the document: who calls, and what stands in the database.

It runs apart and imports this module; the environment says where the database is, how tokens are signed, who calls.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import schemathesis
from hypothesis import strategies as st
from schemathesis.generation.meta import TestPhase

import sql
from server.access.signer import Signer
from tests.conftest import PASSWORD, PASSWORD_HASH

DATABASE = psycopg.connect(os.environ["TEST_DATABASE"], autocommit=True)
SECRET, GLOBAL_ROLE = os.environ["TEST_SECRET"], os.environ["TEST_GLOBAL_ROLE"] or None
EMAIL = "schemathesis@example.com"
NAMES = st.sampled_from(["smtp.example.com", "MX.Example.COM", "bücher.example", "xn--bcher-kva.example", "a", "x-1.y"])
MOMENTS = [
    "2000-01-01T00:00:00Z",
    "2026-03-29T01:30:00.123456+01:00",
    "2026-10-25t02:30:00z",
    "2026-06-01 12:00-05:00",
    "2199-12-31T12:00:00.5Z",
]

STATUS_PAGE = """
    INSERT INTO status_pages (organization_id, id, slug, title) VALUES (1, 900000, 'existing', 'x')
        ON CONFLICT (organization_id, id) DO UPDATE SET slug = 'existing'
"""
PATH = {
    "smtpMonitorPublicId": "SELECT public_id::text FROM smtp_monitors WHERE organization_id = 1 ORDER BY id LIMIT 1",
    "customerId": "SELECT 10",
    "organizationId": "SELECT 1",
    "userId": "SELECT min(id) FROM users WHERE organization_id = 1",
    "file": "SELECT 'page.js'",
    "locationCode": "SELECT 'de-nbg'",
    "statusPageId": f"{STATUS_PAGE} RETURNING id",
    "messageId": f"""
        WITH page AS ({STATUS_PAGE} RETURNING id)
        INSERT INTO status_page_messages (organization_id, status_page_id, kind, title, body)
        SELECT 1, id, 'info', 'x', 'x' FROM page RETURNING id
    """,
    "windowId": """
        INSERT INTO maintenance_windows (organization_id, name, starts_at, ends_at)
        VALUES (1, 'Move', '2026-01-01', '2026-01-02') RETURNING id
    """,
}
BODY = {
    "ids": """
        SELECT array_agg(public_id) FROM (SELECT public_id::text FROM smtp_monitors WHERE organization_id = 1 LIMIT 9)
    """,
    "customerId": "SELECT 10",
    "customerIds": "SELECT '{}'::bigint[]",
    "smtpMonitorId": "SELECT NULL",
    "organizationId": "SELECT 1",
    "slug": "SELECT md5(random()::text)",
    "monitors": "SELECT '[]'::json",
    "currentPassword": f"""
        UPDATE logins SET password_hash = '{PASSWORD_HASH}' WHERE email = '{EMAIL}' RETURNING '{PASSWORD}'
    """,
}
schemathesis.openapi.format("idn-hostname", NAMES)
schemathesis.openapi.format("email", st.sampled_from(["x@example.com", "a.b+c@xn--bcher-kva.example"]))
schemathesis.openapi.format("time-zone", st.sampled_from(["Europe/Berlin", "America/New_York", "UTC"]))
schemathesis.openapi.format("moment", st.sampled_from(MOMENTS))
schemathesis.openapi.format("idn-email", st.sampled_from(["x@example.com", "a.b+c@bücher.example", "ü@example.org"]))
UNLIMITED = f"UPDATE organizations SET {', '.join(f'{limit} = 1000000' for limit in sql.organizations.LIMITS)}"


class Caller:
    """An administrator with a session, made anew whenever a call has ended or changed either."""

    def __init__(self) -> None:
        self.id = 0
        self.session_id = uuid4()

    @property
    def token(self) -> str:
        if not self._there():
            self._make()
        end = datetime.now(UTC) + timedelta(hours=1)
        return Signer(SECRET).issue(1, self.session_id, self.id, expires_at=end)

    def _there(self) -> bool:
        query = """
            SELECT 1 FROM sessions JOIN users ON users.id = user_id JOIN logins USING (email)
             WHERE sessions.id = %s AND active AND role = 'admin' AND customer_ids IS NULL
               AND global_role IS NOT DISTINCT FROM %s AND password_hash = %s
        """
        found = DATABASE.execute(query, [self.session_id, GLOBAL_ROLE, PASSWORD_HASH]).fetchone()
        return found is not None

    def _make(self) -> None:
        with DATABASE.transaction():
            DATABASE.execute(UNLIMITED)
            DATABASE.execute("DELETE FROM logins WHERE email = %s", [EMAIL])
            DATABASE.execute("INSERT INTO logins VALUES (%s, 1, %s)", [EMAIL, PASSWORD_HASH])
            query = """
                INSERT INTO users (organization_id, email, name, role, global_role)
                VALUES (1, %s, 'Caller', 'admin', %s) RETURNING id
            """
            row = DATABASE.execute(query, [EMAIL, GLOBAL_ROLE]).fetchone()
            assert row is not None
            self.id, self.session_id = row[0], uuid4()
            query = """
                INSERT INTO sessions (organization_id, id, user_id, expires_at)
                VALUES (1, %s, %s, now() + interval '1 hour')
            """
            DATABASE.execute(query, [self.session_id, self.id])


CALLER = Caller()


@schemathesis.auth(refresh_interval=None)
class Bearer:
    def get(self, case: Any, context: Any) -> str:
        return CALLER.token

    def set(self, case: Any, data: str, context: Any) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """For JSON Schema 13.0 is an integer; here it is none."""
    return _whole(body)


@schemathesis.hook
def filter_body(context: Any, body: Any) -> bool:
    """A name or title that only the spaces around it make too long is none that is refused."""
    return not _has_spaces_around(body)


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """The same of what is made without hypothesis."""
    return not _has_spaces_around(case.body)


def _has_spaces_around(body: Any) -> bool:
    return any(text != text.strip() != "" for text in _names(body))


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            if key in ("name", "title") and isinstance(part, str):
                yield part
            else:
                yield from _names(part)
    elif isinstance(value, list):
        for part in value:
            yield from _names(part)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Let what is valid name what exists, so that it is done and not only refused; what is removed stays chosen."""
    if case.operation.path == "/api/smtp-monitors/test" and isinstance(case.body, dict):
        case.body["hostname"] = "127.0.0.1"  # which may not be probed: no generated host is, or is looked up
    if case.operation.path.endswith("/trigger-check"):  # without a location 503 is right, but never a finding
        DATABASE.execute("UPDATE locations SET active = true")
        DATABASE.execute("UPDATE smtp_monitors SET allowed_check_country_codes = NULL")
    DATABASE.execute(UNLIMITED)  # without room 409 is right, but never a finding
    if case.headers:
        case.headers.update({name: str(value) for name, value in case.headers.items()})  # links bring numbers
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if case.method != "DELETE" and case.meta.phase.name != TestPhase.STATEFUL:
        _name_existing(case.path_parameters or {}, PATH)
    if isinstance(case.body, dict):
        _name_existing(case.body, BODY)
        if "requireTwoFactor" in case.body:
            case.body["requireTwoFactor"] = False  # or the caller could only enrol
        if "password" in case.body and case.operation.path != "/api/sessions":
            case.body["password"] = "entirely another phrase"  # no schema can say which are easy to guess
        if case.operation.path.startswith("/api/maintenance-windows"):
            _make_consistent(case.body)
        if case.operation.path.startswith("/api/status-pages/") and case.body.get("endsAt") is not None:
            _end_later(case.body)
    for name, value in (("Idempotency-Key", str(uuid4())), ("If-Match", "*")):
        if name in (case.headers or {}):
            case.headers[name] = value


def _name_existing(values: Any, existing: dict[str, str]) -> None:
    for name in values.keys() & existing.keys():
        row = DATABASE.execute(existing[name]).fetchone()
        assert row is not None, name
        values[name] = row[0]


def _make_consistent(window: dict[str, Any]) -> None:
    """Let it end an hour after its start and repeat if it says until when; no schema can ask for the first."""
    if window.keys() & {"startsAt", "endsAt"}:
        _end_later(window)
    if window.keys() & {"repeat", "repeatUntil"} and window.get("repeat") is None:
        window["repeatUntil"] = None


def _end_later(span: dict[str, Any]) -> None:
    start = datetime.fromisoformat(span.setdefault("startsAt", MOMENTS[0]).upper())
    span["endsAt"] = (start + timedelta(hours=1)).isoformat()


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _whole(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_whole(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
