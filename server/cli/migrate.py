"""smtp-monitors migrate: bring the schema up to date."""

import argparse

from server.cli import migrations
from server.cli.context import Context


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("migrate", help="bring the database's schema up to date")
    parser.set_defaults(run=run)


def run(context: Context) -> None:
    with context.database() as url:
        migrations.migrate(url, lambda migration: print(f"applied {migration}", flush=True))
    print("the schema is up to date")
