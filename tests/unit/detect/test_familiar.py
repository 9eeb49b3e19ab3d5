"""What is new about a login: learned once, bounded, and never taught by a line that nobody verified."""

from __future__ import annotations

import pytest

from pamsignal import detect
from pamsignal.daemon import familiarity
from pamsignal.detect import familiar, reasons, trust
from pamsignal.detect.familiar import LEARNING, Change, Fact, Familiar
from pamsignal.model import NO_CONTEXT, Context, Endpoint, Key
from pamsignal.render import text, words
from pamsignal.terms import Action, Method, Outcome, Provenance, Severity
from tests.builders import NOON_US, a_finding, a_login, an_endpoint, an_event

DAY_US = 86_400_000_000
AT_ONCE = familiar.Settings(learning_days=0)
HOME = Context(country="DE", asn=64500)


def known(settings=AT_ONCE):
    """Return one that has seen alice at home, with her key."""
    familiar_ = Familiar(settings)
    familiar_.note(by_alice(), HOME)
    return familiar_


def by_alice(**changes):
    return a_login(**{"key": Key("ED25519", "SHA256:aaa"), **changes})


def test_the_first_login_of_an_account_is_new_and_says_nothing_else():
    assert Familiar(AT_ONCE).note(by_alice(), HOME) == {"first_login"}


def test_the_same_again_is_not_new():
    assert known().note(by_alice(), HOME) == set()


@pytest.mark.parametrize(
    ("changes", "context", "reasons"),
    [
        ({"source": an_endpoint("198.51.100.7")}, HOME, {"new_address"}),
        ({}, Context(country="FR", asn=64500), {"new_country"}),
        ({}, Context(country="DE", asn=64501), {"new_network"}),
        ({"key": Key("RSA", "SHA256:bbb")}, HOME, {"new_key"}),
        ({"key": None, "method": Method.PASSWORD}, HOME, {"password_login"}),
        ({"key": None, "method": Method.KEYBOARD_INTERACTIVE}, HOME, {"password_login"}),
        ({"key": None, "method": Method.PASSWORD, "service": "login"}, HOME, set()),
        ({"method": Method.KEYBOARD_INTERACTIVE}, HOME, set()),
        (
            {"source": an_endpoint("2001:db8::7")},
            Context("FR", asn=64502),
            {"new_country", "new_network", "new_address"},
        ),
        ({"key": None, "source": None}, NO_CONTEXT, set()),
        ({"source": Endpoint(host="client.example.net")}, HOME, {"new_address"}),
        ({"source": Endpoint(port=50022)}, HOME, set()),
    ],
)
def test_what_an_account_never_had_is_new(changes, context, reasons):
    assert known().note(by_alice(**changes), context) == reasons


def test_an_account_without_keys_uses_its_password_as_ever():
    place = known()
    place.note(a_login(user="bob", method=None, service="login", source=None), NO_CONTEXT)
    over_ssh = a_login(user="bob", method=Method.PASSWORD)
    assert place.note(over_ssh, HOME) == {"new_country", "new_network", "new_address"}


def test_another_account_with_the_same_key_is_new():
    assert known().note(by_alice(user="bob"), HOME) == {"first_login"}


def test_of_ipv6_a_64_is_one_place():
    place = known()
    place.note(by_alice(source=an_endpoint("2001:db8::1")), HOME)
    assert place.note(by_alice(source=an_endpoint("2001:db8::2")), HOME) == set()
    assert place.note(by_alice(source=an_endpoint("2001:db8:0:1::2")), HOME) == {"new_address"}


def test_for_the_first_days_it_only_learns():
    place = known(familiar.Settings(learning_days=7))
    early, late = by_alice(user="bob", time_us=NOON_US + 7 * DAY_US - 1), NOON_US + 7 * DAY_US
    assert place.note(early, HOME) == set()
    assert place.note(early._replace(time_us=late), HOME) == set()
    assert place.note(by_alice(user="carol", time_us=late), HOME) == {"first_login"}


def test_what_was_not_seen_for_long_is_new_again():
    place = known(familiar.Settings(learning_days=0, forget_days=10))
    assert place.note(by_alice(time_us=NOON_US + 10 * DAY_US), HOME) == set()
    assert place.note(by_alice(time_us=NOON_US + 20 * DAY_US + 1), HOME) == {"first_login"}


def test_a_clock_that_was_set_back_makes_nothing_older():
    place = known(familiar.Settings(learning_days=0, forget_days=10))
    place.note(by_alice(time_us=NOON_US - 20 * DAY_US), HOME)
    assert place.note(by_alice(time_us=NOON_US + 10 * DAY_US), HOME) == set()


def test_a_line_that_nobody_verified_teaches_nothing():
    place = known()
    abroad = by_alice(source=an_endpoint("198.51.100.7"), provenance=Provenance.UNVERIFIED)
    assert place.note(abroad, HOME) == set()
    assert place.note(abroad._replace(provenance=Provenance.VERIFIED), HOME) == {"new_address"}


