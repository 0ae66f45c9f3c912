"""What people read where there are several databases, by code: German and English."""

CELL_MESSAGES: dict[str, tuple[str, str]] = {
    "cell_unknown": (
        "Die Datenbank dieser Organisation ist gerade nicht bekannt; bitte gleich erneut versuchen",
        "The database of this organization is not known right now; please try again in a moment",
    ),
    "organization_moving": (
        "Die Organisation zieht gerade um; bitte gleich erneut versuchen",
        "The organization is being moved; please try again in a moment",
    ),
    "several_cells": (
        "nennt Monitore aus verschiedenen Datenbanken; bitte für jede Organisation eine Anfrage senden",
        "names monitors of different databases; please send one request for each organization",
    ),
    "too_deep": (
        "darf nur die ersten {limit} Zeilen zeigen; weiter hinten helfen organizationId oder after",
        "may show the first {limit} rows only; use organizationId or after for what follows",
    ),
}
