"""What the console's pages say: German and English, a module for each page."""

from server.console.words import (
    account,
    audit,
    customers,
    forms,
    frame,
    incidents,
    monitor,
    monitor_fields,
    monitor_form,
    monitors,
    organizations,
    status,
    status_pages,
    tokens,
    users,
    windows,
)

MODULES = (
    account,
    audit,
    customers,
    forms,
    frame,
    incidents,
    monitor,
    monitor_fields,
    monitor_form,
    monitors,
    organizations,
    status,
    status_pages,
    tokens,
    users,
    windows,
)
WORDS: dict[str, tuple[str, str]] = {key: words for module in MODULES for key, words in module.WORDS.items()}
LANGUAGES = ("de", "en")
NOTICES = frozenset(
    {"login.ended", "form.saved", "form.deleted", "account.must_enrol"} | {key for key in WORDS if ".done_" in key}
)


def say(key: str, language: str, **values: object) -> str:
    """The words of *key*, with *values* filled in. An unknown key is a KeyError: a test renders every page."""
    words = WORDS[key][LANGUAGES.index(language)]
    return words.format_map(values) if values else words
