"""An error is a status, a code, words and, for fields, one entry for every wrong one."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import asyncpg
from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from server.http.answers import Answer, json_answer
from server.http.messages import choose_language, text
from sql.batches import QueueFullError
from sql.connection import UNAVAILABLE

logger = logging.getLogger(__name__)

MAX_BODY = 65536  # bytes
RETRY_AFTER = {"Retry-After": "1"}

# Parsers refuse these values before the database sees them; a constraint speaks where one did not.
CONSTRAINTS: dict[str, tuple[str, str]] = {
    "agents_location_id_fkey": ("locationId", "unknown_customer"),
    "alert_attempts_alert_id_fkey": ("alertId", "unknown_customer"),
    "alerts_channel_check": ("channel", "invalid_choice"),
    "alerts_incident_id_fkey": ("incidentId", "unknown_customer"),
    "alerts_kind_check": ("kind", "invalid_choice"),
    "alerts_occasion_key": ("occasion", "already_taken"),
    "alerts_smtp_monitor_id_fkey": ("smtpMonitorId", "unknown_customer"),
    "alerts_state_check": ("state", "invalid_choice"),
    "customer_counts_customer_id_fkey": ("customerId", "unknown_customer"),
    "customers_name_check": ("name", "wrong_length"),
    "customers_organization_id_fkey": ("organizationId", "unknown_organization"),
    "customers_public_id_key": ("publicId", "already_taken"),
    "idempotency_keys_key_check": ("Idempotency-Key", "wrong_length"),
    "idempotency_keys_user_id_fkey": ("userId", "unknown_user"),
    "incidents_close_reason_check": ("closeReason", "invalid_choice"),
    "incidents_closed_at_check": ("closedAt", "ends_before_start"),
    "incidents_smtp_monitor_id_fkey": ("smtpMonitorId", "unknown_customer"),
    "locations_code_check": ("code", "invalid_location_code"),
    "locations_code_key": ("code", "already_taken"),
    "locations_country_check": ("country", "invalid_country_code"),
    "locations_name_check": ("name", "wrong_length"),
    "logins_email_check": ("email", "invalid_email"),
    "logins_organization_id_email_key": ("email", "already_taken"),
    "logins_organization_id_fkey": ("organizationId", "unknown_organization"),
    "logins_pkey": ("email", "already_taken"),
    "maintenance_windows_customer_id_check": ("customerId", "window_scope"),
    "maintenance_windows_customer_id_fkey": ("customerId", "unknown_customer"),
    "maintenance_windows_ends_at_check": ("endsAt", "ends_before_start"),
    "maintenance_windows_length_check": ("endsAt", "window_too_long"),
    "maintenance_windows_name_check": ("name", "wrong_length"),
    "maintenance_windows_organization_id_fkey": ("organizationId", "unknown_organization"),
    "maintenance_windows_repeat_check": ("repeat", "invalid_choice"),
    "maintenance_windows_repeat_until_check": ("repeatUntil", "repeat_missing"),
    "maintenance_windows_time_zone_check": ("timeZone", "invalid_time_zone"),
    "maintenance_windows_smtp_monitor_id_fkey": ("smtpMonitorId", "unknown_customer"),
    "organization_counts_organization_id_fkey": ("organizationId", "unknown_organization"),
    "organizations_failure_confirmations_check": ("failureConfirmations", "out_of_range"),
    "organizations_location_share_percent_check": ("locationSharePercent", "out_of_range"),
    "organizations_name_check": ("name", "wrong_length"),
    "organizations_name_key": ("name", "already_taken"),
    "organizations_recovery_confirmations_check": ("recoveryConfirmations", "out_of_range"),
    "organizations_reminder_interval_minutes_check": ("reminderIntervalMinutes", "out_of_range"),
    "sessions_customer_id_fkey": ("customerId", "unknown_customer"),
    "sessions_name_check": ("name", "wrong_length"),
    "sessions_user_id_fkey": ("userId", "unknown_user"),
    "smtp_check_rollups_granularity_check": ("granularity", "invalid_choice"),
    "smtp_checks_verdict_check": ("verdict", "invalid_choice"),
    "smtp_monitor_locations_grid_offset_check": ("gridOffset", "out_of_range"),
    "smtp_monitor_locations_location_id_fkey": ("locationId", "unknown_customer"),
    "smtp_monitor_locations_smtp_monitor_id_fkey": ("smtpMonitorId", "unknown_customer"),
    "smtp_monitor_states_smtp_monitor_id_fkey": ("id", "unknown_customer"),
    "smtp_monitors_allowed_check_country_codes_check": ("allowedCheckCountryCodes", "invalid_country_code"),
    "smtp_monitors_check_interval_check": ("checkInterval", "out_of_range"),
    "smtp_monitors_customer_id_fkey": ("customerId", "unknown_customer"),
    "smtp_monitors_hostname_check": ("hostname", "invalid_hostname"),
    "smtp_monitors_name_check": ("name", "wrong_length"),
    "smtp_monitors_notification_email_check": ("notificationEmail", "invalid_email"),
    "smtp_monitors_notification_phone_number_check": ("notificationPhoneNumber", "invalid_phone_number"),
    "smtp_monitors_port_check": ("port", "out_of_range"),
    "smtp_monitors_public_id_key": ("publicId", "already_taken"),
    "smtp_monitors_smtp_config_check": ("smtpConfig", "not_object"),
    "smtp_monitors_status_check": ("status", "invalid_choice"),
    "smtp_monitors_timeout_seconds_check": ("timeoutSeconds", "out_of_range"),
    "users_email_fkey": ("email", "invalid_email"),
    "users_email_key": ("email", "already_taken"),
    "users_global_role_check": ("globalRole", "invalid_choice"),
    "users_name_check": ("name", "wrong_length"),
    "users_role_check": ("role", "invalid_choice"),
    "webhooks_organization_id_fkey": ("organizationId", "unknown_organization"),
    "webhooks_url_check": ("url", "invalid_url"),
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a body or query."""

    field: str
    code: str
    parameters: Mapping[str, object]


