"""The settings are composed of the stages' own, and the schema knows exactly their fields and defaults."""

from __future__ import annotations

from pathlib import Path

import pytest

from pamsignal import detect, enrich
from pamsignal.config.check import check_text
from pamsignal.config.load import defaults
from pamsignal.config.schema import MASK, filled, find, key_names, load_schema, masked
from pamsignal.config.settings import JournalSettings, MetricsSettings, settings_from
from pamsignal.deliver.routes import DeliverySettings, RouteSettings
from pamsignal.deliver.sinks import SINKS, telegram, webhook
from pamsignal.detect import brute_force, notable, reasons, success
from pamsignal.hours import span_of
from pamsignal.model import Wording
from pamsignal.render.words import RULES
from pamsignal.secret import Secret
from pamsignal.terms import Severity

ROOT = load_schema()
FULL = (Path(__file__).parents[2] / "data" / "config" / "valid" / "full.yaml").read_text()


def full_document():
    return check_text(FULL, "FILE").document


def sink_named(settings, name):
    return next(sink for sink in settings.sinks if sink.name == name)


def defaults_of(definition):
    document = filled(ROOT, ROOT["definitions"][definition], {})
    return {key: value for key, value in document.items() if key not in (*RouteSettings._fields, "templates")}


def test_the_schema_knows_every_type_of_sink_and_no_other():
    assert sorted(ROOT["definitions"]["sink"]["properties"]["type"]["enum"]) == sorted(SINKS)


COLLECTORS = {"syslog"}  # which take every event, not alerts alone


@pytest.mark.parametrize("kind", sorted(SINKS))
def test_the_keys_of_a_sink_are_the_fields_of_its_settings_and_of_its_route(kind):
    keys = set(ROOT["definitions"][f"sink_{kind}"]["properties"])
    keys |= set() if kind in COLLECTORS else {"events"}
    assert keys == {"type", "templates", *RouteSettings._fields, *SINKS[kind].settings._fields}


@pytest.mark.parametrize("kind", sorted(SINKS))
def test_the_defaults_of_a_sink_are_those_of_its_settings(kind):
    of_module = SINKS[kind].settings._field_defaults
    for key, value in defaults_of(f"sink_{kind}").items():
        assert of_module[key] == (tuple(value) if isinstance(value, list) else value), key


def test_the_defaults_are_those_of_the_stages():
    settings = defaults()
    assert settings.detect == detect.Settings(rules=brute_force.DEFAULTS, success_after_failures=success.Settings())
    assert settings.journal == JournalSettings()
    assert settings.delivery == DeliverySettings()
    assert settings.enrich == enrich.Settings()
    assert settings.metrics == MetricsSettings()
    assert [(sink.name, sink.kind, sink.route) for sink in settings.sinks] == [
        ("journald", "journald", RouteSettings())
    ]


def test_the_schema_names_the_events_and_findings_that_can_alert():
    events = ROOT["definitions"]["action"]["enum"]
    assert sorted(events) == sorted(action.value for action in notable._SEVERITY)
    assert sorted(set(ROOT["definitions"]["action_or_rule"]["enum"]) - set(events)) == sorted(RULES)


def test_the_schema_names_what_can_be_new_about_an_event():
    assert ROOT["definitions"]["sink_reasons"]["items"]["enum"] == list(reasons.DEFAULTS)


def test_every_key_has_a_type_a_description_and_an_example_or_a_default():
    for name in key_names(ROOT):
        schema = find(ROOT, name)
        assert "type" in schema, name
        assert schema["description"].endswith("."), name
        assert "examples" in schema or "default" in schema or schema.get("const"), name


def test_every_example_and_default_of_the_schema_is_taken():
    for name in key_names(ROOT):
        schema = find(ROOT, name)
        parts = name.split(".")
        if parts[0] == "sinks" or parts[-1] == "ca_file" or schema.get("properties"):  # such a file has to be there
            continue
        for example in [*schema.get("examples", ()), schema["default"]]:
            value = example
            for part in reversed(parts):
                value = {part: value}
            report = check_text(as_flow(value), "FILE")
            assert not [problem for problem in report.problems if problem.level == "error"], (name, example)


