"""The command line: which command, with which settings, on which database."""

import argparse
import sys
from collections.abc import MutableMapping, Sequence

from server.checks.text import escaped_lines
from server.cli import commands, logs, program, signals, version
from server.cli.context import Context
from server.cli.environment import ConfigError

SETTINGS = """\
settings, from the environment; X_FILE instead of X names a file that holds it:
  DATABASE_URL   a PostgreSQL from 15 on, itself and not a pooler such as PgBouncer; of several hosts the one that
                 can be written to is taken; without it one is started in DATA_DIR
  DATA_DIR       where the embedded database and its secrets live (.data)
  HOST, PORT     where to listen (127.0.0.1, 8080)
  WORKERS        processes that serve (one for each core)
  JWT_SECRET     signs sessions; 32 bytes or more, several with commas, the first signs and all verify
  SECRETS_KEY    encrypts stored credentials; 32 bytes in base64, several with commas, the first encrypts
  SESSION_HOURS  how long a log-in lasts (12)
  SESSION_IDLE_MINUTES  how long a log-in lasts that nobody uses, give or take two minutes (120); 0 turns that off
  GROUP_COMMIT_ROWS  how many patches may share a commit (256); 1 turns that off
  AUDIT          whether changes of monitors are kept: ON or OFF (ON)
  AGENT          the agent that serve runs beside it: a location's code, on or off (on: the oldest active location)
  CHECK_CONCURRENCY  checks under way at once in an agent (500)
  PROBE_ALLOW    networks with commas between them that may be probed beside the public internet
                 (without DATABASE_URL: 127.0.0.0/8, ::1)
  RETENTION_DAYS how long each result is kept (35); how long other things are, after they are over:
  DAILY_RESULTS_RETENTION_DAYS, INCIDENTS_RETENTION_DAYS, ALERTS_RETENTION_DAYS  of monitors (400)
  CHANGES_RETENTION_DAYS, AUDIT_RETENTION_DAYS  who has changed what of monitors, and of all else (400)
  WINDOWS_RETENTION_DAYS  maintenance windows (400)
  SESSIONS_RETENTION_DAYS, LOGIN_ATTEMPTS_RETENTION_DAYS, IDEMPOTENCY_KEYS_RETENTION_DAYS  (0, 1, 1)
  SMTP_RELAY_URL, ALERT_SENDER  alerts by e-mail: smtp://[user:password@]host[:port] or smtps://, and from whom
  SMS_GATEWAY_URL, SMS_GATEWAY_TOKEN  alerts by SMS: where to post {"to", "text", "id"}, with a bearer token
  AGENT_PORT     where an agent serves /metrics, /healthz and /readyz (nowhere)
  METRICS_TOKEN  what a scrape of /metrics must bear (nothing: anybody may)
  RATE_LIMIT     requests/seconds that each user may make, such as 600/60 (off)
  CORS_ORIGINS   origins whose pages may call the API, with commas (none)
  TRUSTED_PROXIES  addresses or networks whose X-Forwarded-For is believed, with commas (none)
  LOG_LEVEL      DEBUG, INFO, WARNING or ERROR (INFO)
"""


def main(arguments: Sequence[str], environ: MutableMapping[str, str]) -> int:
    """Run one command. 0 is success, 1 a failure told in one line, 2 wrong usage. ``check`` has its own statuses."""
    parser = argparse.ArgumentParser(
        prog=program.name(),
        description="Watches SMTP servers.",
        epilog=SETTINGS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version, and the commit where it is known")
    arguments = arguments or ["serve"]
    command = commands.chosen(arguments)
    commands.register(parser, command)
    try:
        options = parser.parse_args(arguments)
    except SystemExit as end:
        if end.code and command:
            return command.wrong_usage
        raise
    if options.version:
        print(version.version())
        return 0
    if command is None:
        parser.print_help()
        return 2
    logs.configure("INFO")
    return signals.run(lambda: _run(command, environ, options))


def _run(command: commands.Command, environ: MutableMapping[str, str], options: argparse.Namespace) -> int:
    try:
        return int(options.run(Context(environ, options)) or 0)
    except ConfigError as error:
        return _fail(str(error), command.wrong_setting)
    except OSError as error:
        words = error.strerror or str(error) or type(error).__name__
        return _fail(f"{error.filename}: {words}" if error.filename else words)


def _fail(message: str, status: int = 1) -> int:
    print(f"{program.name()}: {escaped_lines(message)}", file=sys.stderr)
    return status
