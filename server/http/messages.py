"""What people read, by code: in German, as in the reference page, and in English."""

from server.http.account_messages import ACCOUNT_MESSAGES
from server.http.cell_messages import CELL_MESSAGES
from server.http.check_messages import CHECK_MESSAGES
from server.http.list_messages import LIST_MESSAGES
from server.http.status_page_messages import STATUS_PAGE_MESSAGES

MESSAGES: dict[str, tuple[str, str]] = {
    # whole answers
    "unauthorized": ("Unauthorized", "Unauthorized"),
    "forbidden": ("Forbidden", "Forbidden"),
    "not_found": ("Not found", "Not found"),
    "invalid_public_id": (
        "SMTP Monitor Public ID (UUID) erforderlich",
        "SMTP monitor public ID (UUID) required",
    ),
    "invalid_id": ("Nummer oder öffentliche UUID erforderlich", "Number or public UUID required"),
    "invalid_number_id": ("Nummer erforderlich", "Number required"),
    "invalid_uuid_id": ("UUID erforderlich", "UUID required"),
    "invalid_json": ("Der Body ist kein gültiges JSON: {reason}", "The body is not valid JSON: {reason}"),
    "not_an_object": ("Der Body muss ein JSON-Objekt sein", "The body must be a JSON object"),
    "invalid_fields": ("Ungültige Felder: {fields}", "Invalid fields: {fields}"),
    "invalid_request": ("Ungültige HTTP-Anfrage", "Invalid HTTP request"),
    "method_not_allowed": ("Methode nicht erlaubt; erlaubt: {allow}", "Method not allowed; allowed: {allow}"),
    "precondition_failed": (
        "Der Monitor ist nicht mehr in der Version von If-Match",
        "The monitor is no longer at the version of If-Match",
    ),
    "if_match_unsupported": (
        "If-Match gilt nur für einen einzelnen SMTP Monitor; hier bitte weglassen",
        "If-Match is for a single SMTP monitor only; please leave it out here",
    ),
    "change_not_revertible": (
        "Mit dieser Änderung ist der Monitor entstanden; sie ersetzt nichts",
        "This change made the monitor; there is nothing that it replaced",
    ),
    "body_too_large": (
        "Der Body darf höchstens {limit} Bytes haben",
        "The body may have at most {limit} bytes",
    ),
    "unsupported_media_type": (
        "Bitte den Header Content-Type: application/json senden",
        "Please send the header Content-Type: application/json",
    ),
    "too_many_logins": (
        "Zu viele Anmeldeversuche; bitte später erneut versuchen",
        "Too many log-in attempts; please try again later",
    ),
    "rate_limited": (
        "Zu viele Anfragen dieses Nutzers; bitte später erneut versuchen",
        "Too many requests of this user; please try again later",
    ),
    "request_timeout": ("Die Anfrage kam zu langsam", "The request came too slowly"),
    "customer_has_monitors": (
        "Der Kunde hat noch Monitore; sie müssen vorher gelöscht werden",
        "The customer still has monitors; they must be deleted first",
    ),
    "idempotency_key_invalid": (
        "Idempotency-Key muss 1 bis 255 druckbare ASCII-Zeichen haben",
        "Idempotency-Key must have 1 to 255 printable ASCII characters",
    ),
    "idempotency_key_reused": (
        "Dieser Idempotency-Key gehört zu einem anderen Body",
        "This Idempotency-Key belongs to another body",
    ),
    "conflict": ("Der Wert ist schon vergeben", "The value is already taken"),
    "http_error": ("Die Anfrage wurde abgelehnt", "The request was refused"),
    "internal_server_error": ("Interner Fehler", "Internal error"),
    "database_unavailable": (
        "Die Datenbank ist gerade nicht erreichbar",
        "The database is unavailable right now",
    ),
    "database_read_only": (
        "In die Datenbank kann gerade nichts geschrieben werden",
        "Nothing can be written to the database right now",
    ),
    "overloaded": ("Zu viele Anfragen warten gerade", "Too many requests are waiting right now"),
    "secrets_unavailable": (
        "Ein gespeichertes Passwort ist mit den Schlüsseln dieses Servers nicht lesbar",
        "A stored password cannot be read with this server's keys",
    ),
    # why it is 401, 403, 404
    "token_missing": ("Ein Bearer-Token ist erforderlich", "A bearer token is required"),
    "token_invalid": (
        "Das Token ist ungültig, abgelaufen oder widerrufen",
        "The token is invalid, expired or revoked",
    ),
    "wrong_credentials": ("E-Mail-Adresse oder Passwort ist falsch", "Wrong e-mail address or password"),
    "readonly_status_only": (
        "readonly Nutzer dürfen nur status ändern",
        "readonly users may change status only",
    ),
    "readonly_forbidden": ("readonly Nutzer dürfen das nicht", "readonly users may not do this"),
    "supporter_forbidden": (
        "global supporters dürfen nicht aktualisieren",
        "global supporters may not change anything",
    ),
    "administrator_required": (
        "nur Administratoren der ganzen Organisation dürfen das",
        "only administrators of the whole organization may do this",
    ),
    "global_admin_required": ("nur globale Administratoren dürfen das", "only global admins may do this"),
    "global_role_forbidden": (
        "nur globale Administratoren dürfen globale Rollen vergeben",
        "only global admins may give global roles",
    ),
    "global_user_forbidden": (
        "Nutzer mit globaler Rolle ändern nur globale Administratoren",
        "users with a global role are changed by global admins only",
    ),
    "limits_forbidden": (
        "nur globale Administratoren dürfen Limits ändern",
        "only global admins may change limits",
    ),
    "caller_changed": (
        "was Sie dürfen, hat sich inzwischen geändert; bitte noch einmal versuchen",
        "what you may do has changed meanwhile; please try again",
    ),
    "token_forbidden": (
        "ein API-Token darf das nicht; bitte mit E-Mail-Adresse und Passwort anmelden",
        "an API token may not do this; please log in with e-mail address and password",
    ),
    "unknown_monitors": ("nicht gefunden: {ids}", "not found: {ids}"),
    # fields
    "required": ("ist erforderlich", "is required"),
    "unknown_field": ("ist kein bekanntes Feld", "is not a known field"),
    "unknown_field_near": (
        "ist kein bekanntes Feld; gemeint: {near}?",
        "is not a known field; did you mean {near}?",
    ),
    "unknown_fields": ("noch {count} unbekannte Felder", "{count} more unknown fields"),
    "not_nullable": ("darf nicht null sein", "must not be null"),
    "not_a_string": ("muss ein String sein", "must be a string"),
    "not_an_integer": ("muss eine ganze Zahl sein", "must be an integer"),
    "not_a_boolean": ("muss true oder false sein", "must be true or false"),
    "not_a_list": ("muss eine Liste sein", "must be a list"),
    "not_object": ("muss ein Objekt sein", "must be an object"),
    "out_of_range": ("muss von {low} bis {high} sein", "must be from {low} to {high}"),
    "wrong_length": ("muss {low} bis {high} Zeichen haben", "must have {low} to {high} characters"),
    "control_character": ("darf keine Steuerzeichen enthalten", "must not contain control characters"),
    "invalid_choice": ("muss eines sein von: {choices}", "must be one of: {choices}"),
    "invalid_hostname": (
        "muss ein Hostname oder eine IP-Adresse sein, ohne Schema, Port, Pfad oder Nutzer",
        "must be a host name or an IP address, without scheme, port, path or user",
    ),
    "invalid_email": ("muss eine E-Mail-Adresse sein", "must be an e-mail address"),
    "invalid_phone_number": (
        "muss eine Telefonnummer nach E.164 sein, z. B. +4930123456",
        "must be a phone number as in E.164, e.g. +4930123456",
    ),
    "invalid_country_code": (
        "enthält keinen ISO-3166-1-alpha-2-Code: {value}",
        "has what is no ISO 3166-1 alpha-2 code: {value}",
    ),
    "needs_rcpt_to": ("braucht rcptTo daneben", "needs rcptTo beside it"),
    "not_ascii": (
        "muss aus ASCII bestehen, eine Domain aus A-Labels",
        "must be ASCII, a domain in A-labels",
    ),
    "unknown_alert": ("ist kein Alarm, den es gibt", "is no alert that exists"),
    "unknown_customer": ("gibt es nicht", "does not exist"),
    "unknown_incident": ("ist keine Störung, die es gibt", "is no incident that exists"),
    "unknown_location": ("ist kein Standort, den es gibt", "is no location that exists"),
    "unknown_monitor": ("ist kein SMTP Monitor, den es gibt", "is no SMTP monitor that exists"),
    "unknown_organization": ("gibt es nicht", "does not exist"),
    "unknown_user": ("gibt es nicht", "does not exist"),
    "invalid_public_id_list": (
        "muss aus 1 bis {limit} öffentlichen UUIDs mit Kommas dazwischen bestehen",
        "must be 1 to {limit} public UUIDs with commas between them",
    ),
    "invalid_public_ids": (
        "muss eine Liste von 1 bis 500 öffentlichen UUIDs sein",
        "must be a list of 1 to 500 public UUIDs",
    ),
    "too_many": ("darf höchstens {limit} Einträge haben", "may have at most {limit} entries"),
    "invalid_customer": (
        "muss die Nummer oder die öffentliche UUID eines Kunden sein",
        "must be a customer's number or public UUID",
    ),
    "already_taken": ("ist schon vergeben", "is already taken"),
    **ACCOUNT_MESSAGES,
    **CELL_MESSAGES,
    **CHECK_MESSAGES,
    **LIST_MESSAGES,
    **STATUS_PAGE_MESSAGES,
}


def choose_language(accept_language: str) -> str:
    """``de`` or ``en``: the language with the greater weight (RFC 9110, 12.5.4), German if they are equal."""
    weights = {"de": 0.0, "en": 0.0}
    for part in accept_language.split(","):
        tag, *parameters = part.strip().lower().split(";")
        language = tag.strip().partition("-")[0]
        if language in weights:
            weights[language] = max(weights[language], _quality(parameters))
    return "en" if weights["en"] > weights["de"] else "de"


def text(code: str, language: str, parameters: dict[str, object]) -> str:
    german, english = MESSAGES[code]
    return (english if language == "en" else german).format_map(parameters)


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
