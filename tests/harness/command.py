"""The command line as a person runs it: a process of its own, with pipes, or on a terminal of its own."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import jsonschema

from tests.harness.checkout import PROJECT

SCHEMAS = PROJECT / "pamsignal" / "cli" / "schemas"
PAMSIGNAL = (sys.executable, "-m", "pamsignal")
# Options for who has no right to what is closed; who is not root is nobody else than that already.
AS_NOBODY = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}


def pamsignal(*words, **options):
    """Run a verb to its end; output and errors are text unless `text=False`."""
    options = {"capture_output": True, "text": True, "cwd": PROJECT, **options}
    return subprocess.run([*PAMSIGNAL, *map(str, words)], check=False, **options)


def started(*words, **options):
    """Start a verb with pipes for all three streams."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen([*PAMSIGNAL, *map(str, words)], cwd=PROJECT, text=True, **{**pipes, **options})


def on_terminal(*words, **environment):
    """Run a verb with a terminal for output and errors; return its exit code and all that it showed.

    Without a pager, unless `environment` names one, and in a session of its own: a pager asks the session's terminal.
    """
    reading_end, writing_end = pty.openpty()
    inherited = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "CLICOLOR_FORCE")}
    process = subprocess.Popen(
        [*PAMSIGNAL, *map(str, words)],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=writing_end,
        stderr=writing_end,
        env={**inherited, "TERM": "xterm", "PAGER": "cat", **environment},
        start_new_session=True,
    )
    os.close(writing_end)
    shown = b"".join(iter(lambda: _read(reading_end), b""))
    os.close(reading_end)
    return process.wait(), shown.decode()


def _read(descriptor):
    try:
        return os.read(descriptor, 65536)
    except OSError:  # EIO: nobody holds the other end any more (pty(7))
        return b""


def json_lines(text):
    """The documents of NDJSON."""
    return [json.loads(line) for line in text.splitlines()]


def validator_of(name):
    """The published schema of what `--json` prints."""
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def misfits(name, documents):
    """What in `documents` the schema does not allow."""
    validator = validator_of(name)
    return [
        f"{number}: {'.'.join(map(str, error.absolute_path))}: {error.message}"
        for number, document in enumerate(documents)
        for error in validator.iter_errors(document)
    ]
