"""What people read about checks, locations and maintenance windows, by code: German and English."""

CHECK_MESSAGES: dict[str, tuple[str, str]] = {
    "no_location_allowed": (
        "Keiner der Standorte liegt in allowedCheckCountryCodes",
        "No location is in allowedCheckCountryCodes",
    ),
    "no_location_active": ("Gerade ist kein Standort aktiv", "No location is active right now"),
    "channel_missing": (
        "Kein Agent stellt über diesen Kanal zu: Er ist nicht eingerichtet",
        "No agent delivers over this channel: it is not set up",
    ),
    "tls_conflict": (
        "ignoreTls geht nicht zusammen mit requireTls oder secure",
        "ignoreTls excludes requireTls and secure",
    ),
    "invalid_location_code": (
        "muss ein Code aus Kleinbuchstaben, Ziffern und Bindestrichen sein, z. B. de-nbg",
        "must be a code of lower-case letters, digits and hyphens, e.g. de-nbg",
    ),
    "invalid_url": ("muss eine http- oder https-URL sein", "must be an http or https URL"),
    "invalid_time": (
        "muss ein Zeitpunkt mit Zeitzone sein, z. B. 2026-01-01T12:00:00Z",
        "must be a point in time with its zone, e.g. 2026-01-01T12:00:00Z",
    ),
    "invalid_date": ("muss ein Datum sein, z. B. 2026-01-31", "must be a date, e.g. 2026-01-31"),
    "invalid_time_zone": (
        "muss eine Zeitzone sein, z. B. Europe/Berlin",
        "must be a time zone, e.g. Europe/Berlin",
    ),
    "invalid_monitor": (
        "muss die öffentliche UUID eines SMTP Monitors sein",
        "must be the public UUID of an SMTP monitor",
    ),
    "ends_before_start": ("muss nach dem Beginn liegen", "must be after the start"),
    "span_too_long": ("der Zeitraum ist zu lang: {limit}", "the span is too long: {limit}"),
    "window_too_long": (
        "ein Fenster darf nicht länger sein als der Abstand seiner Wiederholungen, höchstens 366 Tage",
        "a window must not be longer than the time between its repetitions, 366 days at most",
    ),
    "window_scope": (
        "Ein Fenster gilt für einen Kunden oder einen Monitor, nicht für beides",
        "a window is for a customer or for a monitor, not for both",
    ),
    "incident_closed": ("Der Vorfall ist schon vorbei", "The incident is over already"),
    "repeat_missing": ("setzt repeat voraus", "needs repeat"),
}
