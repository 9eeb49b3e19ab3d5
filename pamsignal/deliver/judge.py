"""What follows from the answer of a receiver. Pure.

Order is kept per sink: any failure holds the whole channel, and its oldest alert is tried first afterwards. Only an
alert that seems to be the cause itself (the receiver's error, five times) steps aside and waits alone, so that a
login never stays behind a poisoned one. When a channel comes back after so many failures in a row, the receiver was
the cause, and those that stepped aside are due at once, oldest first.
A channel that is unusable (a revoked token) is held, and its alerts wait: none is lost to a mistake in a setting.
What is too old is given up only by a failed attempt, never by the look of a clock.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Sequence, Union

from pamsignal.deliver.backoff import next_delay_seconds, unusable_delay_seconds
from pamsignal.deliver.turn import Channel, Pending, Settlement, State
from pamsignal.model import Refused, Result, Sent, TryLater

STEP_ASIDE_AFTER = 5
SPLIT_AFTER = 2
SUSPECT_REASONS = frozenset({"server_error", "timeout", "bug"})

Failure = Union[TryLater, Refused]


class Happening(NamedTuple):
    """Something worth a line in the log and a counter.

    `name` is one of delivered, delivery_failed, delivery_given_up, channel_held, channel_back. `alerts` is how many it
    is about, `until_us` when the next attempt is.
    """

    name: str
    sink: str
    alerts: int
    reason: str = ""
    detail: str = ""
    until_us: Optional[int] = None


class Attempt(NamedTuple):
    """One answer: `batch` went to `sink`, whose channel was `channel` before. `jitter` is in [0, 1)."""

    sink: str
    batch: Sequence[Pending]
    channel: Channel
    now_us: int
    jitter: float
    max_age_us: int


class Verdict(NamedTuple):
    """What to write down.

    `expired_before_us`: older deliveries to the sink are given up. `releases`: its waits are over. `splits`: the
    alerts of this batch go one by one from now on, to find the one that is refused.
    """

    settled: Sequence[Settlement]
    channel: Channel
    happenings: Sequence[Happening]
    expired_before_us: Optional[int] = None
    releases: bool = False
    splits: bool = False


def judge(attempt: Attempt, result: Result) -> Verdict:
    """Decide what becomes of the alerts of `attempt` and of their channel."""
    if isinstance(result, Sent):
        return _sent(attempt)
    if isinstance(result, TryLater):
        return _later(attempt, result)
    if result.pause:
        return _unusable(attempt, result)
    return _refused(attempt, result)


def _sent(attempt: Attempt) -> Verdict:
    sink, batch, channel, now_us = attempt[:4]
    settled = [Settlement(sink, pending.alert.id, State.SENT) for pending in batch]
    happenings = [Happening("delivered", sink, len(batch)), *_back(attempt)]
    after = channel._replace(sent=channel.sent + len(batch), failures=0, held_until_us=0, last_sent_us=now_us)
    return Verdict(settled, after, happenings, releases=channel.failures >= STEP_ASIDE_AFTER)


def _refused(attempt: Attempt, result: Refused) -> Verdict:
    sink, batch = attempt.sink, attempt.batch
    after = _with_error(attempt, result)._replace(failures=0, held_until_us=0)  # it is there, and it answers
    if len(batch) > 1:
        return Verdict((), after, [_failed(attempt, result, attempt.now_us), *_back(attempt)], splits=True)
    settled = [_settled(sink, pending, State.DEAD, result, pending.attempts + 1) for pending in batch]
    return Verdict(settled, after, [_given_up(attempt, result, len(batch)), *_back(attempt)])


def _unusable(attempt: Attempt, result: Refused) -> Verdict:
    failures = attempt.channel.failures + 1
    held_us = attempt.now_us + int(unusable_delay_seconds(failures) * 1_000_000)
    return _waiting(attempt, result, held_us)


def _later(attempt: Attempt, result: TryLater) -> Verdict:
    failures = attempt.channel.failures + 1
    held_us = attempt.now_us + int(next_delay_seconds(failures, result.after_s, attempt.jitter) * 1_000_000)
    if result.reason not in SUSPECT_REASONS or result.pause or result.after_s is not None:
        return _waiting(attempt, result, held_us)
    faults = max(pending.attempts for pending in attempt.batch) + 1
    aside_us = 0
    if faults >= STEP_ASIDE_AFTER:
        aside_us = held_us + int(next_delay_seconds(faults, None, attempt.jitter) * 1_000_000)
    verdict = _waiting(attempt, result, held_us, aside_us, faults=1)
    return verdict._replace(splits=len(attempt.batch) > 1 and faults >= SPLIT_AFTER)


def _waiting(attempt: Attempt, result: Failure, held_us: int, aside_us: int = 0, *, faults: int = 0) -> Verdict:
    failures = attempt.channel.failures + 1
    too_old_us = attempt.now_us - attempt.max_age_us
    old = [pending for pending in attempt.batch if pending.queued_us < too_old_us]
    young = [pending for pending in attempt.batch if pending.queued_us >= too_old_us]
    settled = [_settled(attempt.sink, pending, State.DEAD, result, pending.attempts + faults) for pending in old]
    for pending in young:
        settlement = _settled(attempt.sink, pending, State.QUEUED, result, pending.attempts + faults)
        settled.append(settlement._replace(wait_until_us=aside_us))
    happenings = [_failed(attempt, result, held_us)]
    if failures == 1 or result.pause:
        happenings.append(_failed(attempt, result, held_us)._replace(name="channel_held"))
    if old:
        happenings.append(_given_up(attempt, result, len(old)))
    after = _with_error(attempt, result)._replace(failures=failures, held_until_us=held_us)
    return Verdict(settled, after, happenings, expired_before_us=too_old_us if old else None)


def _settled(sink: str, pending: Pending, state: State, result: Failure, attempts: int) -> Settlement:
    return Settlement(sink, pending.alert.id, state, attempts, reason=result.reason, detail=result.detail)


def _back(attempt: Attempt) -> Sequence[Happening]:
    return [Happening("channel_back", attempt.sink, len(attempt.batch))] if attempt.channel.failures else []


def _with_error(attempt: Attempt, result: Failure) -> Channel:
    said = f"{result.reason}: {result.detail}" if result.detail else result.reason
    return attempt.channel._replace(last_error=said)


def _failed(attempt: Attempt, result: Failure, until_us: int) -> Happening:
    return Happening("delivery_failed", attempt.sink, len(attempt.batch), result.reason, result.detail, until_us)


def _given_up(attempt: Attempt, result: Failure, count: int) -> Happening:
    return Happening("delivery_given_up", attempt.sink, count, result.reason, result.detail)
