"""OCSF documents, held against the schema of OCSF itself."""

from __future__ import annotations

import json
import sys
from functools import cache

import jsonschema
import pytest

from pamsignal.deliver.forwarding import as_alert
from pamsignal.model import NO_CONTEXT, AuthEvent
from pamsignal.render import ocsf
from pamsignal.terms import Action, Outcome, Severity
from tests.builders import a_finding, a_login, an_alert
from tests.unit.render.cases import CASES, HOSTILE

needs_schema = pytest.mark.skipif(sys.version_info < (3, 10), reason="ocsf-json-schema wants Python 3.10")


@cache
def schema(class_uid):
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

    made = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=ocsf.VERSION))
    return jsonschema.Draft202012Validator(made.get_class_schema(made.lookup_class_name_from_uid(class_uid), ["host"]))


def problems(document):
    return [
        f"{'.'.join(map(str, e.path))}: {e.message}"[:200] for e in schema(document["class_uid"]).iter_errors(document)
    ]


def read(alert):
    return json.loads(ocsf.line_of(alert))


@needs_schema
@pytest.mark.parametrize("alert", CASES.values(), ids=CASES.keys())
def test_every_alert_is_what_the_schema_wants(alert):
    document = read(alert)
    assert problems(document) == []
    assert document["type_uid"] == document["class_uid"] * 100 + document["activity_id"]


@needs_schema
@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("changes", [{}, {"user": None, "source": None}, {"user": None, "group": "sudo"}], ids=str)
def test_every_event_is_what_the_schema_wants_whatever_is_known_of_it(action, changes):
    event = a_login(action=action, outcome=Outcome.FAILURE, **changes)
    assert problems(read(as_alert(event, NO_CONTEXT))) == []


@needs_schema
def test_no_name_breaks_the_document():
    document = read(an_alert(subject=a_login(user=HOSTILE, tty=HOSTILE, command=HOSTILE)))
    assert problems(document) == []


def test_the_schema_finds_what_is_wrong():
    if sys.version_info >= (3, 10):
        document = read(an_alert())
        del document["user"]
        assert problems(document)
        assert problems({**read(an_alert()), "severity_id": 17})


def test_who_became_whom_and_how():
    event = AuthEvent(
        "1" * 32,
        0,
        "web-01",
        "sudo",
        Action.ELEVATION_SUCCESS,
        Outcome.SUCCESS,
        "alice",
        "root",
        1000,
        pid=7,
        command="id",
    )
    document = read(as_alert(event, NO_CONTEXT))
    assert (document["class_uid"], document["activity_id"]) == (3002, 7)
    assert document["user"] == {"name": "root"}
    assert document["actor"]["user"] == {"name": "alice", "uid": "1000"}
    assert document["actor"]["process"] == {"pid": 7, "cmd_line": "id"}
    assert document["account_switch_type"] == "Substitute User"


def test_a_password_and_a_name_that_does_not_exist_are_told_apart():
    failed = a_login(action=Action.LOGIN_FAILURE, outcome=Outcome.FAILURE)
    details = {
        known: read(as_alert(failed._replace(method=ocsf.Method.PASSWORD, known_account=known), NO_CONTEXT))[
            "status_detail"
        ]
        for known in (True, False)
    }
    assert details == {True: "INVALID_CREDENTIALS", False: "USER_DOES_NOT_EXIST"}


def test_a_finding_begins_and_ends():
    begins = read(an_alert(severity=Severity.CRITICAL, subject=a_finding()))
    assert (begins["class_uid"], begins["activity_name"], begins["severity"]) == (2004, "Create", "Critical")
    assert begins["finding_info"]["attacks"] == [{"technique": {"uid": a_finding().technique}}]
    assert read(an_alert(subject=a_finding(over=True)))["activity_name"] == "Close"
