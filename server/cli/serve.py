"""smtp-monitors serve: prepare the database, then serve until stopped."""

import argparse
import asyncio
import contextlib
import resource
import tempfile
from dataclasses import replace
from pathlib import Path

from server.cli import demo, logs, migrations, ports, program, schema, version
from server.cli.context import Context
from server.cli.settings import OLDEST, read_agent, read_location
from server.cli.workers import Server
from server.serving.config import AgentProcess, Config


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("serve", help="serve the API (what is done without a command)")
    parser.add_argument("--workers", type=int, choices=range(1, 257), metavar="N", help="instead of WORKERS")
    parser.set_defaults(run=run)


def run(context: Context) -> None:
    config = context.configuration(make_secrets=True)
    location = read_location(context.environment)
    read_agent(context.environment, config.key_ring, config.probe_allow)  # judged, also where none runs
    with context.database(exclusive=True) as url:
        workers = getattr(context.options, "workers", None) or config.workers
        config = replace(config, database_url=url, workers=workers)
        config = replace(config, version=version.VERSION, commit=version.built_from() or "unknown")
        logs.configure(config.log_level)
        if context.url:
            asyncio.run(schema.refuse_other(config.database_url))
        else:
            _prepare_embedded(config)
        ports.refuse_taken(config.host, config.port, "PORT")
        _allow_open_files()
        with tempfile.TemporaryDirectory(prefix="smtp-monitors-") as directory:
            # read when prometheus_client is first imported, which the workers do after the fork
            context.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
            if location is not None:
                config = replace(config, agent=_agent(context, config, location, Path(directory) / "agent.lock"))
            Server(config, context.keep_database).run()


def _agent(context: Context, config: Config, location: str, lock: Path) -> AgentProcess:
    """The agent that the workers keep; it shares the database, secrets and metrics."""
    environment = {**context.environ, "DATABASE_URL": config.database_url, "AGENT_PORT": "0"}
    for name in ("DATABASE_URL_FILE", "AGENT_PORT_FILE", "PROBE_ALLOW_FILE"):
        environment.pop(name, None)
    if not context.url:
        environment["SECRETS_KEY"] = context.secret("SECRETS_KEY")
        environment.pop("SECRETS_KEY_FILE", None)
    if config.probe_allow.listed:
        environment["PROBE_ALLOW"] = ",".join(map(str, config.probe_allow.listed))
    command = [*program.command(), "agent", "--while-stdin-open"]
    if location != OLDEST:
        command += ["--location", location]
    return AgentProcess(tuple(command), environment, lock)


def _prepare_embedded(config: Config) -> None:
    if asyncio.run(schema.find_missing(config.database_url)):
        migrations.migrate(config.database_url)
    asyncio.run(demo.load_once(config))
    print(asyncio.run(demo.introduce(config)), flush=True)


def _allow_open_files() -> None:
    """As many connections as the operator allows: the soft limit is often 1,024, far below the hard one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
