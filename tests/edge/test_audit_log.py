"""The audit daemon's log, followed on a real file system as auditd writes and rotates it."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pamsignal.journal import audit_log
from pamsignal.journal.audit_log import AuditLog, this_host
from tests.builders import NOON_US
from tests.harness.audit_logs import HOST, Log, a_line, an_audited_try, users, wanted

SYSCALL = 'type=SYSCALL msg=audit(1795435200.123:77): arch=c000003e syscall=59 success=yes exe="/usr/bin/id"\n'


@pytest.fixture
def log(tmp_path):
    return Log(tmp_path)


@pytest.fixture
def reader(log):
    one = AuditLog(str(log.path), HOST)
    one.resume(None)
    yield one
    one.close()


@pytest.mark.parametrize(
    "changes",
    [{}, {"enriched": True}, {"node": "node=web-01 "}, {"node": "node=WEB-01.example.com "}],
    ids=["raw", "enriched", "node", "domain"],
)
def test_a_line_is_the_record_that_journald_would_have_made_of_it(log, reader, changes):
    message = an_audited_try(subj=" subj=system_u:system_r:sshd_t:s0-s0:c0.c1023")
    log.write(SYSCALL, a_line(0, message, **changes), SYSCALL)
    (record,) = reader.read()
    assert (record.message, record.transport, record.identifier) == (message, "audit", "audit")
    assert (record.pid, record.uid, record.time_us) == (4711, 0, NOON_US + 123_000)
    assert record[2:5] == HOST


@pytest.mark.parametrize("node", ["db-01", "web-011", "web-0", "192.0.2.9"])
def test_what_another_node_sent_is_not_this_hosts(log, reader, node):
    log.write(a_line(0, node=f"node={node} "))
    assert reader.read() == []
    assert f"its lines are of the node {node}, and this host is web-01" in reader.problem
    log.write(a_line(1))
    assert users(reader.read()) == wanted(1)
    assert reader.problem is None


def test_the_same_line_has_the_same_cursor_and_another_has_another(log):
    log.write(a_line(0), a_line(1))
    cursors = []
    for _ in range(2):
        again = AuditLog(str(log.path), HOST)
        again.resume("1 0")  # no such file is left: all there is
        cursors.append([record.cursor for record in again.read()])
    assert cursors[0] == cursors[1]
    assert len(set(cursors[0])) == 2


def test_the_first_start_tells_nothing_of_what_was_before(log):
    log.write(a_line(0))
    one = AuditLog(str(log.path), HOST)
    one.resume(None)
    log.write(a_line(1))
    assert users(one.read()) == wanted(1)


@pytest.mark.parametrize("times", [1, 2, 4])
def test_nothing_is_lost_or_told_twice_when_the_log_is_rotated(log, reader, times):
    log.write(a_line(0))
    assert users(reader.read()) == wanted(0)
    log.write(a_line(1))
    for number in range(times):
        log.rotate()
        log.write(a_line(2 + number))
    assert users(reader.read()) == wanted(1, *range(2, 2 + times))
    assert reader.read() == []


def test_what_was_written_while_nobody_read_comes_in_parts_that_fit_into_memory(log, reader):
    most = audit_log.MOST_RECORDS
    log.write(*map(a_line, range(2 * most + 7)))
    assert [users(reader.read()) for _ in range(4)] == [
        wanted(*range(most)),
        wanted(*range(most, 2 * most)),
        wanted(*range(2 * most, 2 * most + 7)),
        [],
    ]


def test_a_turn_reads_no_more_than_its_share_of_lines_that_nobody_wants(log, reader, monkeypatch):
    monkeypatch.setattr(audit_log, "MOST_BYTES", 1)
    monkeypatch.setattr(audit_log, "_CHUNK_BYTES", 10 * len(SYSCALL))
    log.write(SYSCALL * 15, a_line(1))
    assert [users(reader.read()) for _ in range(2)] == [[], wanted(1)]


def test_what_was_deleted_before_it_was_opened_is_gone_and_the_rest_is_told(log, reader):
    for number in range(8):
        log.write(a_line(number))
        log.rotate(keep=3)
    log.write(a_line(8))
    assert users(reader.read()) == wanted(0, 6, 7, 8)  # the first is open, and as long as it is it is there


@pytest.mark.parametrize("rotations", [0, 1, 2])
def test_a_restart_goes_on_at_its_place(log, reader, rotations):
    log.write(a_line(0), a_line(1))
    reader.read()
    log.write(a_line(2))
    for number in range(rotations):
        log.rotate()
        log.write(a_line(3 + number))
    after = AuditLog(str(log.path), HOST)
    after.resume(reader.place)
    assert users(after.read()) == wanted(*range(2, 3 + rotations))


def test_what_was_written_just_before_a_rotation_is_read(log, reader, monkeypatch):
    look, todo = reader._files, [log.rotate, lambda: log.write(a_line(1))]

    def files():
        while todo:  # after the last look into the file, and before that at the directory
            todo.pop()()
        return look()

    monkeypatch.setattr(reader, "_files", files)
    log.write(a_line(0))
    assert users(reader.read()) == wanted(0, 1)


def test_a_later_file_with_the_inode_of_the_one_that_is_gone_is_not_taken_for_it(log, reader):
    log.write(a_line(0), a_line(1))
    reader.read()
    _, offset, head = reader.place.split()
    log.rotate(keep=2)
    log.write(a_line(2))
    log.rotate(keep=2)
    log.write(*map(a_line, range(3, 9)))
    after = AuditLog(str(log.path), HOST)
    after.resume(f"{log.path.stat().st_ino} {offset} {head}")
    assert users(after.read()) == wanted(*range(2, 9))


@pytest.mark.parametrize("is_gone", [True, False], ids=["emptied", "copied"])
def test_a_restart_goes_on_in_the_copy_of_a_log_that_was_emptied_in_its_place(log, reader, is_gone):
    log.write(a_line(0))
    reader.read()
    log.write(a_line(1))
    if not is_gone:
        log.path.with_name("audit.log.1").write_bytes(log.path.read_bytes())
    os.truncate(log.path, 0)
    log.write(a_line(2), a_line(3))
    after = AuditLog(str(log.path), HOST)
    after.resume(reader.place)
    assert users(after.read()) == (wanted(2, 3) if is_gone else wanted(1, 2, 3))


def test_a_place_without_a_first_line_goes_by_the_inode(log, reader):
    log.write(a_line(0))
    reader.read()
    log.write(a_line(1))
    after = AuditLog(str(log.path), HOST)
    after.resume(" ".join(reader.place.split()[:2]))
    assert users(after.read()) == wanted(1)


def test_a_log_that_cannot_be_read_for_a_time_keeps_its_place(log, reader, tmp_path):
    log.write(a_line(0))
    reader.read()
    log.write(a_line(1))
    hidden = log.path.rename(tmp_path / "elsewhere")
    after = AuditLog(str(log.path), HOST)
    after.resume(reader.place)
    assert (after.read(), after.place) == ([], reader.place)
    hidden.rename(log.path)
    assert users(after.read()) == wanted(1)


def test_a_log_that_was_emptied_in_its_place_is_read_from_its_beginning(log, reader):
    log.write(a_line(0), a_line(1))
    reader.read()
    os.truncate(log.path, 0)
    log.write(a_line(2))
    assert users(reader.read()) == wanted(2)


def test_half_a_line_waits_for_the_other_half(log, reader):
    line = a_line(0)
    log.write(line[:80])
    assert reader.read() == []
    log.write(line[80:], a_line(1))
    assert users(reader.read()) == wanted(0, 1)


def test_a_line_without_end_is_passed_over(log, reader):
    log.write("type=USER_AUTH msg=" + "x" * 600_000 + "\n", a_line(0))
    assert users(reader.read()) == wanted(0)


@pytest.mark.parametrize("is_restarted", [True, False])
def test_the_end_of_a_line_without_end_is_no_line(log, reader, is_restarted):
    log.write("x" * audit_log._CHUNK_BYTES)
    assert reader.read() == []
    place = reader.place
    log.write(a_line(0), a_line(1))
    if is_restarted:
        reader = AuditLog(str(log.path), HOST)
        reader.resume(place)
    assert users(reader.read()) == wanted(1)


def test_a_log_that_appears_later_is_read_from_its_beginning(log, reader, tmp_path):
    later = Log(tmp_path)
    later.path.unlink()
    one = AuditLog(str(later.path), HOST)
    one.resume(None)
    assert one.read() == []
    assert one.problem == f"{later.path}: No such file or directory"
    later.write(a_line(0))
    assert users(one.read()) == wanted(0)
    assert one.problem is None


def test_no_link_is_followed(log, tmp_path):
    link = tmp_path / "link.log"
    link.symlink_to(log.path)
    one = AuditLog(str(link), HOST)
    one.resume(None)
    assert "symbolic links" in one.problem


def test_without_the_right_it_says_what_to_do(log):
    log.path.chmod(0)
    one = AuditLog(str(log.path), HOST)
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(65534)
    try:
        one.resume(None)
    finally:
        if was_root:
            os.seteuid(0)
    assert "Permission denied; give the service the right to read it" in one.problem


def test_none_is_told_before_the_journal_has_come_that_far(log, reader):
    log.write(a_line(0), a_line(1), a_line(2))
    assert users(reader.read(NOON_US + 1_500_000)) == wanted(0, 1)
    assert users(reader.read(NOON_US + 1_500_000)) == []
    assert users(reader.read()) == wanted(2)


def test_the_history_ends_where_reading_goes_on(log, reader, monkeypatch):
    log.write(a_line(0), a_line(1), a_line(2))
    reader.read()
    log.write(a_line(3))
    assert users(reader.history()) == wanted(0, 1, 2)
    monkeypatch.setattr(audit_log, "HISTORY_BYTES", len(a_line(2)) + 10)
    assert users(reader.history()) == wanted(2)
    assert users(reader.read()) == wanted(3)


@settings(max_examples=50)
@given(st.binary(max_size=300))
def test_whatever_stands_in_a_line_nothing_raises(content):
    AuditLog("/nowhere", HOST)._record_of(content)
    AuditLog("/nowhere", HOST)._record_of(b"type=TTY msg=audit(1.000:1): " + content)


@pytest.mark.parametrize("place", ["", "x", "5", "5 x", "-1 2", "99999999999999999999 5", "1 99999999999999999999999"])
def test_a_place_that_makes_no_sense_is_no_mistake(log, place):
    log.write(a_line(0))
    one = AuditLog(str(log.path), HOST)
    one.resume(place)
    one.read()
    log.write(a_line(1))
    assert users(one.read()) == wanted(1)


def test_this_host_has_a_boot_as_journald_writes_it():
    assert len(this_host().boot_id) == 32
