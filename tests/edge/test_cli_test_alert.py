"""`pamsignal test-alert`: what it shows and sends, and that no secret is shown on any way."""

from __future__ import annotations

import json
import os
import re

import pytest

from tests.harness.command import AS_NOBODY, json_lines, pamsignal
from tests.harness.receiver import Receiver, Reply
from tests.harness.web import unused_port

SINKS = """\
sinks:
  phone: {type: telegram, token: "123456789:AACANARYCANARYCANARYCANARYCANARYCAN", chat_id: "42"}
  team: {type: slack, url: "https://hooks.slack.com/services/T0/B0/CANARYSLACK"}
  hook:
    type: webhook
    url: "https://receiver.example:8443/CANARYPATH?x=CANARYQUERY"
    secrets: ["whsec_Q0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZ"]
    headers: {X-Token: CANARYHEADER}
  screen: {type: console}
  journal: {type: journald}
  off: {type: console, enabled: false}
"""


@pytest.fixture
def configured(tmp_path):
    def written(text=SINKS):
        path = tmp_path / "pamsignal.yaml"
        path.write_text(text)
        path.chmod(0o600)
        return path

    return written


def test_a_dry_run_shows_the_exact_payload_of_each_sink_with_secrets_masked(configured):
    answer = pamsignal("test-alert", "--dry-run", "--config", configured())
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "CANARY" not in answer.stdout
    assert "Q0FOQVJZ" not in answer.stdout
    shown = dict(zip(("phone", "team", "hook", "screen", "journal"), _parts(answer.stdout)))
    assert shown["phone"].startswith("POST https://api.telegram.org/***\nContent-Type: application/json\n\n{")
    assert json.loads(shown["phone"].partition("\n\n")[2])["chat_id"] == "42"
    assert json.loads(shown["team"].partition("\n\n")[2])["blocks"][0]["type"] == "section"
    assert shown["hook"].startswith("POST https://receiver.example:8443/***\n")
    assert "X-Token: ***\n" in shown["hook"]
    assert json.loads(shown["hook"].partition("\n\n")[2])["rule"]["name"] == "test_alert"
    assert re.search(r"Test alert from \S+: pamsignal can reach you here\.", shown["screen"])
    assert all(shown[name].count("can reach you here") == 1 for name in ("phone", "screen"))
    assert "PAMSIGNAL_RULE=test_alert" in shown["journal"].splitlines()


def _parts(shown):
    for name in ("phone", "team", "hook", "screen", "journal"):
        before, _, shown = shown.partition(f"{name}:\n")
        if before:
            yield before.rstrip("\n")
    yield shown.rstrip("\n")


def test_a_dry_run_in_json_is_one_object_for_each_sink(configured):
    answers = json_lines(pamsignal("test-alert", "--dry-run", "--json", "--config", configured()).stdout)
    assert [answer["sink"] for answer in answers] == ["phone", "team", "hook", "screen", "journal"]
    assert "CANARY" not in str(answers)


def test_a_sink_that_takes_it_is_0_and_one_that_does_not_is_1(configured):
    with Receiver() as receiver:
        config = configured(_hooks(good=receiver.url(), dead=f"http://127.0.0.1:{unused_port()}"))
        answer = pamsignal("test-alert", "--config", config)
        assert answer.returncode == 1
        assert answer.stdout.splitlines()[0] == "good: sent"
        refused = "connection refused; nothing listens there: correct the host and port in the configuration"
        assert answer.stdout.splitlines()[1] == f"dead: network: {refused}"
        assert json.loads(receiver.requests[0].body)["rule"]["name"] == "test_alert"
        assert pamsignal("test-alert", "good", "--config", config).returncode == 0
        quiet = pamsignal("test-alert", "-q", "--json", "--config", config)
        assert json_lines(quiet.stdout) == [
            {"sink": "dead", "sent": False, "reason": "network", "detail": "connection refused"}
        ]


def _hooks(**urls):
    sinks = (
        f"  {name}: {{type: webhook, url: '{url}', signing: none, allow_insecure: true}}\n"
        for name, url in urls.items()
    )
    return "sinks:\n" + "".join(sinks)


@pytest.mark.parametrize(
    ("names", "text", "said"),
    [
        (("nobody",), SINKS, "no sink is called 'nobody'. There are: phone, team, hook, screen, journal"),
        (("off",), SINKS, "sink 'off' is switched off (enabled: false). There are: phone, team, hook, screen, journal"),
        (
            (),
            "sinks: {off: {type: console, enabled: false}}\n",
            "no sink is configured. Write a configuration with: pamsignal init",
        ),
    ],
)
def test_what_cannot_be_sent_is_said_with_2(configured, names, text, said):
    answer = pamsignal("test-alert", "--dry-run", *names, "--config", configured(text))
    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", f"pamsignal: {said}\n")


def test_init_sends_one_if_it_is_asked_to(tmp_path):
    answer = pamsignal("init", "--yes", "--test", "--output", tmp_path / "p.yaml")
    written, sent = answer.stdout.splitlines()
    assert written == f"{tmp_path}/p.yaml: written, alerts go to journald"
    assert (sent == "journald: sent") == (answer.returncode == 0)
    assert sent.startswith("journald: ")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "hook: authentication: HTTP 401; correct the token, secret or header in the configuration"),
        (404, "hook: client_error: HTTP 404; correct the address or the token in the configuration"),
    ],
)
def test_a_refusal_says_what_to_do(configured, status, said):
    with Receiver(Reply(status)) as receiver:
        answer = pamsignal("test-alert", "--config", configured(_hooks(hook=receiver.url())))
    assert (answer.returncode, answer.stdout) == (1, f"{said}\n")


