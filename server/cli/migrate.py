"""smtp-monitors migrate: bring the schema up to date, or back."""

import argparse
import asyncio

from server.cli import migrations, schema
from server.cli.context import Context


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--back-to",
        type=int,
        choices=range(1, 10_000),
        metavar="N",
        help="undo the migrations after number N, with the data that they brought; for the version before",
    )
    parser.set_defaults(run=run)


def run(context: Context) -> None:
    back_to = context.options.back_to
    with context.database() as url:
        asyncio.run(schema.find_missing(url))  # for what it refuses
        if back_to is None:
            migrations.migrate(url, lambda migration: print(f"applied {migration}", flush=True))
        else:
            migrations.roll_back(url, back_to, lambda migration: print(f"undone {migration}", flush=True))
    print("the schema is up to date" if back_to is None else f"the schema is that of migration {back_to}")
