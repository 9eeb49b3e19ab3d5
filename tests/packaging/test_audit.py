"""What `make audit` asks about, and what it may leave out. That it asks at all is seen where there is a network."""

from __future__ import annotations

import pytest

from tests.packaging.deb import PROJECT
from tools.audit import ignored, lists, summed_up


def test_every_list_of_requirements_is_asked_about():
    asked = lists()
    files = {path.name for path in (PROJECT / "tools").glob("requirements-*.txt")}
    pinned = {path.name for path in (PROJECT / "tools").glob("pinned-*.txt")}
    assert {*asked} == {
        "pamsignal",
        "dev",
        *pinned,
        *files - {name.replace("pinned", "requirements") for name in pinned},
    }
    names = {line.partition(" ")[0] for line in asked["pamsignal"]}
    assert names >= {"systemd-python", "PyYAML", "requests", "jsonschema", "maxminddb", "apprise", "rich"}
    assert all(asked.values())


def test_what_is_ignored_has_a_day_and_a_reason():
    assert ignored(["# why", "", "GHSA-aaaa-bbbb-cccc  2026-11-28  only its server, which nobody starts"]) == [
        "GHSA-aaaa-bbbb-cccc"
    ]
    ignored((PROJECT / "tools/audit-ignored.txt").read_text().splitlines())


@pytest.mark.parametrize(
    "line", ["GHSA-aaaa-bbbb-cccc", "GHSA-aaaa-bbbb-cccc 2026-11-28", "CVE-2026-1 because", "x 2026-11-28 y"]
)
def test_one_without_either_is_refused(line):
    with pytest.raises(ValueError, match="audit-ignored"):
        ignored([line])


@pytest.mark.parametrize(
    ("holes", "unasked", "last"),
    [
        ([], [], "No known holes."),
        (["dev"], [], "holes in: dev"),
        ([], ["dev", "pamsignal"], "could not ask about: dev, pamsignal; is there a way to pypi.org?"),
    ],
)
def test_a_hole_is_told_from_a_question_without_an_answer(holes, unasked, last):
    assert summed_up(holes, unasked) == last
