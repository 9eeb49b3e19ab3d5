"""What the documents show works: links, configurations, command lines, and output."""

from __future__ import annotations

import json
import re

import pytest

from pamsignal import __version__
from pamsignal.cli import main
from pamsignal.config.check import check_text
from tests.unit.docs.documents import (
    BESIDE,
    DOCUMENTS,
    ROOT,
    all_blocks,
    anchors,
    blocks,
    hosts,
    links,
    name,
)
from tests.unit.docs.shell import calls

README = ROOT / "README.md"
# Where a reader may be sent: the code host, standards, and the makers of what is spoken to. No registry of packages.
HOSTS = {
    "access.redhat.com",
    "api.telegram.org",
    "core.telegram.org",
    "db-ip.com",
    "devblogs.microsoft.com",
    "developers.facebook.com",
    "discord.com",
    "docs.crowdsec.net",
    "docs.discord.com",
    "docs.fedoraproject.org",
    "docs.ntfy.sh",
    "docs.slack.dev",
    "docs.splunk.com",
    "docutils.sourceforge.io",
    "documentation.wazuh.com",
    "download.maxmind.com",
    "events.eu.pagerduty.com",
    "events.pagerduty.com",
    "github.com",
    "go2docs.graylog.org",
    "gotify.net",
    "grafana.com",
    "graph.facebook.com",
    "hooks.slack.com",
    "keepachangelog.com",
    "learn.microsoft.com",
    "ntfy.sh",
    "semver.org",
    "splunk.github.io",
    "systemd.io",
    "ubuntu.com",
    "vector.dev",
    "wiki.debian.org",
    "www.elastic.co",
    "www.freedesktop.org",
    "www.ibm.com",
    "www.maxmind.com",
    "www.microfocus.com",
    "www.sqlite.org",
    "www.sshguard.net",
}
# Documents that name a package of another version than this one, and which: the one to go back to, for example.
OTHER_VERSIONS = {"docs/how-to/repository.md": {"0.1.0"}}
# `make run` where there is no journal plays this.
SAMPLE = ["replay", "--file", "pamsignal/sample.jsonl", "--format", "text"]


@pytest.mark.parametrize("path", [*DOCUMENTS, *BESIDE], ids=name)
def test_every_relative_link_leads_to_a_file_and_heading(path):
    for link in links(path):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("path", [*DOCUMENTS, *BESIDE], ids=name)
def test_links_lead_only_to_hosts_that_were_chosen(path):
    assert {host for host in hosts(path) - HOSTS if not host.endswith(".example.org")} == set()


@pytest.mark.parametrize("block", all_blocks("yaml"), ids=lambda block: block.place)
def test_every_configuration_is_accepted_without_a_warning(block):
    assert check_text(block.text, block.place).lines == []


def examples_of(blocks):
    """Each command of the console blocks with the output that stands below it."""
    for block in blocks:
        for part in block.text.split("$ ")[1:]:
            command, _, shown = part.partition("\n")
            yield pytest.param(command, shown.rstrip("\n").split("\n"), id=f"{block.place} {command[:40]}")


@pytest.mark.parametrize(("command", "shown"), [*examples_of(all_blocks("console"))])
def test_output_in_the_documents_is_what_the_command_prints(command, shown, capsys, monkeypatch):
    """A line with an ellipsis alone stands for any number of lines. To mend it: run the command, and copy."""
    monkeypatch.chdir(ROOT)
    (arguments,) = [SAMPLE] if command == "make run" else (call[1:] for call in calls(command))
    assert main(arguments) == 0
    printed = capsys.readouterr().out.rstrip("\n").split("\n")
    assert excerpt_of(printed, shown) == shown


def excerpt_of(printed, shown):
    """What `shown` has to be: its own lines as long as they are printed one after the other, then what comes instead."""
    found, at, is_gap = [], 0, False
    for line in shown:
        if line == "…":
            is_gap = True
        elif is_gap and line in printed[at:]:
            at, is_gap = printed.index(line, at) + 1, False
        elif not is_gap and printed[at : at + 1] == [line]:
            at += 1
        else:
            return [*found, *printed[at : at + 1]]
        found.append(line)
    return found if is_gap or at == len(printed) else [*found, *printed[at:]]


def test_an_excerpt_may_leave_out_only_what_it_says():
    printed = ["a", "b", "c", "d"]
    assert excerpt_of(printed, ["a", "…", "c", "d"]) == ["a", "…", "c", "d"]
    assert excerpt_of(printed, ["a", "c", "…"]) == ["a", "b"]
    assert excerpt_of(printed, ["…", "c"]) == ["…", "c", "d"]
    assert excerpt_of(printed, ["…", "x"]) == ["…", "a"]


def test_the_document_of_the_webhook_page_is_what_a_webhook_gets(capsys):
    (block,) = blocks(ROOT / "docs/how-to/webhook.md", "json")
    shown = json.loads(block.text)
    main(["replay", "--file", str(ROOT / "pamsignal/sample.jsonl"), "--format", "ecs", "--only", "alerts"])
    sent = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (real,) = [document for document in sent if document["rule"] == shown["rule"]]
    shown["observer"]["version"] = real["observer"]["version"]
    assert shown == real


def test_installing_by_hand_names_only_files_that_are_there():
    by_hand = (ROOT / "docs/how-to/install-by-hand.md").read_text()
    files = [word for word in by_hand.split() if word.startswith(("tools/", "packaging/"))]
    assert len(files) == 5
    assert all((ROOT / file).is_file() for file in files)


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_a_package_is_named_with_the_version_that_is_built_unless_another_is_meant(path):
    named = set(re.findall(r"pamsignal[_-](\d+\.\d+\.\d+)", path.read_text()))
    assert named <= {__version__, *OTHER_VERSIONS.get(name(path), ())}


def test_every_document_stands_in_the_list_of_documents():
    index = ROOT / "docs/README.md"
    listed = [(index.parent / link).resolve() for link in links(index)]
    below = (ROOT / "docs/adr", ROOT / "docs/reference/rules")  # these have lists of their own
    alone = [path for path in [*DOCUMENTS, *BESIDE] if path.name == "README.md" or path.parent not in below]
    assert sorted({*alone} - {*listed, index, README}) == []
    assert len(listed) == len({*listed})


def test_every_decision_stands_in_the_list():
    folder = ROOT / "docs/adr"
    assert links(folder / "README.md") == sorted(path.name for path in folder.glob("[0-9]*.md"))


@pytest.mark.parametrize("path", sorted((ROOT / "docs/adr").glob("[0-9]*.md")), ids=name)
def test_a_decision_fits_on_a_page(path):
    assert len(path.read_text().splitlines()) <= 40
