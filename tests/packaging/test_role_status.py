"""The table of the fleet: a host that answers nonsense, or worse, gets one row that says so, and spoils no other's."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.packaging.ansible import PROJECT, run

STATUS = {
    "version": "0.1.0",
    "state": "running",
    "journal": {"seconds_since": 3},
    "sinks": {"phone": {"queued": 2, "given_up": 1, "oldest_seconds": 7}},
    "problems": [],
}
FORGED = "none\nweb-02 0.1.0 running\x1b[2K" + "x" * 1000
# Host → what the command on it answered.
ANSWERS = {
    "good": {"rc": 0, "stdout": json.dumps(STATUS)},
    "troubled": {"rc": 1, "stdout": json.dumps({**STATUS, "problems": ["phone is paused", "lag"]})},
    "forging": {"rc": 0, "stdout": json.dumps({**STATUS, "problems": [FORGED], "version": "1\n2"})},
    "other": {"rc": 0, "stdout": '{"x": 1}'},
    "listing": {"rc": 0, "stdout": json.dumps({**STATUS, "sinks": [1]})},
    "broken": {"rc": 0, "stdout": '{"x'},
    "empty": {"rc": 0, "stdout": ""},
    "down": {"rc": 3, "stdout": "", "stderr": "pamsignal does not\nrun"},
    "away": {"unreachable": True},
}


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """Return what the playbook prints, from after the command on."""
    inventory = tmp_path_factory.mktemp("status") / "hosts.yml"
    hosts = {host: {"answer": answer} for host, answer in ANSWERS.items()}
    inventory.write_text(yaml.safe_dump({"pamsignal": {"hosts": hosts}}, sort_keys=False))
    after = "--start-at-task=Take what the table shows"
    return run("ansible-playbook", "-i", inventory, after, PROJECT / "playbooks/status.yml").stdout


@pytest.fixture(scope="module")
def rows(printed):
    """Return the table: first word of a row to the others."""
    table = printed.partition("TASK [Print the table]")[2].partition("TASK [")[0]
    lines = [line.strip().split(maxsplit=1) for line in table.splitlines() if line.startswith(" ")]
    return {line[0]: line[1] for line in lines if line[0] in ANSWERS or line[0] == "web-02"}


def test_each_host_has_one_row_whatever_it_answers(rows, printed):
    assert list(rows) == list(ANSWERS), printed


def test_a_row_shows_the_numbers_of_a_status(rows):
    assert rows["good"].split() == ["0.1.0", "running", "7", "s", "3", "s", "ago", "2", "1", "none"]
    assert rows["troubled"].endswith("phone is paused; lag")


def test_no_answer_can_begin_a_row_of_its_own_or_reach_the_terminal(rows):
    assert rows["forging"].startswith("1?2 ")
    assert "none?web-02 0.1.0 running?[2Kxxx" in rows["forging"]
    assert len(rows["forging"]) < 500


@pytest.mark.parametrize("host", ["other", "listing", "broken"])
def test_an_answer_that_cannot_be_understood_is_told(rows, host):
    assert rows[host].endswith("answer not understood")


def test_hosts_that_do_not_answer_are_told(rows):
    assert rows["down"].endswith("pamsignal does not?run")
    assert rows["away"].endswith("ssh does not get there")


def test_only_hosts_that_say_so_in_a_status_are_well(printed):
    assert "Not well: troubled, other, listing, broken, empty, down, away" in " ".join(printed.split())
