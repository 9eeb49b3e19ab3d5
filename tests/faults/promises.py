"""What must hold, after each death and at the end. Each function returns what does not, in words."""

from __future__ import annotations

from collections import Counter

from tests.faults.monitor import found_in, in_trail
from tests.harness.command import json_lines, pamsignal

MOST_REPEATED = 0.01  # of the alerts, where there were kills enough to speak of a share
ENOUGH_KILLS = 100


def at_a_death(folder, journal, found):
    """What was read is in the trail, once; the trail is whole, but for an end that was being written."""
    broken = [f"the trail is damaged: {kind}" for kind in found.damage if kind != "torn"]
    ports, _ = in_trail(folder)
    read = {port for time_us, port in list(journal.logins) if time_us <= found.until_us}
    if missing := read - set(ports):
        broken.append(f"read, and not in the trail: {sorted(missing)[:5]}")
    if len(ports) != len(set(ports)):
        broken.append("in the trail twice")
    return broken


def at_the_end(folder, journal, endpoints, everything, kills):
    """Figures, and what was broken: compare the endpoints, the trail and the store with a replay of the whole journal."""
    truth = replayed(journal.everything(everything))
    figures = {
        "entries": journal.entries,
        "rotations": journal.rotations,
        "files vacuumed": journal.vacuums,
        "alerts": len(truth),
    }
    broken = []
    for name, endpoint in endpoints.items():
        counts, more = deliveries(name, endpoint, truth, most_repeats(kills, len(truth)))
        figures.update({f"{name}: {what}": count for what, count in counts.items()})
        broken += more
    if kills and not in_order(endpoints["steady"], truth):
        broken.append("steady: not in the order of the journal")
    return figures, broken + trail_and_store(folder, journal, truth)


def most_repeats(kills, alerts):
    """How many repeats there may be: a death can repeat what was under way, one alert for each endpoint.

    Where nobody is killed, but connections break off, an answer can be lost of each alert.
    """
    if not kills:
        return alerts
    return MOST_REPEATED * alerts if kills >= ENOUGH_KILLS else kills


def in_order(endpoint, truth):
    """Whether an endpoint got everything in the journal's order, which holds as long as the store can be read."""
    order = [alert_id for alert_id in endpoint.taken() if alert_id in truth]
    return order == [alert_id for alert_id in truth if alert_id in set(order)]


def deliveries(name, endpoint, truth, most):
    """Count what came, at `most` so many repeats. A repeat is a copy that came after one that was taken, a retry one after none that was."""
    counts = Counter(dict.fromkeys(("requests", "taken", "retries", "repeats"), 0))
    taken, ids = set(), {}
    for one in list(endpoint.attempts):
        counts["requests"] += 1
        ids.setdefault(what_of(one.document), set()).add(one.alert_id)
        counts["repeats"] += one.alert_id in taken
        counts["retries"] += one.alert_id not in taken and one.answered is None
        if one.answered is not None:
            taken.add(one.alert_id)
    counts["taken"] = len(taken)
    broken = []
    if missing := [alert_id for alert_id in truth if alert_id not in taken]:
        broken.append(f"{name}: {len(missing)} alerts did not arrive, as {truth[missing[0]]}")
    if strange := {what: several for what, several in ids.items() if what in truth.values() and len(several) > 1}:
        broken.append(f"{name}: one alert under several ids: {next(iter(strange))}")
    if counts["repeats"] > most:
        broken.append(f"{name}: {counts['repeats']} repeats of {len(taken)} alerts")
    return counts, broken


def trail_and_store(folder, journal, truth):
    """Both end with the last entry, and have all of it once."""
    broken = verified(folder)
    found = found_in(folder)
    if found.head != found.trail_head:
        broken.append(f"the store knows {found.head} as the trail's head, it is {found.trail_head}")
    if found.until_us != journal.until_us:
        broken.append(f"the store stands at {found.until_us}, the journal ends at {journal.until_us}")
    ports, alerts = in_trail(folder)
    if sorted(ports) != sorted(port for _, port in journal.logins):
        broken.append(f"the trail has {len(ports)} logins ({len(set(ports))} different) of {len(journal.logins)}")
    if missing := truth.keys() - set(alerts):
        broken.append(f"{len(missing)} alerts are not in the trail")
    if twice := [alert_id for alert_id, times in Counter(alerts).items() if times > 1]:
        broken.append(f"{len(twice)} alerts are in the trail twice")
    return broken


def verified(folder):
    """Let `pamsignal verify` look at the trail."""
    done = pamsignal("verify", "--directory", folder / "logs")
    return [f"verify: {done.stdout}{done.stderr}"] if done.returncode else []


def replayed(folder):
    """The alerts that the journal stands for: what each is about, by id, in order."""
    told = pamsignal("replay", "--directory", folder, "--only", "alerts", "--json")
    told.check_returncode()
    return {one["event"]["id"]: what_of(one) for one in json_lines(told.stdout)}


def what_of(document):
    """What an alert is about, in words that tell it from every other."""
    source, user = document.get("source", {}), document.get("user", {})
    return f"{document['rule']['name']} {user.get('name')} {source.get('ip')} {source.get('port')}"
