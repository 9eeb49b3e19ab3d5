"""Reading real journal files: order, fields, hostile bytes, damaged files, files that come and go."""

import os
import resource
from pathlib import Path

import pytest

from pamsignal.errors import AccessError, JournalError
from pamsignal.journal import JournalReader, Source, damaged_files
from pamsignal.journal.source import IDENTIFIERS
from pamsignal.parse.programs import BY_IDENTIFIER
from tests.builders import BOOT, MACHINE, NOON_US
from tests.harness.journals import SECOND_US, an_entry, exported, write_journal
from tests.harness.waiting import PATIENCE_S


def a_directory(path):
    return JournalReader(Source(directory=str(path)))


def everything(reader):
    return reader.read(100_000)


def messages(reader):
    return [record.message for record in everything(reader)]


def test_a_record_has_all_that_journald_and_the_writer_said(tmp_path):
    cursor_of_nothing = everything(a_directory(tmp_path))
    write_journal(tmp_path / "a.journal", [an_entry("hello", SYSLOG_PID=12, _PID=13, _UID=1000)])

    (record,) = everything(a_directory(tmp_path))

    assert cursor_of_nothing == []
    assert record.cursor.startswith("s=")
    assert record._replace(cursor=None) == (
        *(None, NOON_US - 40, BOOT, MACHINE, "web-01", "syslog", 13, 1000, "/usr/sbin/sshd", "sshd", "ssh.service"),
        *("sshd", "hello", 12, {}, None),
    )


def test_records_of_several_files_come_in_the_order_of_time(tmp_path):
    write_journal(tmp_path / "b.journal", [an_entry(f"odd {n}", after_s=n) for n in (1, 3, 5)])
    write_journal(tmp_path / "a.journal", [an_entry(f"even {n}", after_s=n) for n in (2, 4)])

    assert messages(a_directory(tmp_path)) == ["odd 1", "even 2", "odd 3", "even 4", "odd 5"]


def test_boots_come_one_after_the_other(tmp_path):
    write_journal(tmp_path / "old.journal", [an_entry("first boot", boot="1" * 32)])
    write_journal(tmp_path / "new.journal", [an_entry("second boot", after_s=9, boot="2" * 32, monotonic_us=5)])

    records = everything(a_directory(tmp_path))

    assert [(r.message, r.boot_id[0]) for r in records] == [("first boot", "1"), ("second boot", "2")]


def test_a_clock_that_steps_back_loses_no_record_of_a_file(tmp_path):
    entries = [an_entry(f"{n}", after_s=s, monotonic_us=n * SECOND_US) for n, s in enumerate((1, 2, -3600, -3599, 3))]
    write_journal(tmp_path / "a.journal", entries)

    assert messages(a_directory(tmp_path)) == ["0", "1", "2", "3", "4"]


def test_only_what_a_parser_can_know_is_read(tmp_path):
    plain = {"SYSLOG_FACILITY": 3, "SYSLOG_IDENTIFIER": "cron"}
    entries = [
        an_entry("noise", **plain),
        an_entry("auth", **{**plain, "SYSLOG_FACILITY": 4}),
        an_entry("authpriv", **{**plain, "SYSLOG_FACILITY": 10}),
        an_entry("by name", **{**plain, "SYSLOG_FACILITY": None, "SYSLOG_IDENTIFIER": "sudo"}),
        an_entry("by id", **plain, MESSAGE_ID="a596d6fe7bfa4994828e72309e95d61e", N_DROPPED="7"),
    ]
    write_journal(tmp_path / "a.journal", [{**e, "__REALTIME_TIMESTAMP": NOON_US + n} for n, e in enumerate(entries)])

    records = everything(a_directory(tmp_path))

    assert [record.message for record in records] == ["auth", "authpriv", "by name", "by id"]
    assert records[-1].structured == {"MESSAGE_ID": "a596d6fe7bfa4994828e72309e95d61e", "N_DROPPED": "7"}


def test_our_own_lines_are_never_read_but_passed(tmp_path):
    write_journal(tmp_path / "a.journal", [an_entry("ours", _SYSTEMD_UNIT="pamsignal.service")])
    reader = a_directory(tmp_path)

    assert messages(reader) == []
    assert reader.position is not None


