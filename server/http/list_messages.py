"""What people read who ask for lists, or listen to events: German and English."""

LIST_MESSAGES: dict[str, tuple[str, str]] = {
    "too_many_listeners": (
        "Zu viele Zuhörer dieser Organisation; bitte später erneut versuchen",
        "Too many listeners of this organization; please try again later",
    ),
    "invalid_event_id": ("ist keine id von Ereignissen", "is not an id of events"),
    "invalid_cursor": ("ist kein next aus der Antwort einer Liste", "is not the next of a list's answer"),
    "excludes": ("geht nicht zusammen mit {other}", "does not go together with {other}"),
    "needs_organization": (
        "braucht organizationId, weil Sie mehrere Organisationen sehen",
        "needs organizationId, because you see several organizations",
    ),
}
