"""The files of the migrations. Every command compares them with the schema, and most do not need what runs them."""

from pathlib import Path

from server.cli.environment import ConfigError

SERVER = Path(__file__).parent.parent
# inside this package where it is installed, beside it in a checkout
FOLDER = (SERVER if (SERVER / "migrations").is_dir() else SERVER.parent) / "migrations"
BACK = ".rollback"


def known() -> set[str]:
    """The ids. Never empty: without migrations, an empty database would be up to date."""
    found = {path.stem for path in FOLDER.glob("*.sql") if not path.stem.endswith(BACK)}
    if not found:
        raise ConfigError(f"there are no migrations in {FOLDER}; install smtp-monitors again")
    return found
