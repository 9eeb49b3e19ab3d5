"""Which PAM services are logins, which are changes of identity, and which are machinery.

A service nobody listed counts as a login: better to hear of one too many than to miss one.
"""

from __future__ import annotations

import enum


class Kind(enum.Enum):
    """What a PAM session of a service means to an admin."""

    LOGIN = enum.auto()
    ELEVATION = enum.auto()
    MACHINERY = enum.auto()


_ELEVATION = frozenset(
    {"sudo", "sudo-i", "su", "su-l", "doas", "polkit-1", "pkexec", "runuser", "runuser-l", "kdesu", "gksu"}
)

# Greeters, schedulers and user managers: they open sessions for nobody in particular.
_MACHINERY = frozenset(
    {
        "atd",
        "cron",
        "crond",
        "gdm-launch-environment",
        "lightdm-greeter",
        "sddm-greeter",
        "systemd-user",
        "useradd",
        "usermod",
        "userdel",
        "groupadd",
        "groupmod",
        "groupdel",
        "passwd",
        "chpasswd",
        "newusers",
        "chfn",
        "chsh",
        "chage",
    }
)


def kind_of(service: str) -> Kind:
    """Return what a session of the PAM service `service` is."""
    if service in _ELEVATION:
        return Kind.ELEVATION
    return Kind.MACHINERY if service in _MACHINERY else Kind.LOGIN
