"""Each shell loads its completions and offers what the command line takes: bash and zsh on a terminal, as by hand."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
COMPLETIONS = PROJECT / "packaging/completions"

# Each shell's own start file, which tells what it would offer to a file, one a line.
BASH = """
source {script}
told() {{ _pamsignal "$@"; printf '%s\\n' "${{COMPREPLY[@]}}" >{offers}; }}
complete -F told pamsignal
PS1=READY
"""
ZSH = """
fpath=({script.parent} $fpath)
autoload -U compinit
compinit -D -u
compadd() {{ builtin compadd -A found "$@"; print -rl -- $found >>{offers}; builtin compadd "$@" }}
PROMPT=READY
"""

# typed before TAB, what has to be offered, what must not be
OFFERED = [
    ("", {"run", "check-config", "init", "test-alert", "status", "explain", "replay"}, {"--wait"}),
    ("st", {"status"}, {"init"}),
    ("--ver", {"--version"}, {"status", "--utc"}),
    ("--config here.yaml te", {"test-alert"}, set()),
    ("run --", {"--wait", "--config", "--quiet"}, {"--since", "--version", "status"}),
    ("replay --", {"--since", "--only", "--utc"}, {"--wait"}),
    ("replay --only ", {"events", "alerts"}, {"--only", "here.yaml"}),
    ("replay --format ", {"ecs", "text"}, set()),
    ("replay --directory ", {"folder"}, {"here.yaml"}),
    ("init --telegram-token-file h", {"here.yaml"}, {"--yes"}),
    ("check-config h", {"here.yaml"}, set()),
    ("completion ", {"bash", "zsh", "fish"}, {"here.yaml", "status"}),
    ("schema st", {"status"}, {"config"}),
    ("check-config --explain detect.c", {"detect.cooldown_seconds"}, {"hostname"}),
]


@pytest.fixture
def folder(tmp_path):
    """A folder to complete names in."""
    made = tmp_path / "work"
    (made / "folder").mkdir(parents=True)
    (made / "here.yaml").touch()
    return made


def offered_by_bash(typed, folder):
    start, offers = folder.parent / "bashrc", folder.parent / "offers"
    start.write_text(BASH.format(script=COMPLETIONS / "bash/pamsignal", offers=offers))
    type_into(["bash", "--noprofile", "--rcfile", str(start), "-i"], typed, folder)
    return set(offers.read_text().split())


def offered_by_zsh(typed, folder):
    start, offers = folder.parent / ".zshrc", folder.parent / "offers"
    start.write_text(ZSH.format(script=COMPLETIONS / "zsh/_pamsignal", offers=offers))
    type_into(["zsh", "--no-globalrcs", "-i"], typed, folder)
    return set(offers.read_text().split())


def offered_by_fish(typed, folder):
    script = f'source {COMPLETIONS}/fish/pamsignal.fish; complete --do-complete "pamsignal {typed}"'
    environment = {**os.environ, "HOME": str(folder.parent)}
    told = subprocess.run(
        ["fish", "--no-config", "--command", script], cwd=folder, env=environment, capture_output=True, check=True
    )
    assert told.stderr == b""
    return {line.split("\t")[0].rstrip("/") for line in told.stdout.decode().splitlines()}


def type_into(shell, typed, folder):
    """Type `typed` and TAB at the shell's prompt, wipe the line, and leave; each key waits for the one before it."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        environment = {"HOME": str(folder.parent), "ZDOTDIR": str(folder.parent), "TERM": "dumb", "LANG": "C.UTF-8"}
        os.execvpe(shell[0], shell, {**environment, "PATH": os.environ["PATH"]})
    seen = b""
    with os.fdopen(terminal, "r+b", buffering=0) as screen:
        while b"READY" not in seen:
            seen += screen.read(4096)
        screen.write(f"pamsignal {typed}\t\x15exit\n".encode())
        while read_or_end(screen):
            pass
    os.waitpid(pid, 0)


def read_or_end(screen):
    """Read on; a terminal whose last program ended answers with an error (EIO)."""
    try:
        return screen.read(4096)
    except OSError:
        return b""


@pytest.mark.parametrize(
    ("typed", "expected", "unexpected"), OFFERED, ids=[typed or "nothing" for typed, *_ in OFFERED]
)
@pytest.mark.parametrize("offered", [offered_by_bash, offered_by_zsh, offered_by_fish])
def test_a_shell_offers_what_fits_there_and_nothing_else(offered, typed, expected, unexpected, folder):
    offers = offered(typed, folder)
    assert expected <= offers
    assert unexpected.isdisjoint(offers)


def test_the_files_are_those_that_the_generator_writes():
    generator = [sys.executable, PROJECT / "tools/generate_completions.py", "--check"]
    subprocess.run(generator, check=True)
