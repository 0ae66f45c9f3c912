"""What people read of organizations, passwords and second factors, by code: German and English."""

ACCOUNT_MESSAGES: dict[str, tuple[str, str]] = {
    "two_factor_required": ("Unauthorized", "Unauthorized"),
    "two_factor_missing": (
        "der Code des zweiten Faktors oder ein Wiederherstellungscode ist erforderlich",
        "the code of the second factor or a recovery code is required",
    ),
    "two_factor_wrong": ("Unauthorized", "Unauthorized"),
    "wrong_code": (
        "ist kein gültiger Code, oder er wurde schon benutzt",
        "is no valid code, or it was used before",
    ),
    "two_factor_enrolment_required": ("Forbidden", "Forbidden"),
    "two_factor_enrolment_why": (
        "die Organisation verlangt einen zweiten Faktor; bitte mit POST /api/session/two-factor einrichten",
        "the organization requires a second factor; please enrol by POST /api/session/two-factor",
    ),
    "two_factor_active": ("Ein zweiter Faktor ist schon eingerichtet", "There is a second factor already"),
    "two_factor_not_begun": ("Es ist kein zweiter Faktor eingerichtet", "There is no second factor"),
    "password_required": (
        "ist erforderlich, weil die Anmeldung länger als 15 Minuten her ist",
        "is required, because the log-in was more than 15 minutes ago",
    ),
    "password_common": (
        "ist zu leicht zu erraten; bitte ein längeres oder weniger übliches wählen",
        "is too easy to guess; please choose a longer or less common one",
    ),
    "password_names_account": (
        "darf weder den Namen noch die E-Mail-Adresse des Kontos enthalten",
        "must contain neither the name nor the e-mail address of the account",
    ),
    "password_unchanged": ("ist schon das bisherige Passwort", "is the current password already"),
    "wrong_password": ("ist nicht das bisherige Passwort", "is not the current password"),
    "own_password": (
        "das eigene Passwort wird mit PATCH /api/session und dem bisherigen geändert",
        "change your own password by PATCH /api/session with the current one",
    ),
    "own_two_factor": (
        "der eigene zweite Faktor wird mit POST /api/session/two-factor/removal, Passwort und Code entfernt",
        "remove your own second factor by POST /api/session/two-factor/removal with the password and a code",
    ),
    "last_administrator": (
        "Die Organisation braucht einen aktiven Administrator",
        "The organization needs an active administrator",
    ),
    "limit_reached": (
        "Die Organisation hat ihr Limit erreicht: {limit} = {maximum}",
        "The organization has reached its limit: {limit} = {maximum}",
    ),
    "own_organization": (
        "Die eigene Organisation kann niemand löschen",
        "Nobody can delete their own organization",
    ),
}
