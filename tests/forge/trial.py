"""Lines of random formats with random hostile text, each held against what is true about it."""

from __future__ import annotations

import string
from collections import Counter
from ipaddress import ip_address
from typing import Dict, NamedTuple, Optional, Tuple

from pamsignal.model import Observation
from pamsignal.parse import observe
from pamsignal.terms import Action
from tests.builders import NOON_US, a_record
from tests.forge.encodings import vis, vis_twice
from tests.forge.formats import FORMS, Form
from tests.forge.pieces import Dice

RIGHT, LESS, WRONG = "right", "said less", "wrong"
SUCCESSES = frozenset(
    (
        *(Action.LOGIN_SUCCESS, Action.LOGIN_PARTIAL, Action.SESSION_OPENED, Action.ELEVATION_SUCCESS),
        *(Action.ACCOUNT_CREATED, Action.ACCOUNT_GROUP_ADDED, Action.PASSWORD_CHANGED),
    )
)
# What nothing rests on: which of them a line is makes no attempt and no alert.
_WEAK = frozenset((Action.DETAIL, Action.CONNECTION_CLOSED, Action.CONNECTION_SCAN))
_HOSTILE = frozenset(("name", "text", "more", "path", "command", "account"))
_SSHD_CUT = 500  # log.c: "%.500s"
_SLOTS = {form: tuple(slot for _, slot, _, _ in string.Formatter().parse(form.line) if slot) for form in FORMS}


class Forged(NamedTuple):
    """A line, and what is true about it: None is what it does not say."""

    form: Form
    line: str
    user: Optional[str]
    target: Optional[str]
    ip: Optional[str]
    port: Optional[int]


def forged(form: Form, dice: Dice) -> Forged:
    """Return a line of `form` as its program would write it."""
    true: Dict[str, str] = {}
    for slot in _SLOTS[form]:
        if slot == "peer":
            true["ip"], true["port"] = dice.slots["ip"](), dice.slots["port"]()
            true[slot] = f"{true['ip']}:{true['port']}"
        elif slot not in true:
            true[slot] = _written(form, slot, dice.slots[slot]())
    line = form.line.format_map(true)
    if form.encode in (vis, vis_twice):
        line = line[:_SSHD_CUT]
    port = true.get("port")
    return Forged(form, line, _of(form.user, true), _of(form.target, true), true.get("ip"), int(port) if port else None)


def _written(form: Form, slot: str, text: str) -> str:
    if slot not in _HOSTILE:
        return form.encode(text) if slot in ("known", "other") else text
    if form.program == "sshd" and slot == "name":
        text = text.partition(":")[0]  # auth2.c: the rest is a style
    limited = text.encode("utf-8", "surrogateescape")[: form.limit].decode("utf-8", "surrogateescape")
    return form.encode(limited)


def _of(slot: Optional[str], true: Dict[str, str]) -> Optional[str]:
    """Return the true name in `slot`, or the name that a format has in itself."""
    return None if slot is None else true.get(slot, slot) or None


def verdict(case: Forged) -> Tuple[str, str]:
    """Return how the line was read, and in what it was wrong.

    Less than is true is nothing at all, or no name or no address where the line can be read twice.
    """
    form = case.form
    seen = observe(a_record(case.line, form.program, uid=form.uid, time_us=NOON_US, **_exe(form)))
    if not isinstance(seen, Observation):
        return LESS, ""
    wrong = _wrong(case, seen)
    if wrong:
        return WRONG, wrong
    ip, port = (None, None) if seen.source is None else (seen.source.ip, seen.source.port)
    told = (seen.action, seen.user, seen.target_user, None if ip is None else str(ip), port)
    true = (form.action, case.user, case.target, case.ip and str(ip_address(case.ip)), case.port)
    return (RIGHT if told == true else LESS), ""


def _exe(form: Form) -> Dict[str, str]:
    return {} if form.exe is None else {"exe": form.exe}


def _wrong(case: Forged, seen: Observation) -> str:
    """Return what is false in `seen`; an empty text if nothing is."""
    source = seen.source
    if seen.action is not case.form.action:
        if seen.action in SUCCESSES:
            return f"a forged {seen.action.value}"
        names_somebody = seen.user is not None or source is not None
        if names_somebody and not _WEAK.issuperset((seen.action, case.form.action)):
            return f"the action: {seen.action.value}"
    if source is not None and (source.host or str(source.ip) != (case.ip and str(ip_address(case.ip)))):
        return f"the address: {source.ip or source.host}"
    if source is not None and source.port not in (None, case.port):
        return f"the port: {source.port}"
    if seen.user not in (None, case.user):
        return f"the user: {seen.user!r}"
    return f"the target: {seen.target_user!r}" if seen.target_user not in (None, case.target) else ""


class Outcome(NamedTuple):
    """How many lines of each form were read in which way, and the first lines that were read wrongly."""

    counts: Counter[Tuple[Form, str]]
    wrong: Tuple[str, ...]


def tried(cases: int, seed: int, most_wrong: int = 20) -> Outcome:
    """Try so many lines, of all forms in turn."""
    dice, counts, wrong = Dice(seed), Counter(), []
    for number in range(cases):
        case = forged(FORMS[number % len(FORMS)], dice)
        how, what = verdict(case)
        counts[case.form, how] += 1
        if what and len(wrong) < most_wrong:
            wrong.append(f"{what} of {case.form.line!r}: {case.line!r}")
    return Outcome(counts, tuple(wrong))
