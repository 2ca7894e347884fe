"""A real Dovecot, as Debian installs it, unprivileged and on loopback, with one empty mailbox."""

import grp
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.imap_peer import PASSWORD, ImapPeer, free_port, wait_for

MISSING = "there is no Dovecot here: apt-get install dovecot-imapd"
IMAP = Path("/usr/lib/dovecot/imap")
_CONFIGURATION = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
listen = 127.0.0.1
protocols = imap
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{home}/mail
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


def is_installed() -> bool:
    return _dovecot() is not None and IMAP.exists()


@contextmanager
def dovecot_peer() -> Iterator[ImapPeer]:
    """Started in a directory of its own; as nobody where the tests run as root."""
    person = pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("nobody")
    home, port = Path(tempfile.mkdtemp(prefix="goniec-dovecot-", dir="/tmp")), free_port()
    settings = home / "dovecot.conf"
    settings.write_text(
        _CONFIGURATION.format(
            home=home,
            user=person.pw_name,
            group=_group_of(person),
            uid=person.pw_uid,
            gid=person.pw_gid,
            password=PASSWORD,
            port=port,
        )
    )
    if not os.getuid():
        for place in (home, settings):
            os.chown(place, person.pw_uid, person.pw_gid)
    process = subprocess.Popen(
        [str(_dovecot()), "-F", "-c", str(settings)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **({} if os.getuid() else {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}),
    )
    try:
        wait_for(port, process)
        yield ImapPeer(port)
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(home, ignore_errors=True)


def _dovecot() -> str | None:
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def _group_of(person: pwd.struct_passwd) -> str:
    return grp.getgrgid(person.pw_gid).gr_name
