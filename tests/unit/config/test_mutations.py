"""Whatever key is misspelt and whatever value is wrong, the file is refused at that very place."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.config.check import check_text
from pamsignal.config.schema import key_names, load_schema

FULL = (Path(__file__).parents[2] / "data" / "config" / "valid" / "full.yaml").read_text()
CANARY = "Kan4rienvogel"
SECRETS = {
    "123456789:AAHkqzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz": f"123456789:{CANARY}kqzzzzzzzzzzzzzzzzzzzz",
    "https://hooks.slack.com/services/T/B/x": f"https://hooks.slack.com/services/T/B/{CANARY}",
    "https://discord.com/api/webhooks/1/x": f"https://discord.com/api/webhooks/1/{CANARY}",
    "https://prod-1.westeurope.logic.azure.com/workflows/x?sig=y": f"https://prod-1.westeurope.logic.azure.com/{CANARY}",
    "pamsignal-x7": f"pamsignal-{CANARY}",
    "tk_x": f"tk_{CANARY}",
    "AxYz": f"A{CANARY}",
    "correct-horse": f"correct-{CANARY}",
    "R0123456789abcdef0123456789abcde": f"R012345678{CANARY}123456789",
    "EAAx": f"EAA{CANARY}",
    "pover://user@token": f"pover://user@{CANARY}",
    "https://siem.example.org/in": f"https://siem.example.org/{CANARY}",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": f"whsec_{CANARY}GKYqrTwjUPD8ILPZIo2LaLa",
    "Bearer x": f"Bearer {CANARY}",
}
OWN_NAMES = ("sinks", "headers", "user_hours")  # mappings whose keys the author chooses


def pairs(node, path=()):
    """Yield (path, key node, value node) of everything in the document."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*path, key.value), key, value
            yield from pairs(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*path, index), None, item
            yield from pairs(item, (*path, index))


def offset(mark):
    return sum(len(line) + 1 for line in FULL.split("\n")[: mark.line]) + mark.column


def replaced(node, text):
    return FULL[: offset(node.start_mark)] + text + FULL[offset(node.end_mark) :]


PAIRS = list(pairs(yaml.compose(FULL)))
KEYS = [(path, key) for path, key, _ in PAIRS if key is not None and not (len(path) > 1 and path[-2] in OWN_NAMES)]
SCALARS = [(path, value) for path, _, value in PAIRS if isinstance(value, yaml.ScalarNode)]


def dotted(path):
    return ".".join(map(str, path))


def test_the_file_that_is_mutated_has_every_key():
    kinds = {name: sink["type"] for name, sink in yaml.safe_load(FULL)["sinks"].items()}
    present = {
        dotted(["sinks", kinds[path[1]], *path[2:]] if len(path) > 1 and path[0] == "sinks" else path)
        for path, _, _ in PAIRS
    }
    budgets = ("noise_per_10_minutes", "noise_per_day", "success_per_10_minutes")
    common = ("enabled", "min_severity", "actions", "exclude", "reasons", "quiet_hours", "templates", *budgets)
    of_any_sink = {name.rpartition(".")[2] for name in present}
    missing = [
        name for name in key_names(load_schema()) if name not in present and name.rpartition(".")[2] not in common
    ]
    assert missing == []
    assert set(common) <= of_any_sink


@pytest.mark.parametrize(("path", "key"), KEYS, ids=[dotted(path) for path, _ in KEYS])
def test_a_misspelt_key_is_refused_where_it_stands(path, key):
    report = check_text(replaced(key, key.value + "q"), "FILE")
    assert report.document is None
    problem = next(
        p for p in report.problems if (p.line, p.column) == (key.start_mark.line + 1, key.start_mark.column + 1)
    )
    assert problem.key == dotted(path) + "q"
    assert f"did you mean `{path[-1]}`?" in problem.message


