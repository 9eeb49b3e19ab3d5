"""The store, on a real file."""

from __future__ import annotations

import json
import sqlite3
import stat
from pathlib import Path

import pytest

from pamsignal.config import load
from pamsignal.daemon.report import health_of
from pamsignal.deliver.routes import DeliverySettings
from pamsignal.deliver.store import open_store
from pamsignal.deliver.store.database import open_for_reading
from pamsignal.deliver.turn import Channel, Memory, OpenSession, Settlement, State, Turn
from pamsignal.errors import StoreError
from pamsignal.model import Position
from pamsignal.terms import Severity
from tests.builders import NOON_US, a_finding, a_login, an_alert

SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US
DAY_US = 24 * HOUR_US


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "state.db")


@pytest.fixture
def store(path):
    opened = open_store(path)
    yield opened
    opened.close()


def a_turn(*ids, sinks=("team",), now_us=NOON_US, **changes):
    return Turn(now_us, alerts=[(an_alert(id=alert_id), sinks) for alert_id in ids], **changes)


def due_ids(store, sink="team", now_us=NOON_US, limit=100):
    return [pending.alert.id for pending in store.due(sink, now_us, limit)]


def mode_of(path):
    return stat.S_IMODE(Path(path).stat().st_mode)


def queued(alert_id, attempts=1, wait_until_us=0, sink="team"):
    return Settlement(sink, alert_id, State.QUEUED, attempts, wait_until_us, "network", "no route")


def test_only_its_owner_can_read_it(store, path):
    store.commit(a_turn("a"))
    assert {mode_of(path + suffix) for suffix in ("", "-wal", "-shm")} == {0o600}


def test_a_file_that_others_could_read_is_closed_to_them(path):
    open_store(path).close()
    Path(path).chmod(0o644)
    open_store(path).close()
    assert mode_of(path) == 0o600


def test_everything_is_there_after_a_restart(store, path):
    session = OpenSession("c12", NOON_US, '{"user":"alice"}')
    store.commit(
        a_turn(
            "a",
            position=Position("s=1;i=2", NOON_US),
            sessions_opened=[session],
            channels={"team": Channel(sent=3, last_error="network: no route")},
            remembered=[Memory("first_seen", "alice", "203.0.113.9")],
            counted={"records": 5},
        )
    )
    store.close()
    again = open_store(path)
    assert again.trouble is None
    assert again.position() == Position("s=1;i=2", NOON_US)
    assert again.due("team", NOON_US, 9)[0].alert == an_alert(id="a")
    assert again.sessions() == [session]
    assert again.channels == {"team": Channel(sent=3, last_error="network: no route")}
    assert again.memory("first_seen") == {"alice": "203.0.113.9"}
    assert again.counters == {"records": 5}
    again.close()


def test_an_empty_store_knows_nothing(store):
    assert store.position() is None
    assert store.due("team", NOON_US, 9) == []
    assert store.next_due_us("team", NOON_US) is None
    assert (store.sessions(), store.health(), store.dead_letters(), store.trouble) == ([], {}, [], None)


def test_alerts_come_out_in_the_order_in_which_they_came_in(store):
    store.commit(a_turn("c", "a"))
    store.commit(a_turn("b"))
    assert due_ids(store) == ["c", "a", "b"]
    assert due_ids(store, limit=2) == ["c", "a"]


def test_an_alert_goes_only_to_its_sinks(store):
    store.commit(Turn(NOON_US, alerts=[(an_alert(id="a"), ("team", "siem")), (an_alert(id="b"), ("siem",))]))
    assert (due_ids(store, "team"), due_ids(store, "siem"), due_ids(store, "other")) == (["a"], ["a", "b"], [])


def test_an_alert_that_is_known_is_ignored_also_when_it_was_sent_long_ago(store):
    store.commit(a_turn("a", "a"))
    store.commit(a_turn("a"))
    assert due_ids(store) == ["a"]
    store.commit(Turn(NOON_US, settled=[Settlement("team", "a", State.SENT)]))
    store.commit(a_turn("a", now_us=NOON_US + 7 * DAY_US))
    assert due_ids(store, now_us=NOON_US + 7 * DAY_US) == []


def test_ids_are_forgotten_after_eight_days(store, path):
    store.commit(a_turn("a", now_us=NOON_US))
    store.commit(a_turn("b", now_us=NOON_US + 9 * DAY_US))
    with sqlite3.connect(path) as reader:
        assert reader.execute("SELECT alert_id FROM known").fetchall() == [("b",)]


