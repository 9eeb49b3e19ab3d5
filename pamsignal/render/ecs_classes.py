"""What kind of event each action and each rule is, in the allowed values of ECS."""

from __future__ import annotations

from typing import Dict, NamedTuple, Sequence

from pamsignal.terms import Action


class Classes(NamedTuple):
    """`event.category` and `event.type`, from the allowed values of ECS."""

    category: Sequence[str]
    type: Sequence[str]


_AUTHENTICATION = Classes(["authentication"], ["start"])
ACTIONS: Dict[Action, Classes] = {
    Action.LOGIN_SUCCESS: _AUTHENTICATION,
    Action.LOGIN_PARTIAL: Classes(["authentication"], ["info"]),
    Action.LOGIN_FAILURE: _AUTHENTICATION,
    Action.LOGIN_DENIED: _AUTHENTICATION,
    Action.INVALID_USER: _AUTHENTICATION,
    Action.CONNECTION_CLOSED: Classes(["network"], ["connection", "end"]),
    Action.CONNECTION_SCAN: Classes(["network"], ["connection", "info"]),
    Action.CONNECTION_TIMEOUT: Classes(["network"], ["connection", "end"]),
    Action.CONNECTION_DROPPED: Classes(["network"], ["connection", "denied"]),
    Action.ACCOUNT_LOCKED: Classes(["iam"], ["change", "user"]),
    Action.SESSION_OPENED: Classes(["session"], ["start"]),
    Action.SESSION_CLOSED: Classes(["session"], ["end"]),
    Action.ELEVATION_SUCCESS: _AUTHENTICATION,
    Action.ELEVATION_FAILURE: _AUTHENTICATION,
    Action.ELEVATION_DENIED: _AUTHENTICATION,
    Action.ACCOUNT_CREATED: Classes(["iam"], ["creation", "user"]),
    Action.ACCOUNT_DELETED: Classes(["iam"], ["deletion", "user"]),
    Action.ACCOUNT_GROUP_ADDED: Classes(["iam"], ["change", "group"]),
    Action.PASSWORD_CHANGED: Classes(["iam"], ["change", "user"]),
    Action.TTY_INPUT: Classes(["process"], ["info"]),
    Action.JOURNAL_SUPPRESSED: Classes(["host"], ["info"]),
    Action.DETAIL: Classes(["authentication"], ["info"]),
}
ATTACK = Classes(["authentication", "intrusion_detection"], ["info"])
OWN_SIGHT = Classes(["host"], ["info"])
RULES: Dict[str, Classes] = {
    "brute_force": ATTACK,
    "brute_force_network": ATTACK,
    "slow_brute_force": ATTACK,
    "distributed_brute_force": ATTACK,
    "user_enumeration": ATTACK,
    "local_brute_force": ATTACK,
    "success_after_failures": ATTACK,
    "spoofed_line": Classes(["intrusion_detection"], ["info"]),
}