def test_switched_off_it_remembers_nothing():
    place = Familiar(familiar.Settings(enabled=False, learning_days=0))
    assert place.note(by_alice(), HOME) == set()
    assert place.take_changes() == []


def test_too_many_addresses_push_out_the_oldest_of_the_same_account_alone():
    place = known()
    place.note(by_alice(user="bob"), HOME)
    for number in range(familiar.MOST_VALUES):
        place.note(by_alice(source=an_endpoint(f"198.51.100.{number}")), HOME)
    assert Change(Fact("address", "alice", "203.0.113.9"), None) in place.take_changes()
    assert place.note(by_alice(), HOME) == {"new_address"}
    assert place.note(by_alice(user="bob"), HOME) == set()


def test_too_many_accounts_push_out_the_oldest():
    place = known()
    most = familiar.MOST_ACCOUNTS * len(familiar.KINDS)
    for number in range(most):
        place.note(by_alice(user=f"user{number}", key=None, source=None), NO_CONTEXT)
    forgotten = [change.fact for change in place.take_changes() if change.seen_us is None]
    assert sorted(fact.kind for fact in forgotten) == ["address", "country", "key", "login", "network"]
    assert {fact.user for fact in forgotten} == {"alice"}


def test_what_is_kept_and_put_back_is_the_same():
    place = known()
    kept = {row.key: row.value for row in familiarity.rows(place.take_changes())}
    assert place.take_changes() == []
    again = Familiar(AT_ONCE)
    again.restore(familiarity.restored(kept))
    assert again.take_changes() == []
    assert again.note(by_alice(), HOME) == set()
    assert again.note(by_alice(), Context(country="FR", asn=64500)) == {"new_country"}


def test_what_is_kept_bears_the_names_that_the_last_version_wrote():
    place = Familiar(AT_ONCE)
    paris = Context("FR", asn=64500, latitude_microdegrees=48_856_600, longitude_microdegrees=2_352_200, radius_km=20)
    place.note(by_alice(), paris)
    place.note(by_alice(key=None, method=Method.PASSWORD), paris)
    place.note(a_login(action=Action.ELEVATION_SUCCESS, service="sudo", source=None), NO_CONTEXT)
    facts = {tuple(change.fact): change.seen_us for change in place.take_changes()}
    assert set(facts.values()) == {NOON_US}
    assert set(facts) == {
        ("learning", "", ""),
        ("login", "alice", ""),
        ("country", "alice", "FR"),
        ("network", "alice", "64500"),
        ("address", "alice", "203.0.113.9"),
        ("key", "alice", "SHA256:aaa"),
        ("password", "alice", ""),
        ("elevation", "alice", ""),
        ("place", "alice", "48856600 2352200 20"),
    }
    assert {kind for kind, user, _ in facts if user} == set(familiar.KINDS)


def test_what_was_not_seen_for_long_is_deleted_at_the_next_start():
    place = known(familiar.Settings(learning_days=0, forget_days=10))
    place.note(by_alice(user="bob", time_us=NOON_US + 10 * DAY_US + 1), HOME)
    again = Familiar(familiar.Settings(learning_days=0, forget_days=10))
    again.restore(place.take_changes())
    forgotten = again.take_changes()
    assert {change.fact.user for change in forgotten} == {"alice"}
    assert {change.seen_us for change in forgotten} == {None}
    assert again.note(by_alice(user="bob", time_us=NOON_US + 11 * DAY_US), HOME) == set()


def test_at_the_next_start_the_oldest_is_forgotten_and_what_is_just_young_enough_is_not():
    settings = familiar.Settings(learning_days=0, forget_days=10)
    seen = {"alice": NOON_US, "bob": NOON_US + 5 * DAY_US, "carol": NOON_US + 10 * DAY_US}
    again = Familiar(settings)
    again.restore([Change(Fact("login", user, ""), seen_us) for user, seen_us in seen.items()])
    assert again.take_changes() == []
    logins = [again.note(by_alice(user=user, time_us=NOON_US + 10 * DAY_US), HOME) for user in seen]
    assert not any("first_login" in news for news in logins)


def test_of_what_was_put_back_the_one_seen_longest_ago_goes_first():
    addresses = [f"198.51.100.{number}" for number in range(familiar.MOST_VALUES)]
    again = Familiar(AT_ONCE)
    again.restore(
        Change(Fact("address", "alice", address), NOON_US - number) for number, address in enumerate(addresses)
    )
    again.note(by_alice(), HOME)
    assert Change(Fact("address", "alice", addresses[-1]), None) in again.take_changes()


def test_where_nothing_was_written_down_it_begins_anew():
    again = known()
    again.restore([])
    assert again.note(by_alice(), HOME) == {"first_login"}


