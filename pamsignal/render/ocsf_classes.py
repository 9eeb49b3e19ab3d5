"""Which class and activity of OCSF 1.8.0 an event or a finding is. What fits none is a Base Event."""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional, Tuple

from pamsignal.model import AuthEvent, Endpoint, Finding
from pamsignal.terms import Action


class Class(NamedTuple):
    """`category_uid`, `class_uid` and the class's name."""

    category: int
    uid: int
    name: str


BASE_EVENT = Class(0, 0, "Base Event")
DETECTION_FINDING = Class(2, 2004, "Detection Finding")
ACCOUNT_CHANGE = Class(3, 3001, "Account Change")
AUTHENTICATION = Class(3, 3002, "Authentication")
GROUP_MANAGEMENT = Class(3, 3006, "Group Management")
NETWORK_ACTIVITY = Class(4, 4001, "Network Activity")

Activity = Tuple[Class, int, str]

OTHER = 99
_LOGON: Activity = (AUTHENTICATION, 1, "Logon")
_SWITCH: Activity = (AUTHENTICATION, 7, "Account Switch")
ACTIVITIES: Dict[Action, Activity] = {
    Action.LOGIN_SUCCESS: _LOGON,
    Action.LOGIN_FAILURE: _LOGON,
    Action.LOGIN_DENIED: _LOGON,
    Action.INVALID_USER: _LOGON,
    Action.LOGIN_PARTIAL: (AUTHENTICATION, 6, "Preauth"),
    Action.CONNECTION_CLOSED: (NETWORK_ACTIVITY, 2, "Close"),
    Action.CONNECTION_SCAN: (NETWORK_ACTIVITY, 1, "Open"),
    Action.CONNECTION_TIMEOUT: (NETWORK_ACTIVITY, 4, "Fail"),
    Action.CONNECTION_DROPPED: (NETWORK_ACTIVITY, 5, "Refuse"),
    Action.SESSION_OPENED: (AUTHENTICATION, OTHER, "Session Opened"),
    Action.SESSION_CLOSED: (AUTHENTICATION, 2, "Logoff"),
    Action.ELEVATION_SUCCESS: _SWITCH,
    Action.ELEVATION_FAILURE: _SWITCH,
    Action.ELEVATION_DENIED: _SWITCH,
    Action.ACCOUNT_LOCKED: (ACCOUNT_CHANGE, 9, "Lock"),
    Action.ACCOUNT_CREATED: (ACCOUNT_CHANGE, 1, "Create"),
    Action.ACCOUNT_DELETED: (ACCOUNT_CHANGE, 6, "Delete"),
    Action.PASSWORD_CHANGED: (ACCOUNT_CHANGE, 3, "Password Change"),
    Action.ACCOUNT_GROUP_ADDED: (GROUP_MANAGEMENT, 3, "Add User"),
}


def activity_of(about: object) -> Activity:
    """Return the class of `about` and what happened in it; one whose required members are unknown is a Base Event."""
    if isinstance(about, Finding):
        return DETECTION_FINDING, *((3, "Close") if about.over else (1, "Create"))
    if not isinstance(about, AuthEvent) or about.action not in ACTIVITIES:
        return BASE_EVENT, OTHER, "Other"
    kind, activity, name = ACTIVITIES[about.action]
    has_user = name_of(about) is not None or about.user_id is not None
    if kind is NETWORK_ACTIVITY and not has_address(about.source):
        return BASE_EVENT, OTHER, "Other"
    if kind in (AUTHENTICATION, ACCOUNT_CHANGE) and not has_user:
        return BASE_EVENT, OTHER, "Other"
    if kind is GROUP_MANAGEMENT and about.group is None:
        return BASE_EVENT, OTHER, "Other"
    return kind, activity, name


def has_address(endpoint: Optional[Endpoint]) -> bool:
    """Tell whether there is enough of an endpoint for an object of OCSF."""
    return endpoint is not None and (endpoint.ip is not None or bool(endpoint.host))


def name_of(event: AuthEvent) -> Optional[str]:
    """Return the account that the event is about: the one taken over, where there is one."""
    return event.target_user or event.user or None
