"""What forms and lists say wherever they are."""

WORDS = {
    "form.actions": ("Aktionen", "Actions"),
    "form.choose": ("Wählen", "Choose"),
    "form.confirm": (
        "Die Anmeldung ist länger als 15 Minuten her. Bitte mit dem eigenen Passwort bestätigen.",
        "The log-in was more than 15 minutes ago. Please confirm with your own password.",
    ),
    "form.copied": ("Kopiert", "Copied"),
    "form.copy": ("Kopieren", "Copy"),
    "form.currentPassword": ("Eigenes Passwort", "Your own password"),
    "form.customer_numbers": ("Nummern der Kunden, mit Kommas", "Numbers of customers, with commas"),
    "form.limited": ("Nur diese Kunden:", "Only these customers:"),
    "form.once": (
        "Das wird nur dieses eine Mal gezeigt. Bitte jetzt an einem sicheren Ort aufbewahren.",
        "This is shown only this once. Please keep it in a safe place now.",
    ),
    "form.organization": ("Organisation", "Organization"),
    "form.organization_any": ("Alle Organisationen", "All organizations"),
    "form.type_again": ("bitte noch einmal eingeben", "please type it again"),
    "error.not_for_you": ("Diese Seite ist für Ihre Rolle nicht da.", "This page is not for your role."),
}
