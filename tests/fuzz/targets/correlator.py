"""The engine: parser, correlator and detector together. A line of the data is a record: four bytes, and the message.

The bytes are the identifier, the writer, the pid and the time since the record before. No record raises; no login
comes of fewer lines that say so and are to be believed; the same records give the same; nothing is due for ever.
"""

from __future__ import annotations

from typing import List, Tuple

from pamsignal.model import JournalRecord, Observation
from pamsignal.parse import Trust, observe, trust
from pamsignal.pipeline import Engine
from pamsignal.stages import Produced
from pamsignal.terms import Action
from tests.builders import EXECUTABLES, NOON_US, a_record
from tests.fuzz.supply import text_of
from tests.fuzz.targets.parser import IDENTIFIERS, WRITERS

MOST_RECORDS = 40
MOST_TICKS = 200
STEP_US = 250_000


def target(data: bytes) -> None:
    """Feed the records twice, to two engines."""
    records = records_of(data)
    first = run(records)
    assert run(records) == first, "the second run differs"
    events = [judged.event for produced in first for judged in produced.events]
    assert len({event.id for event in events}) == len(events), "two events of one name"
    logins = sum(event.action is Action.LOGIN_SUCCESS for event in events)
    assert logins <= sum(map(is_a_login, records)), "a login that no line told of"


def records_of(data: bytes) -> List[JournalRecord]:
    """Return a record for each line; time goes on, and backwards where the byte says so."""
    records: List[JournalRecord] = []
    time_us = NOON_US
    for number, line in enumerate(data.split(b"\n")[:MOST_RECORDS]):
        if len(line) < 4:
            continue
        identifier = IDENTIFIERS[line[0] % len(IDENTIFIERS)]
        changes = {"exe": EXECUTABLES.get(identifier, f"/usr/sbin/{identifier}"), **WRITERS[line[1] % len(WRITERS)]}
        time_us += (line[3] - 32) * STEP_US
        records.append(
            a_record(
                text_of(line[4:]),
                identifier,
                pid=4000 + line[2] % 8,
                time_us=time_us,
                cursor=f"s=1;i={number};b=0;m={number:x}",
                **changes,
            )
        )
    return records


def run(records: List[JournalRecord]) -> Tuple[Produced, ...]:
    """Feed everything to a new engine, and let what is due happen."""
    engine = Engine()
    produced = [engine.feed_all([record]) for record in records]
    for _ in range(MOST_TICKS):
        due_us = engine.next_due_us()
        if due_us is None:
            break
        produced.append(engine.tick(due_us))
        after_us = engine.next_due_us()
        assert after_us is None or after_us > due_us, "what is due stays due"
    faults = [fault for one in produced for fault in one.faults]
    assert not faults, faults
    return tuple(produced)


def is_a_login(record: JournalRecord) -> bool:
    """Say whether this line by itself tells of a login, and is to be believed: of a session, too, which may be one."""
    seen = observe(record)
    if not isinstance(seen, Observation) or seen.action not in (Action.LOGIN_SUCCESS, Action.SESSION_OPENED):
        return False
    return trust(seen, record) in (Trust.ACCEPT, Trust.CLAIM)
