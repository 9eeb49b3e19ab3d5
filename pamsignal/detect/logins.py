"""What is remarkable about a login whatever the account did before: what the owner of the host does not expect."""

from __future__ import annotations

from typing import Iterator, Mapping, NamedTuple, Tuple

from pamsignal.hours import Span, covers
from pamsignal.model import AuthEvent
from pamsignal.terms import Method

# Keyboard-interactive is mostly PAM asking for the password; with a second factor behind it, it is still no key.
PASSWORDS = frozenset({Method.PASSWORD, Method.KEYBOARD_INTERACTIVE})
# The largest networks in which servers are rented out: Azure, DigitalOcean, Amazon, OVH, Amazon again, Vultr,
# Hetzner, Oracle, Alibaba, Contabo, Akamai (Linode), Tencent, Google Cloud.
HOSTING_ASNS = (8075, 14061, 14618, 16276, 16509, 20473, 24940, 31898, 45102, 51167, 63949, 132203, 396982)
NO_SPANS: Tuple[Span, ...] = ()


class Settings(NamedTuple):
    """`hours` in which logins are expected, none for at any time; `user_hours` instead of them for some accounts.

    With `keys_only` every password login over ssh is remarkable. `hosting_asns` are networks where servers stand.
    """

    keys_only: bool = False
    hours: Tuple[Span, ...] = NO_SPANS
    user_hours: Mapping[str, Tuple[Span, ...]] = {}
    hosting_asns: Tuple[int, ...] = HOSTING_ASNS


def remarks(event: AuthEvent, local_us: int, settings: Settings) -> Iterator[str]:
    """Yield what is remarkable about the login `event` at `local_us`, in µs on the clock on the wall."""
    spans = settings.user_hours.get(event.user or "", settings.hours)
    if spans and not covers(spans, local_us):
        yield "unusual_hours"
    if settings.keys_only and event.service == "sshd" and event.method in PASSWORDS and event.key is None:
        yield "password_login"
    if event.source is not None and (event.user == "root" or event.user_id == 0):
        yield "root_login"
