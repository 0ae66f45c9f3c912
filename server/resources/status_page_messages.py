"""A message that people write on a status page, and what they add to it later."""

from datetime import datetime

import asyncpg
import orjson

from server.fields.moments import moment
from server.fields.parser import Field, Parameter
from server.fields.values import choice, nullable, paragraphs, trimmed
from server.http import query
from server.http.times import timestamp

MAX_UPDATES = 100
KINDS = ("incident", "maintenance", "info")
FIELDS: dict[str, Field] = {
    "kind": choice(*KINDS),
    "title": trimmed(1, 200),
    "body": paragraphs(1, 5000),
    "startsAt": moment,
    "endsAt": nullable(moment),
}
UPDATE_FIELDS: dict[str, Field] = {"body": paragraphs(1, 5000)}
REQUIRED = ("kind", "title", "body")  # to create one
FILTERS: dict[str, Parameter] = query.PAGING
SERVER_SET = frozenset({"id", "statusPageId", "updates", "createdAt", "updatedAt"})
COLUMNS = {"kind": "kind", "title": "title", "body": "body", "startsAt": "starts_at", "endsAt": "ends_at"}


def represent(row: asyncpg.Record) -> dict[str, object]:
    return {
        "id": row["id"],
        "statusPageId": row["status_page_id"],
        **represent_words(row),
        "createdAt": timestamp(row["created_at"]),
        "updatedAt": timestamp(row["updated_at"]),
    }


def represent_words(row: asyncpg.Record) -> dict[str, object]:
    """What everybody may read."""
    return {
        "kind": row["kind"],
        "title": row["title"],
        "body": row["body"],
        "startsAt": timestamp(row["starts_at"]),
        "endsAt": timestamp(row["ends_at"]),
        "updates": [
            {"at": timestamp(datetime.fromisoformat(update["at"])), "body": update["body"]}
            for update in orjson.loads(row["updates"])
        ],
    }
