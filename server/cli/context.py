"""What every command works with."""

import argparse
import contextlib
import os
from collections.abc import Iterator, MutableMapping
from pathlib import Path

from server.config import Config, ConfigError, Environment, read


class Context:
    """The settings and options of one command."""

    def __init__(self, environ: MutableMapping[str, str], options: argparse.Namespace) -> None:
        self.environ = environ
        self.options = options
        self.environment = Environment(environ)
        self.url = self.environment.text("DATABASE_URL")
        if self.url and not self.url.startswith(("postgresql://", "postgres://")):
            raise ConfigError("DATABASE_URL must begin with postgresql://")
        self.data_dir = Path(self.environment.text("DATA_DIR") or ".data").resolve()

    @contextlib.contextmanager
    def database(self, *, exclusive: bool = False) -> Iterator[str]:
        """The database's URL: the one that is set, or the embedded one."""
        if self.url:
            yield self.url
        else:
            from server import embedded  # a third of the start-up time, for those who need it

            with embedded.database(self.data_dir, exclusive=exclusive) as url:
                yield url

    def config(self, database_url: str) -> Config:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return read(self.environment, database_url, self._secret, cores)

    def _secret(self, name: str) -> str:
        if self.url:
            return self.environment.required(name)
        from server import embedded

        return self.environment.text(name) or embedded.secret(self.data_dir, name)
