"""smtp-monitors serve: prepare the database, then serve until stopped."""

import argparse
import asyncio
import contextlib
import resource
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg

import sql
from server.cli import demo, logs, migrations, ports, program, schema, version
from server.cli.context import Context
from server.cli.database import connected
from server.cli.environment import ConfigError
from server.cli.settings import OLDEST, read_agent, read_location
from server.cli.workers import Server
from server.serving.config import AgentProcess, Config
from sql.connection import LOST
from sql.outages import outage

TRIES = 3  # to prepare the embedded database
OUTAGE = "outage"  # what the processes of this server know of it


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, choices=range(1, 257), metavar="N", help="instead of WORKERS")
    parser.set_defaults(run=run)


def run(context: Context) -> None:
    location = _judge(context)
    with context.database(exclusive=True) as url:
        config = context.configuration(context.made_secret)
        workers = getattr(context.options, "workers", None) or config.workers
        config = replace(config, database_url=url, workers=workers)
        config = replace(config, version=version.VERSION, commit=version.built_from() or "unknown")
        logs.configure(config.log_level)
        if context.url:
            asyncio.run(schema.refuse_other_at(config.database_url))
        else:
            _prepare_embedded(config, context.restart_database)
        if location:
            asyncio.run(_refuse_unknown(location, url))
        _allow_open_files()
        with tempfile.TemporaryDirectory(prefix="smtp-monitors-") as directory:
            # read when prometheus_client is first imported, which the workers do after the fork
            context.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
            outage.share(Path(directory) / OUTAGE)
            if location is not None:
                config = replace(config, agent=_agent(context, config, location, Path(directory)))
            Server(config, context.keep_database).run()


def _judge(context: Context) -> str | None:
    """Refuse what is set wrongly, before anything is made. Gives the agent's location, as ``read_location`` does."""
    config = context.configuration(context.secret_to_judge)
    location = read_location(context.environment)
    read_agent(context.environment, config.key_ring, config.probe_allow)  # also where none runs
    ports.refuse_taken(config.host, config.port, "PORT")
    return location


async def _refuse_unknown(location: str, url: str) -> None:
    async with connected(url) as connection:
        if await sql.locations.select_one(connection, location) is None:
            add = f"{program.name()} location add {location}"
            raise ConfigError(f"AGENT names no location: there is no {location}; add it with: {add}")


def _agent(context: Context, config: Config, location: str, directory: Path) -> AgentProcess:
    """The agent that the workers keep; it shares the database, secrets, metrics and outages."""
    environment = {**context.environ, "DATABASE_URL": config.database_url, "AGENT_PORT": "0"}
    for name in ("DATABASE_URL_FILE", "AGENT_PORT_FILE", "PROBE_ALLOW_FILE"):
        environment.pop(name, None)
    if not context.url:
        environment["SECRETS_KEY"] = context.secret("SECRETS_KEY")
        environment.pop("SECRETS_KEY_FILE", None)
    if config.probe_allow.listed:
        environment["PROBE_ALLOW"] = ",".join(map(str, config.probe_allow.listed))
    command = [*program.command(), "agent", "--while-stdin-open", "--outage", str(directory / OUTAGE)]
    if location != OLDEST:
        command += ["--location", location]
    return AgentProcess(tuple(command), environment, directory / "agent.lock")


def _prepare_embedded(config: Config, restart_database: Callable[[], None]) -> None:
    """Bring it up to date and load the demo. A database that is killed meanwhile is started again: nobody else does."""
    for tries_left in reversed(range(TRIES)):
        try:
            if asyncio.run(schema.find_missing(config.database_url)):
                migrations.migrate(config.database_url)
            asyncio.run(demo.load_once(config))
            print(asyncio.run(demo.introduce(config)), flush=True)
            return
        except (psycopg.OperationalError, *LOST):
            if not tries_left:
                raise
            restart_database()


def _allow_open_files() -> None:
    """As many connections as the operator allows: the soft limit is often 1,024, far below the hard one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
