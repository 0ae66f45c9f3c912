"""What PostgreSQL's text can hold."""


def storable(text: str, limit: int) -> str:
    """The *text* without NUL and lone surrogates, at most *limit* characters of it."""
    return text[:limit].replace("\0", "").encode(errors="replace").decode()
