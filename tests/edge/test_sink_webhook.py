"""The webhook, with its signature verified by the standard's own library."""

from __future__ import annotations

import base64
import json

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from pamsignal.deliver.sinks import webhook
from pamsignal.errors import ConfigError
from pamsignal.model import Sent
from pamsignal.render import ecs
from pamsignal.secret import Secret
from tests.builders import an_alert
from tests.harness.receiver import Receiver, Reply
from tests.unit.render.cases import CASES

OLD, NEW, OTHER = ("whsec_" + base64.b64encode(bytes([seed]) * 32).decode() for seed in (1, 2, 3))


LOGIN = an_alert()


def delivered(*replies, alerts=(LOGIN,), **settings):
    with Receiver(*replies) as receiver:
        sink = webhook.build("w", webhook.Settings(Secret(receiver.url()), **settings))
        results = [sink.deliver([alert]) for alert in alerts]
        return results, receiver.requests


@pytest.mark.parametrize("alert", CASES.values(), ids=CASES.keys())
def test_the_signature_is_verified_by_the_standards_library(alert):
    [result], [request] = delivered(alerts=[alert], secrets=(Secret(NEW),))
    assert result == Sent()
    assert Webhook(NEW).verify(request.body, request.headers) == json.loads(request.body)


def test_during_a_rotation_both_secrets_verify_and_no_other_does():
    _, [request] = delivered(secrets=(Secret(NEW), Secret(OLD)))
    for secret in (NEW, OLD):
        Webhook(secret).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(request.body, request.headers)


def test_a_body_that_was_changed_does_not_verify():
    _, [request] = delivered(secrets=(Secret(NEW),))
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(request.body.replace(b"alice", b"mallo"), request.headers)


def test_a_repeat_has_the_same_id_and_the_same_body_and_verifies_again():
    _, requests = delivered(Reply(500), alerts=[an_alert(), an_alert()], secrets=(Secret(NEW),))
    first, second = requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "msg_" + "a" * 32
    assert first.body == second.body
    Webhook(NEW).verify(second.body, second.headers)


def test_the_time_signed_is_the_time_of_the_attempt():
    channel = webhook.channel(webhook.Settings(Secret("https://x")), (b"k" * 32,))
    stamps = [channel.request_for(an_alert(), now).headers["webhook-timestamp"] for now in (1000, 2000)]
    assert stamps == ["1000", "2000"]


def test_the_body_is_the_ecs_document():
    _, [request] = delivered(signing="none")
    assert json.loads(request.body) == ecs.alert_document(an_alert())
    assert request.headers["content-type"] == "application/json"


def test_without_signing_there_are_no_headers_of_it():
    _, [request] = delivered(signing="none", secrets=(Secret(NEW),))
    assert not any(name.startswith("webhook-") for name in request.headers)


def test_headers_of_the_configuration_are_sent():
    _, [request] = delivered(signing="none", headers={"Authorization": Secret("Bearer x")})
    assert request.headers["authorization"] == "Bearer x"


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({}, "secrets"),
        ({"signing": "md5"}, "signing"),
        ({"secrets": (Secret(NEW),) * 3}, "secrets"),
        ({"secrets": (Secret("whsec_" + base64.b64encode(b"short").decode()),)}, "secrets"),
        ({"secrets": (Secret("whsec_not/base64!"),)}, "secrets"),
        ({"secrets": (Secret(NEW.replace("whsec_", "")),)}, "secrets"),
        ({"secrets": (Secret("whsec_ü"),)}, "secrets"),
        ({"signing": "none", "headers": {"X y": Secret("canary")}}, "headers"),
        ({"signing": "none", "headers": {"X": Secret("canary\r\nY: z")}}, "headers"),
        ({"signing": "none", "headers": {"X": Secret("canaryü")}}, "headers"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_the_key_and_without_the_secret(settings, key):
    with pytest.raises(ConfigError) as refusal:
        webhook.build("w", webhook.Settings(Secret("https://example.org/hook"), **settings))
    assert str(refusal.value).startswith(f"sinks.w.{key}: ")
    for value in ("canary", NEW, "not/base64"):
        assert value not in str(refusal.value)
