"""Many clients at once: nothing is lost, every answer is true."""

import asyncio

import pytest

from server.serving.app import create_app
from tests.conftest import ABSENT, MONITOR, OTHER_CUSTOMERS, STRANGERS, AiohttpClient, Api, waits_for_a_lock

FIELDS = ("port", "checkInterval", "timeoutSeconds", "name", "status", "notificationEmail")


def value(field: str, number: int) -> object:
    match field:
        case "name":
            return f"name {number}"
        case "status":
            return ("active", "maintenance", "disabled")[number % 3]
        case "notificationEmail":
            return f"m{number}@example.com"
        case _:
            return 10 + number % 100


async def test_patches_of_different_fields_all_hold(api: Api, aiohttp_client: AiohttpClient) -> None:
    other = Api(await aiohttp_client(create_app(api.config)), api.db, api.config)
    other.tokens["admin"] = await api.token("admin")

    async def write(worker: Api, field: str) -> None:
        for number in range(400):
            response = await worker.patch({field: value(field, number)})
            assert response.status == 200
            # nobody else writes this field, so its own answer must show it
            assert (await response.json())[field] == value(field, number)

    await asyncio.gather(*(write((api, other)[n % 2], field) for n, field in enumerate(FIELDS)))
    monitor = await (await api.get()).json()
    assert {field: monitor[field] for field in FIELDS} == {field: value(field, 399) for field in FIELDS}
    assert await api.db.fetchval("SELECT version FROM smtp_monitors WHERE id = 200") == 1 + 400 * len(FIELDS)


async def test_patches_of_one_row_end_in_some_order_and_each_answer_agrees(api: Api) -> None:
    clients, patches_each = 100, 100
    before = await (await api.get()).json()
    sent: dict[int, tuple[dict[str, object], dict[str, object]]] = {}

    async def client(number: int) -> None:
        for n in range(number * patches_each, (number + 1) * patches_each):
            changes = {field: value(field, n) for bit, field in enumerate(FIELDS) if (n * 7 + 1) % 63 >> bit & 1}
            response = await api.patch(changes)
            assert response.status == 200
            sent[int(response.headers["ETag"].strip('"').partition("-")[0])] = changes, await response.json()

    await asyncio.gather(*(client(number) for number in range(clients)))
    assert sorted(sent) == list(range(2, 2 + clients * patches_each))  # every write has a version of its own
    state = {field: before[field] for field in FIELDS}
    for _, (changes, answer) in sorted(sent.items()):
        state |= changes
        assert {field: answer[field] for field in FIELDS} == state
    monitor = await (await api.get()).json()
    assert {field: monitor[field] for field in FIELDS} == state


async def test_of_many_with_one_etag_one_wins(api: Api) -> None:
    tag = (await api.get()).headers["ETag"]
    responses = await asyncio.gather(*(api.patch({"port": n}, headers={"If-Match": tag}) for n in range(1, 51)))
    assert sorted(response.status for response in responses) == [200] + [412] * 49


async def test_each_of_a_batch_stands_alone(api: Api) -> None:
    cases = [
        ("admin", MONITOR, 200),
        ("admin", ABSENT, 404),
        ("admin", STRANGERS, 404),
        ("stranger", STRANGERS, 200),
        ("stranger", MONITOR, 404),
        ("globaladmin", STRANGERS, 200),
        ("restricted", MONITOR, 200),
        ("restricted", OTHER_CUSTOMERS, 404),
    ]
    for who, _, _ in cases:
        await api.token(who)
    responses = await asyncio.gather(
        *(api.patch({"port": 25}, who, monitor=monitor) for _ in range(20) for who, monitor, _ in cases)
    )
    assert [response.status for response in responses] == [status for _ in range(20) for _, _, status in cases]