@pytest.mark.parametrize("words", [("test-alert", "--dry-run"), ("replay", "--file", "/dev/null")])
def test_a_configuration_out_of_reach_is_77_and_says_what_to_type(open_folder, words):
    path = open_folder / "pamsignal.yaml"
    path.touch(mode=0)
    answer = pamsignal(*words, "--config", path, **AS_NOBODY)
    said = f"pamsignal: no right to read {path}; try: sudo pamsignal {words[0]} --config {path}\n"
    assert (answer.returncode, answer.stdout, answer.stderr) == (77, "", said)


def test_a_preview_shows_alerts_of_every_kind_as_each_sink_says_it_and_sends_nothing(configured):
    answer = pamsignal("test-alert", "--preview", "--json", "--config", configured())
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "CANARY" not in answer.stdout
    shown = json_lines(answer.stdout)
    rules = [one["rule"] for one in shown if one["sink"] == "screen"]
    assert {"login_success", "session_closed", "brute_force", "success_after_failures", "journal_suppressed"} < {*rules}
    assert len(shown) == 5 * len(rules)
    for sink in ("phone", "team", "hook", "screen", "journal"):
        for key in ("preview", "look"):
            texts = [one[key] for one in shown if one["sink"] == sink]
            assert len(set(texts)) == len(texts) == len(rules)
            assert all("web-01" in text for text in texts)


def test_a_preview_shows_chats_as_people_read_them_and_with_raw_as_they_are_sent(configured):
    preview = ("test-alert", "--preview", "--rule", "session_closed", "phone", "team", "--config", configured())
    shown = pamsignal(*preview).stdout
    assert "⚪ Session closed: alice from 203.0.113.9 after 1 h 12 min" in shown
    assert not re.search("[{`]|<code>|POST", shown)
    colored = pamsignal(*preview, env={**os.environ, "CLICOLOR_FORCE": "1"}).stdout
    assert "User: \x1b[36malice\x1b[0m\n" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == shown
    raw = pamsignal(*preview, "--raw").stdout
    assert raw.count("POST https://") == 2
    assert "<code>alice</code>" in raw


def test_a_preview_says_what_never_comes_there_and_why(configured):
    text = """\
sinks:
  screen: {type: console, min_severity: warning, exclude: [brute_force]}
  siem: {type: syslog, host: 127.0.0.1, min_severity: info, actions: [brute_force]}
"""
    config = configured(text)
    shown = pamsignal("test-alert", "--preview", "--config", config).stdout
    titles = [line for line in shown.splitlines() if line.startswith(("screen, ", "siem, "))]
    assert "screen, session_closed (never sent there, by min_severity):" in titles
    assert [line for line in titles if "screen, login_success" in line] == [
        "screen, login_success (never sent there, by min_severity):",
        "screen, login_success:",
    ]
    assert "screen, brute_force (never sent there, by exclude):" in titles
    assert "siem, session_closed:" in titles  # as an event
    assert "siem, success_after_failures (never sent there, by actions):" in titles
    objects = json_lines(pamsignal("test-alert", "--preview", "--json", "--config", config).stdout)
    assert {(one["sink"], one["rule"]): one["kept_by"] for one in objects}[
        "siem", "success_after_failures"
    ] == "actions"


KEPT_FROM_ALL = {
    "account_created": None,
    "elevation_success": None,
    "login_success": "alerts.actions",
    "session_closed": "alerts.actions",
    "brute_force": "detect.brute_force.enabled",
    "success_after_failures": "detect.success_after_failures.enabled",
    "journal_suppressed": "detect.blindness.enabled",
}


def test_a_preview_says_which_key_for_all_sinks_keeps_an_alert_from_each_of_them(configured):
    text = """\
alerts: {actions: [account_created, elevation_success]}
detect: {brute_force: {enabled: false}, success_after_failures: {enabled: false}, blindness: {enabled: false}}
sinks:
  screen: {type: console, min_severity: info}
  siem: {type: syslog, host: 127.0.0.1, events: [login_success]}
"""
    objects = json_lines(pamsignal("test-alert", "--preview", "--json", "--config", configured(text)).stdout)
    kept = {(one["sink"], one["rule"]): one["kept_by"] for one in objects if one["rule"] in KEPT_FROM_ALL}
    expected = {(sink, rule): key for sink in ("screen", "siem") for rule, key in KEPT_FROM_ALL.items()}
    assert kept == {**expected, ("siem", "login_success"): None}  # there as an event


def test_a_preview_is_of_one_rule_and_one_sink_and_in_the_users_words(configured):
    text = "templates: {login_success: {headline: '{user} is in'}}\n" + SINKS
    answer = pamsignal("test-alert", "--preview", "--rule", "login_success", "screen", "--config", configured(text))
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.count("screen, login_success:\n") == 2
    assert "alice is in" in answer.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("--preview", "--rule", "login_succes\x1b"),
            "there is no example of login_succes\\x1b; there are: login_success, ",
        ),
        (("--rule", "login_success"), "--rule goes with --preview"),
        (("--raw", "--dry-run"), "--raw goes with --preview"),
    ],
)
def test_what_has_no_preview_is_said(configured, words, said):
    answer = pamsignal("test-alert", *words, "--config", configured())
    assert answer.returncode == 2
    assert said in answer.stderr