@pytest.mark.parametrize("identifier", ["pamsignal", "pamsignal.service", "_"])
def test_no_name_that_a_writer_gives_itself_hides_its_line(tmp_path, identifier):
    """`exec -a pamsignal su`: the tag is argv[0]."""
    write_journal(tmp_path / "a.journal", [an_entry("(to root) carol on pts/0", SYSLOG_IDENTIFIER=identifier)])

    assert messages(a_directory(tmp_path)) == ["(to root) carol on pts/0"]


def test_a_message_of_any_bytes_is_read(tmp_path):
    write_journal(tmp_path / "a.journal", [an_entry(b"a\x00b\nc\xff\xe2\x82\xac")])

    assert messages(a_directory(tmp_path)) == ["a\x00b\nc\\xff€"]


def test_a_message_is_cut_at_64_kib(tmp_path):
    write_journal(tmp_path / "a.journal", [an_entry("y" * 200_000), an_entry("next", after_s=1)])

    assert [len(message) for message in messages(a_directory(tmp_path))] == [65_536, 4]


def test_of_a_repeated_field_the_first_counts(tmp_path):
    write_journal(tmp_path / "a.journal", [an_entry(["one", "two"], SYSLOG_IDENTIFIER=["sshd", "sudo"])])

    (record,) = everything(a_directory(tmp_path))

    assert (record.message, record.identifier) == ("one", "sshd")


def test_an_entry_without_a_message_is_skipped_and_counted(tmp_path):
    write_journal(tmp_path / "a.journal", [an_entry(None), an_entry("next", after_s=1)])
    reader = a_directory(tmp_path)

    assert messages(reader) == ["next"]
    assert reader.skipped == 1


def test_a_damaged_place_in_a_file_costs_only_what_it_covers(tmp_path):
    path = write_journal(tmp_path / "a.journal", [an_entry(f"line {n:02}", after_s=n) for n in range(50)])
    damaged = path.read_bytes()
    at = damaged.index(b"MESSAGE=line 20") - 64  # the head of its data object
    path.write_bytes(damaged[:at] + bytes(16) + damaged[at + 16 :])
    write_journal(tmp_path / "b.journal", [an_entry("after the damage", after_s=99)])
    reader = a_directory(tmp_path)

    assert [text for text in messages(reader) if text != "line 20"][-1] == "after the damage"
    assert reader.skipped >= 1


