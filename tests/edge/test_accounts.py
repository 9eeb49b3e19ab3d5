"""Accounts of this host; only what changes them is played."""

from types import SimpleNamespace

import pytest

from pamsignal.enrich import accounts

NOBODYS_UID = 2**32 - 2


@pytest.fixture(autouse=True)
def afresh():
    accounts.forget()
    yield
    accounts.forget()


@pytest.fixture
def names(monkeypatch):
    """The account database, to be changed at will."""
    known = {}
    monkeypatch.setattr(accounts.pwd, "getpwuid", lambda uid: SimpleNamespace(pw_name=known[uid]))
    return known


@pytest.mark.parametrize(("uid", "name"), [(0, "root"), (NOBODYS_UID, None), (2**64, None), (-2, None)])
def test_a_uid_has_its_account_or_none(uid, name):
    assert accounts.account_of(uid) == name


def test_an_account_that_is_made_later_is_found(names):
    assert accounts.account_of(1000) is None
    names[1000] = "alice"
    assert accounts.account_of(1000) == "alice"


def test_a_uid_that_is_given_again_has_its_new_name_when_the_old_one_is_forgotten(names):
    names[1000] = "alice"
    assert accounts.account_of(1000) == "alice"
    names[1000] = "bob"
    accounts.forget()
    assert accounts.account_of(1000) == "bob"
