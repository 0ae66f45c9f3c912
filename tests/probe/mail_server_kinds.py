"""How each of Debian's SMTP servers is told its folder, its port, its certificate and its users."""

import shutil
import subprocess

from tests.probe.mail_servers import PASSWORD, USER, Place, UnusableServerError, find


def postfix(place: Place) -> list[list[str]]:
    program, setup = find("postfix"), place.setup
    place.make("spool", "data", "conf")
    (place.folder / "spool").chmod(0o755)
    shutil.chown(place.folder / "data", "postfix")
    tls = [
        "smtpd_tls_security_level = may",
        f"smtpd_tls_cert_file = {place.certificate}",
        f"smtpd_tls_key_file = {place.key}",
    ]
    sasl = ["smtpd_sasl_auth_enable = yes", "smtpd_sasl_type = dovecot", f"smtpd_sasl_path = {place.folder}/auth"]
    place.write(
        "conf/main.cf",
        *(
            "compatibility_level = 3.6",
            f"queue_directory = {place.folder}/spool",
            f"data_directory = {place.folder}/data",
        ),
        *(
            "inet_interfaces = 127.0.0.1",
            "inet_protocols = ipv4",
            "mynetworks =",
            "alias_maps =",
            "local_recipient_maps =",
        ),
        *("myhostname = mail.example.com", "mydestination = example.com", "smtpd_recipient_restrictions ="),
        *("smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination",),
        *(f"maillog_file = {place.folder}/maillog", f"maillog_file_prefixes = {place.folder}"),
        *(tls if setup.certificate else []),
        *(sasl if setup.auth else []),
    )
    wrapper = " -o smtpd_tls_wrappermode=yes" if setup.secure else ""
    place.write(
        "conf/master.cf",
        f"127.0.0.1:{place.port} inet n - n - - smtpd{wrapper}",
        *("cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr", "tlsmgr unix - - n 1000? 1 tlsmgr"),
        *(
            "rewrite unix - - n - - trivial-rewrite",
            "anvil unix - - n - 1 anvil",
            "postlog unix-dgram n - n - 1 postlogd",
        ),
        *("proxymap unix - - n - - proxymap", "error unix - - n - - error", "retry unix - - n - - error"),
        *("bounce unix - - n - 0 bounce", "defer unix - - n - 0 bounce", "local unix - n n - - local"),
    )
    # postfix's own start-fg leaves master behind when it is ended
    conf = f"{place.folder}/conf"
    master = f'"$({find("postconf")} -c {conf} -h daemon_directory)/master"'
    start = f"{program} -c {conf} check && exec {master} -c {conf} -s"
    return [*(dovecot_auth(place) if setup.auth else []), ["sh", "-c", start]]


def exim(place: Place) -> list[list[str]]:
    program, setup = find("exim4"), place.setup
    place.make("spool")
    shutil.chown(place.folder / "spool", "Debian-exim", "Debian-exim")
    shutil.chown(place.folder, "Debian-exim", "Debian-exim")
    tls = [f"tls_certificate = {place.certificate}", f"tls_privatekey = {place.key}"]
    if setup.certificate:
        shutil.chown(place.key, "Debian-exim")
    authenticators = [
        *("plain:", "driver = plaintext", "public_name = PLAIN", "server_prompts = :"),
        f"server_condition = ${{if and {{{{eq{{$auth2}}{{{USER}}}}}{{eq{{$auth3}}{{{PASSWORD}}}}}}}}}",
        *(
            "cram:",
            "driver = cram_md5",
            "public_name = CRAM-MD5",
            f"server_secret = ${{if eq{{$auth1}}{{{USER}}}{{{PASSWORD}}}fail}}",
        ),
        "server_set_id = $auth1",
    ]
    config = place.write(
        "exim.conf",
        *("primary_hostname = mail.example.com", f"spool_directory = {place.folder}/spool"),
        *(f"log_file_path = {place.folder}/spool/%slog", f"pid_file_path = {place.folder}/spool/pid"),
        *("local_interfaces = 127.0.0.1", f"daemon_smtp_ports = {place.port}", "host_lookup =", "rfc1413_hosts ="),
        f"tls_advertise_hosts = {'*' if setup.certificate else ''}",
        *(tls if setup.certificate else []),
        *([f"tls_on_connect_ports = {place.port}"] if setup.secure else []),
        *("acl_smtp_rcpt = rcpt", "begin acl", "rcpt:", "accept domains = example.com", "accept authenticated = *"),
        "deny message = relay not permitted",
        *(["begin authenticators", *authenticators] if setup.auth else []),
    )
    return [[program, "-C", str(config), "-bdf", "-oX", f"{place.port}"]]


def opensmtpd(place: Place) -> list[list[str]]:
    """Its spool and socket have fixed places, so it gets a view of the file system with its own there."""
    program = find("smtpd")
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0:
        raise UnusableServerError("it needs a mount namespace of its own for its spool")
    place.make("spool", "run")
    (place.folder / "spool").chmod(0o711)
    config = place.write(
        "smtpd.conf",
        f"listen on 127.0.0.1 port {place.port} hostname mail.example.com",
        'action "relay" relay',
        'match from any for domain "example.com" action "relay"',
    )
    mounts = f"mount --bind {place.folder}/spool /var/spool/smtpd && mount --bind {place.folder}/run /run"
    return [["unshare", "-m", "sh", "-c", f"{mounts} && exec {program} -F -f {config}"]]


def dovecot(place: Place) -> list[list[str]]:
    """Its submission service, which hands on what it is given to a server that is not there."""
    setup = place.setup
    listener = f"port = {place.port}" + ("\n ssl = yes" if setup.secure else "")
    tls = [f"ssl = yes\nssl_cert = <{place.certificate}\nssl_key = <{place.key}"] if setup.certificate else ["ssl = no"]
    return _dovecot(
        place,
        *("protocols = submission", "hostname = mail.example.com", "submission_relay_host = 127.0.0.1"),
        f"service submission-login {{\n inet_listener submission {{\n {listener}\n }}\n}}",
        *tls,
    )


def dovecot_auth(place: Place) -> list[list[str]]:
    """Only what knows the passwords, for another server to ask."""
    listener = f"unix_listener {place.folder}/auth {{\n mode = 0666\n }}"
    return _dovecot(place, "protocols =", "ssl = no", f"service auth {{\n {listener}\n}}")


def _dovecot(place: Place, *lines: str) -> list[list[str]]:
    program = find("dovecot")
    place.make("dovecot")
    place.write("users", f"{USER}:{{PLAIN}}{PASSWORD}").chmod(0o644)
    config = place.write(
        "dovecot.conf",
        *(
            f"base_dir = {place.folder}/dovecot",
            f"state_dir = {place.folder}/dovecot",
            f"log_path = {place.folder}/dovecot.log",
        ),
        *("listen = 127.0.0.1", "disable_plaintext_auth = no", "auth_mechanisms = plain login cram-md5 scram-sha-256"),
        f"passdb {{\n driver = passwd-file\n args = {place.folder}/users\n}}",
        *("userdb {", " driver = static", " args = uid=dovecot gid=dovecot home=/nonexistent", "}"),
        *("first_valid_uid = 0", "first_valid_gid = 0"),
        # a wrong password must not delay the right one of the next scenario
        *("auth_failure_delay = 0", "service anvil {", " unix_listener anvil-auth-penalty {", " mode = 0", " }", "}"),
        *lines,
    )
    return [[program, "-F", "-c", str(config)]]


SERVERS = {"postfix": postfix, "exim4": exim, "opensmtpd": opensmtpd, "dovecot": dovecot}
