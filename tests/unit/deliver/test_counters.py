"""The names of the store's counters come apart as they were put together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pamsignal.deliver.counters import counted, losses, name_of, name_of_loss
from pamsignal.terms import REASONS

SINKS = st.from_regex("[a-z0-9][a-z0-9_-]{0,31}", fullmatch=True)
HAPPENINGS = st.sampled_from(["delivered", "delivery_failed", "channel_held"])
KEYS = st.tuples(HAPPENINGS, SINKS, st.sampled_from(["", *REASONS]))


@given(st.dictionaries(KEYS, st.integers(0, 9)), st.dictionaries(st.tuples(SINKS, st.integers(0, 100)), st.just(1)))
def test_what_was_counted_is_read_back_by_sink_and_reason(happened, lost):
    counters = {name_of(*key): count for key, count in happened.items()}
    counters.update({name_of_loss(*key): count for key, count in lost.items()})
    assert len(counters) == len(happened) + len(lost)
    for happening in ("delivered", "delivery_failed", "channel_held"):
        expected = {key[1:]: count for key, count in happened.items() if key[0] == happening}
        assert counted(counters, happening) == expected
    assert losses(counters) == lost


def test_the_names_in_a_store_stay_as_they_are():
    assert name_of("delivered", "team") == "delivered:team"
    assert name_of("delivery_failed", "team", "timeout") == "delivery_failed:team:timeout"
    assert name_of_loss("team", 4) == "dropped:queue_full:team:4"


def test_a_name_of_another_shape_is_passed_over():
    strange = dict.fromkeys(("delivered", "delivered:a:b:c", "dropped:queue_full:a", "dropped:else:a:4", ""), 1)
    assert counted(strange, "delivered") == {}
    assert losses({**strange, "dropped:queue_full:a:x": 1}) == {}
