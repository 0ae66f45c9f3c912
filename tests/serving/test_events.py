"""Events reach whoever may see them, as they happen: nothing is missed, and nothing is told to others."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

import sql
from server.access import listeners, tail
from server.agent import retention
from server.agent.retention import Retention
from server.handlers import keys
from server.serving.app import create_app
from tests.conftest import MONITOR, OTHER_CUSTOMERS, STRANGERS, AiohttpClient, Api
from tests.serving.listening import Listener, listening

pytestmark = pytest.mark.usefixtures("quick_looks")
OPEN = """
    INSERT INTO incidents (organization_id, smtp_monitor_id, phase, code, detail, location_codes)
    SELECT organization_id, id, 'connect', 'connect_refused', '', '{de-nbg}' FROM smtp_monitors WHERE public_id = $1
"""
CLOSE = "UPDATE incidents SET closed_at = now(), close_reason = 'recovered'"
STATE = """
    UPDATE smtp_monitor_states SET state = $2, state_since = now()
     WHERE smtp_monitor_id = (SELECT id FROM smtp_monitors WHERE public_id = $1)
"""


@pytest.fixture
async def second(db: asyncpg.Connection, api: Api) -> AsyncIterator[asyncpg.Connection]:
    """Another connection, for transactions that are under way at the same time."""
    connection = await asyncpg.connect(api.config.database_url)
    yield connection
    await connection.close()


async def test_states_incidents_and_changes_are_told(api: Api, db: asyncpg.Connection) -> None:
    await api.patch({"status": "active"})
    async with listening(api) as listener:
        await db.execute(OPEN, MONITOR)
        name, opened = await listener.next()
        assert (name, opened["kind"], opened["smtpMonitorId"]) == ("incident", "opened", MONITOR)
        assert (opened["code"], opened["message"]) == ("connect_refused", "The connection was refused")
        assert opened["locationCodes"] == ["de-nbg"]

        await db.execute(STATE, MONITOR, "down")
        name, state = await listener.next()
        assert (name, state["state"], state["customerId"]) == ("state", "down", 10)
        assert state["lastError"]["code"] == "connect_refused"

        await api.call("POST", f"/api/incidents/{opened['id']}/acknowledge", json={"reason": "Known"})
        name, acknowledged = await listener.next()
        assert (name, acknowledged["kind"], acknowledged["acknowledgeReason"]) == ("incident", "acknowledged", "Known")

        await db.execute(CLOSE)
        assert (await listener.next())[1]["closeReason"] == "recovered"

        await api.patch({"status": "disabled", "smtpConfig": {"auth": {"user": "u", "pass": "s3cret"}}}, "user")
        name, change = await listener.next()
        user = await sql.users.select_login(db, "user@example.com")
        assert user is not None
        assert (name, change["action"], sorted(change["fields"])) == ("change", "updated", ["smtpConfig", "status"])
        assert change["actor"] == {"userId": user["id"], "email": "user@example.com", "tokenName": None}
        assert "s3cret" not in str(change)
        assert (await listener.next())[1]["state"] == "paused"


async def test_making_and_deleting_are_told(api: Api) -> None:
    async with listening(api) as listener:
        body = {"customerId": 10, "name": "New", "hostname": "new.example.com"}
        public_id = (await (await api.call("POST", "/api/smtp-monitors", json=body)).json())["publicId"]
        made = await listener.next()
        while made[0] != "change":
            made = await listener.next()
        assert (made[1]["smtpMonitorId"], made[1]["action"]) == (public_id, "created")
        await api.call("DELETE", f"/api/smtp-monitors/{public_id}")
        gone = await listener.next()
        while gone[1].get("action") != "deleted":
            gone = await listener.next()
        assert (gone[1]["smtpMonitorId"], gone[1]["customerId"]) == (public_id, 10)


async def test_another_server_tells_of_it_too(api: Api, serves: object, aiohttp_client: AiohttpClient) -> None:
    other = Api(await aiohttp_client(create_app(api.config)), api.db, api.config)
    async with listening(other) as listener:
        assert (await api.patch({"port": 26})).status == 200
        assert (await listener.next())[1]["fields"] == ["port"]


async def test_each_listener_is_told_of_what_it_reaches_alone(
    api: Api, db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "HEARTBEAT", 0.0)
    seen = {
        ("admin", ""): [MONITOR, OTHER_CUSTOMERS],
        ("admin", "customerId=11"): [OTHER_CUSTOMERS],
        ("admin", "organizationId=2"): [],
        ("restricted", ""): [MONITOR],
        ("restricted-readonly", "customerId=11"): [],
        ("stranger", ""): [STRANGERS],
        ("supporter", ""): [MONITOR, OTHER_CUSTOMERS, STRANGERS],
        ("globaladmin", "organizationId=2"): [STRANGERS],
        ("globaladmin", "organizationId=2&customerId=10"): [],
    }
    listeners_: dict[tuple[str, str], Listener] = {}
    contexts = [listening(api, who, query=query) for who, query in seen]
    for key, context in zip(seen, contexts, strict=True):
        listeners_[key] = await context.__aenter__()
    for monitor in (MONITOR, OTHER_CUSTOMERS, STRANGERS):
        await db.execute(OPEN, monitor)
    await api.patch({"port": 26})
    await api.patch({"port": 26}, monitor=OTHER_CUSTOMERS)
    await api.patch({"port": 26}, "stranger", monitor=STRANGERS)
    # those that are told nothing come last: by then all others were told
    for key, monitors in sorted(seen.items(), key=lambda one: -len(one[1])):
        events = await listeners_[key].place_after(2 * len(monitors))
        assert {data["smtpMonitorId"] for _, data in events} == set(monitors), key
    for context in contexts:
        await context.__aexit__(None, None, None)


async def test_nothing_is_missed_when_transactions_end_in_another_order(
    api: Api, db: asyncpg.Connection, second: asyncpg.Connection
) -> None:
    """What began first ends last, after the position was given that others go on from."""
    async with listening(api) as listener:
        first = second.transaction()
        await first.start()
        await second.execute(OPEN, MONITOR)
        await db.execute(OPEN, OTHER_CUSTOMERS)
        [(_, opened)] = await listener.place_after(1)
        assert opened["smtpMonitorId"] == OTHER_CUSTOMERS
        place = listener.place
        await first.commit()
        assert (await listener.next())[1]["smtpMonitorId"] == MONITOR
    async with listening(api, place=place) as again:
        told = {(await again.next())[1]["smtpMonitorId"] for _ in range(2)}
        assert told == {MONITOR, OTHER_CUSTOMERS}


async def test_a_listener_goes_on_from_where_it_was(api: Api) -> None:
    """On another server, too, and by the query as well as by the header; while others patch at the same time."""
    async with listening(api) as listener:
        await api.patch({"port": 1})
        await listener.place_after(1)
    place, told = listener.place, list[int]()
    answers = await asyncio.gather(*[api.patch({"port": 2 + n}) for n in range(40)])
    assert {answer.status for answer in answers} == {200}
    async with listening(api, place=place) as again:
        more = [api.patch({"port": 100 + n}) for n in range(40)]
        async with asyncio.TaskGroup() as group:
            for one in more:
                group.create_task(one)
            while len(set(told)) < 80:
                told.append((await again.next())[1]["changeId"])
    assert set(told) >= set(range(min(told), min(told) + 80))
    async with listening(api, query=f"lastEventId={place}", place="") as by_query:
        assert (await by_query.next())[1]["changeId"] == min(told)


@pytest.mark.parametrize("place", ["MC4xLjE", "nonsense!", "OS4xLjE"])
async def test_who_has_been_away_for_too_long_is_told_to_read_anew(api: Api, place: str) -> None:
    """A day, another database, or a place that none has given."""
    async with listening(api, place=place) as listener:
        assert await listener.place_after(1) == [("reset", {})]
        await api.patch({"port": 1})
        assert (await listener.next())[1]["fields"] == ["port"]


async def test_too_much_at_once_is_told_as_that(api: Api, db: asyncpg.Connection) -> None:
    async with listening(api) as listener, listening(api, "stranger") as stranger:
        query = """
            INSERT INTO events (organization_id, kind, smtp_monitor_ids) SELECT 1, 'state', '{200}'
              FROM generate_series(0, $1)
        """
        await db.execute(query, tail.MOST_READ)
        assert await listener.place_after(1) == [("reset", {})]
        await api.patch({"port": 1})
        while (await listener.next())[0] == "reset":
            pass
        await api.patch({"port": 1}, "stranger", monitor=STRANGERS)
        assert (await stranger.next())[0] == "change"


async def test_they_are_kept_for_a_day(api: Api, db: asyncpg.Connection) -> None:
    assert api.client.app is not None
    await db.execute("""
        INSERT INTO events (organization_id, kind, smtp_monitor_ids, happened_at)
        SELECT 1, 'state', '{200}', now() - make_interval(hours => age) FROM unnest('{0,23,25,240}'::integer[]) AS age
    """)
    await retention.purge(api.client.app[keys.CELLS].home.pool, Retention())
    ages = "SELECT array_agg(extract(epoch FROM now() - happened_at)::integer / 3600 ORDER BY id) FROM events"
    assert await db.fetchval(ages) == [0, 23]
