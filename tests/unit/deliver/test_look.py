"""How messages look to people: what a service makes of the marks in them."""

from __future__ import annotations

import pytest

from pamsignal.deliver.sinks import slack, telegram
from pamsignal.deliver.sinks.look import BOLD, CODE, DISCORD, ITALIC, PLAIN, SLACK, by_marks, by_tags, plain, unescaped
from pamsignal.render import escape
from pamsignal.secret import Secret
from tests.unit.render.cases import CASES, HOSTILE


def seen(runs):
    return [tuple(run) for run in runs if run.text]


@pytest.mark.parametrize("case", CASES)
def test_telegrams_look_is_the_message_without_markup(case):
    channel = telegram.channel(telegram.Settings(Secret("1:token"), "42"))
    assert plain(channel.look_of(channel.request_for(CASES[case], 0))) == telegram.plain_of(CASES[case])


@pytest.mark.parametrize("case", CASES)
def test_in_slacks_look_every_value_is_code_and_nothing_else_is_marked(case):
    channel = slack.channel(slack.Settings(Secret("https://slack.example/")))
    look = tuple(channel.look_of(channel.request_for(CASES[case], 0)))
    assert {run.style for run in look} == {PLAIN, CODE}
    assert plain(look) == unescaped(slack.section_of(CASES[case]).replace("`", ""))


def test_a_hostile_name_has_no_style_but_that_of_its_place():
    assert seen(by_marks(f"*is* `{escape.for_slack(HOSTILE)}`", SLACK)) == [
        ("is", BOLD),
        (" ", PLAIN),
        (escape.for_slack(HOSTILE), CODE),
    ]
    shown = escape.for_telegram_html(HOSTILE)
    assert seen(by_tags(f"<code>{shown}</code>")) == [(escape.for_terminal(HOSTILE), CODE)]


@pytest.mark.parametrize(
    ("marks", "text", "runs"),
    [
        (SLACK, "*`alice` is in*, _now_", [("alice", CODE), (" is in", BOLD), (", ", PLAIN), ("now", ITALIC)]),
        (SLACK, "2*3*4 a_b_c *open\n*", [("2*3*4 a_b_c *open\n*", PLAIN)]),
        (
            DISCORD,
            "**a *b* `*`** *c*",
            [("a ", BOLD), ("b", ITALIC), (" ", BOLD), ("*", CODE), (" ", PLAIN), ("c", ITALIC)],
        ),
        (DISCORD, "`**a**` **open", [("**a**", CODE), (" **open", PLAIN)]),
    ],
)
def test_marks_of_the_users_own_templates_are_read(marks, text, runs):
    joined = [(run.text, run.style) for run in by_marks(text, marks) if run.text]
    assert joined == runs


def test_tags_of_the_users_own_templates_are_read():
    told = '<b>in: <code>a&lt;b&gt;</code>!</b> <i>x</i> <a href="https://example.org">log</a> &amp;lt; 1 < 2</b>'
    assert seen(by_tags(told)) == [
        ("in: ", BOLD),
        ("a<b>", CODE),
        ("!", BOLD),
        (" ", PLAIN),
        ("x", ITALIC),
        (" ", PLAIN),
        ("log", PLAIN),
        (" &lt; 1 < 2", PLAIN),
    ]


def test_tags_that_telegram_does_not_know_stay_in_sight():
    assert seen(by_tags("one<br>two <b-x>")) == [("one<br>two <b-x>", PLAIN)]
