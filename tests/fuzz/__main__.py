"""Give hostile bytes to the targets, so many seconds to each. Ends with 1 if one of them failed, and names the input.

Of a target that there is not, it ends with 2, and lists those that there are.

    python -m tests.fuzz [TARGET...] [--seconds 60] [--seed 1] [--dice]
    python -m tests.fuzz [TARGET...] --save

`--save` keeps of all inputs, saved and found in build/fuzz, the shortest that reach everything that all of them reach.
Inputs that failed once are in tests/data/fuzz-regressions, and not touched by it.
"""

from __future__ import annotations

import argparse
import sys

from tests.fuzz.corpus import FOUND, TARGETS, save, saved, target_named, worth_saving
from tests.fuzz.drive import guided, import_all, run


def main() -> int:
    """Run the targets that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Give hostile bytes to the targets.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"one of {', '.join(TARGETS)}; else all")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dice", action="store_true", help="by the seeded dice, even where atheris is")
    parser.add_argument("--save", action="store_true", help="put the inputs that are worth it into tests/data/fuzz")
    asked = parser.parse_args()
    names = asked.targets or list(TARGETS)
    if strange := {*names} - {*TARGETS}:
        parser.error(f"no such target: {', '.join(sorted(strange))}; there are: {', '.join(TARGETS)}")
    if asked.save:
        return save_all(names)
    is_guided = guided() and not asked.dice
    print("guided by coverage (atheris)" if is_guided else "NOT guided by coverage: by a seeded dice, without atheris")
    import_all(names, instrumented=is_guided)
    failed = [name for name in names if not run(name, asked.seconds, asked.seed, instrumented=is_guided)]
    print(f"FAILED: {', '.join(failed)}" if failed else f"{len(names)} targets held")
    return 1 if failed else 0


def save_all(names: list) -> int:
    """Choose the inputs of each target anew."""
    for name in names:
        found = [path.read_bytes() for path in (FOUND / name).iterdir()] if (FOUND / name).is_dir() else []
        chosen = worth_saving(target_named(name), [*saved(name), *found])
        save(name, chosen)
        print(f"{name}: {len(chosen)} inputs, {sum(map(len, chosen))} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
