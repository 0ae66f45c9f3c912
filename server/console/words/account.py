"""What the page of one's own account says."""

WORDS = {
    "account.title": ("Mein Konto", "My account"),
    "account.must_enrol": (
        "Die Organisation verlangt einen zweiten Faktor. Bitte jetzt einrichten.",
        "The organization requires a second factor. Please set one up now.",
    ),
    "account.email": ("E-Mail-Adresse", "E-mail address"),
    "account.name": ("Name", "Name"),
    "account.role": ("Rolle", "Role"),
    "account.session": ("Angemeldet bis", "Logged in until"),
    "account.factor": ("Zweiter Faktor", "Second factor"),
    "account.factor_on": ("Eingerichtet; {n} Ersatzcodes übrig", "Set up; {n} recovery codes left"),
    "account.factor_off": ("Nicht eingerichtet", "Not set up"),
    "account.factor_needed": (
        "Nicht eingerichtet; die Organisation verlangt ihn",
        "Not set up; the organization requires it",
    ),
    "account.currentPassword": ("Bisheriges Passwort", "Current password"),
    "account.new_password": ("Neues Passwort", "New password"),
    "account.new_password_hint": (
        "Mindestens 12 Zeichen. Alle anderen Sitzungen und Zugangsschlüssel des Kontos enden.",
        "At least 12 characters. All other sessions and API tokens of the account end.",
    ),
    "account.change": ("Passwort ändern", "Change password"),
    "account.begin": ("Zweiten Faktor einrichten", "Set up a second factor"),
    "account.enrol": ("Zweiten Faktor einrichten", "Set up a second factor"),
    "account.scan": (
        "Diesen Code mit einer Authenticator-App lesen, dann den Code eingeben, den sie zeigt.",
        "Scan this code with an authenticator app, then type the code that it shows.",
    ),
    "account.qr": ("QR-Code für die Authenticator-App", "QR code for the authenticator app"),
    "account.type": ("Oder den Schlüssel eintippen.", "Or type the key."),
    "account.open": ("In einer App dieses Geräts öffnen", "Open in an app of this device"),
    "account.code": ("Code der App", "Code of the app"),
    "account.code_hint": ("Sechs Ziffern", "Six digits"),
    "account.confirm": ("Bestätigen", "Confirm"),
    "account.codes": ("Ersatzcodes", "Recovery codes"),
    "account.enrolled": (
        "Der zweite Faktor ist eingerichtet. Jeder dieser Codes ersetzt ihn einmal, wenn das Gerät verloren ist.",
        "The second factor is set up. Each of these codes replaces it once, when the device is lost.",
    ),
    "account.go_on": ("Weiter", "Go on"),
    "account.remove": ("Zweiten Faktor entfernen", "Remove the second factor"),
    "account.remove_hint": (
        "Danach genügt das Passwort, oder ein neuer wird eingerichtet. Auch ein Ersatzcode gilt hier.",
        "After that the password is enough, or a new one is set up. A recovery code counts here, too.",
    ),
    "account.done_changed": ("Das Passwort ist geändert.", "The password has been changed."),
    "account.done_removed": ("Der zweite Faktor ist entfernt.", "The second factor has been removed."),
}
