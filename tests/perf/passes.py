"""One pass over a journal, in a process of its own: `python -m tests.perf.passes PASS FOLDER` prints what it counted."""

import sys
import time

from pamsignal.journal import JournalReader, Source

BATCH = 200


def batches(folder):
    reader = JournalReader(Source(directory=folder))
    while True:
        records = reader.read(BATCH)
        if not records:
            return
        yield records


def read(folder):
    """Only read."""
    return sum(len(records) for records in batches(folder))


def read_and_parse(folder):
    """Read and understand."""
    from pamsignal.parse import observe

    understood = 0
    for records in batches(folder):
        for record in records:
            understood += observe(record) is not None
    return understood


def pipeline(folder):
    """Everything between the journal and an alert, with the settings nobody changed."""
    from pamsignal.pipeline import Engine, Settings

    engine = Engine(Settings())
    for records in batches(folder):
        engine.feed_all(records)
    return engine.counts.records


def start(_folder):
    """Nothing but the interpreter and the imports: what every other pass pays once."""
    return 0


PASSES = {pass_.__name__: pass_ for pass_ in (start, read, read_and_parse, pipeline)}

if __name__ == "__main__":
    started = time.perf_counter()
    counted = PASSES[sys.argv[1]](sys.argv[2])
    print(counted, round(time.perf_counter() - started, 3))
