"""Details of a monitor: what was found out about it over a span of time, together."""

from server.fields.parser import Schema, or_null
from server.openapi.operations import READ_ERRORS, operation, queried, shown
from server.openapi.schemas import BOOLEAN, IDENTIFIER, TIMESTAMP, shape
from server.openapi.smtp_checks import CHECK, MILLISECONDS, PHASES, TLS, TLS_SEEN
from server.openapi.smtp_monitor import READ
from server.openapi.smtp_monitor_checks import ALERT, CHECKED, INCIDENT
from server.openapi.smtp_monitor_states import STATE, STATE_SEEN
from server.resources.histories import DEFAULT_LIMIT
from server.resources.smtp_monitor_details import DEFAULT_RANGE, FILTERS, MAX_DAYS, STATS

TAG = "Details"
_COUNT: Schema = {"type": "integer", "minimum": 0}
_PERCENT: Schema = {"type": ["number", "null"], "minimum": 0, "maximum": 100}
_POINT = {
    "checkedAt": TIMESTAMP,
    "status": CHECK["verdict"],
    "timingSmtp": MILLISECONDS,
    "locationCode": {"type": "string"},
}
_FIGURE = {
    "startsAt": TIMESTAMP,
    **dict.fromkeys(("checks", "failures", "warnings"), _COUNT),
    "uptime": _PERCENT,
    **dict.fromkeys(("avgResponse", "minResponse", "maxResponse"), MILLISECONDS),
    "timings": {
        **shape(dict.fromkeys(PHASES, MILLISECONDS)),
        "description": "The mean of each phase over the checks that succeeded; together they are `avgResponse`.",
    },
}
_META = shape({"since": TIMESTAMP, "before": TIMESTAMP, **dict.fromkeys(("checks", "failures", "warnings"), _COUNT)})

_LINES: Schema = {"type": "array", "items": {"type": "string"}}
_SEEN = {"seenAt": TIMESTAMP, "locationCode": {"type": "string"}, "locationName": {"type": "string"}}
_PLACE = {
    "locationCode": {"type": "string"},
    "locationName": {"type": "string"},
    "country": {"type": "string"},
    "checkedAt": or_null(TIMESTAMP),
    "capabilities": {
        "type": ["array", "null"],
        "items": {"type": "string"},
        "description": "What the server offered in the last check that did not fail; null: none yet, or no EHLO.",
    },
}
_WINDOWS = {"description": f"Those that are open, then others that are not over; at most {DEFAULT_LIMIT}."}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


SCHEMAS = {
    "Details": shape(
        {
            "smtpMonitorId": IDENTIFIER,
            "monitor": _named("SmtpMonitor"),
            "latestCheck": or_null(shape({**_POINT, "locationName": {"type": "string"}})),
            "locations": {**_list(shape(_PLACE)), "description": "Where it is checked."},
            "certificates": {
                **_list(shape({**_SEEN, "tls": TLS})),
                "description": "What was negotiated, each time that it was something else; the newest first.",
            },
            "capabilityChanges": {
                **_list(shape({**_SEEN, "gained": _LINES, "lost": _LINES})),
                "description": "How the capabilities drifted at each location; the newest first.",
            },
            "uptimeStats": {
                **shape(
                    {
                        **dict.fromkeys(STATS, _PERCENT),
                        **dict.fromkeys((f"{name}AvgResponse" for name in STATS), MILLISECONDS),
                    }
                ),
                "description": "Of the last 24 hours, 30 days and 365 days. With dates, `year` is the whole span, "
                "`month` its last 30 days and `day` its last day; none begins before the span does.",
            },
            "uptimeStatsMeta": shape(dict.fromkeys(STATS, _META)),
            "monitoringData": {
                **_list({"anyOf": [shape(_POINT), shape(_FIGURE)]}),
                "description": "Each check with granularity `raw`, else sums of ten minutes, hours or days; the oldest "
                "first.",
            },
            "incidents": _list(_named("Incident")),
            "alerts": _list(_named("Alert")),
            "testResultLog": _list(_named("CheckRecord")),
            "maintenance": shape({"active": BOOLEAN, "windows": {**_list(_named("MaintenanceWindow")), **_WINDOWS}}),
            **STATE,
        }
    )
}
_COUNTS = {
    "since": "2026-01-01T12:00:00.000Z",
    "before": "2026-01-02T12:00:00.000Z",
    "checks": 1440,
    "failures": 5,
    "warnings": 0,
}
_POINT_SEEN = {
    "checkedAt": "2026-01-01T12:00:00.000Z",
    "status": "failure",
    "timingSmtp": 47.5,
    "locationCode": "de-nbg",
}
_SEEN_AT = {"seenAt": "2026-01-01T12:00:00.000Z", "locationCode": "de-nbg", "locationName": "Nuremberg"}
_DETAILS = {
    "smtpMonitorId": 200,
    "monitor": READ,
    "latestCheck": {**_POINT_SEEN, "locationName": "Nuremberg"},
    "locations": [
        {
            "locationCode": "de-nbg",
            "locationName": "Nuremberg",
            "country": "DE",
            "checkedAt": "2026-01-01T12:00:00.000Z",
            "capabilities": ["PIPELINING", "STARTTLS"],
        }
    ],
    "certificates": [{**_SEEN_AT, "tls": TLS_SEEN}],
    "capabilityChanges": [{**_SEEN_AT, "gained": [], "lost": ["8BITMIME"]}],
    "uptimeStats": {
        **dict.fromkeys(STATS, 99.653),
        **{f"{name}AvgResponse": 46.1 for name in STATS},
    },
    "uptimeStatsMeta": dict.fromkeys(STATS, _COUNTS),
    "monitoringData": [_POINT_SEEN],
    "incidents": [INCIDENT],
    "alerts": [ALERT],
    "testResultLog": [CHECKED],
    "maintenance": {"active": False, "windows": []},
    **STATE_SEEN,
}

PATHS = {
    "/api/smtp-monitors/{smtpMonitorPublicId}/details": {
        "get": operation(
            "getDetails",
            TAG,
            "A monitor with its figures, incidents and alerts",
            {200: shown("All of it.", "Details", details=_DETAILS)},
            errors=READ_ERRORS,
            parameters=(
                "smtpMonitorPublicId",
                *queried(
                    FILTERS,
                    defaults={"range": DEFAULT_RANGE},
                    range="How long a span.",
                    date="The last day of the range; without it, the range ends now.",
                    startDate="The first day, instead of the range.",
                    endDate="The last day.",
                    granularity=(
                        "Of `monitoringData`: at most {raw} days raw, {minutes} in ten minutes, {hour} in hours, "
                        "{day} in days."
                    ).format(**MAX_DAYS),
                ),
            ),
        )
    }
}
