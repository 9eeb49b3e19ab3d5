"""What pamsignal says about itself: alarms for people, and the log lines that go with them."""

from __future__ import annotations

import os
from typing import Optional

from pamsignal.deliver.judge import Happening
from pamsignal.detect import alert_about
from pamsignal.detect.identity import alert_id
from pamsignal.journal import Gap
from pamsignal.model import Alert, Finding
from pamsignal.render import when
from pamsignal.runtime.log import Log
from pamsignal.terms import Severity


def journal_gap(gap: Gap, now_us: int) -> Alert:
    """Say that a stretch of the journal was deleted before it could be read."""
    end_us = gap.to_us if gap.to_us is not None else now_us
    note = (
        f"the journal between {when.timestamp(gap.from_us)} and {when.timestamp(end_us)} was gone before it was read: "
        "logins in it were not seen; let journald keep more (journald.conf: SystemMaxUse=, MaxRetentionSec=)"
    )
    return _alarm("journal_gap", "journal", now_us, note, first_us=gap.from_us, last_us=end_us)


def config_rejected(problems: str) -> str:
    """Return why a reload changed nothing. What is wrong may quote the file, so that stays in the log."""
    count = len(problems.splitlines())
    return f"the changed configuration has {count} problem(s) and is not used; run: pamsignal check-config"


def undelivered(sink: str, alerts: int, reason: str, now_us: int) -> Alert:
    """Say that alerts were given up."""
    note = f"{alerts} alert(s) for {sink} were given up ({reason}); see: pamsignal status"
    return _alarm("undelivered", sink, now_us, note)


def trail_anchor(head: str, now_us: int) -> Alert:
    """Say how far the trail goes, to sinks that keep what they get."""
    return _alarm("trail_anchor", "trail", now_us, f"head={head}")._replace(severity=Severity.INFO)


def undelivered_here(sink: str, alerts: int, reason: str, now_us: int) -> Alert:
    """Say to a sink that works again what it has missed for good; it may be the only one there is."""
    note = f"{alerts} alert(s) for this channel were given up while it did not work ({reason}); see: pamsignal history"
    alarm = _alarm("undelivered", sink, now_us, note)
    return alarm._replace(id=alert_id(alarm.subject, "undelivered/here"))


def log_delivery(log: Log, happening: Happening) -> None:
    """Write the line for what a courier brought back."""
    fields = {"sink": happening.sink, "alerts": happening.alerts}
    trouble = {"reason": happening.reason, "detail": happening.detail or None}
    if happening.name == "delivered":
        log.debug("delivered", **fields)
    elif happening.name == "channel_back":
        log.notice("the sink works again", **fields)
    elif happening.name == "delivery_given_up":
        log.error("alerts were given up", **fields, **trouble)
    elif happening.name == "channel_held":
        again = when.timestamp(happening.until_us) if happening.until_us is not None else None
        log.warning("the sink does not take alerts; they wait", **fields, **trouble, again=again)
    else:
        log.info(happening.name.replace("_", " "), **fields, **trouble)


def _alarm(
    rule: str,
    key: str,
    now_us: int,
    note: str,
    *,
    first_us: Optional[int] = None,
    last_us: Optional[int] = None,
) -> Alert:
    finding = Finding(
        rule=rule,
        key=key,
        time_us=now_us,
        hostname=os.uname().nodename,
        first_us=first_us,
        last_us=last_us,
        note=note,
    )
    return alert_about(finding, Severity.WARNING)
