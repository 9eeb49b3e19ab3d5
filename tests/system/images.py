"""Base trees of the test hosts: one minimal Debian of each kind, built once and kept in the user's cache.

A tree's name carries a digest of its recipe, so a changed recipe builds a new tree and never meets an old one.
Passwords stand here in the open: the hosts have no route to anywhere.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Iterator, NamedTuple, Union

CODENAMES = {11: "bullseye", 12: "bookworm", 13: "trixie"}

# The last three are what the role has to install on other hosts; geoipupdate is in contrib.
PACKAGES = (
    "systemd,systemd-sysv,dbus,libpam-systemd,openssh-server,sudo,login,passwd,iproute2,ca-certificates,"
    "python3,python3-apt,python3-systemd,python3-requests,python3-yaml,python3-jsonschema,"
    "python3-prometheus-client,python3-packaging,python3-venv,geoipupdate"
)
DNF = "dnf,python3-dnf,rpm"
# What our tests import, where it is compiled, and what makes journal files.
SUITE = "python3-maxminddb,python3-rich,python3-netaddr,python3-cryptography,strace,"
# Debian 11's security archive has newer libraries of systemd than this program, which asks for just its own: so only
# the program is taken, without its dependencies but for libmicrohttpd12 and libcurl3-gnutls, which it is linked with.
UNPACK_JOURNAL_REMOTE = """
cd "$1/tmp"
APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get --quiet --quiet download systemd-journal-remote/bullseye
dpkg-deb --extract systemd-journal-remote_*.deb "$1"
rm systemd-journal-remote_*.deb
"""
CONTROL = Path(__file__).parents[2] / "packaging/debian/control"
# What the deb is built with, by what its source package asks for, and what autopkgtest wants on a host.
BUILD = "dpkg-dev,apt-utils," + ",".join(
    re.findall(r"(?m)^ ([a-z0-9.+-]+)", re.search(r"(?s)Build-Depends:(.*?)\n\S", CONTROL.read_text()).group(1))
)


class Image(NamedTuple):
    """What a kind of host is made of: a release of Debian, and what it has beyond the others of that release."""

    name: str
    release: int
    extra: str = ""  # packages, as mmdebstrap wants them
    hook: str = ""  # run by sh on the outer machine with the new tree as $1, before it is prepared


Kind = Union[int, str]  # a release of Debian, or a name
IMAGES: dict[Kind, Image] = {
    **{release: Image(f"debian{release}", release) for release in CODENAMES},
    **{f"dnf{release}": Image(f"dnf{release}", release, DNF) for release in (12, 13)},
    "build11": Image("build11", 11, BUILD),
    "suite11": Image("suite11", 11, f"{SUITE}libmicrohttpd12,libcurl3-gnutls", UNPACK_JOURNAL_REMOTE),
    "suite13": Image("suite13", 13, f"{SUITE}systemd-journal-remote,apprise"),
    "services13": Image("services13", 13, "ntfy,opensmtpd,rsyslog,rsyslog-gnutls"),
}

PASSWORDS = {"alice": "correct-horse", "bob": "battery-staple", "root": "root-of-the-lab"}

# Run by sh on the outer machine with the new tree as $1. alice may use sudo with her password, bob may not.
# The timers are masked so that the journal stays quiet.
FURNISH = f"""
for account in alice bob; do chroot "$1" useradd --create-home --shell /bin/bash "$account"; done
printf '%s\\n' {" ".join(f"'{user}:{password}'" for user, password in PASSWORDS.items())} | chroot "$1" chpasswd -c SHA512
echo 'alice ALL=(ALL:ALL) ALL' >"$1/etc/sudoers.d/alice"
chmod 0440 "$1/etc/sudoers.d/alice"
rm -f "$1/etc/systemd/system/timers.target.wants/geoipupdate.timer"
mkdir -p "$1/var/log/journal"
for unit in systemd-networkd.service systemd-resolved.service systemd-timesyncd.service getty@tty1.service \\
    console-getty.service apt-daily.timer apt-daily-upgrade.timer fstrim.timer e2scrub_all.timer e2scrub_reap.service
do ln -sf /dev/null "$1/etc/systemd/system/$unit"; done
"""

# Run after that. The machine id is emptied so that each host makes its own.
# No archive is left in apt's list: an update on a host without any route must fail over its own sources only.
FORGET = """
: >"$1/etc/machine-id"
rm -f "$1/var/lib/dbus/machine-id" "$1/etc/resolv.conf"
: >"$1/etc/resolv.conf"
rm -rf "$1/etc/apt/sources.list" "$1/etc/apt/sources.list.d/"*
"""

TRIES = 3  # an archive that is being renewed, or a network that is away, is so for a moment
LEAVE_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")


def cache_folder() -> Path:
    """Where trees are kept: in the user's cache, by the XDG base directory rules."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pamsignal-lab"


def base_tree(image: Image) -> Path:
    """The tree of `image`, built first if it is not there: about 50 s for three of them side by side.

    Whoever else wants it meanwhile waits, in this process or another one: two cores build nothing twice.
    """
    tree = cache_folder() / f"{image.name}-{digest(image)}"
    if not tree.exists():
        tree.parent.mkdir(parents=True, exist_ok=True)
        with lock(tree.with_name(f"{tree.name}.lock")):
            if not tree.exists():
                build(image, tree)
    return tree


def digest(image: Image) -> str:
    """Return what tells this recipe from every other one."""
    recipe = [PACKAGES, FURNISH, FORGET, LEAVE_OUT, image.extra, image.hook]
    return hashlib.sha256(repr(recipe).encode()).hexdigest()[:12]


@contextlib.contextmanager
def lock(file: Path) -> Iterator[None]:
    """Hold a lock that no other process or thread holds."""
    with file.open("w") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield


def build(image: Image, tree: Path) -> None:
    """Build beside `tree` and move it into place, so that a half-built tree is never used."""
    unfinished = tree.with_name(f"{tree.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    command = ["mmdebstrap", "--quiet", "--format=directory", "--components=main,contrib", *what_to_install(image)]
    command += [
        "--aptopt=APT::Install-Recommends false",
        "--aptopt=Acquire::Retries 5",
        *(f"--dpkgopt=path-exclude={path}" for path in LEAVE_OUT),
    ]
    command += [CODENAMES[image.release], str(unfinished)]
    for _ in range(TRIES):
        made = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if made.returncode == 0:
            unfinished.rename(tree)
            return
        shutil.rmtree(unfinished, ignore_errors=True)
    raise RuntimeError(f"mmdebstrap could not build {image.name}:\n{made.stderr[-4000:]}")


def what_to_install(image: Image) -> list[str]:
    """Return mmdebstrap's options: a minimal Debian, or one that is there already and some packages: 15 s."""
    if image == IMAGES[image.release]:
        return ["--variant=minbase", f"--include={PACKAGES}", f"--customize-hook=set -eu{FURNISH}{FORGET}"]
    copied = f'--setup-hook=cp --archive {shlex.quote(str(base_tree(IMAGES[image.release])))}/. "$1"'
    return ["--variant=custom", copied, f"--include={image.extra}", f"--customize-hook=set -eu{image.hook}{FORGET}"]
