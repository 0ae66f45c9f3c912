"""The body that patches many monitors: their ids, and the changes for all of them."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from server.access.caller import Caller
from server.fields.objects import parse_object
from server.fields.parser import Field, described
from server.fields.values import CANONICAL_UUID, UUID_SCHEMA, Invalid
from server.http.errors import ApiError, forbidden
from server.resources import smtp_monitors
from server.resources.smtp_monitors import SERVER_SET, without_alias

MAX_IDS = 500
NAMED = 10  # of the missing


@described({"type": "array", "items": UUID_SCHEMA, "minItems": 1, "maxItems": MAX_IDS})
def public_ids(value: object) -> list[UUID]:
    """The first of equals is kept."""
    if type(value) is not list or not 1 <= len(value) <= MAX_IDS:
        raise Invalid("invalid_public_ids")
    if not all(type(text) is str and CANONICAL_UUID.fullmatch(text) for text in value):
        raise Invalid("invalid_public_ids")
    return list(dict.fromkeys(map(UUID, value)))


@described({"type": "object"})
def changes(value: object) -> dict[str, object]:
    """The fields of a PATCH, their errors below ``changes``."""
    if type(value) is not dict:
        raise Invalid("not_object")
    try:
        return parse_object(without_alias(dict(value)), smtp_monitors.FIELDS, ignored=SERVER_SET)
    except Invalid as error:
        reasons = [(path and f".{path}", code, parameters) for path, code, parameters in error.reasons]
        raise Invalid.of(reasons) from error


FIELDS: dict[str, Field] = {"ids": public_ids, "changes": changes}
REQUIRED = tuple(FIELDS)


def require_fields(caller: Caller, body: Mapping[str, object]) -> None:
    """ApiError 403 for a caller that may change the status only, if the body names more."""
    named = body.get("changes")
    if caller.readonly and type(named) is dict and named.keys() - {"status"}:
        raise forbidden("readonly_status_only")


def unknown_monitors(wanted: Sequence[UUID], reached: Collection[UUID]) -> ApiError:
    """404 that names the first missing monitors. Absent ones and those out of reach are treated alike."""
    ids = [str(public_id) for public_id in wanted if public_id not in reached][:NAMED]
    return ApiError(404, "not_found", detail="unknown_monitors", ids=", ".join(ids))
