"""Organizations and their settings."""

from server.openapi.operations import (
    LIST_ERRORS,
    MAKE_ERRORS,
    READ_ERRORS,
    WRITE_ERRORS,
    empty,
    in_path,
    linked,
    listed,
    made,
    operation,
    queried,
    request,
    shown,
)
from server.openapi.schemas import IDENTIFIER, TIMESTAMP, accepted, page, properties, shape
from server.resources.organizations import FIELDS, FILTERS, LIMITS, REMOVAL_FIELDS, REQUIRED, SERVER_SET

TAG = "Organizations"
SETTINGS = properties(
    FIELDS,
    failureConfirmations="Failures in a row that open an incident.",
    recoveryConfirmations="Successes in a row that close it.",
    locationSharePercent="The share of locations that must agree.",
    reminderIntervalMinutes="null: no reminders",
    requireTwoFactor="Whether users without a second factor can only enrol in one.",
    **dict.fromkeys(LIMITS, "How many there may be: one more is 409. Global admins change it."),
)
SCHEMAS = {
    "OrganizationPatch": accepted(SETTINGS, ignored=SERVER_SET),
    "NewOrganization": accepted(SETTINGS, required=REQUIRED, ignored=SERVER_SET),
    "Organization": shape({"id": IDENTIFIER, **SETTINGS, "createdAt": TIMESTAMP}),
    "OrganizationRemoval": accepted(
        properties(REMOVAL_FIELDS, currentPassword="Required if the log-in was more than 15 minutes ago.")
    ),
    "OrganizationPage": page({"$ref": "#/components/schemas/Organization"}),
}
_ORGANIZATION = {
    "id": 1,
    "name": "Example",
    "failureConfirmations": 2,
    "recoveryConfirmations": 2,
    "locationSharePercent": 50,
    "reminderIntervalMinutes": None,
    "requireTwoFactor": False,
    "maxSmtpMonitors": 10_000,
    "maxCustomers": 10_000,
    "maxUsers": 1000,
    "maxTokens": 1000,
    "maxMaintenanceWindows": 1000,
    "maxStatusPages": 100,
    "maxStatusPageMessages": 10_000,
    "createdAt": "2026-01-01T12:00:00.000Z",
}
_NAMED = in_path("organizationId", IDENTIFIER, "The organization's number.", 1)
_LINKS = linked("organizationId", "id", "getOrganization", "patchOrganization", "removeOrganization")


def _get(name: str, summary: str, *parameters: dict[str, object]) -> dict[str, object]:
    answers = {200: shown("The organization.", "Organization", organization=_ORGANIZATION)}
    errors = READ_ERRORS if parameters else tuple(status for status in READ_ERRORS if status not in (400, 404))
    return operation(name, TAG, summary, answers, errors=errors, parameters=parameters)


def _patch(name: str, summary: str, *parameters: dict[str, object]) -> dict[str, object]:
    return operation(
        name,
        TAG,
        summary,
        {200: shown("The organization.", "Organization", organization=_ORGANIZATION)},
        errors=(*(status for status in WRITE_ERRORS if parameters or status != 404), 409),
        parameters=parameters,
        body=request("OrganizationPatch", confirmations={"failureConfirmations": 3}),
    )


PATHS = {
    "/api/organization": {
        "get": _get("getOwnOrganization", "My organization"),
        "patch": _patch("patchOwnOrganization", "Change my organization's settings"),
    },
    "/api/organizations": {
        "get": operation(
            "listOrganizations",
            TAG,
            "A page of organizations: one's own, or for global roles all",
            {200: listed("OrganizationPage", _ORGANIZATION)},
            errors=LIST_ERRORS,
            parameters=queried(FILTERS),
        ),
        "post": operation(
            "makeOrganization",
            TAG,
            "Make an organization; for global admins",
            {201: made("The organization.", "Organization", links=_LINKS, organization=_ORGANIZATION)},
            errors=(*MAKE_ERRORS, 409),
            body=request("NewOrganization", named={"name": "Another example"}),
        ),
    },
    "/api/organizations/{organizationId}": {
        "get": _get("getOrganization", "An organization", _NAMED),
        "patch": _patch("patchOrganization", "Change an organization's settings", _NAMED),
        "delete": operation(
            "removeOrganization",
            TAG,
            "Delete an organization with all that it has; for global admins",
            {204: empty("It is gone for its users and lists. Agents remove its rows in small steps.")},
            errors=(*WRITE_ERRORS, 409),
            parameters=(_NAMED,),
            body={**request("OrganizationRemoval", fresh={}), "required": False},
            description="Nothing of it can be brought back. Nobody can delete their own organization.",
        ),
    },
}