def as_flow(value):
    import json

    return json.dumps(value)


def test_a_full_document_becomes_typed_settings():
    settings = settings_from(full_document())
    assert settings.hostname == "web-01.example.org"
    assert settings.log_level == "debug"
    assert settings.journal == JournalSettings("/", 50_000, 172_800, 86_400)
    assert settings.ignore_services == frozenset({"cron", "backup-agent"})
    assert settings.detect.trusted.networks == ("192.0.2.0/24", "2001:db8::/32", "198.51.100.7")
    assert settings.detect.trusted.users == ("ansible", "no")
    assert settings.detect.rules["brute_force"] == brute_force.Settings(True, 4, 300, weak_per_attempt=3)
    assert settings.detect.rules["distributed_brute_force"].sources == 12
    assert settings.detect.success_after_failures == success.Settings(False, 2, 7200)
    assert settings.detect.spoofed_line is False
    assert settings.detect.familiar == (False, 14, 90, (False, 800, 900, (64500,)))
    assert settings.detect.notable.actions == frozenset({"login_success", "elevation_success"})
    assert settings.late_after_seconds == 300
    assert settings.delivery == DeliverySettings(604_800, 5000)
    assert settings.metrics == MetricsSettings(True, "/run/pamsignal/metrics.prom", "127.0.0.1:9814", True)
    assert sink_named(settings, "team").route.enabled is False


def test_a_sink_gets_its_own_settings_and_its_route():
    settings = settings_from(full_document())
    bot = sink_named(settings, "bot")
    assert bot.kind == "telegram"
    assert bot.route.actions == ("success_after_failures", "login_success")
    assert bot.route.reasons == ("new_country", "new_key")
    assert bot.route.quiet_hours == (span_of("22:00-07:00"),)
    assert bot.templates == {"login_success": Wording("{user} is on {host} from {city}", "Key {key}")}
    assert isinstance(bot.settings, telegram.Settings)
    assert bot.settings.chat_id == "-1001234567890"
    assert bot.settings.thread_id == 7
    siem = sink_named(settings, "siem")
    assert isinstance(siem.settings, webhook.Settings)
    assert siem.settings.url == Secret("https://siem.example.org/in")
    assert siem.settings.headers == {"Authorization": Secret("Bearer x")}
    assert [type(secret) for secret in siem.settings.secrets] == [Secret, Secret]
    assert siem.route == RouteSettings(
        min_severity=Severity.CRITICAL, noise_per_10_minutes=20, success_per_10_minutes=120
    )


def test_no_settings_print_a_secret():
    shown = repr(settings_from(full_document()))
    for secret in ("AAHkq", "T/B/x", "whsec_", "Bearer", "siem.example.org"):
        assert secret not in shown


def test_what_is_shown_of_a_document_holds_no_secret_but_keeps_references():
    shown = masked(ROOT, ROOT, full_document())
    assert shown["sinks"]["bot"]["token"] == MASK
    assert shown["sinks"]["siem"]["secrets"] == [MASK, MASK]
    assert shown["sinks"]["siem"]["headers"] == {"Authorization": MASK}
    assert shown["sinks"]["siem"]["url"] == MASK
    report = check_text("sinks: {team: {type: slack, url: {credential: slack-url}}}", "FILE")
    assert masked(ROOT, ROOT, report.document)["sinks"]["team"]["url"] == {"credential": "slack-url"}


def test_the_fingerprint_changes_with_the_settings_and_not_with_a_secret_or_a_comment():
    first = check_text(FULL, "FILE").fingerprint
    assert check_text("# a comment\n" + FULL, "FILE").fingerprint == first
    assert check_text(FULL.replace("AAHkq", "AAHkr"), "FILE").fingerprint == first
    assert check_text(FULL.replace("attempts: 4", "attempts: 3"), "FILE").fingerprint != first
    assert check_text("", "FILE").fingerprint == check_text("log_level: info", "FILE").fingerprint


def test_an_empty_list_of_sinks_is_not_the_default():
    report = check_text("sinks: {}", "FILE")
    assert settings_from(report.document).sinks == ()
    assert [problem.level for problem in report.problems] == ["warning"]
