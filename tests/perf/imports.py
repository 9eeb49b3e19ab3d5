"""The daemon with its memory watched while it imports: `python tests/perf/imports.py ROOT run --config CONFIG`.

At its end the file `imports` beside CONFIG gets {module: MB of anonymous memory that its import took, without those of the modules that it
imported in turn}, "" standing for the interpreter. The kernel hands memory out by pages and Python takes 1 MB at a
time, so of a single small module it says little; of a package, or the standard library, it does.
"""

# What this imports itself would be missing in the figures: no pathlib.
# ruff: noqa: PTH120, PTH123

import atexit
import builtins
import os
import sys

IDENTIFIER = "Anonymous:"


def anonymous_mb():
    """Return the memory that belongs to this process alone."""
    with open("/proc/self/smaps_rollup", encoding="ascii") as rollup:
        return next(int(line.split()[1]) / 1024 for line in rollup if line.startswith(IDENTIFIER))


def watched(importing, costs):
    """Return `importing`, a function like __import__, with what it costs added to `costs`."""
    below = []

    def importing_watched(name, *arguments, **options):
        if name in sys.modules:
            return importing(name, *arguments, **options)
        before = anonymous_mb()
        below.append(0.0)
        try:
            return importing(name, *arguments, **options)
        finally:
            took, of_others = anonymous_mb() - before, below.pop()
            costs[name] = costs.get(name, 0.0) + took - of_others
            if below:
                below[-1] += took

    return importing_watched


def write(costs, path):
    """Write them down."""
    import json  # here, so that it counts where pamsignal wants it

    with open(path, "w", encoding="utf-8") as file:
        json.dump(costs, file)


def main():
    root, *words = sys.argv[1:]
    costs = {"": anonymous_mb()}
    atexit.register(write, costs, f"{os.path.dirname(words[-1])}/imports")
    builtins.__import__ = watched(builtins.__import__, costs)
    sys.path[0] = root
    from pamsignal.cli import main as pamsignal

    return pamsignal(words)


if __name__ == "__main__":
    sys.exit(main())