class BodyTimeoutError(RequestPayloadError):
    """The body did not come to its end in time."""


class ApiError(Exception):
    """An answer other than success; *detail* is the code of the reason, where it may be told."""

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


def unauthorized(detail: str) -> ApiError:
    return ApiError(401, "unauthorized", detail=detail, headers={"WWW-Authenticate": "Bearer"})


def forbidden(detail: str) -> ApiError:
    return ApiError(403, "forbidden", detail=detail)


def not_found() -> ApiError:
    return ApiError(404, "not_found")


def invalid_fields(errors: Sequence[FieldError]) -> ApiError:
    names = ", ".join(dict.fromkeys(error.field for error in errors))
    return ApiError(400, "invalid_fields", fields=errors, fields_named=names)


def unavailable(code: str) -> ApiError:
    return ApiError(503, code, headers=RETRY_AFTER)


def to_api_error(error: Exception, *, where: str) -> ApiError:
    """The answer to any exception of a handler; unknown ones are logged whole and answered blank."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, web.HTTPException):
        return _from_aiohttp(error)
    if isinstance(error, BodyTimeoutError):
        return ApiError(408, "request_timeout")
    if isinstance(error, RequestPayloadError):
        return ApiError(400, "invalid_request")
    if isinstance(error, asyncpg.IntegrityConstraintViolationError) and error.constraint_name in CONSTRAINTS:
        return _from_constraint(error.constraint_name)
    if isinstance(error, QueueFullError):
        return unavailable("overloaded")
    if isinstance(error, UNAVAILABLE):
        logger.warning("database unavailable in %s: %r", where, error)
        return unavailable("database_unavailable")
    logger.error("unhandled error in %s", where, exc_info=error)
    return ApiError(500, "internal_server_error")


def render(error: ApiError, accept_language: str) -> Answer:
    language = choose_language(accept_language)
    parameters = {**error.parameters, "fields": error.parameters.get("fields_named", "")}
    body: dict[str, object] = {
        "statusCode": error.status,
        "statusMessage": HTTPStatus(error.status).phrase,
        "message": text(error.code, language, parameters),
        "code": error.code,
    }
    if error.detail:
        body["detail"] = text(error.detail, language, parameters)
    if error.fields:
        body["errors"] = [
            {
                "field": wrong.field,
                "code": wrong.code,
                "message": text(wrong.code, language, dict(wrong.parameters)),
            }
            for wrong in error.fields
        ]
    return json_answer(body, status=error.status, fields={"Content-Language": language, **error.headers})


def _from_aiohttp(error: web.HTTPException) -> ApiError:
    if isinstance(error, web.HTTPMethodNotAllowed):
        allow = error.headers["Allow"]
        return ApiError(405, "method_not_allowed", headers={"Allow": allow}, allow=allow)
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return ApiError(413, "body_too_large", limit=MAX_BODY)
    if isinstance(error, web.HTTPNotFound):
        return not_found()
    return ApiError(error.status, "http_error")


def _from_constraint(name: str) -> ApiError:
    field, code = CONSTRAINTS[name]
    wrong = FieldError(field, code, {"low": "", "high": "", "choices": "", "value": ""})
    if code == "already_taken":
        return ApiError(409, "conflict", fields=[wrong])
    return invalid_fields([wrong])
