"""The user's own words: what a template can say, what it cannot, and that no value gets out of its place in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.config.check import check_text
from pamsignal.deliver.sinks import discord, email, ntfy, slack, teams, telegram
from pamsignal.deliver.sinks.fitting import utf16_units
from pamsignal.deliver.wording import merged, worded
from pamsignal.model import Context, Wording
from pamsignal.render import escape, template, text
from pamsignal.render.fields import FIELDS
from pamsignal.terms import Provenance
from tests.builders import a_finding, a_login, an_alert
from tests.unit.docs.documents import ROOT
from tests.unit.render.cases import CASES, HOSTILE

OWN = Wording("{user} is on {host}", "From {ip} in {city}\nKey {key}\n{look_command}")


def own(alert, headline=None, details=None):
    return alert._replace(wording=Wording(headline, details))


def shown(alert):
    return text.details(alert, escape.for_terminal, 256).splitlines()


@pytest.mark.parametrize("alert", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("name", FIELDS)
def test_every_field_is_text_of_every_alert_or_unknown(name, alert):
    value = FIELDS[name].of(alert)
    assert value is None or isinstance(value, str)


def test_every_field_is_known_of_some_alert():
    assert [name for name, field in FIELDS.items() if not any(map(field.of, CASES.values()))] == []


def test_names_are_replaced_and_double_braces_are_braces():
    assert text.headline(own(CASES["login"], "{{{user}}} is on {host}")) == "{alice} is on web-01"


def test_a_line_whose_values_are_all_unknown_is_left_out():
    alert = own(an_alert(context=Context(country="DE")), None, "In {city}, {country}\nGroup {group} {note}\nEnd")
    assert shown(alert) == ["In unknown, DE", "End"]


def test_a_text_that_comes_to_nothing_makes_way_for_ours():
    alert = own(CASES["login"], "{group}", "{group}\n\n")
    assert text.headline(alert) == text.headline(CASES["login"])
    assert shown(alert) == shown(CASES["login"])


def test_no_template_can_hide_that_an_alert_is_late_or_doubtful():
    alert = own(an_alert(subject=a_login(provenance=Provenance.UNVERIFIED), late=True), "{user}")
    assert text.headline(alert) == f"alice (unverified) {text.LATE}"


@pytest.mark.parametrize(
    "wrong",
    ["{usr}", "{user.name}", "{user[0]}", "{0}", "{}", "{user!r}", "{user:>99}", "{", "}", "{{}", "{__class__}"],
)
def test_only_names_of_fields_can_be_asked_for(wrong):
    for check in (template.check_headline, template.check_details):
        with pytest.raises(template.TemplateError):
            check(wrong)


@pytest.mark.parametrize("wrong", ["a\nb", "{end_command}", "x" * 101, "{ip}" * 7, "a\x1bb", "a\tb"])
def test_a_headline_is_one_short_line_without_commands(wrong):
    with pytest.raises(template.TemplateError):
        template.check_headline(wrong)


@given(st.text(st.sampled_from("{}abc_user.![]:0\n"), max_size=30))
def test_any_text_is_a_template_or_says_what_is_wrong(source):
    try:
        template.check_details(source)
    except template.TemplateError:
        return
    assert isinstance(template.lines(source, CASES["login"], str, str), list)


def test_check_config_names_the_line_and_the_known_fields():
    (problem,) = check_text("templates:\n  default:\n    headline: '{usr} is on {host}'\n", "FILE").problems
    assert (problem.line, problem.key) == (3, "templates.default.headline")
    assert "did you mean {user}?" in problem.message
    assert all(name in problem.message for name in FIELDS)


def test_details_may_have_lines_and_a_headline_may_not():
    text_of = "templates:\n  default:\n    %s: |\n      {user}\n      {ip}\n"
    assert check_text(text_of % "details", "FILE").problems == []
    assert [problem.key for problem in check_text(text_of % "headline", "FILE").problems] == [
        "templates.default.headline"
    ]


@given(st.text(min_size=1, max_size=200))
def test_a_name_cannot_forge_a_line_or_pass_for_an_address(name):
    alert = own(an_alert(subject=a_login(user=name)), "{user} from {ip}", "{user} from {ip}")
    (line,) = shown(alert)
    assert line == text.headline(alert)
    assert re.sub("“[^”]*”", "", line).split(" ")[1:] == ["from", "203.0.113.9"]


HOSTILE_ALERT = own(an_alert(subject=a_login(user=HOSTILE)), "{user}", "{user}")


def test_a_value_cannot_leave_the_markup_of_its_channel():
    assert re.sub("</?code>", "", telegram.html_of(HOSTILE_ALERT)).count("<") == 0
    assert "<" not in slack.section_of(HOSTILE_ALERT)
    assert slack.section_of(HOSTILE_ALERT).count("`") == 4
    assert discord.description_of(HOSTILE_ALERT).count("`") == 2
    assert "\n" not in email.subject_of(HOSTILE_ALERT)


WIDE = "\U0001f600" * 300
WORST = own(
    an_alert(subject=a_login(user=WIDE, tty=WIDE, session_id="1" * 9)),
    "{user}" * 6 + "\U0001f600" * 16,
    "{user}" * 14 + "{look_command}{end_command}" + "\U0001f600" * 172,
)


def test_the_largest_template_with_the_longest_values_fits_every_channel():
    template.check_headline(WORST.wording.headline)
    template.check_details(WORST.wording.details)
    assert utf16_units(telegram.plain_of(WORST)) <= telegram.TEXT_LIMIT
    assert len(slack.section_of(WORST)) <= slack.SECTION_LIMIT
    assert utf16_units(discord.content_of(WORST)) <= discord.CONTENT_LIMIT
    assert utf16_units(discord.description_of(WORST)) <= discord.DESCRIPTION_LIMIT
    assert len(ntfy.channel(ntfy.Settings()).request_for(WORST, 0).body) <= ntfy.BODY_BYTES
    assert len(teams.channel(teams.Settings()).request_for(WORST, 0).body) <= teams.BODY_BYTES


def test_a_sink_speaks_by_its_own_template_then_its_default_then_those_of_all():
    general = {"default": Wording("general", "general"), "login_success": Wording(None, "general login")}
    of_sink = {"default": Wording("sink", None)}
    templates = merged(general, of_sink)
    assert worded(an_alert(), templates).wording == Wording("sink", "general login")
    assert worded(an_alert(subject=a_finding()), templates).wording == Wording("sink", "general")


def test_a_digest_keeps_the_words_of_ours():
    assert worded(CASES["brute_force_digest"], {"default": OWN}).wording == Wording()


def test_the_table_of_the_documents_is_that_of_the_code():
    told = [line for line in (ROOT / "docs/how-to/templates.md").read_text().splitlines() if line.startswith("| `")]
    assert told == [f"| `{name}` | {field.meaning} |" for name, field in FIELDS.items()]


def test_a_template_that_cannot_be_read_makes_way_for_our_text():
    broken = an_alert()._replace(wording=Wording("{", "{nonsense}"))
    assert text.message(broken, cut, 200) == text.message(an_alert(), cut, 200)


def cut(value, limit):
    return value[:limit]
