"""The manual pages: whole, narrow enough, without a complaint of man or mandoc, and their examples work."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from email.utils import parsedate_to_datetime

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from pamsignal import __version__
from pamsignal.audit.verification import KINDS
from pamsignal.cli import VERBS
from pamsignal.cli.arguments import EXIT_CODES, build_parser
from pamsignal.config.check import check_text
from pamsignal.config.schema import key_names, load_schema
from pamsignal.render import words
from pamsignal.render.fields import FIELDS
from pamsignal.runtime.loop import RELOAD, REPORT, STOP
from tests.packaging.man import PROJECT, entries, render, section, shown
from tests.unit.docs.shell import calls

FOLDER = PROJECT / "packaging/man"
PAGES = ["pamsignal.8", "pamsignal.conf.5"]
DISTRIBUTION = "/usr/bin/python3"

PARSER = build_parser(VERBS)
(BELOW,) = [action for action in PARSER._actions if isinstance(action, argparse._SubParsersAction)]
SHARED = {option for action in PARSER._actions for option in action.option_strings}
ROOT = load_schema()
SINKS = ROOT["definitions"]["sink"]["properties"]["type"]["enum"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The pages as the packages bring them."""
    return render(DISTRIBUTION, tmp_path_factory.mktemp("man"))


@pytest.fixture(scope="module")
def pages(folder):
    return {name: shown("-l", folder / name) for name in PAGES}


@pytest.fixture(scope="module")
def verbs(pages):
    return section(pages["pamsignal.8"], "VERBS")


@pytest.fixture(scope="module")
def keys(pages):
    return section(pages["pamsignal.conf.5"], "KEYS")


@pytest.mark.parametrize("name", PAGES)
def test_man_has_no_warning_about(name, folder):
    command = ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", folder / name]
    told = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    assert told.stderr == ""


@pytest.mark.parametrize("name", PAGES)
def test_mandoc_has_no_warning_about(name, folder):
    """What is mere style to it is left out: markup makes lines of the source longer than 80 bytes."""
    command = ["mandoc", "-T", "lint", "-W", "warning", folder / name]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (told.stdout + told.stderr, told.returncode) == ("", 0)


