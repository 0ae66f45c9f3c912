"""What agents count, beside a server and alone."""

import subprocess
import sys

import asyncpg
from aiohttp import ClientConnectionError, ClientSession

from tests.conftest import Api
from tests.fleet.engine import agent_config, eventually, mailbox, running, stationed
from tests.ports import free_port
from tests.product.process import RUN


async def test_the_metrics_of_an_agent_are_scraped(api: Api, db: asyncpg.Connection) -> None:
    async with mailbox() as server, stationed(db, "de-nbg") as watched:
        await watched.watch(server.port)
        async with running(agent_config(api.config)):
            await watched.check()

            async def counted() -> bool:
                text = await (await api.client.get("/metrics")).text()
                lines = [
                    'smtp_checks_total{location="de-nbg",verdict="success"}',
                    'smtp_checks_claimed_total{location="de-nbg"}',
                    'smtp_check_lateness_seconds_count{location="de-nbg"}',
                    'smtp_checks_in_flight{location="de-nbg"} 0.0',
                    'smtp_checks_due{location="de-nbg"}',
                ]
                return all(line in text for line in lines)

            await eventually(counted)


async def test_an_agent_of_its_own_serves_its_metrics(api: Api, db: asyncpg.Connection) -> None:
    port = free_port()
    async with stationed(db, "de-nbg"), running(agent_config(api.config, port=port)), ClientSession() as session:

        async def status(path: str) -> int:
            try:
                async with session.get(f"http://127.0.0.1:{port}{path}") as response:
                    return response.status
            except ClientConnectionError:
                return 0

        async def up() -> bool:
            return await status("/healthz") == 200

        await eventually(up)
        assert await status("/metrics") == await status("/readyz") == 200


def test_metrics_are_imported_only_where_it_is_settled_how_processes_share_them() -> None:
    command = "import sys, server.cli; sys.exit('prometheus_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], cwd=RUN.parent, check=False).returncode == 0
