"""Which new passwords are refused: easy to guess, or made of the account's own name.

zxcvbn estimates how many guesses a password takes, from lists of passwords, words and names, keyboard patterns, dates
and repetitions. Less than a hundred million are too few. It is imported when it is first needed: that takes 50 ms,
which no other command should wait for. It tries every spelling in leetspeak, which takes seconds for a password made
for that; so only the first characters are judged, and symbols are read as letters where there are many
(``tests/api/test_password_rules.py``).
"""

import re

from server.fields.values import Invalid

MIN_SCORE = 3
JUDGED = 40  # characters
SYMBOLS = str.maketrans("@({[<!|$+%", "acccciistx")
FEW_SYMBOLS = 2
MIN_NAME = 4  # characters: a shorter name is part of many words
WORDS = re.compile(r"[^\W_]+")


def judge(password: str, *, email: str, name: str) -> None:
    """Invalid if a new *password* of that account is refused. It takes up to a tenth of a second."""
    folded = password.casefold()
    if any(part in folded for part in _names(email, name)):
        raise Invalid("password_names_account")
    if _score(password[:JUDGED]) < MIN_SCORE:
        raise Invalid("password_common")


def _names(email: str, name: str) -> set[str]:
    """The parts of the address, but for its top-level domain, and of the name."""
    local, _, domain = email.casefold().rpartition("@")
    labels = domain.split(".")[:-1]
    parts = {local, *WORDS.findall(local), *labels, *WORDS.findall(name.casefold())}
    return {part for part in parts if len(part) >= MIN_NAME}


def _score(password: str) -> int:
    """0 to 4, as zxcvbn says."""
    from zxcvbn import zxcvbn

    readings = {password.translate(SYMBOLS)}
    if len({character for character in password if ord(character) in SYMBOLS}) <= FEW_SYMBOLS:
        readings.add(password)
    return min(int(zxcvbn(reading)["score"]) for reading in readings)
