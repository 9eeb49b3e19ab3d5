"""`pamsignal report` and `pamsignal top` as people and programs run them, on the example trail and on a hostile one."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import signal
import stat
import subprocess
import sys
import time

import pytest

from pamsignal.cli import main
from pamsignal.digest import identity
from pamsignal.model import NO_CONTEXT, Context
from tests.builders import NOON_US, a_finding, a_login, an_alert, an_event
from tests.harness.checkout import PROJECT
from tests.harness.command import PAMSIGNAL, json_lines, misfits, on_terminal, pamsignal, started
from tests.harness.trails import a_trail

EXAMPLE = str(PROJECT / "tests" / "data" / "trail")
HOSTILE = "<b onload=x>\x1b[2J\u202e'\""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A trail with hostile names in everything that somebody can choose."""
    directory = tmp_path_factory.mktemp("hostile")
    context = Context(country="NL", asn=64500, org=HOSTILE)
    names = {"user": HOSTILE, "hostname": HOSTILE}
    login, failure = a_login(id=identity("login"), **names), an_event(id=identity("failure"), **names)
    alerts = [
        an_alert(id=identity("new"), subject=login, reasons=("new_key",), context=context),
        an_alert(id=identity("finding"), subject=a_finding(hostname=HOSTILE)),
    ]
    trail = a_trail(directory)
    trail.append(NOON_US, [(login, context), (failure, context)], alerts)
    trail.close()
    return str(directory)


