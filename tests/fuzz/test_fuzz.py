"""Every target over its saved inputs, always the same; then a few seconds of fresh ones, so many for each.

A longer run is `make fuzz FUZZ_SECONDS=600`; what fails is kept in build/fuzz, and belongs into tests/data/fuzz-regressions/TARGET.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path

import pytest

from pamsignal.audit.verification import verify
from pamsignal.model import Endpoint
from pamsignal.parse import Trust
from tests.fuzz.corpus import CORPUS, REGRESSIONS, TARGETS, regressions, saved, target_named
from tests.fuzz.drive import guided
from tests.fuzz.mutate import mutated
from tests.harness.checkout import PROJECT

SECONDS_EACH = 1
MOST_BYTES = 300_000  # of all that is saved
FRESH = 20
# By target: what of the product is replaced, and by what.
MISTAKES = {
    "parser": ("tests.fuzz.targets.parser.trust", lambda _seen, _record: Trust.ACCEPT),
    "correlator": ("tests.fuzz.targets.correlator.is_a_login", lambda _record: False),
    "config": ("tests.fuzz.targets.config.written", lambda _document: "{}"),
    "proc": ("pamsignal.enrich.sockets._endpoint", lambda _side, _byteorder: Endpoint(ip_address("192.0.2.1"), 65536)),
    "mmdb": ("pamsignal.enrich.place.Atlas.problems", lambda _self, _now_us: []),
    "trail": ("tests.fuzz.targets.trail.verify", lambda files: verify(files)._replace(damage=[])),
    "audit_log": ("pamsignal.journal.audit_log.AuditLog._record_of", lambda _self, _line: None),
    "cef": ("pamsignal.render.cef.in_value", lambda text, limit: text[:limit]),
    "leef": ("pamsignal.render.leef._fit", lambda text: text),
    "telegram": ("pamsignal.render.escape.for_telegram_html", lambda text, limit: text[:limit]),
    "slack": ("pamsignal.render.escape.for_slack", lambda text, limit: text[:limit]),
}


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_saved_and_what_failed_once_holds(name):
    target = target_named(name)
    for data in [*saved(name), *regressions(name)]:
        target(data)


@pytest.mark.parametrize("name", TARGETS)
def test_the_like_of_what_is_saved_holds(name):
    target, inputs, dice = target_named(name), saved(name), random.Random(20261128)
    for _ in range(FRESH):
        target(mutated(dice, inputs))


def test_a_mistake_is_planted_for_every_target():
    assert {*MISTAKES} == {*TARGETS}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_of_the_product_does_not_pass_what_is_saved(name, monkeypatch):
    target = target_named(name)
    monkeypatch.setattr(*MISTAKES[name])
    with pytest.raises((AssertionError, ValueError)):
        list(map(target, saved(name)))


def started(folder, *arguments):
    """A run that keeps what it finds in a folder of its own, and not among what longer runs have found."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.fuzz", "--seconds", str(SECONDS_EACH), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_fresh_inputs_hold_for_a_few_seconds(tmp_path):
    halves = (TARGETS[::2], TARGETS[1::2])
    runs = [started(tmp_path, *names) for names in halves]
    for names, run in zip(halves, runs):
        said, _ = run.communicate()
        assert run.returncode == 0, said
        assert ("NOT guided by coverage" in said) != guided()
        assert f"{len(names)} targets held" in said
        counts = re.findall(r"(?m)^(?:Done|\w+:) (\d+) ", said)
        assert len(counts) == len(names)
        assert all(int(count) > 0 for count in counts)


def test_without_atheris_a_dice_does_it_and_says_so(tmp_path):
    said, _ = started(tmp_path, "cef", "--dice").communicate()
    assert said.startswith("NOT guided by coverage")
    assert int(re.search(r"(?m)^cef: (\d+) inputs", said)[1]) > 0


def test_a_target_that_there_is_not_is_answered_with_those_that_there_are(tmp_path):
    run = started(tmp_path, "cef", "nosuch")
    said, _ = run.communicate()
    assert run.returncode == 2
    assert f"no such target: nosuch; there are: {', '.join(TARGETS)}\n" in said


def test_every_module_is_a_target_and_has_saved_inputs_that_stay_small():
    modules = {path.stem for path in (Path(__file__).parent / "targets").glob("[a-z]*.py")}
    assert modules == {*TARGETS} == {path.name for path in CORPUS.iterdir()}
    assert {path.name for path in REGRESSIONS.glob("*")} <= modules
    assert all(saved(name) for name in TARGETS)
    assert sum(len(data) for name in TARGETS for data in [*saved(name), *regressions(name)]) <= MOST_BYTES
