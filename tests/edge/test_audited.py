"""Records of journald and of auditd's log as the daemon takes them: by time, once, and on from its place."""

from __future__ import annotations

import time

import pytest

from pamsignal.daemon.audited import Audited
from pamsignal.deliver.store import open_store
from pamsignal.deliver.turn import Turn
from pamsignal.journal.audit_log import AuditLog
from tests.builders import NOON_US, a_record
from tests.harness.audit_logs import HOST, Log, a_line, an_audited_try, users, wanted
from tests.harness.daemon import Service


@pytest.fixture
def log(tmp_path):
    return Log(tmp_path)


def audited(log, store, oldest_us=0):
    one = Audited(AuditLog(str(log.path), HOST))
    one.begin(store, oldest_us)
    return one


@pytest.fixture
def store(tmp_path):
    with_place = open_store(str(tmp_path / "state.db"))
    yield with_place
    with_place.close()


def test_records_of_both_come_by_time_and_those_of_journald_only_once(log, store):
    one = audited(log, store)
    log.write(a_line(0), a_line(2))
    journal = [
        a_record("Failed x", time_us=NOON_US + 1_500_000),
        a_record(an_audited_try(), "audit", transport="audit", time_us=NOON_US + 123_000),
        a_record("Failed y", time_us=NOON_US + 3_000_000),
    ]
    merged = one.beside(journal, is_behind=False)
    assert [record.time_us - NOON_US for record in merged] == [123_000, 1_500_000, 2_123_000, 3_000_000]


def test_the_place_is_kept_in_the_store_when_it_has_changed(log, store):
    one = audited(log, store)
    log.write(a_line(0))
    one.beside([], is_behind=False)
    rows = one.take_place()
    store.commit(Turn(now_us=NOON_US, remembered=rows))
    assert one.take_place() == []
    log.write(a_line(1))
    assert users(audited(log, store).beside([], is_behind=False)) == wanted(1)


def test_what_is_too_old_to_be_told_is_left_out(log, store):
    one = audited(log, store, oldest_us=NOON_US + 1_000_000)
    log.write(a_line(0), a_line(1))
    assert users(one.beside([], is_behind=False)) == wanted(1)


def test_the_daemon_counts_what_only_the_log_tells_and_goes_on_there_after_a_kill(tmp_path):
    log, service = Log(tmp_path), Service(tmp_path)
    service.configure(
        f"journal: {{directory: {service.journal}}}\naudit: {{enabled: true, log: {log.path}}}\nsinks: {{}}\n"
    )
    service.write("Server listening on 0.0.0.0 port 22.")
    service.start()
    now_s = int(time.time())
    log.write(
        *(a_line(number, an_audited_try(exe="/opt/vpn/vpnd", pid=900 + number), at_s=now_s - 9) for number in range(3))
    )
    trail = tmp_path / "logs"
    service.until(lambda: told_in(trail) == 3)
    service.kill()
    log.rotate()
    log.write(a_line(3, an_audited_try(exe="/opt/vpn/vpnd", pid=903), at_s=now_s - 9))
    service.start()
    service.until(lambda: told_in(trail) == 4)
    service.stop()


def told_in(trail):
    return sum(path.read_text().count('"service":"vpnd"') for path in trail.glob("*.jsonl"))