def printed(*words, code=0):
    """What a verb prints; in this process, which is faster than one for each question."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        assert main([*words]) == code
    return output.getvalue()


def report(*words, directory=EXAMPLE):
    return printed("report", "--directory", directory, *words)


@pytest.mark.parametrize("verb", ["report", "top"])
@pytest.mark.parametrize("top", ["1", "1000"])
def test_what_it_says_in_json_fits_its_schema(verb, top, hostile):
    since = ("--since", "2026-11-01")
    answers = [printed(verb, "--json", "--top", top, "--directory", place, *since) for place in (EXAMPLE, hostile)]
    documents = [document for answer in answers for document in json_lines(answer)]
    assert len(documents) == 2
    assert misfits("report", documents) == []


def test_the_sums_of_a_report_are_those_of_the_history():
    document = json.loads(report("--json"))
    failures = printed("history", "--directory", EXAMPLE, "--action", "login_failure").splitlines()
    assert document["totals"]["failures"] == len(failures) == sum(day["failures"] for day in document["days"])
    rows, more = document["addresses"]["rows"], document["addresses"]["more"]
    assert sum(row["failures"] for row in rows) + more["failures"] == len(failures)


@pytest.mark.parametrize(
    ("words", "logins", "failures"),
    [
        ((), 7, 139),
        (("--user", "alice"), 4, 0),
        (("--ip", "203.0.113.0/24"), 0, 104),
        (("--country", "it"), 1, 0),
        (("--since", "2026-11-25T00:00:00Z"), 3, 24),
        (("--until", "2026-11-23T12:00:00Z"), 2, 78),
        (("--service", "sudo"), 0, 0),
        (("--host", "web-02"), 0, 0),
    ],
)
def test_a_report_is_about_what_is_asked_for(words, logins, failures):
    totals = json.loads(report("--json", *words))["totals"]
    assert (totals["logins"], totals["failures"]) == (logins, failures)


def test_where_there_is_nothing_it_says_so_to_whoever_looks():
    answer = pamsignal("report", "--directory", EXAMPLE, "--user", "nobody")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "pamsignal: nothing found\n")
    assert json.loads(report("--json", "--user", "nobody"))["records"] == 0


def test_on_a_terminal_it_fits_is_local_and_nothing_hostile_moves_the_cursor(hostile):
    code, shown = on_terminal("report", "--directory", hostile, COLUMNS="80", TZ="Asia/Kathmandu")
    assert code == 0
    assert "2026-11-23T17:45:00+05:45" in shown
    assert "\x1b[1mLogins" in shown
    assert "\x1b[2J" not in shown
    plain = on_terminal("report", "--directory", hostile, "--no-color", COLUMNS="80")[1]
    assert "\x1b" not in plain
    tables = plain.split("\r\n\r\n", 1)[1]
    assert max(map(len, tables.splitlines())) <= 80


def test_where_the_terminal_has_no_blocks_the_bars_are_ascii():
    environment = {"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin"}
    answer = pamsignal("report", "--directory", EXAMPLE, "--top", "2", env=environment)
    assert answer.stdout.isascii()
    assert "  ####" in answer.stdout
    assert "  ... and 3 more" in answer.stdout


def test_a_page_is_for_its_owner_alone_and_is_never_replaced_unasked(tmp_path):
    page = tmp_path / "report.html"
    former = os.umask(0)
    try:
        report("--html", str(page))
    finally:
        os.umask(former)
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    page.write_text("precious")
    printed("report", "--directory", EXAMPLE, "--html", str(page), code=2)
    assert page.read_text() == "precious"
    page.chmod(0o6755)
    report("--html", str(page), "--force")
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert stat.S_IMODE(page.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [page]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file of somebody else")
def test_a_file_of_somebody_else_does_not_decide_who_reads_the_page(tmp_path):
    page = tmp_path / "report.html"
    page.touch()
    page.chmod(0o666)
    os.chown(page, 65534, 65534)
    report("--html", str(page), "--force")
    assert (stat.S_IMODE(page.stat().st_mode), page.stat().st_uid) == (0o600, 0)


def test_a_page_is_written_through_no_link(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link.html"
    target.write_text("precious")
    link.symlink_to(target)
    printed("report", "--directory", EXAMPLE, "--html", str(link), "--force", code=2)
    assert (target.read_text(), link.is_symlink()) == ("precious", True)


def test_a_page_can_go_into_a_pipe_and_hostile_names_are_text_there(hostile):
    page = report("--html", "-", directory=hostile)
    assert page.endswith("</html>\n")
    assert "<b onload" not in page
    assert "&lt;b onload=x&gt;\\x1b[2J\\u202e&#39;&quot;" in page


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (["--top", "0"], 2, "no number from 1 to 1000"),
        (["--top", "many"], 2, "no number from 1 to 1000"),
        (["--since", "recently"], 2, "'recently' is no time"),
        (["--html", "-", "--json"], 2, "either --json or --html"),
        (["--html", "/nowhere/report.html"], 2, "name a file in a directory that is there"),
        (["--html", "/dev"], 2, "is no regular file"),
        (["--directory", "/nowhere"], 1, "--directory"),
    ],
)
def test_a_wrong_question_is_answered_with_what_is_right(words, code, hint, capsys):
    try:
        ended = main(["report", "--directory", EXAMPLE, *words])
    except SystemExit as end:  # argparse's own
        ended = end.code
    answer = capsys.readouterr()
    assert (ended, answer.out) == (code, "")
    assert hint in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("verb", ["report", "top"])
def test_without_the_right_to_read_it_says_what_to_type(verb, tmp_path):
    tmp_path.chmod(0o700 if os.geteuid() == 0 else 0)  # root may read everything: ask as nobody, who cannot
    options = {"user": 65534, "env": {**os.environ, "HOME": "/"}} if os.geteuid() == 0 else {}
    answer = pamsignal(verb, "--directory", tmp_path, **options)
    assert (answer.returncode, f"try: sudo pamsignal {verb}" in answer.stderr) == (77, True)


@pytest.mark.parametrize("verb", ["report", "top"])
def test_a_reader_that_goes_away_is_no_trouble(verb):
    with started(verb, "--directory", EXAMPLE, "--since", "2026-11-01") as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_top_in_a_pipe_is_shown_once():
    shown = printed("top", "--directory", EXAMPLE, "--since", "2026-11-25T00:00:00Z", "--top", "1")
    assert "24 failed tries from 5 addresses" in shown
    assert shown.count("203.0.113.66") == 1
    assert "\x1b" not in shown


def test_top_once_on_a_terminal_shows_what_fits():
    code, shown = on_terminal(
        "top", "--once", "--directory", EXAMPLE, "--since", "2026-11-01", LINES="24", COLUMNS="80"
    )
    assert code == 0
    assert "\x1b[H" not in shown
    assert "… and 2 more" in shown


def test_top_on_a_terminal_goes_on_until_ctrl_c_and_sees_what_is_new(tmp_path):
    now_us = time.time_ns() // 1000
    trail = a_trail(tmp_path, now_us=now_us, since_us=now_us)
    reading_end, writing_end = pty.openpty()
    command = [*PAMSIGNAL, "top", "--directory", str(tmp_path)]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=writing_end, stderr=writing_end, start_new_session=True)
    os.close(writing_end)
    with os.fdopen(reading_end, "rb", buffering=0) as screen:
        seen_up_to(screen, b"nothing found")
        trail.append(now_us, [(an_event(time_us=now_us, user="mallory"), NO_CONTEXT)], ())
        trail.close()
        assert seen_up_to(screen, b"mallory").count(b"\x1b[H\x1b[2J") >= 1
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130


def seen_up_to(screen, text):
    seen = b""
    while text not in seen:
        seen += screen.read(65536)
    return seen


def test_the_daemon_knows_nothing_of_all_this():
    program = (
        "import sys; import pamsignal.cli.run, pamsignal.daemon\n"
        "ours = ('pamsignal.summary', 'pamsignal.cli.report', 'pamsignal.cli.pager', 'pamsignal.audit.search',"
        " 'pamsignal.enrich.notice', 'pamsignal.cli.shells')\n"
        "print([name for name in sys.modules if name.startswith(ours)])"
    )
    answer = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"
