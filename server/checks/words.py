"""What people read about a check, by code, in German and English. A detail follows a colon."""

WORDS: dict[str, tuple[str, str]] = {
    "ok": ("Der Server antwortet", "The server answers"),
    "internal_error": (
        "Die Prüfung ist an einem Fehler dieses Programms gescheitert",
        "The check failed because of an error of this program",
    ),
    "secrets_unavailable": (
        "Das gespeicherte Passwort ist mit den Schlüsseln dieses Servers nicht lesbar",
        "The stored password cannot be read with this server's keys",
    ),
    "timeout": ("Die Zeit ist abgelaufen", "The time ran out"),
    "connection_closed": ("Der Server hat die Verbindung beendet", "The server closed the connection"),
    "protocol_error": ("Die Antwort ist kein gültiges SMTP", "The reply is no valid SMTP"),
    "dns_not_found": ("Der Name hat keine Adresse", "The name has no address"),
    "dns_failed": ("Die Namensauflösung ist gescheitert", "The name could not be resolved"),
    "connect_refused": ("Die Verbindung wurde abgelehnt", "The connection was refused"),
    "connect_unreachable": ("Der Server ist nicht erreichbar", "The server cannot be reached"),
    "target_not_allowed": (
        "Diese Adresse darf nicht geprüft werden; PROBE_ALLOW nennt, was außer dem Internet erlaubt ist",
        "This address may not be probed; PROBE_ALLOW names what is allowed beyond the internet",
    ),
    "starttls_missing": ("Der Server bietet kein STARTTLS an", "The server does not offer STARTTLS"),
    "starttls_refused": ("Der Server lehnt STARTTLS ab", "The server refuses STARTTLS"),
    "starttls_injection": (
        "Unverschlüsselte Bytes folgten auf STARTTLS; sie wurden verworfen",
        "Bytes in clear followed STARTTLS; they were discarded",
    ),
    "tls_handshake_failed": ("Der TLS-Handshake ist gescheitert", "The TLS handshake failed"),
    "tls_certificate_expired": ("Das Zertifikat ist abgelaufen", "The certificate has expired"),
    "tls_certificate_not_yet_valid": ("Das Zertifikat gilt noch nicht", "The certificate is not valid yet"),
    "tls_certificate_untrusted": ("Dem Zertifikat wird nicht vertraut", "The certificate is not trusted"),
    "tls_hostname_mismatch": ("Das Zertifikat gilt für andere Namen", "The certificate is for other names"),
    "tls_certificate_expires_soon": ("Das Zertifikat läuft bald ab", "The certificate expires soon"),
    "greeting_temporary": ("Der Server nimmt gerade niemanden an", "The server takes nobody right now"),
    "greeting_rejected": ("Der Server weist die Verbindung ab", "The server rejects the connection"),
    "ehlo_rejected": ("Der Server lehnt EHLO und HELO ab", "The server rejects EHLO and HELO"),
    "auth_not_offered": ("Der Server bietet keine Anmeldung an", "The server does not offer AUTH"),
    "auth_mechanism_unsupported": (
        "Der Server bietet kein bekanntes Anmeldeverfahren an",
        "The server offers no mechanism that is known here",
    ),
    "auth_needs_tls": ("Ohne TLS wird kein Passwort gesendet", "No password is sent without TLS"),
    "auth_temporary": ("Die Anmeldung geht gerade nicht", "The server cannot authenticate right now"),
    "auth_rejected": ("Benutzer oder Passwort wurde abgelehnt", "User or password was rejected"),
    "sender_temporary": ("Der Absender wird gerade nicht angenommen", "The sender is not accepted right now"),
    "sender_rejected": ("Der Absender wurde abgelehnt", "The sender was rejected"),
    "recipient_temporary": ("Der Empfänger wird gerade nicht angenommen", "The recipient is not accepted right now"),
    "recipient_rejected": ("Der Empfänger wurde abgelehnt", "The recipient was rejected"),
    "recipient_accepted": (
        "Der Empfänger wurde angenommen, aber Ablehnung war erwartet",
        "The recipient was accepted where refusal was expected",
    ),
    "certificate_expires_soon": ("Das Zertifikat läuft bald ab", "The certificate expires soon"),
    "capability_lost": ("Der Server bietet nicht mehr an", "The server no longer offers"),
    "slow": ("Die Prüfung dauerte lange", "The check took long"),
    "tls_version_old": ("Die TLS-Version ist veraltet", "The TLS version is outdated"),
    "quit_not_221": ("QUIT wurde nicht mit 221 beantwortet", "QUIT was not answered with 221"),
    "greeting_name_differs": ("Die Begrüßung lautet anders", "The greeting is another one"),
}


# once their details were addresses of names that may not be probed, and such are still stored
UNTOLD = ("target_not_allowed",)


def describe(code: str, language: str, detail: str) -> str:
    german, english = WORDS[code]
    words = english if language == "en" else german
    return f"{words}: {detail}" if detail and code not in UNTOLD else words
