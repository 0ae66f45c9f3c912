"""What people read about status pages, by code: German and English."""

STATUS_PAGE_MESSAGES: dict[str, tuple[str, str]] = {
    "invalid_slug": (
        "muss aus 3 bis 63 Kleinbuchstaben, Ziffern und Bindestrichen bestehen, mit keinem Bindestrich am Rand",
        "must be 3 to 63 lower-case letters, digits and hyphens, with no hyphen at either end",
    ),
    "invalid_own_path": (
        "muss ein Pfad auf diesem Server sein, z. B. /logos/firma.svg",
        "must be a path on this server, e.g. /logos/company.svg",
    ),
    "unknown_status_page": ("ist keine Statusseite, die es gibt", "is no status page that exists"),
    "listed_twice": ("steht schon weiter oben", "is already listed above"),
}
