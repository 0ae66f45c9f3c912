"""What every command works with."""

import argparse
import contextlib
import os
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import psycopg
from psycopg import conninfo

from server.checks.networks import Networks
from server.cli.environment import ConfigError, Environment
from server.cli.settings import probe_allow, read_server
from server.serving.config import Config

# what both drivers know: asyncpg takes any other for a setting of the server
URL_PARTS = frozenset(
    """
    host port dbname user password passfile service application_name options target_session_attrs krbsrvname gsslib
    sslmode sslcert sslkey sslrootcert sslcrl sslpassword sslnegotiation ssl_min_protocol_version
    ssl_max_protocol_version
    """.split()
)


class Context:
    """The settings and options of one command."""

    def __init__(self, environ: MutableMapping[str, str], options: argparse.Namespace) -> None:
        self.environ = environ
        self.options = options
        self.environment = Environment(environ)
        self.url = self.environment.text("DATABASE_URL")
        if self.url:
            _check_url(self.url)
        elif self.environment.has("DATABASE_URL"):
            raise ConfigError("DATABASE_URL is empty; without it, a PostgreSQL is started in DATA_DIR")
        # to be called about once a second by whoever needs the database for long
        self.keep_database: Callable[[], None] = lambda: None
        self.data_dir = Path(self.environment.text("DATA_DIR") or ".data").resolve()

    @contextlib.contextmanager
    def database(self, *, exclusive: bool = False) -> Iterator[str]:
        """The database's URL: the one that is set, or the embedded one."""
        if self.url:
            yield self.url
        else:
            from server.cli import embedded  # a third of the start-up time, for those who need it

            with embedded.cluster(self.data_dir, exclusive=exclusive) as running:
                self.keep_database = running.keep
                yield running.url

    @contextlib.contextmanager
    def configured(self) -> Iterator[Config]:
        """The configuration with the database's URL. It is judged before the database is started."""
        config = self.configuration()
        with self.database() as url:
            yield replace(config, database_url=url)

    def configuration(self, *, make_secrets: bool = False) -> Config:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        secret = partial(self.secret, make=make_secrets)
        return replace(read_server(self.environment, secret, cores), probe_allow=self.probe_allow())

    def probe_allow(self) -> Networks:
        """With the embedded database, loopback may be probed: somebody tries the product out."""
        return probe_allow(self.environment, default="" if self.url else "127.0.0.0/8, ::1")

    def secret(self, name: str, *, make: bool = False) -> str:
        """The secret that is set. For the embedded database, it is made once and kept in DATA_DIR."""
        if self.url:
            return self.environment.required(name)
        from server.cli import embedded

        return self.environment.text(name) or embedded.secret(self.data_dir, name, make=make)


def _check_url(url: str) -> None:
    try:
        if not url.startswith(("postgresql://", "postgres://")):
            raise ConfigError("DATABASE_URL must begin with postgresql://")
        parts = conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise ConfigError(f"DATABASE_URL is not a PostgreSQL URL: {' '.join(str(error).split())}") from error
    if unknown := sorted(parts.keys() - URL_PARTS):
        raise ConfigError(f"DATABASE_URL has {', '.join(unknown)}, which is not supported; leave it out")
    ports = str(parts.get("port", "")).split(",")
    if not all(port == "" or (port.isascii() and port.isdigit()) for port in ports):
        raise ConfigError("DATABASE_URL has a port that is no number")
