"""The commands. The module of one is imported when it is chosen, and no other: most of a start is imports."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True, slots=True)
class Command:
    """*module* has ``configure(parser)``, which adds the options and sets ``run``.

    *wrong_usage* and *wrong_setting* are exit statuses.
    """

    name: str
    module: str
    help: str
    wrong_usage: int = 2
    wrong_setting: int = 1


COMMANDS = (
    Command("serve", "server.cli.serve", "serve the API (what is done without a command)"),
    Command("agent", "server.cli.agent", "check monitors from a location; any number may run at each"),
    Command(
        "check",
        "server.cli.check",
        "probe an SMTP server; 0 is success, 1 a warning, 2 a failure, 3 wrong usage",
        wrong_usage=3,  # 1 and 2 are what it says of a server
        wrong_setting=3,
    ),
    Command("migrate", "server.cli.migrate", "bring the database's schema up to date"),
    Command("cell", "server.cli.cell", "add databases that organizations live in, list and check them"),
    Command("token", "server.cli.token", "print a token of a user, and nothing else"),
    Command("organization", "server.cli.organization", "limit what an organization may have, move or delete it"),
    Command("user", "server.cli.user", "add, list and deactivate users, set passwords"),
    Command("customer", "server.cli.customer", "add and list customers"),
    Command("location", "server.cli.location", "manage the places that agents check from"),
    Command("webhook", "server.cli.webhook", "post an organization's alerts to a URL, signed"),
    Command("secrets", "server.cli.secret_keys", "make keys, rotate them"),
    Command("demo-smtp", "server.cli.demo_smtp", "run a small SMTP server on loopback, until Ctrl-C"),
)


def chosen(arguments: Sequence[str]) -> Command | None:
    """The command that the arguments name; None if they name none. No option before it has a value."""
    name = next((word for word in arguments if not word.startswith("-")), None)
    return next((command for command in COMMANDS if command.name == name), None)


def register(parser: argparse.ArgumentParser, command: Command | None) -> None:
    """Add all commands to the parser, and to *command* its options."""
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for each in COMMANDS:
        added = commands.add_parser(each.name, help=each.help)
        if each is command:
            import_module(each.module).configure(added)
