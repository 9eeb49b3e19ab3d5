"""`pamsignal geoip status`: which databases there are, which is used, and what is wrong with it."""

from __future__ import annotations

import json
import os
import time

import pytest

from pamsignal.cli import geoip, main
from pamsignal.enrich.geo import FOLDERS, Settings
from pamsignal.enrich.notice import notice_of, notices_of
from tests.harness.command import json_lines, misfits, pamsignal
from tests.harness.databases import CITIES, built_on, write, write_cities, write_networks

DAY_US = 86_400_000_000


@pytest.fixture
def databases(tmp_path):
    """Two databases of the configuration, which names them, and the words for the verb to read it."""
    city, asn = tmp_path / "GeoLite2-City.mmdb", tmp_path / "asn.mmdb"
    write_cities(city)
    write(asn, "DBIP-ASN-Lite (compat=GeoLite2-ASN)", {"203.0.113.0/24": {"autonomous_system_number": 64496}})
    config = tmp_path / "pamsignal.yaml"
    config.write_text(f"geoip:\n  city: {city}\n  asn: {asn}\n")
    config.chmod(0o600)
    return city, asn, ("geoip", "status", "--config", str(config), "--file", str(tmp_path / "status.json"))


def shown(capsys, *words, code=0):
    assert main([*words]) == code
    return capsys.readouterr().out


def document(root, settings=None, used=None, time_us=None):
    return geoip.document_of(settings or Settings(), used, time_us or time.time_ns() // 1000, str(root))


def test_path_edition_age_and_licence_are_told(capsys, databases):
    city, asn, words = databases
    told = shown(capsys, *words)
    for part in (
        str(city),
        str(asn),
        "GeoLite2-City\n",
        f"{built_on(city)}, 0 days ago",
        "created by MaxMind",
        "by DB-IP",
    ):
        assert part in told
    assert "unknown: no daemon is running" in told


def test_what_it_says_in_json_fits_its_schema(capsys, databases, tmp_path):
    documents = json_lines(shown(capsys, *databases[2], "--json"))
    documents += [document(tmp_path / "nowhere"), document(tmp_path, Settings(None, "/nowhere"))]
    assert misfits("geoip", documents) == []
    assert [bool(one["problems"]) for one in documents] == [False, False, True]


@pytest.mark.parametrize(
    ("edition", "word"),
    [
        ("GeoLite2-City", "MaxMind"),
        ("DBIP-City-Lite", "DB-IP"),
        ("DBIP-ASN-Lite (compat=GeoLite2-ASN)", "DB-IP"),
        ("GeoIP2-City", None),
    ],
)
def test_a_free_edition_has_its_notice_and_a_paid_one_has_none(edition, word):
    notice = notice_of(edition)
    assert notice is None if word is None else word in notice


def test_each_notice_is_said_once_and_nothing_of_what_is_not_there():
    lite, free = {"edition": "GeoLite2-City"}, {"edition": "DBIP-ASN-Lite (compat=GeoLite2-ASN)"}
    assert notices_of({"city": lite, "asn": {"edition": "GeoLite2-ASN"}}) == [notice_of("GeoLite2-City")]
    assert len(notices_of({"city": lite, "asn": free})) == 2
    assert notices_of({"city": None, "asn": {"edition": "GeoIP2-ISP"}}) == []


def test_what_is_wrong_is_told_with_what_to_do_and_ends_with_1(capsys, databases):
    city, asn, words = databases
    city.write_bytes(b"an error page")
    asn.chmod(0o600)
    told = shown(capsys, *words, code=1)
    assert f"problem: geoip.city: {city} is not used: it is no whole MaxMind DB file; download it again" in told
    assert f"cannot be read by the service; let everybody read it: chmod 0644 {asn}" in told


def test_an_old_one_is_a_problem(tmp_path):
    write_networks(tmp_path / FOLDERS[0][1:] / "GeoLite2-ASN.mmdb")
    told = document(tmp_path, time_us=time.time_ns() // 1000 + 31 * DAY_US)
    assert told["asn"]["database"]["age_days"] == 31
    assert "over 30 days ago; get a new one" in told["problems"][0]


def test_of_several_the_first_is_used_and_the_others_are_named(tmp_path):
    used, other = (tmp_path / folder[1:] / "dbip-city-lite.mmdb" for folder in FOLDERS[:2])
    for path in (used, other):
        write(path, "DBIP-City-Lite", CITIES)
    told = document(tmp_path)["city"]
    assert (told["database"]["path"], told["unused"]) == (str(used), [str(other)])


def test_it_tells_whether_the_daemon_uses_the_same_file(capsys, databases):
    city, _, words = databases
    status = json.loads(shown(capsys, *words, "--json"))["city"]["database"]
    settings = Settings(str(city), None)
    for used, said in (
        ({"city": status}, True),
        ({"city": {**status, "built": "x"}}, False),
        ({}, False),
        (None, None),
    ):
        assert document("", settings, used)["city"]["database"]["used_by_daemon"] is said


def test_a_configuration_that_is_broken_is_78_and_one_that_is_forbidden_77(databases, tmp_path):
    config = tmp_path / "pamsignal.yaml"
    config.write_text("geoip: 7\n")
    answer = pamsignal(*databases[2])
    assert (answer.returncode, "geoip" in answer.stderr) == (78, True)
    if os.geteuid() == 0:  # ask as nobody
        tmp_path.chmod(0o700)
        answer = pamsignal(*databases[2], user=65534, env={**os.environ, "HOME": "/"})
        assert (answer.returncode, "try: sudo pamsignal geoip status" in answer.stderr) == (77, True)
