"""smtp-monitors check: probe one server from here, readable in a terminal or as JSON."""

import argparse
import asyncio
import json
import re
from pathlib import Path

from server.checks.networks import Networks
from server.checks.outcome import Outcome, Verdict
from server.checks.probe import probe
from server.checks.report import render
from server.checks.resolver import open_resolver
from server.checks.target import DEFAULT_TIMEOUT_SECONDS, Target, TlsOptions
from server.checks.tls import require_authorities
from server.cli.context import Context
from server.cli.environment import ConfigError
from server.cli.options import parsed
from server.fields.contacts import mailbox, sender
from server.fields.ehlo_name import ehlo_name
from server.fields.values import Invalid, hostname, text
from server.resources.smtp_checks import represent

EXIT = {Verdict.SUCCESS: 0, Verdict.WARNING: 1, Verdict.FAILURE: 2}
SERVER = re.compile(r"(?:\[([^\]]*)\]|([^:\[\]]*))(?::([0-9]{1,9}))?")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = "Probe an SMTP server. Exit status: 0 success, 1 warning, 2 failure, 3 wrong usage."
    parser.add_argument("server", metavar="HOST[:PORT]", help="an IPv6 address with a port as [::1]:25")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--secure", action="store_true", help="TLS from the first byte; port 465 by default")
    mode.add_argument("--require-tls", action="store_true", help="fail without STARTTLS")
    mode.add_argument("--ignore-tls", action="store_true", help="no STARTTLS; the password goes in clear")
    parser.add_argument("--user", type=parsed(text(1, 320)), help="log in, with --password-file")
    parser.add_argument("--password-file", type=Path, metavar="F", help="what the password is read from")
    parser.add_argument(
        "--timeout", type=_seconds, default=DEFAULT_TIMEOUT_SECONDS, metavar="S", help="for all of it (30)"
    )
    trust = parser.add_mutually_exclusive_group()
    trust.add_argument("--no-verify", action="store_true", help="any certificate will do")
    trust.add_argument("--ca-file", type=Path, metavar="F", help="trust these authorities, not the system's")
    parser.add_argument("--servername", type=parsed(hostname), metavar="N", help="what the certificate must be for")
    parser.add_argument("--ehlo", type=parsed(ehlo_name), metavar="NAME", help="introduce yourself as this")
    parser.add_argument("--mail-from", type=parsed(sender), metavar="A", help="offer mail from A, which may be empty")
    parser.add_argument("--rcpt-to", type=parsed(mailbox), metavar="B", help="offer mail to B; none is sent")
    parser.add_argument("--json", action="store_true", help="print what the API answers")
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    target, allowed = _target(context.options), context.probe_allow()
    outcome = asyncio.run(_probe(target, allowed))
    print(json.dumps(represent(outcome, "en"), indent=2) if context.options.json else render(outcome))
    return EXIT[outcome.verdict]


async def _probe(target: Target, allowed: Networks) -> Outcome:
    async with open_resolver() as resolve:
        return await probe(target, resolve=resolve, allowed=allowed)


def _target(options: argparse.Namespace) -> Target:
    host, port = _server(options.server)
    if (options.user is None) != (options.password_file is None):
        raise ConfigError("--user and --password-file go together")
    ca_file = None if options.ca_file is None else _authorities(str(options.ca_file))
    return Target(
        hostname=host,
        port=port,
        timeout_seconds=options.timeout,
        secure=options.secure,
        require_tls=options.require_tls,
        ignore_tls=options.ignore_tls,
        user=options.user,
        password=None if options.password_file is None else _password(options.password_file),
        tls=TlsOptions(verify=not options.no_verify, servername=options.servername, ca_file=ca_file),
        ehlo_name=options.ehlo,
        mail_from=options.mail_from,
        rcpt_to=options.rcpt_to,
    )


def _server(argument: str) -> tuple[str, int | None]:
    """Host and port of ``host``, ``host:25``, ``::1``, ``[::1]`` or ``[::1]:25``."""
    match = SERVER.fullmatch(argument)
    host, port = (argument, "") if match is None else (match[1] or match[2], match[3] or "")
    try:
        host = hostname(host)
    except Invalid as error:
        raise ConfigError(f"{argument!r} is no HOST[:PORT]") from error
    if port and not 0 < int(port) < 65536:
        raise ConfigError(f"{argument!r} has no port from 1 to 65535")
    return host, int(port) if port else None


def _authorities(path: str) -> str:
    try:
        require_authorities(path)
    except ValueError as error:
        raise ConfigError(f"--ca-file: {error}") from error
    return path


def _password(path: Path) -> str:
    try:
        return text(1, 1024)(path.read_text().removesuffix("\n"))
    except (OSError, UnicodeError, Invalid) as error:
        raise ConfigError(f"--password-file: {error}") from error


def _seconds(argument: str) -> float:
    seconds = float(argument)
    if not 0 < seconds <= 120:
        raise argparse.ArgumentTypeError("must be up to 120")
    return seconds
