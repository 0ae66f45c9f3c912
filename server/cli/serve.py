"""smtp-monitors serve: prepare the database, then serve until stopped."""

import argparse
import asyncio
import contextlib
import errno
import resource
import socket
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from server.cli import demo, logs, migrations, program, schema, version
from server.cli.context import Context
from server.cli.environment import ConfigError, Environment
from server.cli.settings import read_agent
from server.cli.workers import Server
from server.serving.config import AgentProcess, Config

PORT_SECONDS = 3  # in which the workers of a master that was killed leave the port


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("serve", help="serve the API (what is done without a command)")
    parser.add_argument("--workers", type=int, choices=range(1, 257), metavar="N", help="instead of WORKERS")
    parser.set_defaults(run=run)


def run(context: Context) -> None:
    with context.configured(exclusive=True) as config:
        if workers := getattr(context.options, "workers", None):
            config = replace(config, workers=workers)
        config = replace(config, version=version.VERSION, commit=version.built_from() or "unknown")
        logs.configure(config.log_level)
        if context.url:
            asyncio.run(schema.refuse_other(config.database_url))
        else:
            _prepare_embedded(config)
        _refuse_taken_port(config)
        _allow_open_files()
        with tempfile.TemporaryDirectory(prefix="smtp-monitors-") as directory:
            # read when prometheus_client is first imported, which the workers do after the fork
            context.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
            config = replace(config, agent=_agent(context, config, Path(directory) / "agent.lock"))
            Server(config, context.keep_database).run()


def _agent(context: Context, config: Config, lock: Path) -> AgentProcess | None:
    """The agent that the workers keep, unless AGENT is off; it shares the database, secrets and metrics."""
    location = context.environment.text("AGENT", "on") or ""
    if location == "off":
        return None
    environment = {**context.environ, "DATABASE_URL": config.database_url, "AGENT_PORT": "0"}
    for name in ("DATABASE_URL_FILE", "AGENT_PORT_FILE", "PROBE_ALLOW_FILE"):
        environment.pop(name, None)
    if not context.url:
        environment["SECRETS_KEY"] = context.secret("SECRETS_KEY")
        environment.pop("SECRETS_KEY_FILE", None)
    if config.probe_allow.listed:
        environment["PROBE_ALLOW"] = ",".join(map(str, config.probe_allow.listed))
    command = [*program.command(), "agent", "--while-stdin-open"]
    if location != "on":
        command += ["--location", location]
    read_agent(Environment(environment), config.key_ring, config.probe_allow)
    return AgentProcess(tuple(command), environment, lock)


def _prepare_embedded(config: Config) -> None:
    if asyncio.run(schema.find_missing(config.database_url)):
        migrations.migrate(config.database_url)
    asyncio.run(demo.load_once(config))
    print(asyncio.run(demo.introduce(config)), flush=True)


def _refuse_taken_port(config: Config) -> None:
    """Workers with a socket each share the port: without this, also with those of another server."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    deadline = time.monotonic() + PORT_SECONDS
    while True:
        try:
            socket.create_server((config.host, config.port), family=family).close()
            return
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise ConfigError(f"HOST {config.host}, PORT {config.port}: {error.strerror or error}") from error
            time.sleep(0.2)


def _allow_open_files() -> None:
    """As many connections as the operator allows: the soft limit is often 1,024, far below the hard one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