async def test_a_row_that_violates_a_constraint_fails_alone(api: Api) -> None:
    await api.db.execute("ALTER TABLE smtp_monitors DROP CONSTRAINT smtp_monitors_port_check")
    try:
        await api.db.execute("ALTER TABLE smtp_monitors ADD CONSTRAINT smtp_monitors_port_check CHECK (port < 1000)")
        responses = await asyncio.gather(
            *(
                api.patch({"port": 2000 if n % 10 == 0 else 25}, monitor=(MONITOR, OTHER_CUSTOMERS)[n % 2])
                for n in range(100)
            )
        )
        assert [response.status for response in responses] == [400 if n % 10 == 0 else 200 for n in range(100)]
        assert (await responses[0].json())["errors"][0]["field"] == "port"
    finally:
        await api.db.execute("ALTER TABLE smtp_monitors DROP CONSTRAINT smtp_monitors_port_check")
        await api.db.execute(
            "ALTER TABLE smtp_monitors ADD CONSTRAINT smtp_monitors_port_check CHECK (port BETWEEN 1 AND 65535)"
        )


async def test_a_client_that_goes_away_takes_nobody_with_it(api: Api) -> None:
    await api.token("admin")
    async with api.db.transaction():
        await api.db.execute("SELECT FROM smtp_monitors WHERE id = 200 FOR UPDATE")
        impatient = [asyncio.create_task(api.patch({"port": 26})) for _ in range(10)]
        patient = [asyncio.create_task(api.patch({"checkInterval": 70 + n})) for n in range(10)]
        await waits_for_a_lock(api)
        for task in impatient:
            task.cancel()
    answers = [await task for task in patient]
    assert [answer.status for answer in answers] == [200] * 10
    last = max(answers, key=lambda answer: int(answer.headers["ETag"].strip('"').partition("-")[0]))
    assert (await (await api.get()).json())["checkInterval"] == (await last.json())["checkInterval"]


async def test_a_row_that_somebody_holds_fails_alone(api: Api) -> None:
    await api.token("admin")
    async with api.db.transaction():
        await api.db.execute("SELECT FROM smtp_monitors WHERE id = 200 FOR UPDATE")
        responses = await asyncio.gather(
            *(api.patch({"port": 26}, monitor=monitor) for monitor in (MONITOR, OTHER_CUSTOMERS, ABSENT))
        )
    assert [response.status for response in responses] == [503, 200, 404]
    assert (await api.patch({"port": 27})).status == 200


@pytest.mark.parametrize("rows", [1, 3])
async def test_batches_of_any_size_do_the_same(api: Api, aiohttp_client: AiohttpClient, rows: int) -> None:
    from dataclasses import replace

    small = Api(await aiohttp_client(create_app(replace(api.config, group_commit_rows=rows))), api.db, api.config)
    await small.token("admin")
    responses = await asyncio.gather(*(small.patch({FIELDS[n % 6]: value(FIELDS[n % 6], n)}) for n in range(60)))
    assert {response.status for response in responses} == {200}
    assert await api.db.fetchval("SELECT version FROM smtp_monitors WHERE id = 200") == 61


async def test_reads_at_once_stand_alone(api: Api) -> None:
    expected = {
        ("admin", MONITOR): 200,
        ("admin", OTHER_CUSTOMERS): 200,
        ("admin", STRANGERS): 404,
        ("admin", ABSENT): 404,
        ("restricted", MONITOR): 200,
        ("restricted", OTHER_CUSTOMERS): 404,
        ("stranger", STRANGERS): 200,
        ("globaladmin", STRANGERS): 200,
        ("globaladmin", ABSENT): 404,
    }
    asked = list(expected) * 20

    responses = await asyncio.gather(*(api.get(who, monitor=monitor) for who, monitor in asked))

    assert [response.status for response in responses] == [expected[case] for case in asked]
    for (_, monitor), response in zip(asked, responses, strict=True):
        assert response.status == 404 or (await response.json())["publicId"] == monitor


async def test_a_read_shows_every_patch_acknowledged_before(api: Api, aiohttp_client: AiohttpClient) -> None:
    other = Api(await aiohttp_client(create_app(api.config)), api.db, api.config)
    await other.token("admin")

    for number in range(50):
        busy = [asyncio.create_task(other.get()) for _ in range(20)]
        assert (await api.patch({"port": 1000 + number})).status == 200
        assert (await (await other.get()).json())["port"] == 1000 + number
        await asyncio.gather(*busy)
