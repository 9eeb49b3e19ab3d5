"""Base trees of the test hosts: one minimal Debian of each kind, built once and kept in the user's cache.

A tree's name carries a digest of its recipe, so a changed recipe builds a new tree and never meets an old one.
Passwords stand here in the open: the hosts have no route to anywhere.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple, Union

CODENAMES = {11: "bullseye", 12: "bookworm", 13: "trixie"}

# The last three are what the role has to install on other hosts; geoipupdate is in contrib.
PACKAGES = (
    "systemd,systemd-sysv,dbus,libpam-systemd,openssh-server,sudo,login,passwd,iproute2,ca-certificates,"
    "python3,python3-apt,python3-systemd,python3-requests,python3-yaml,python3-jsonschema,"
    "python3-prometheus-client,python3-packaging,python3-venv,geoipupdate"
)
DNF = "dnf,python3-dnf,rpm"


class Image(NamedTuple):
    """What a kind of host is made of: a release of Debian, and packages beyond those that all hosts have."""

    name: str
    release: int
    extra: str = ""

    @property
    def packages(self) -> str:
        """All packages, as mmdebstrap wants them."""
        return ",".join(filter(None, (PACKAGES, self.extra)))


Kind = Union[int, str]  # a release of Debian, or a name
IMAGES: dict[Kind, Image] = {
    **{release: Image(f"debian{release}", release) for release in CODENAMES},
    **{f"dnf{release}": Image(f"dnf{release}", release, DNF) for release in (12, 13)},
    "services13": Image("services13", 13, "ntfy,opensmtpd,rsyslog,rsyslog-gnutls"),
}

PASSWORDS = {"alice": "correct-horse", "bob": "battery-staple", "root": "root-of-the-lab"}

# Run by sh on the outer machine with the new tree as $1. alice may use sudo with her password, bob may not.
# The machine id is emptied so that each host makes its own; the timers are masked so that the journal stays quiet.
# No archive is left in apt's list: an update on a host without any route must fail over its own sources only.
PREPARE = f"""
set -eu
for account in alice bob; do chroot "$1" useradd --create-home --shell /bin/bash "$account"; done
printf '%s\\n' {" ".join(f"'{user}:{password}'" for user, password in PASSWORDS.items())} | chroot "$1" chpasswd -c SHA512
echo 'alice ALL=(ALL:ALL) ALL' >"$1/etc/sudoers.d/alice"
chmod 0440 "$1/etc/sudoers.d/alice"
: >"$1/etc/machine-id"
rm -f "$1/var/lib/dbus/machine-id" "$1/etc/resolv.conf"
: >"$1/etc/resolv.conf"
rm -rf "$1/etc/apt/sources.list" "$1/etc/apt/sources.list.d/"*
rm -f "$1/etc/systemd/system/timers.target.wants/geoipupdate.timer"
mkdir -p "$1/var/log/journal"
for unit in systemd-networkd.service systemd-resolved.service systemd-timesyncd.service getty@tty1.service \\
    console-getty.service apt-daily.timer apt-daily-upgrade.timer fstrim.timer e2scrub_all.timer e2scrub_reap.service
do ln -sf /dev/null "$1/etc/systemd/system/$unit"; done
"""

LEAVE_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")


def cache_folder() -> Path:
    """Where trees are kept: in the user's cache, by the XDG base directory rules."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pamsignal-lab"


def base_tree(image: Image) -> Path:
    """The tree of `image`, built first if it is not there: about 50 s for three of them side by side."""
    recipe = hashlib.sha256(f"{image.packages}{PREPARE}{LEAVE_OUT}".encode()).hexdigest()[:12]
    tree = cache_folder() / f"{image.name}-{recipe}"
    if not tree.exists():
        build(image, tree)
    return tree


def build(image: Image, tree: Path) -> None:
    """Build beside `tree` and move it into place, so that a half-built tree is never used."""
    tree.parent.mkdir(parents=True, exist_ok=True)
    unfinished = tree.with_name(f"{tree.name}.{os.getpid()}")
    command = ["mmdebstrap", "--quiet", "--variant=minbase", "--format=directory", "--components=main,contrib"]
    command += [f"--include={image.packages}"]
    command += ["--aptopt=APT::Install-Recommends false", *(f"--dpkgopt=path-exclude={path}" for path in LEAVE_OUT)]
    command += [f"--customize-hook={PREPARE}", CODENAMES[image.release], str(unfinished)]
    made = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if made.returncode:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise RuntimeError(f"mmdebstrap could not build {image.name}:\n{made.stderr[-4000:]}")
    try:
        unfinished.rename(tree)
    except OSError:  # another lab was faster with the same recipe
        shutil.rmtree(unfinished)