def test_a_file_cut_short_says_how_to_rescue_it_and_that_works(tmp_path):
    path = write_journal(tmp_path / "a.journal", [an_entry(f"{n}", after_s=n) for n in range(10)])
    size = path.stat().st_size
    os.truncate(path, size // 2)

    with pytest.raises(JournalError, match=f"cut short, {size // 2} of {size} bytes.*truncate -s {size}"):
        JournalReader(Source(files=(str(path),)))

    os.truncate(path, size)
    assert len(everything(JournalReader(Source(files=(str(path),))))) == 10


def test_a_file_cut_short_does_not_hide_its_neighbours(tmp_path):
    path = write_journal(tmp_path / "a.journal", [an_entry("lost")])
    os.truncate(path, path.stat().st_size // 2)
    write_journal(tmp_path / "b.journal", [an_entry("kept", after_s=1)])

    assert messages(a_directory(tmp_path)) == ["kept"]
    (complaint,) = damaged_files(Source(directory=str(tmp_path)))
    assert "a.journal: cut short" in complaint


@pytest.mark.parametrize(
    ("content", "expected"),
    [(None, "no such file"), (b"", "not a journal file"), (b"LPKSHHRH", "not a journal file"), (b"x" * 999, "JSON")],
)
def test_a_file_that_is_no_journal_is_named(tmp_path, content, expected):
    path = tmp_path / "x.journal"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(JournalError, match=f"x.journal: .*{expected}"):
        JournalReader(Source(files=(str(path),)))


def test_a_directory_that_is_not_there_is_named(tmp_path):
    with pytest.raises(JournalError, match="/nowhere: no such file or directory"):
        a_directory(tmp_path / "nowhere")


def test_a_journal_without_the_right_to_read_it_says_who_has_it(open_folder):
    write_journal(open_folder / "system.journal", [an_entry()]).chmod(0)
    message = as_nobody(lambda: a_directory(open_folder))
    assert "system.journal: permission denied; run it with sudo, or join the group" in message


def as_nobody(action):
    """Run `action` as an account without rights, and return the text of the AccessError it raises."""
    if os.geteuid() != 0:
        return raised_by(action)
    os.setresuid(65534, 65534, 0)
    try:
        return raised_by(action)
    finally:
        os.setresuid(0, 0, 0)


def raised_by(action):
    with pytest.raises(AccessError) as caught:
        action()
    return str(caught.value)


def test_without_any_file_the_reader_waits_and_then_reads(tmp_path):
    reader = a_directory(tmp_path)
    before = (reader.has_files(), messages(reader))

    write_journal(tmp_path / "late.journal", [an_entry("at last")])

    assert before == (False, [])
    assert reader.has_files()
    assert messages(reader) == ["at last"]


def test_entries_appended_while_open_are_read(tmp_path):
    path = write_journal(tmp_path / "a.journal", [an_entry("one")])
    reader = a_directory(tmp_path)
    first = messages(reader)

    write_journal(path, [an_entry("two", after_s=1)])

    assert (first, messages(reader)) == (["one"], ["two"])


def test_a_new_subdirectory_is_read(tmp_path):
    reader = a_directory(tmp_path)
    before = messages(reader)

    write_journal(tmp_path / MACHINE / "system.journal", [an_entry("in the machine's folder")])

    assert (before, messages(reader)) == ([], ["in the machine's folder"])


def test_a_directory_that_is_replaced_is_opened_anew_without_repeating(tmp_path):
    root = tmp_path / "journal"
    write_journal(root / "a.journal", [an_entry("one")])
    reader = a_directory(root)
    seen = messages(reader)
    root.rename(tmp_path / "old")
    while_away = messages(reader)
    root.mkdir()
    (tmp_path / "old" / "a.journal").rename(root / "a.journal")
    write_journal(root / "a.journal", [an_entry("two", after_s=1)])

    assert (seen, while_away, messages(reader)) == (["one"], [], ["two"])
    assert reader.problem is None


def test_the_descriptor_tells_of_a_change(tmp_path):
    import select

    reader = a_directory(tmp_path)
    messages(reader)
    poll = select.poll()
    poll.register(reader.fileno(), select.POLLIN)
    quiet = poll.poll(0)

    write_journal(tmp_path / "a.journal", [an_entry()])

    assert (quiet, poll.poll(PATIENCE_S * 1000)) == ([], [(reader.fileno(), select.POLLIN)])


def test_deleted_files_are_let_go(tmp_path):
    path = write_journal(tmp_path / "a.journal", [an_entry()])
    reader = a_directory(tmp_path)
    messages(reader)
    path.unlink()
    messages(reader)

    held = [str(fd.resolve()) for fd in Path("/proc/self/fd").iterdir()]

    assert not [name for name in held if "a.journal" in name]


def test_seeking_by_time_starts_at_that_entry(tmp_path):
    write_journal(tmp_path / "a.journal", [an_entry(f"{n}", after_s=n) for n in range(5)])
    reader = a_directory(tmp_path)
    reader.seek_time(NOON_US + 3 * SECOND_US)

    assert messages(reader) == ["3", "4"]


def test_the_export_of_a_test_entry_keeps_any_bytes():
    assert exported({"MESSAGE": b"a\nb"}) == b"MESSAGE\n\x03\0\0\0\0\0\0\0a\nb\n\n"


def test_without_a_free_descriptor_the_message_names_the_limits(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    write_journal(tmp_path / "a.journal", [an_entry()])
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + 1, hard))
    try:
        with pytest.raises(JournalError, match="too many open files; raise LimitNOFILE="):
            a_directory(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_reader_that_cannot_open_anew_tries_again(tmp_path):
    root = tmp_path / "journal"
    write_journal(root / "a.journal", [an_entry("one")])
    reader = a_directory(root)
    root.rename(tmp_path / "away")

    during = (messages(reader), messages(reader), reader.problem)
    (tmp_path / "away").rename(root)

    assert during[:2] == ([], [])
    assert "no such file or directory" in during[2]
    assert (messages(reader), reader.problem) == (["one"], None)


def test_every_identifier_that_the_reader_asks_for_is_one_that_the_parsers_know():
    assert set(IDENTIFIERS) <= set(BY_IDENTIFIER)
