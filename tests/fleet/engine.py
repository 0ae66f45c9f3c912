"""What tests of the fleet need: an agent in this process, an SMTP server to watch, one that receives alerts."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from email import message_from_bytes
from email.message import Message

import asyncpg
from aiosmtpd.smtp import SMTP, Envelope, Session

import sql
import sql.demo
from server.agent.agent import run as run_agent
from server.agent.config import AgentConfig
from server.alerts.email import Relay
from server.checks.networks import Networks
from server.serving.config import Config
from sql.connection import Reach
from sql.smtp_checks import Found

SECONDS = 20
EVERYTHING = Reach(None, None)


async def eventually(ask: Callable[[], Awaitable[bool]]) -> bool:
    """What *ask* gives as soon as it is true."""
    async with asyncio.timeout(SECONDS):
        while not (answer := await ask()):
            await asyncio.sleep(0.02)
        return answer


class Sink:
    """Keeps what it receives."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.messages.append(message_from_bytes(envelope.content))
        return "250 kept"


class Mailbox:
    """A real SMTP server on loopback that can be stopped and started at the same port."""

    def __init__(self) -> None:
        self.sink = Sink()
        self.port = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self.sink, hostname="sink.example", loop=loop), "127.0.0.1", self.port, family=socket.AF_INET
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None


@contextlib.asynccontextmanager
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    await box.start()
    try:
        yield box
    finally:
        await box.stop()


def agent_config(config: Config, relay: Mailbox | None = None, **settings: object) -> AgentConfig:
    return AgentConfig(
        database_url=config.database_url,
        key_ring=config.key_ring,
        allowed=Networks.parse("127.0.0.0/8"),
        relay=None if relay is None else Relay("127.0.0.1", relay.port, tls=False, sender="alerts@example.com"),
        **settings,  # type: ignore[arg-type]
    )


@contextlib.asynccontextmanager
async def running(config: AgentConfig) -> AsyncIterator[asyncio.Event]:
    """An agent at work; it has finished what was under way when this ends."""
    stopping = asyncio.Event()
    work = asyncio.create_task(run_agent(config, stopping))
    try:
        yield stopping
    finally:
        stopping.set()
        await work


class Watched:
    """The one monitor of the demo data that is checked, at the locations there are."""

    def __init__(self, db: asyncpg.Connection) -> None:
        self.db = db

    async def watch(self, port: int, **columns: object) -> None:
        await self.db.execute(
            "UPDATE smtp_monitors SET hostname = '127.0.0.1', port = $1, status = 'active', smtp_config = '{}', "
            "smtp_password = NULL, notification_email = 'ops@example.com' WHERE id = 200",
            port,
        )
        for column, value in columns.items():
            await self.db.execute(f"UPDATE smtp_monitors SET {column} = $1 WHERE id = 200", value)

    async def check(self, locations: int = 1) -> None:
        """Trigger a check and wait for its results, as if the one before were old enough."""
        before = await self.count()
        await self.db.execute("UPDATE smtp_monitor_locations SET begun_at = NULL WHERE smtp_monitor_id = 200")
        assert await sql.smtp_monitor_locations.trigger(self.db, EVERYTHING, sql.demo.MONITOR)

        async def more() -> bool:
            return await self.count() >= before + locations

        await eventually(more)

    async def count(self) -> int:
        return int(await self.db.fetchval("SELECT count(*) FROM smtp_checks WHERE smtp_monitor_id = 200"))

    async def incidents(self) -> list[asyncpg.Record]:
        return await sql.incidents.select_history(self.db, 1, 200, limit=10)

    async def alerts(self) -> list[asyncpg.Record]:
        """Newest first."""
        return await sql.alerts.select_history(self.db, 1, 200, limit=50)


@contextlib.asynccontextmanager
async def stationed(db: asyncpg.Connection, *codes: str) -> AsyncIterator[Watched]:
    """Locations to check from, at which nothing but monitor 200 is ever due."""
    await db.execute("UPDATE smtp_monitors SET status = 'disabled'")
    for code in codes:
        await sql.locations.insert(db, code, name=code.title(), country=code[:2].upper())
    await db.execute("UPDATE smtp_monitor_locations SET due_at = '3000-01-01'")
    try:
        yield Watched(db)
    finally:
        await db.execute("""
            DELETE FROM locations;
            TRUNCATE smtp_checks, smtp_check_hours, smtp_check_days;
            UPDATE smtp_check_rollups SET rolled_up_to = '2026-01-01T00:00:00Z'
        """)


def found(organization_id: int, smtp_monitor_id: int, moment: datetime) -> Found:
    """A failure to connect."""
    times = dict.fromkeys([name for name in Found.__slots__ if name.endswith("_ms")], 1.0)
    return Found(
        organization_id=organization_id,
        smtp_monitor_id=smtp_monitor_id,
        checked_at=moment,
        verdict="failure",
        phase="connect",
        code="connect_refused",
        detail="",
        reply_code=None,
        reply_text=None,
        hostname="a.example",
        address="127.0.0.1",
        port=25,
        warnings=None,
        capabilities=None,
        **times,
    )


async def break_down(watched: Watched) -> None:
    """Two checks of a port where nobody listens."""
    await watched.watch(1)
    await watched.check()
    await watched.check()


async def ended(watched: Watched, count: int) -> list[asyncpg.Record]:
    """The alerts, newest first, when there are *count* and none is pending."""

    async def so() -> bool:
        alerts = await watched.alerts()
        return len(alerts) == count and all(alert["state"] != "pending" for alert in alerts)

    await eventually(so)
    return await watched.alerts()


async def location_id(db: asyncpg.Connection, code: str = "de-nbg") -> int:
    row = await sql.locations.select_one(db, code)
    assert row is not None
    return int(row["id"])