@pytest.mark.parametrize("name", PAGES)
def test_no_line_is_too_long_for_a_terminal(name, pages):
    assert [line for line in pages[name].splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_the_same_whichever_docutils_made_it(name, pages, tmp_path):
    assert shown("-l", render(sys.executable, tmp_path) / name) == pages[name]


@pytest.mark.parametrize("name", PAGES)
def test_its_foot_names_the_version_and_the_day_of_the_change_log(name, pages):
    changelog = (PROJECT / "packaging/debian/changelog").read_text()
    day = parsedate_to_datetime(re.search(r">  (.*)$", changelog, re.MULTILINE)[1]).date().isoformat()
    assert pages[name].rstrip().split("\n")[-1].split()[:3] == ["pamsignal", __version__, day]


def test_a_builder_can_say_which_day_it_is(tmp_path):
    page = render(sys.executable, tmp_path, SOURCE_DATE_EPOCH="86400", TZ="Asia/Tokyo") / PAGES[0]
    assert ' "1970-01-02" ' in page.read_text()


def test_every_option_of_all_verbs_is_explained_and_no_other(pages):
    assert entries(section(pages["pamsignal.8"], "OPTIONS").partition("\n\n")[2]) == SHARED


@pytest.mark.parametrize("verb", VERBS)
def test_every_word_and_option_of_a_verb_is_explained(verb, verbs):
    text = section(verbs, verb, 3)
    actions = [action for action in BELOW.choices[verb]._actions if not SHARED.intersection(action.option_strings)]
    assert {option for action in actions for option in action.option_strings} <= entries(text)
    values = [str(action.metavar or action.dest.upper()) for action in actions if action.nargs != 0]
    assert [value for value in values if not re.search(rf"[ \[]{re.escape(value)}[] \n]", text)] == []


def test_what_is_written_about_verbs_is_about_verbs():
    assert {path.stem for path in (FOLDER / "verbs").glob("*.rst")} <= {*VERBS}


def test_every_exit_status_is_explained_and_no_other(pages):
    assert entries(section(pages["pamsignal.8"], "EXIT STATUS")) == {*re.findall(r"\b\d+\b", EXIT_CODES)}


def test_every_signal_that_is_caught_is_explained_and_no_other(pages):
    named = {word for word in entries(section(pages["pamsignal.8"], "SIGNALS")) if word.startswith("SIG")}
    assert named == {number.name for number in STOP | RELOAD | REPORT}


def test_every_variable_of_the_environment_that_is_read_is_explained(pages):
    sources = [path.read_text() for path in (PROJECT / "pamsignal").rglob("*.py")]
    lines = [line for text in sources for line in text.splitlines() if "environ" in line]
    read = {name for line in lines for name in re.findall(r'"([A-Z_]{4,})"', line)}
    assert {"STATE_DIRECTORY", "NO_COLOR", "NOTIFY_SOCKET"} <= read
    assert read - entries(section(pages["pamsignal.8"], "ENVIRONMENT")) == set()


def test_every_finding_and_remark_is_explained(pages):
    assert {*words.RULES, *words.REASONS} <= entries(section(pages["pamsignal.8"], "ALERTS"))


def test_every_kind_of_damage_is_explained(verbs):
    assert {*KINDS} <= entries(section(verbs, "verify", 3))


@pytest.mark.parametrize("name", [*ROOT["properties"]])
def test_every_key_of_a_part_of_the_file_is_explained(name, keys):
    below = [key for key in key_names(ROOT) if key.split(".")[0] == name and key.count(".")]
    below = [key for key in below if key.split(".")[1] not in SINKS]
    heading = name if below or name == "sinks" else "The whole file"
    assert {*below, *(() if below or name == "sinks" else [name])} <= entries(section(keys, heading, 3))


@pytest.mark.parametrize("kind", SINKS)
def test_every_key_of_a_type_of_sink_is_explained(kind, keys):
    of_kind = [key for key in key_names(ROOT) if key.startswith(f"sinks.{kind}.")]
    told = entries(section(keys, "sinks", 3)) | entries(section(keys, f"sinks of type {kind}", 3))
    assert {key.replace(f".{kind}.", ".NAME.", 1) for key in of_kind} <= told


def test_every_value_of_a_template_is_explained(pages):
    assert {*FIELDS} <= entries(section(pages["pamsignal.conf.5"], "TEMPLATES"))


def test_every_name_of_an_event_and_a_finding_is_explained(pages):
    known = {name for kind in ("action", "action_or_rule") for name in ROOT["definitions"][kind]["enum"]}
    assert known <= {term.rstrip(":") for term in entries(section(pages["pamsignal.conf.5"], "EVENTS AND FINDINGS"))}


def parts_of(name, kind):
    """Yield the texts of all nodes of a kind in the source of a page, with its classes."""
    source = FOLDER / f"{name}.rst"
    settings = {"syntax_highlight": "none", "halt_level": 2}
    tree = publish_doctree(source.read_text(), source_path=str(source), settings_overrides=settings)
    for number, node in enumerate(tree.findall(kind)):
        yield pytest.param(node.astext().replace("\N{NO-BREAK SPACE}", " "), node["classes"], id=f"{name} {number}")


BLOCKS = [block for name in PAGES for block in parts_of(name, nodes.literal_block)]
LITERALS = [text for name in PAGES for text in parts_of(name, nodes.literal)]


def test_there_are_examples():
    assert sum("yaml" in block.values[1] for block in BLOCKS) >= 6
    assert sum("sh" in block.values[1] for block in BLOCKS) >= 5


@pytest.mark.parametrize(("text", "classes"), [block for block in BLOCKS if "yaml" in block.values[1]])
def test_an_example_of_a_configuration_is_accepted_without_a_warning(text, classes):
    assert check_text(text, "EXAMPLE").lines == []


def test_every_command_line_is_one_that_pamsignal_takes():
    texts = [block.values[0] for block in BLOCKS if "sh" in block.values[1]]
    texts += [" ".join(text.values[0].split()) for text in LITERALS if re.match(r"(sudo )?pamsignal ", text.values[0])]
    ours = [call[1:] for text in texts for call in calls(text) if call[0] == "pamsignal"]
    assert {call[0] for call in ours} > {"init", "check-config", "explain", "history", "verify", "replay", "status"}
    for call in ours:
        PARSER.parse_args(call)  # ends with 2 otherwise


def test_the_generator_shows_whatever_a_command_line_is_made_of():
    sys.path.insert(0, str(PROJECT / "tools"))
    from generate_man import verbs as written

    parser = argparse.ArgumentParser(prog="pamsignal")
    below = parser.add_subparsers()
    last = below.add_parser("last", aliases=["final"], description="Show *all*.")
    last.add_argument("user", nargs="+", help="so many_of them")
    last.add_argument("--form", choices=("aa", "bb"), default="aa", help="how; %(default)s if not said")
    last.add_argument("-n", "--lines", metavar="N", help="so many")
    last.add_argument("--kind", metavar="x|y", choices=("x", "y"), help="which")
    places = below.add_parser("places").add_subparsers()
    places.add_parser("status").add_argument("--old", action="store_true", help="older than 100%%")
    text = "\n".join(written(parser))
    assert "| **pamsignal last** [*options*] *USER* ..." in text
    assert "Show \\*all\\*." in text
    assert "**--form** *FORM*\n    How; aa if not said (aa, bb)." in text
    assert "**-n**, **--lines** *N*\n    So many." in text
    assert "**--kind** *x\\|y*\n    Which." in text
    assert "*USER* ...\n    So many\\_of them." in text
    assert "| **pamsignal places status** [*options*]" in text
    assert "**--old**\n    Older than 100%." in text
    assert "final" not in text