def test_the_learning_goes_on_over_a_restart():
    place = known(familiar.Settings(learning_days=7))
    again = Familiar(familiar.Settings(learning_days=7))
    again.restore(place.take_changes())
    assert again.note(by_alice(user="bob", time_us=NOON_US + 7 * DAY_US), HOME) == {"first_login"}


@pytest.mark.parametrize("key", ["", "[]", '["a","b"]', '{"a":1}', "nonsense", "[" * 5000])
def test_a_row_of_another_version_is_left_out(key):
    assert list(familiarity.restored({key: "1", '["login","bob",""]': "x"})) == []


def test_a_row_without_a_time_is_forgotten():
    (row,) = familiarity.rows([Change(LEARNING, None)])
    assert row.value is None


def test_a_password_is_told_once_and_only_of_an_account_that_has_keys():
    by_bob = by_alice(user="bob", key=None, method=Method.PASSWORD)
    place = known()
    place.note(by_bob, HOME)
    assert place.note(by_bob, HOME) == set()
    place.note(by_alice(key=None, method=Method.PASSWORD), HOME)
    assert place.note(by_alice(key=None, method=Method.PASSWORD), HOME) == set()


def test_a_hosting_provider_is_told_of_an_account_that_always_came_from_elsewhere():
    place = Familiar(AT_ONCE, hosting_asns=(64510, 64511))
    place.note(by_alice(), HOME)
    assert place.note(by_alice(), Context("DE", asn=64510)) == {"new_network", "hosting_network"}
    assert place.note(by_alice(), Context("DE", asn=64511)) == {"new_network"}
    assert place.note(by_alice(), Context("DE", asn=64510)) == set()


def detector(**changes):
    return detect.Detector(detect.Settings(familiar=AT_ONCE, **changes))


def test_the_alert_about_a_login_says_what_is_new_and_is_as_loud():
    one = detector()
    (first,) = one.judge(by_alice(), HOME, NOON_US)
    (again,) = one.judge(by_alice(), HOME, NOON_US)
    assert (first.rule, first.severity, first.reasons) == ("login_success", Severity.WARNING, ("first_login",))
    assert (again.rule, again.severity, again.reasons) == ("login_success", Severity.NOTICE, ())
    assert first.id == again.id  # what is new is no part of what happened
    assert "(first time for this account)" in text.headline(first)
    assert ("Remarkable", "first time for this account") in text.fields(first)


def test_a_login_after_failures_says_what_is_new_too():
    one = detector()
    for second in range(4):
        one.judge(by_alice(action=Action.LOGIN_FAILURE, time_us=NOON_US + second), HOME, NOON_US + second)
    (alert,) = one.judge(by_alice(time_us=NOON_US + 9), HOME, NOON_US + 9)
    assert (alert.rule, alert.reasons) == ("success_after_failures", ("first_login",))


@pytest.mark.parametrize("weight", [Severity.NOTICE, Severity.CRITICAL])
def test_the_first_sudo_after_failures_says_so_and_is_as_loud(weight):
    one = detector(reasons={**reasons.DEFAULTS, "first_elevation": weight})
    here = an_event(source=None, service="sudo", user="alice", action=Action.ELEVATION_FAILURE, attempts=3)
    assert one.judge(here, NO_CONTEXT, NOON_US) == []
    sudo = here._replace(action=Action.ELEVATION_SUCCESS, outcome=Outcome.SUCCESS, attempts=1)
    (alert,) = one.judge(sudo, NO_CONTEXT, NOON_US + 9)
    assert (alert.rule, alert.reasons) == ("success_after_failures", ("first_elevation",))
    assert alert.severity is max(weight, Severity.WARNING)


def test_the_first_sudo_is_told_and_the_second_is_not():
    one = detector()
    sudo = a_login(action=Action.ELEVATION_SUCCESS, service="sudo", source=None, target_user="root")
    (alert,) = one.judge(sudo, NO_CONTEXT, NOON_US)
    assert (alert.rule, alert.severity, alert.reasons) == (
        "elevation_success",
        Severity.NOTICE,
        ("first_elevation",),
    )
    assert one.judge(sudo, NO_CONTEXT, NOON_US) == []


def test_a_trusted_network_is_learned_and_says_nothing():
    one = detector(trusted=trust.Settings(networks=("203.0.113.0/24",)))
    assert one.judge(by_alice(), HOME, NOON_US) == []
    (alert,) = one.judge(by_alice(source=an_endpoint("198.51.100.7")), HOME, NOON_US)
    assert alert.reasons == ("new_address",)


def test_every_reason_has_words_and_a_digest_has_none():
    assert list(words.REASONS) == list(reasons.DEFAULTS)
    assert detect.alert_about(a_finding(), Severity.WARNING).reasons == ()


def test_when_what_was_written_down_is_lost_all_of_it_is_handed_out_again():
    lively = known()
    written = dict(lively.take_changes())
    assert lively.take_changes() == []
    lively.keep_all()
    assert dict(lively.take_changes()) == written
    assert LEARNING in written
