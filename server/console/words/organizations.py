"""What the pages of organizations say."""

WORDS = {
    "organizations.title": ("Organisationen", "Organizations"),
    "organizations.new": ("Neue Organisation", "New organization"),
    "organizations.name": ("Name", "Name"),
    "organizations.number": ("Nummer", "Number"),
    "organizations.created": ("Angelegt", "Created"),
    "organizations.settings": ("Einstellungen", "Settings"),
    "organizations.failureConfirmations": ("Bestätigungen eines Ausfalls", "Confirmations of an outage"),
    "organizations.failureConfirmations_hint": (
        "So viele fehlgeschlagene Prüfungen nacheinander eröffnen einen Vorfall.",
        "So many failed checks in a row open an incident.",
    ),
    "organizations.recoveryConfirmations": ("Bestätigungen der Erholung", "Confirmations of a recovery"),
    "organizations.recoveryConfirmations_hint": (
        "So viele erfolgreiche Prüfungen nacheinander schließen ihn.",
        "So many successful checks in a row close it.",
    ),
    "organizations.locationSharePercent": ("Anteil der Standorte in Prozent", "Share of locations in percent"),
    "organizations.locationSharePercent_hint": (
        "So viele der Standorte müssen dasselbe sehen.",
        "So many of the locations must see the same.",
    ),
    "organizations.reminderIntervalMinutes": ("Erinnerung alle … Minuten", "Reminder every … minutes"),
    "organizations.reminderIntervalMinutes_hint": (
        "Solange ein Vorfall offen ist, von 5 bis 10080. Leer: keine Erinnerungen.",
        "While an incident is open, from 5 to 10080. Empty: no reminders.",
    ),
    "organizations.requireTwoFactor": ("Zweiten Faktor verlangen", "Require a second factor"),
    "organizations.requireTwoFactor_hint": (
        "Wer keinen hat, kann nur noch einen einrichten.",
        "Who has none can do nothing but set one up.",
    ),
    "organizations.none": ("Keine", "None"),
    "organizations.limits": ("Limits", "Limits"),
    "organizations.limits_hint": (
        "Nur globale Administratoren ändern Limits.",
        "Only global administrators change limits.",
    ),
    "organizations.used": ("{n} von {limit}", "{n} of {limit}"),
    "organizations.maxSmtpMonitors": ("SMTP-Monitore", "SMTP monitors"),
    "organizations.maxCustomers": ("Kunden", "Customers"),
    "organizations.maxUsers": ("Benutzer", "Users"),
    "organizations.maxTokens": ("Zugangsschlüssel", "API tokens"),
    "organizations.maxMaintenanceWindows": ("Wartungsfenster", "Maintenance windows"),
    "organizations.make": ("Anlegen", "Create"),
    "organizations.save": ("Speichern", "Save"),
    "organizations.delete": ("Organisation löschen", "Delete organization"),
    "organizations.delete_hint": (
        "Mit allen Monitoren, Kunden, Benutzern und Ergebnissen. Nichts davon lässt sich wiederherstellen.",
        "With all its monitors, customers, users and results. Nothing of it can be brought back.",
    ),
    "organizations.done_made": ("Die Organisation ist angelegt.", "The organization has been created."),
}
