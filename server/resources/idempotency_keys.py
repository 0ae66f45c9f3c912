"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a repeated create answers what the first one did.

The key is reserved, the monitor inserted and the answer kept in one transaction. Concurrent repetitions wait and
answer the same. Another body is 422. An error leaves the key free. The kept answer has no password in it, since
the repeated body brings it along (``tests/api/test_idempotency.py``).
"""

import re
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

import sql
from server.access.caller import Caller
from server.access.signer import Signer
from server.http.errors import ApiError
from sql.connection import Executor

KEY = re.compile(r'"([\x20-\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x7e][\x20-\x7e]{0,254})')


def key_of(request: web.Request) -> str | None:
    """The key, quoted as in the draft or bare; None without the header. ApiError 400 if it is neither."""
    values = request.headers.getall("Idempotency-Key", ())
    if not values:
        return None
    match = KEY.fullmatch(values[0].strip())
    if match is None or len(values) > 1:
        raise ApiError(400, "idempotency_key_invalid")
    return match[1] or match[2]


async def reserve(
    connection: Executor, caller: Caller, signer: Signer, key: str, body: Mapping[str, object]
) -> dict[str, Any] | None:
    """The answer to the first request with this key; None if this one is the first. It owns the key then.

    *body* is the part of the request's body that counts. Waits for a first request that is under way. ApiError 422
    if that one had another body, or made something that is out of reach now.
    """
    text, whose = orjson.dumps(body, option=orjson.OPT_SORT_KEYS), (caller.organization_id, caller.id)
    if await sql.idempotency_keys.reserve(connection, *whose, key=key, fingerprint=signer.fingerprint(text)):
        return None
    row = await sql.idempotency_keys.select_one(connection, *whose, key=key)
    if row is None:
        raise ApiError(409, "conflict")
    answer: dict[str, Any] = orjson.loads(row["answer"])
    if not signer.has_fingerprint(row["fingerprint"], text) or not _reaches(caller, answer):
        raise ApiError(422, "idempotency_key_reused")
    return answer


async def complete(connection: Executor, caller: Caller, key: str, answer: Mapping[str, object]) -> None:
    """Keep the *answer*, which has no password in it."""
    text = orjson.dumps(answer).decode()
    await sql.idempotency_keys.complete(connection, caller.organization_id, caller.id, key=key, answer=text)


def _reaches(caller: Caller, answer: Mapping[str, object]) -> bool:
    reach = caller.reach
    return reach.organization_id in (None, answer["organizationId"]) and (
        reach.customer_ids is None or answer["customerId"] in reach.customer_ids
    )