def test_a_failed_delivery_waits_until_its_time(store):
    store.commit(a_turn("a", "b"))
    until_us = NOON_US + 30 * SECOND_US
    store.commit(Turn(NOON_US, settled=[queued("a", 5, until_us)]))
    assert due_ids(store) == ["b"]
    assert due_ids(store, now_us=until_us) == ["a", "b"]
    assert store.due("team", until_us, 1)[0].attempts == 5


def test_a_held_channel_waits_as_a_whole_and_others_do_not(store):
    store.commit(a_turn("a", sinks=("team", "siem")))
    until_us = NOON_US + 30 * SECOND_US
    store.commit(Turn(NOON_US, channels={"team": Channel(failures=1, held_until_us=until_us)}))
    assert (due_ids(store), due_ids(store, "siem")) == ([], ["a"])
    assert store.next_due_us("team", NOON_US) == until_us
    assert store.next_due_us("siem", NOON_US) <= NOON_US
    assert due_ids(store, now_us=until_us) == ["a"]


def test_the_next_time_is_that_of_the_earliest_wait(store):
    store.commit(a_turn("a", "b"))
    store.commit(Turn(NOON_US, settled=[queued("a", 5, NOON_US + 9), queued("b", 5, NOON_US + 5)]))
    assert store.next_due_us("team", NOON_US) == NOON_US + 5


def test_a_wait_from_before_the_clock_was_set_back_is_over(store):
    store.commit(a_turn("a"))
    store.commit(Turn(NOON_US, settled=[queued("a", 5, NOON_US + SECOND_US)]))
    assert due_ids(store, now_us=NOON_US - 2 * HOUR_US) == ["a"]


def test_released_sinks_wait_no_longer(store):
    store.commit(a_turn("a"))
    held = {"team": Channel(failures=1, held_until_us=NOON_US + SECOND_US)}
    store.commit(Turn(NOON_US, settled=[queued("a", 5, NOON_US + SECOND_US)], channels=held))
    store.commit(Turn(NOON_US, released=["team"]))
    assert due_ids(store) == ["a"]


def test_dead_letters_are_kept_for_reading_and_not_sent(store):
    store.commit(a_turn("a", "b"))
    dead = Settlement("team", "a", State.DEAD, 1, reason="client_error", detail="400")
    store.commit(Turn(NOON_US + 1, settled=[dead]))
    [letter] = store.dead_letters()
    assert (letter.sink, letter.alert.id, letter.reason, letter.detail) == ("team", "a", "client_error", "400")
    assert letter.dead_us == NOON_US + 1
    assert due_ids(store) == ["b"]


def test_dead_letters_are_bounded_and_the_newest_stay(path):
    store = open_store(path, DeliverySettings(max_dead_letters=3))
    for number in range(6):
        dead = Settlement("team", str(number), State.DEAD, 1, reason="client_error")
        store.commit(a_turn(str(number), now_us=NOON_US + number, settled=[dead]))
    assert [letter.alert_id for letter in store.dead_letters()] == ["5", "4", "3"]
    store.close()


def test_dead_letters_are_forgotten_when_they_are_as_old_as_an_alert_may_get(path):
    store = open_store(path, DeliverySettings(max_age_seconds=3600))
    dead = Settlement("team", "a", State.DEAD, 1, reason="client_error")
    store.commit(a_turn("a", settled=[dead]))
    store.commit(a_turn("b", now_us=NOON_US + HOUR_US))
    assert store.health()["team"].dead == 1
    store.commit(a_turn("c", now_us=NOON_US + 2 * HOUR_US))
    assert (store.health()["team"].dead, due_ids(store)) == (0, ["b", "c"])
    store.close()


def test_what_was_queued_before_a_time_expires_together(store):
    store.commit(a_turn("old", now_us=NOON_US - DAY_US))
    store.commit(a_turn("young"))
    store.commit(Turn(NOON_US, expired={"team": NOON_US - 1}))
    assert due_ids(store) == ["young"]
    assert [(letter.alert_id, letter.reason) for letter in store.dead_letters()] == [("old", "expired")]


def test_a_full_queue_gives_up_the_oldest_of_the_lowest_and_logins_last_of_all(path):
    store = open_store(path, DeliverySettings(max_rows=3))

    def add(alert_id, subject, severity):
        alert = an_alert(id=alert_id, subject=subject, severity=severity)
        store.commit(Turn(NOON_US, alerts=[(alert, ("team",))]))

    add("login", a_login(), Severity.NOTICE)
    add("low-1", a_finding(), Severity.NOTICE)
    add("high", a_finding(), Severity.CRITICAL)
    add("low-2", a_finding(), Severity.NOTICE)
    assert due_ids(store) == ["login", "high", "low-2"]
    add("high-2", a_finding(), Severity.CRITICAL)
    add("high-3", a_finding(), Severity.CRITICAL)
    assert due_ids(store) == ["login", "high-2", "high-3"]
    lost = {"dropped:queue_full:team:4": 2, "dropped:queue_full:team:8": 1}
    assert store.counters == lost
    store.close()
    assert open_store(path).counters == lost


