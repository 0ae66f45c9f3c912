"""smtp-monitors agent: check from one location."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import uvloop

from server.agent.config import AgentConfig
from server.cli import garbage, logs, ports, schema, version
from server.cli.context import Context
from server.cli.options import parsed
from server.cli.settings import read_agent, read_key_ring
from server.resources.locations import location_code
from sql.connection import UNAVAILABLE
from sql.loops import happens, running
from sql.outages import outage

RETRY_SECONDS = 2.0  # between two looks for a database that is not there


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--location", type=parsed(location_code), metavar="CODE", help="the oldest active one by default"
    )
    parser.add_argument("--while-stdin-open", action="store_true", help="stop when standard input is closed")
    parser.add_argument(
        "--outage", type=Path, metavar="F", help="tell as one with whoever has F that the database is away"
    )
    parser.set_defaults(run=run)


def run(context: Context) -> None:
    config = read_agent(context.environment, read_key_ring(context.secret_to_judge), context.probe_allow())
    config = replace(config, location=context.options.location, key_ring=read_key_ring(context.secret))
    config = replace(config, version=version.VERSION, commit=version.built_from() or "unknown")
    logs.configure(config.log_level)
    if context.options.outage:
        outage.share(context.options.outage)
    if config.port:
        ports.refuse_taken(config.host, config.port, "AGENT_PORT")
    with context.database() as url:
        config = replace(config, database_url=url)
        uvloop.run(_until_stopped(config, context.keep_database, while_stdin_open=context.options.while_stdin_open))


async def _until_stopped(config: AgentConfig, keep_database: Callable[[], None], *, while_stdin_open: bool) -> None:
    """Work until SIGTERM or SIGINT, or until whoever started this is gone."""
    from server.agent import agent  # prometheus_client is not to be imported before serve has said where it writes

    garbage.look_rarely()  # it took a tenth of the CPU of a check
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    if while_stdin_open:
        loop.add_reader(sys.stdin.fileno(), _stop, stopping)
    async with running(_keep(keep_database, stopping)):
        if await _accepts_schema(config.database_url, stopping):
            await agent.run(config, stopping)


def _stop(stopping: asyncio.Event) -> None:
    """Standard input is closed, and would say so again and again."""
    asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
    stopping.set()


async def _accepts_schema(url: str, stopping: asyncio.Event) -> bool:
    """True when the database is there; False if stopped before. ConfigError if it cannot be used."""
    while not stopping.is_set():
        try:
            await schema.refuse_other_at(url)
        except UNAVAILABLE as error:
            outage.failed("reading the schema", error)
            await happens(stopping, within=RETRY_SECONDS)
        else:
            outage.worked("reading the schema")
            return True
    return False


async def _keep(keep_database: Callable[[], None], stopping: asyncio.Event) -> None:
    """Keep an embedded database running; stop if that cannot be done."""
    try:
        while True:
            await asyncio.to_thread(keep_database)
            await asyncio.sleep(1)
    finally:
        stopping.set()
