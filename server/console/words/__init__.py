"""What the console's pages say: German and English, a module for each page."""

from server.console.words import account, frame, incidents, monitors

WORDS: dict[str, tuple[str, str]] = {**frame.WORDS, **account.WORDS, **incidents.WORDS, **monitors.WORDS}
LANGUAGES = ("de", "en")
NOTICES = frozenset(
    {"login.ended", "form.saved", "form.deleted", "account.must_enrol"} | {key for key in WORDS if ".done_" in key}
)


def say(key: str, language: str, **values: object) -> str:
    """The words of *key*, with *values* filled in. An unknown key is a KeyError: a test renders every page."""
    words = WORDS[key][LANGUAGES.index(language)]
    return words.format_map(values) if values else words
