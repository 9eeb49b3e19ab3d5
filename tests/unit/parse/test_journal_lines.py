"""Every line shape that the parser knows, and lines that only look like one."""

import pytest

from pamsignal.model import Observation
from pamsignal.parse import all_patterns, observe, observe_line, owners
from pamsignal.parse.tag import texts_behind_tags

from .journal_lines import LINES, as_expected


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.place} {line.why}")
def test_a_line_means_what_stands_beside_it(line):
    assert as_expected(observe(line.record)) == line.expect


def test_every_pattern_has_a_line():
    shown = {line.expect.get("pattern") for line in LINES if line.expect}
    assert [pattern.name for pattern in all_patterns() if pattern.name not in shown] == []


def test_pattern_names_are_unique():
    names = [pattern.name for pattern in all_patterns()]
    assert sorted(set(names)) == sorted(names)


def test_no_line_has_two_owners():
    assert [(line.place, owners(line.record.message)) for line in LINES if len(owners(line.record.message)) > 1] == []


def needs_its_record(line):
    """Behind a tag that somebody chose, only the executable tells whose line it is."""
    return bool(line.record.structured or texts_behind_tags(line.record.message))


def test_the_first_word_finds_the_pattern_that_owns_the_line():
    for line in LINES:
        seen, expected = observe(line.record), owners(line.record.message)
        if isinstance(seen, Observation) and expected and not needs_its_record(line):
            assert (seen.pattern,) == expected, line.place


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.place)
def test_a_bare_message_means_the_same_to_whoever_asks_without_an_identifier(line):
    seen = observe(line.record)
    if not isinstance(seen, Observation) or needs_its_record(line) or seen.pattern.startswith("sshd.cut"):
        return
    bare = observe_line(line.record.message)
    assert isinstance(bare, Observation)
    assert bare.provenance is None
    assert bare._replace(program=seen.program, service=seen.service, provenance=seen.provenance) == seen
