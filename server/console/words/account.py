"""What the page of one's own account says."""

WORDS = {
    "account.title": ("Mein Konto", "My account"),
    "account.must_enrol": (
        "Die Organisation verlangt einen zweiten Faktor. Bitte jetzt einrichten.",
        "The organization requires a second factor. Please set one up now.",
    ),
}
