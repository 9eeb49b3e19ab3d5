"""Which pager is taken: systemd's rules, table by table."""

from __future__ import annotations

import pytest

from pamsignal.cli.pager import pager_of


@pytest.fixture
def environment(tmp_path):
    """Programs to page with, in a PATH of their own."""
    for name in ("less", "more", "most", "pager"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    return {"PATH": str(tmp_path)}


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ({}, ["less"]),
        ({"PAGER": ""}, None),
        ({"PAGER": "cat"}, None),
        ({"SYSTEMD_PAGER": "", "PAGER": "most"}, None),
        ({"SYSTEMD_PAGER": "less", "PAGER": "cat"}, ["less"]),
        ({"PAGER": "most -s"}, ["less"]),
        ({"PAGER": "most -s", "SYSTEMD_PAGERSECURE": "0"}, ["most", "-s"]),
        ({"PAGER": "most", "SYSTEMD_PAGERSECURE": "1"}, ["most"]),
        ({"PAGER": "most", "SYSTEMD_PAGER": "more", "SYSTEMD_PAGERSECURE": "0"}, ["more"]),
        ({"PAGER": "not-there", "SYSTEMD_PAGERSECURE": "0"}, ["pager"]),
        ({"PAGER": "not-there", "SYSTEMD_PAGERSECURE": "1"}, ["less"]),
        ({"PATH": "/nowhere"}, None),
    ],
)
def test_the_pager_is_the_one_that_systemd_would_take(environment, said, command):
    pager = pager_of({**environment, **said})
    assert (pager.command if pager else None) == command


@pytest.mark.parametrize(
    ("said", "is_secure"), [({}, True), ({"SYSTEMD_PAGERSECURE": "yes"}, True), ({"SYSTEMD_PAGERSECURE": "no"}, False)]
)
def test_less_can_start_no_shell_unless_somebody_wants_it(environment, said, is_secure):
    given = pager_of({**environment, **said, "LESSSECURE_ALLOW": "shell"}).environment
    assert (given.get("LESSSECURE") == "1") is is_secure
    assert ("LESSSECURE_ALLOW" in given) is not is_secure


@pytest.mark.parametrize(("said", "options"), [({"LESS": "-N"}, "FRSXMK"), ({"SYSTEMD_LESS": "FRX"}, "FRX")])
def test_options_of_less_are_those_for_systemd(environment, said, options):
    assert pager_of({**environment, **said}).environment["LESS"] == options
