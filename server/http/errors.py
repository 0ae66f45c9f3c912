"""Errors: a status, a code, and one entry for every wrong field. error_answers.py renders them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Row = TypeVar("Row")

MAX_BODY = 65536  # bytes
RETRY_AFTER = {"Retry-After": "1"}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a body or query."""

    field: str
    code: str
    parameters: Mapping[str, object]


class ApiError(Exception):
    """An answer other than success. *detail* is the code of the reason, if the client may know it."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        detail: str | None = None,
        headers: Mapping[str, str] | None = None,
        fields: Sequence[FieldError] = (),
        **parameters: object,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers or {}
        self.fields = fields
        self.parameters = parameters


def unauthorized(detail: str, code: str = "unauthorized") -> ApiError:
    return ApiError(401, code, detail=detail, headers={"WWW-Authenticate": "Bearer"})


def forbidden(detail: str) -> ApiError:
    return ApiError(403, "forbidden", detail=detail)


def not_found() -> ApiError:
    return ApiError(404, "not_found")


def found(row: Row | None) -> Row:
    """The row; ApiError 404 if there is none."""
    if row is None:
        raise not_found()
    return row


def invalid_fields(errors: Sequence[FieldError]) -> ApiError:
    names = ", ".join(dict.fromkeys(error.field or "…" for error in errors))
    return ApiError(400, "invalid_fields", fields=errors, fields_named=names)


def unavailable(code: str) -> ApiError:
    return ApiError(503, code, headers=RETRY_AFTER)
