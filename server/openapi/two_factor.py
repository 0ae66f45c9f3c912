"""The second factor of my log-in: codes of an authenticator, and recovery codes for when it is lost."""

from server.openapi.operations import empty, in_path, operation, request, shown
from server.openapi.schemas import BOOLEAN, IDENTIFIER, accepted, properties, shape
from server.resources.two_factor import BEGIN_FIELDS, CONFIRM_FIELDS, REMOVE_FIELDS

TAG = "Second factor"
SCHEMAS = {
    "TwoFactor": shape(
        {
            "active": BOOLEAN,
            "required": {**BOOLEAN, "description": "Whether the organization requires it."},
            "recoveryCodesLeft": {"type": "integer", "minimum": 0},
        }
    ),
    "TwoFactorStart": accepted(
        properties(BEGIN_FIELDS, currentPassword="Required if the log-in was more than 15 minutes ago.")
    ),
    "TwoFactorSecret": shape(
        {"secret": {"type": "string"}, "otpauthUrl": {"type": "string", "description": "For a QR code."}}
    ),
    "TwoFactorConfirmation": accepted(properties(CONFIRM_FIELDS), required=tuple(CONFIRM_FIELDS)),
    "RecoveryCodes": shape({"recoveryCodes": {"type": "array", "items": {"type": "string"}}}),
    "TwoFactorRemoval": accepted(properties(REMOVE_FIELDS), required=tuple(REMOVE_FIELDS)),
}
_ERRORS = (400, 401, 403, 408, 413, 415, 429, 500, 503)
_SECRET = {
    "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "otpauthUrl": "otpauth://totp/SMTP%20monitors:admin%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
}

PATHS = {
    "/api/session/two-factor": {
        "get": operation(
            "getTwoFactor",
            TAG,
            "Whether I have a second factor",
            {200: shown("It.", "TwoFactor", none={"active": False, "required": False, "recoveryCodesLeft": 0})},
            errors=(401, 403, 429, 500, 503),
        ),
        "post": operation(
            "beginTwoFactor",
            TAG,
            "Begin to enrol: a secret for an authenticator (TOTP)",
            {201: shown("The secret, which counts once it is confirmed.", "TwoFactorSecret", "Location", one=_SECRET)},
            errors=(*_ERRORS, 409),
            body=request("TwoFactorStart", fresh={}),
        ),
    },
    "/api/session/two-factor/confirmation": {
        "post": operation(
            "confirmTwoFactor",
            TAG,
            "Confirm the secret by a code: from now on each log-in needs one",
            {
                200: shown(
                    "Shown in this answer alone.", "RecoveryCodes", some={"recoveryCodes": ["0a1b2-c3d4e-f5a6b-7c8d9"]}
                )
            },
            errors=(*_ERRORS, 409),
            body=request("TwoFactorConfirmation", code={"code": "123456"}),
        )
    },
    "/api/session/two-factor/removal": {
        "post": operation(
            "removeTwoFactor",
            TAG,
            "Remove my second factor",
            {204: empty("A log-in needs the password alone.")},
            errors=(*_ERRORS, 409),
            body=request(
                "TwoFactorRemoval", both={"currentPassword": "correct horse battery staple", "code": "123456"}
            ),
        )
    },
    "/api/users/{userId}/two-factor": {
        "delete": operation(
            "resetTwoFactor",
            TAG,
            "Remove the second factor of another user who has lost it; for administrators",
            {204: empty("The user has none, and its sessions and tokens have ended if it had one.")},
            errors=(400, 401, 403, 404, 429, 500, 503),
            parameters=(in_path("userId", IDENTIFIER, "The user's number.", 7),),
        )
    },
}