def test_health_tells_each_sink_also_one_that_is_no_longer_configured(store):
    store.commit(a_turn("a", "b", sinks=("removed",), now_us=NOON_US))
    dead = Settlement("removed", "b", State.DEAD, reason="gone")
    store.commit(Turn(NOON_US, settled=[dead], channels={"team": Channel(sent=1)}))
    health = store.health()
    assert (health["removed"].queued, health["removed"].oldest_us, health["removed"].dead) == (1, NOON_US, 1)
    assert health["team"].channel.sent == 1


def test_status_forgets_a_sink_that_was_taken_out_of_the_configuration_once_nothing_of_it_is_left(store):
    failing = Channel(failures=3, last_error="authentication: HTTP 401")
    store.commit(Turn(NOON_US, channels={"gone": failing, "left": failing}))
    store.commit(a_turn("a", sinks=("left",)))
    configured = {one.name for one in load.defaults().sinks}
    assert health_of(store, load.defaults()).keys() == {"left", *configured}


def test_sessions_open_and_close(store):
    first, second = OpenSession("1", NOON_US, "{}"), OpenSession("2", NOON_US + 1, "{}")
    store.commit(Turn(NOON_US, sessions_opened=[second, first]))
    store.commit(Turn(NOON_US, sessions_closed=["2", "never opened"]))
    assert store.sessions() == [first]


def test_memory_is_forgotten_on_request(store):
    store.commit(Turn(NOON_US, remembered=[Memory("a", "k", "1"), Memory("b", "k", "2")]))
    store.commit(Turn(NOON_US, remembered=[Memory("a", "k", None)]))
    assert (store.memory("a"), store.memory("b")) == ({}, {"k": "2"})


def test_counters_add_up(store):
    store.commit(Turn(NOON_US, counted={"x": 2}))
    store.commit(Turn(NOON_US, counted={"x": 3}))
    assert store.counters == {"x": 5}


def test_a_turn_without_changes_does_not_touch_the_file(store, path):
    store.commit(a_turn("a"))
    before = Path(path + "-wal").stat().st_size
    assert store.commit(Turn(NOON_US + 1))
    assert Path(path + "-wal").stat().st_size == before


def test_hostile_text_and_senseless_times_are_kept_without_an_error(store, path):
    hostile = "\udcff\x00'; DROP TABLE deliveries; --"
    alert = an_alert(subject=a_login(user=hostile))
    turn = Turn(
        NOON_US,
        position=Position(hostile, 2**64),
        alerts=[(alert, ("team",))],
        sessions_opened=[OpenSession(hostile, 2**64, json.dumps(hostile))],
        remembered=[Memory("area", hostile, hostile)],
        settled=[Settlement("team", "x", State.DEAD, reason="bug", detail=hostile)],
    )
    assert store.commit(turn)
    assert store.due("team", NOON_US, 1)[0].alert == alert
    assert json.loads(store.sessions()[0].document) == hostile


def test_an_alert_that_cannot_be_read_any_more_becomes_a_dead_letter(store, path):
    store.commit(a_turn("a", "b"))
    with sqlite3.connect(path) as other:
        other.execute("UPDATE deliveries SET document = '{}' WHERE alert_id = 'a'")
    assert due_ids(store) == ["b"]
    store.commit(Turn(NOON_US))
    assert [(letter.alert_id, letter.alert, letter.reason) for letter in store.dead_letters()] == [("a", None, "bug")]


def test_a_file_of_a_newer_version_is_refused_with_what_to_do_and_left_as_it_is(path):
    open_store(path).close()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(StoreError, match=r"newer pamsignal.*install that version"):
        open_store(path)
    with sqlite3.connect(path) as other:
        assert other.execute("PRAGMA user_version").fetchone() == (99,)


def test_a_file_of_any_name_can_be_opened_for_reading(tmp_path):
    path = str(tmp_path / "what? 100%#1 ä.db")
    store = open_store(path)
    store.commit(a_turn("a"))
    reader = open_for_reading(path)
    assert reader.execute("SELECT alert_id FROM deliveries").fetchall() == [("a",)]
    reader.close()
    store.close()


def test_a_reader_does_not_stop_the_writer(store, path):
    store.commit(a_turn("a"))
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM deliveries").fetchall()
    assert store.commit(a_turn("b"))
    reader.close()
