"""The engine takes in records by the batch: what it tells must not depend on where a batch ends."""

from hypothesis import example, given
from hypothesis import strategies as st

from pamsignal import parse
from pamsignal.pipeline import Engine
from tests.builders import BOOT, NOON_US
from tests.unit.parse.journal_lines import LINES

RECORDS = [line.record for line in LINES]
STEPS = st.tuples(st.sampled_from(RECORDS), st.integers(100, 104), st.sampled_from((0, 0.2, 2, 70, 700, 4000)))


def story_of(steps):
    """Lines of a few processes, each some seconds after the one before."""
    time_us = NOON_US
    for number, (record, pid, seconds) in enumerate(steps):
        time_us += int(seconds * 1_000_000)
        cursor = f"s=1;i={number:x};b={BOOT};m={time_us - NOON_US:x};t={time_us:x};x=0"
        yield record._replace(cursor=cursor, time_us=time_us, boot_id=BOOT, machine_id="m", pid=pid)


def told(produced):
    return [event for one in produced for event in one.events], [alert for one in produced for alert in one.alerts]


def record_of(beginning):
    return next(record for record in RECORDS if record.message.startswith(beginning))


# At a line without an event a condition is over; then comes one with an event, then the condition begins anew.
ENDS_BETWEEN = [
    (record_of("Suppressed 1184 messages"), 100, 0),
    (record_of("TOO MANY LOGIN TRIES"), 100, 700),
    (record_of("new user: name=eve"), 100, 0.2),
    (record_of("Suppressed 1184 messages"), 100, 0.2),
]


@example(ENDS_BETWEEN, 3)
@example(ENDS_BETWEEN, 4)
@given(st.lists(STEPS, max_size=60), st.integers(1, 60))
def test_a_batch_tells_what_its_records_tell_one_by_one(steps, size):
    records = list(story_of(steps))
    one_by_one, in_batches = Engine(), Engine()
    expected = told([one_by_one.feed(record) for record in records])

    assert told([in_batches.feed_all(records[at : at + size]) for at in range(0, len(records), size)]) == expected
    assert in_batches.next_due_us() == one_by_one.next_due_us()
    assert vars(in_batches.counts) == vars(one_by_one.counts)


WRITERS = st.fixed_dictionaries(
    {
        "identifier": st.sampled_from((None, "", "sshd", "su", "CRON", "systemd-journald", "x")),
        "exe": st.sampled_from((None, "", "/usr/sbin/sshd", "/usr/bin/su", "/usr/bin/logger")),
        "uid": st.sampled_from((None, 0, 100, 1000)),
        "cap_effective": st.sampled_from((None, "0", "1ffffffffff")),
    }
)


@given(st.sampled_from(RECORDS), WRITERS)
def test_the_short_way_of_a_plain_writer_reads_a_line_like_the_long_one(record, writer):
    altered = record._replace(**writer)
    assert parse.observe(altered) == parse._observe_any(altered)
    assert parse.observe(record) == parse._observe_any(record)
