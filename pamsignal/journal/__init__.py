"""The journal at the edge: where records come from, and how the place in it is kept."""

from __future__ import annotations

from pamsignal.journal.json_lines import read_json_file, read_json_lines, record_from_json, records_from, records_of
from pamsignal.journal.reader import Gap, JournalReader, same_entry
from pamsignal.journal.record import record_from_fields
from pamsignal.journal.source import LIVE, Source, damaged_files, is_journal_file

__all__ = [
    "LIVE",
    "Gap",
    "JournalReader",
    "Source",
    "damaged_files",
    "is_journal_file",
    "read_json_file",
    "read_json_lines",
    "record_from_fields",
    "record_from_json",
    "records_from",
    "records_of",
    "same_entry",
]
