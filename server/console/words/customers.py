"""What the pages of customers say."""

WORDS = {
    "customers.title": ("Kunden", "Customers"),
    "customers.new": ("Neuer Kunde", "New customer"),
    "customers.edit": ("Kunde", "Customer"),
    "customers.name": ("Name", "Name"),
    "customers.number": ("Nummer", "Number"),
    "customers.created": ("Angelegt", "Created"),
    "customers.monitors": ("Monitore anzeigen", "Show monitors"),
    "customers.make": ("Anlegen", "Create"),
    "customers.save": ("Speichern", "Save"),
    "customers.delete": ("Kunde löschen", "Delete customer"),
    "customers.delete_hint": (
        "Seine Zugangsschlüssel enden, und Benutzer verlieren den Zugang zu ihm. Das geht nur ohne Monitore.",
        "Its API tokens end, and users lose access to it. This works only when it has no monitors.",
    ),
    "customers.done_made": ("Der Kunde ist angelegt.", "The customer has been created."),
}
