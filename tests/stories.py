"""Short stories told by log lines: real lines through the real parser, and what the engine makes of them."""

from __future__ import annotations

from pamsignal.pipeline import Engine
from pamsignal.terms import Action
from tests.builders import BOOT, NOON_US, a_record

SECOND = 1_000_000
ATTACKER = "203.0.113.9"
PAM_FAILURE = "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost="


class Story:
    """Tells lines to an engine. Every line is `at` seconds after noon; `pid` is the writer's."""

    def __init__(self, settings=None, **engine):
        self.engine = Engine(settings, **engine) if settings is not None else Engine(**engine)
        self.events = []
        self.alerts = []
        self._number = 0

    def tell(self, at, message, identifier="sshd", pid=100, **fields):
        """Feed one line."""
        self._number += 1
        time_us = fields.pop("time_us", NOON_US + int(at * SECOND))
        monotonic_us = int((at + 1000) * SECOND)
        place = f"s=1;i={self._number:x};b={BOOT};m={monotonic_us:x};t={time_us:x};x=0"
        record = a_record(message, identifier, time_us=time_us, pid=pid, cursor=place, **fields)
        return self._keep(self.engine.feed(record))

    def sudo(self, at, message, pid=300, uid=1000, **fields):
        """Feed a line that sudo writes under its caller's uid."""
        return self.tell(at, message, "sudo", pid, uid=uid, **fields)

    def su(self, at, message, pid=300, uid=1000, **fields):
        """Feed a line that su writes under its caller's uid."""
        return self.tell(at, message, "su", pid, uid=uid, **fields)

    def logind(self, at, kind, session, user, leader):
        """Feed a record of systemd-logind."""
        ids = {"new": "8d45620c1a4348dbb17410da57c60c66", "removed": "3354939424b4456d9802ca8333ed424a"}
        text = f"New session {session} of user {user}." if kind == "new" else f"Removed session {session}."
        structured = {"MESSAGE_ID": ids[kind], "SESSION_ID": session, "USER_ID": user, "LEADER": str(leader)}
        return self.tell(at, text, "systemd-logind", 59, structured=structured)

    def until(self, at):
        """Let time pass."""
        return self._keep(self.engine.tick(NOON_US + int(at * SECOND)))

    def end(self):
        """Let everything that waits come to its end; return the story."""
        while True:
            due_us = self.engine.next_due_us()
            if due_us is None:
                return self
            self._keep(self.engine.tick(due_us))

    def _keep(self, produced):
        self.events += [judged.event for judged in produced.events]
        self.alerts += produced.alerts
        return self

    @property
    def told(self):
        """The actions of the events so far, with the attempts they stand for."""
        return [(event.action.value, event.attempts) for event in self.events]

    @property
    def rules(self):
        """The rules of the alerts so far."""
        return [f"{alert.rule} digest" if alert.digest else alert.rule for alert in self.alerts]

    @property
    def attempts(self):
        """How many tries there were."""
        failures = (Action.LOGIN_FAILURE, Action.ELEVATION_FAILURE)
        return sum(event.attempts for event in self.events if event.action in failures)


def password_attack(story, at, pid, user="root", address=ATTACKER, port=50022, known=True):
    """One connection that tries one wrong password."""
    place = f"{address} port {port}"
    name = user if known else f"invalid user {user}"
    if not known:
        story.tell(at, f"Invalid user {user} from {place}", pid=pid)
        story.tell(at, "pam_unix(sshd:auth): check pass; user unknown", pid=pid)
    story.tell(at, f"{PAM_FAILURE}{address}" + (f"  user={user}" if known else ""), pid=pid)
    story.tell(at + 2, f"Failed password for {name} from {place} ssh2", pid=pid)
    closing = f"authenticating user {user}" if known else f"invalid user {user}"
    story.tell(at + 2.1, f"Connection closed by {closing} {place} [preauth]", pid=pid)
    return story
