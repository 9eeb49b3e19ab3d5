"""A hostile line of any length takes work in proportion to its length, for every pattern that there is."""

import pytest

from pamsignal.parse import all_patterns, observe
from pamsignal.parse.tag import texts_behind_tags

from .journal_lines import LINES
from .processor_time import LONGEST, TooLongError, limited

SIZES = (8_000, 16_000, 32_000, LONGEST)
LETTERS = ("a", " ", "1", '"', "'", ":", "\n")
PIECES = (
    " from 10.0.0.1 port 22 ssh2", " 10.0.0.1 port 22:", " not allowed because shell ", " ; USER=x", " rhost=x user=y", ") x on ",
    " as x from /", "] (owned by unix-user:", " by x(uid=1)", "] [COMMAND=", '] FAIL LOGIN: Client "', ": carol : PWD=",
    ": pam_unix(su:auth): ", " [preauth]",
)  # fmt: skip
PATTERNS = {pattern.name: pattern for pattern in all_patterns()}
SHOWN = [(line.expect["pattern"], line.record) for line in LINES if line.expect and "pattern" in line.expect]
EXAMPLES = {name: record for name, record in SHOWN if PATTERNS[name].fullmatch(record.message)}


def blown_up(match):
    """Give the places of the line where somebody's text stands, as what is before and behind it, and two near misses."""
    text = match.string
    for start, end in {match.span(group) for group in range(1, match.re.groups + 1) if match[group]}:
        yield text[:start], text[end:]
    yield text[: len(text) // 2], "\x00!"
    yield text, "\x00!"


def own_pieces(match):
    """Return what stands between those places: what a hostile text repeats to be taken for the line's own words."""
    ends = sorted({0, len(match.string), *(at for group in range(1, match.re.groups + 1) for at in match.span(group))})
    return {match.string[start:end] for start, end in zip(ends, ends[1:])}


@pytest.mark.parametrize("name", PATTERNS)
def test_no_text_in_any_place_of_a_pattern_takes_more_than_linear_work(name):
    pattern = PATTERNS[name]
    match = pattern.fullmatch(EXAMPLES[name].message)
    for before, behind in blown_up(match):
        for piece in {*LETTERS, *own_pieces(match)} - {""}:
            filler = piece * (LONGEST // len(piece))
            with limited():
                pattern.fullmatch(before + filler + behind)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("piece", [*LETTERS, *PIECES])
def test_no_line_of_any_program_takes_more_than_linear_work(piece, size):
    for record in {record.identifier: record for record in EXAMPLES.values()}.values():
        with limited():
            observe(record._replace(message=record.message + piece * (size // len(piece)), uid=1000))


@pytest.mark.parametrize("piece", PIECES)
def test_to_look_behind_tags_takes_linear_work(piece):
    with limited():
        texts_behind_tags(piece * (LONGEST // len(piece)))


def test_the_limit_stops_what_grows_with_the_square_of_the_length():
    import re

    with pytest.raises(TooLongError), limited(0.3):
        re.fullmatch(r"(?:a*)*b|.*x.*y.*z", "x" * LONGEST)
