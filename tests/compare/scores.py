"""What the comparison counts: attacks that a tool knows, with which address, and harmless lines that it takes for one."""

from __future__ import annotations

from collections import Counter
from typing import Dict, List, NamedTuple, Optional, Sequence

from tests.compare.lines import Attack, Group
from tests.compare.tools import Seen, Tool


class Score(NamedTuple):
    """Of one group and one tool: attacks that are its job, and of these known, with the right address, with a wrong one.

    `false` are lines without an attack that it counts as one. `unseen` are attacks that are its job, and that it does
    not get to see as installed.
    """

    attacks: int
    known: int
    right: int
    wrong: int
    false: int
    unseen: int = 0


def scores(groups: Sequence[Group], tool: Tool) -> List[Score]:
    """Return the tool's score for each group; it reads all lines at once, as some take long to start."""
    lines = [line for group in groups for line in group.lines]
    seen = tool.reads(lines)
    found, begin = [], 0
    for group in groups:
        own = {line_number: seen.get(begin + line_number) for line_number in range(len(group.lines))}
        found.append(_score(group, tool, own))
        begin += len(group.lines)
    return found


def _score(group: Group, tool: Tool, seen: Dict[int, Optional[Seen]]) -> Score:
    told: Counter[Attack] = Counter()
    blamed: Counter[Attack] = Counter()
    for number, line in enumerate(group.lines):
        one = seen[number]
        if one is None:
            continue
        told[line.where, one.address] += 1
        blamed[line.where, one.address] += one.is_failure
    job = _job(group, tool)
    where_told = Counter(where for where, _ in told.elements())
    where_job = Counter(where for where, _ in job.elements())
    attacked = {where for where, _ in group.attacks}
    return Score(
        attacks=sum(job.values()),
        known=sum((where_told & where_job).values()),
        right=sum(times for (_, address), times in (told & job).items() if address),
        wrong=sum(times for one, times in blamed.items() if one[1] and one[0] in attacked and one not in group.attacks),
        false=sum(times for (where, _), times in blamed.items() if where in group.harmless),
        unseen=sum(job.values()) - sum((job & _job(group, tool._replace(wants=tool.gets))).values()),
    )


def _job(group: Group, tool: Tool) -> Counter[Attack]:
    """Return the attacks that the tool is there for: who blocks addresses needs one."""
    wanted = Counter(line.where for line in group.lines if tool.wants(line))
    return Counter(
        {
            attack: min(times, wanted[attack[0]])
            for attack, times in group.attacks.items()
            if wanted[attack[0]] and (attack[1] or not tool.needs_address)
        }
    )