@pytest.mark.parametrize("wrong", ["[[]]", "{zz: 1}", "99999999999", "-1", '""', "1.5", "on"])
@pytest.mark.parametrize(("path", "value"), SCALARS, ids=[dotted(path) for path, _ in SCALARS])
def test_a_wrong_value_is_refused_where_it_stands_or_is_no_wrong_value(path, value, wrong):
    report = check_text(replaced(value, wrong), "FILE")
    if report.document is not None:
        assert (path[-1], wrong) in HARMLESS
        return
    key = report.problems[0].key
    assert report.problems[0].line == value.start_mark.line + 1
    assert key.replace("[", ".").replace("]", "").startswith(dotted(path[:3])) or key == dotted(path[:-1])


HARMLESS = {
    ("enabled", "on"),
    ("allow_insecure", "on"),
    ("allow_remote", "on"),
    ("compress", "on"),
    ("hold", "on"),
    ("keys_only", "on"),
    ("keystrokes", "on"),
    ("metadata", "on"),
    ("chat_id", "-1"),
}
HARMLESS |= {(key, "99999999999") for key in ("chat_id", "thread_id", "phone_number_id", "to")}


@given(st.text())
def test_any_text_gives_problems_or_a_document(text):
    report = check_text(text, "FILE")
    assert (report.document is None) == bool(report.problems)


WORDS = sorted({name.rpartition(".")[2] for name in key_names(load_schema())})
FRAGMENTS = [
    "\n",
    "\n  ",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
    "&a ",
    "*a",
    "!!int ",
    "!x ",
    "|",
    ">",
    "%",
    "\t",
    "0640",
    "12:30",
    "no",
    "~",
    "<<",
    "? ",
    "# ",
    ",",
    "\ufeff",
    "\x85",
    "1e9",
    ".nan",
    "-.inf",
]


@given(st.lists(st.sampled_from(FRAGMENTS + WORDS) | st.text(max_size=3), max_size=40).map("".join))
def test_anything_like_yaml_gives_problems_or_a_document(text):
    report = check_text(text, "FILE")
    assert report.document is not None or report.problems
    assert all(line.isprintable() for line in report.lines)


def with_canaries():
    text = FULL
    for plain, secret in SECRETS.items():
        assert plain in text
        text = text.replace(plain, secret)
    return text


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(FULL) + 200), st.integers(0, 12), st.sampled_from(["", " ", "\n", ":", "{", "[", "x: "])
        ),
        max_size=4,
    )
)
def test_no_mistake_makes_a_secret_visible(cuts):
    text = with_canaries()
    for start, length, instead in cuts:
        if CANARY[:4] not in text[start : start + length] and CANARY[-4:] not in text[start : start + length]:
            text = text[:start] + instead + text[start + length :]
    shown = "\n".join(check_text(text, "FILE").lines)
    assert CANARY not in shown


def test_the_whole_file_with_every_secret_is_good():
    assert check_text(with_canaries(), "FILE").lines == []


MISPLACED = (
    "123456789:AAHkqz-Kan4rienvogel-Kan4rienvogelKan4r",
    "https://ntfy.sh/Kan4rienvogel",  # short: a quotation is cut before the end of a long one
    "whsec_Kan4rienvogelKan4rienvogelKan4rien",
    "Kan4rienvogel0Kan4rienvogel00000",
)


@pytest.mark.parametrize("nth", range(len(MISPLACED)))
def test_a_token_or_a_secret_address_in_the_place_of_another_value_or_key_is_not_quoted(nth):
    """Each secret in other places of the file: all in all of them would take ten times as long."""
    nodes = [value for _, value in SCALARS[nth::8]] + [key for _, key in KEYS[nth::40]]
    wrong = [replaced(node, f'"{MISPLACED[nth]}"') for node in nodes]
    shown = [line for text in wrong for line in check_text(text, "FILE").lines]
    assert [line for line in shown if CANARY in line] == []
    assert len(shown) > len(wrong) / 2
