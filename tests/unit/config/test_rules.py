"""What a schema cannot say, and that the check is never milder than the sinks themselves."""

from __future__ import annotations

import pytest

from pamsignal.config import rules
from pamsignal.config.check import check_text
from pamsignal.deliver.sinks import SINKS, safety
from pamsignal.errors import ConfigError
from pamsignal.secret import Secret

URLS = [
    "https://siem.example.org/in",
    "https://siem.example.org:8443/in?x=1",
    "https://[2001:db8::1]/in",
    "http://localhost/in",
    "http://127.0.0.1:8080",
    "http://127.9.9.9/",
    "http://[::1]/",
    "http://siem.example.org/in",
    "http://10.0.0.1/",
    "https://169.254.169.254/latest",
    "https://[fe80::1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://",
    "https:///path",
    "https://host:0x50/",
    "https://host:99999/",
    "https://[::1/",
    "ftp://example.org/",
    "//example.org/",
    "example.org",
    "https://user@example.org/",
    "https://exam ple.org/",
    "",
]


def is_refused(url, *, allow_insecure):
    trouble = rules.url(url, {"allow_insecure": allow_insecure})
    return trouble is not None and trouble.level == "error"


@pytest.mark.parametrize("allow_insecure", [True, False])
@pytest.mark.parametrize("url", URLS)
def test_a_url_that_a_sink_would_refuse_is_refused_by_the_check(url, allow_insecure):
    try:
        safety.require_safe_url("sinks.x.url", Secret(url), allow_insecure=allow_insecure)
    except ConfigError:
        assert is_refused(url, allow_insecure=allow_insecure)


@pytest.mark.parametrize("url", URLS[:7])
def test_a_good_url_is_taken(url):
    assert rules.url(url, {}) is None


@pytest.mark.parametrize(("key", "value"), [("keystrokes", "true"), ("log", "/var/log/audit/audit.log")])
@pytest.mark.parametrize(("enabled", "count"), [("false", 1), ("true", 0)])
def test_what_does_nothing_while_audit_is_switched_off_is_hinted_at(key, value, enabled, count):
    report = check_text(f"audit: {{enabled: {enabled}, {key}: {value}}}\nsinks:\n  out: {{type: console}}\n", "FILE")
    assert [(problem.key, problem.level) for problem in report.problems] == [(f"audit.{key}", "warning")] * count


def test_plain_http_to_another_machine_needs_a_word():
    assert is_refused("http://siem.example.org/", allow_insecure=False)
    assert rules.url("http://siem.example.org/", {"allow_insecure": True}).level == "warning"


def test_no_word_allows_a_link_local_address():
    assert is_refused("http://169.254.169.254/", allow_insecure=True)


@pytest.mark.parametrize("address", ["127.0.0.1:9814", "127.8.8.8:1024", "[::1]:65535"])
def test_metrics_are_served_to_this_host(address):
    assert check_text(f"metrics: {{enabled: true, listen: '{address}'}}", "FILE").lines == []


@pytest.mark.parametrize("address", ["0.0.0.0:9814", "[::]:9814", "192.0.2.1:9814", "[2001:db8::1]:9814"])
def test_metrics_are_served_to_other_hosts_only_on_request(address):
    (line,) = check_text(f"metrics: {{enabled: true, listen: '{address}'}}", "FILE").lines
    assert line.endswith("found one that other hosts reach; correct it, or add `allow_remote: true`")
    assert check_text(f"metrics: {{enabled: true, listen: '{address}', allow_remote: true}}", "FILE").lines == []


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.0.0.1:", ":9814", "9814", "::1:9814", "[127.0.0.1]:9814", "localhost:9814", "127.0.0.1:80"),
        *("127.0.0.1:65536", "127.0.0.1:0", "[::1:9814", "127.0.0.1:٩٨١٤", "127.0.0.1:9814 ", "http://127.0.0.1:9814"),
    ],
)
def test_an_address_to_listen_on_is_one_with_a_port(address):
    report = check_text(f"metrics: {{listen: '{address}', allow_remote: true}}", "FILE")
    assert report.document is None


@pytest.mark.parametrize("kind", sorted(SINKS))
def test_a_sink_that_passes_the_check_can_be_built(kind):
    examples = {
        "telegram": "token: '123456789:AAHkqzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', chat_id: 5",
        "slack": "url: 'https://hooks.slack.com/services/T/B/x'",
        "discord": "url: 'https://discord.com/api/webhooks/1/x'",
        "teams": "url: 'https://prod-1.westeurope.logic.azure.com/workflows/x?sig=y'",
        "ntfy": "topic: pamsignal-x7, token: tk_x",
        "gotify": "url: 'https://gotify.example.org', token: AxYz",
        "email": "host: localhost, security: none, sender: a@example.org, to: [b@example.org]",
        "pagerduty": "routing_key: R0123456789abcdef0123456789abcde",
        "whatsapp": "token: x, phone_number_id: 106540352242922, to: '+15551234567', template: pamsignal_alert",
        "apprise": "url: 'json://localhost'",
        "syslog": "host: siem.example.org",
        "webhook": "url: 'http://localhost/', secrets: [whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw], headers: {X-Y: a b}",
    }
    from pamsignal.config.settings import settings_from

    report = check_text(f"sinks: {{it: {{type: {kind}, {examples.get(kind, '')}}}}}", "FILE")
    (sink,) = settings_from(report.document).sinks
    assert SINKS[kind].build(sink.name, sink.settings).name == "it"


MAIL = "sinks: {m: {type: email, sender: a@example.org, to: [b@example.org], host: %s}}"


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ("localhost, security: none", None),
        ("'::1', security: none", None),
        ("smtp.example.org, username: a, password: b", None),
        ("smtp.example.org, security: none", "sinks.m.security"),
        ("smtp.example.org, username: a", "sinks.m"),
        ("smtp.example.org, password: b", "sinks.m"),
        ("smtp.example.org, username: a, password: bä", "sinks.m.password"),
        ("'a b'", "sinks.m.host"),
    ],
)
def test_a_mail_server_elsewhere_wants_encryption_and_a_name_its_password(keys, key):
    problems = check_text(MAIL % keys, "FILE").problems
    assert [problem.key for problem in problems] == ([] if key is None else [key])


@pytest.mark.parametrize(
    ("host", "found"),
    [("a.example.org:6514", "a port behind it"), ("https://a.example.org", "a URL"), ("2001:db8::1", None)],
)
def test_a_host_is_a_host_alone(host, found):
    lines = check_text(f"sinks: {{s: {{type: syslog, host: '{host}'}}}}", "FILE").lines
    assert ("found " + found in lines[0]) if found else lines == []


def test_a_key_that_is_not_the_certificates_is_refused_at_once(tmp_path):
    import trustme

    authority = trustme.CA()
    ours, other = (authority.issue_cert(name) for name in ("a.example.org", "b.example.org"))
    (tmp_path / "ours.pem").write_bytes(ours.cert_chain_pems[0].bytes())
    for issued, name in ((ours, "ours"), (other, "other")):
        issued.private_key_pem.write_to_path(str(tmp_path / f"{name}.key"))
        (tmp_path / f"{name}.key").chmod(0o600)
    text = (
        "sinks: {{s: {{type: syslog, host: a, client_certificate: {0}/ours.pem, client_key: {{file: {0}/{1}.key}}}}}}"
    )
    assert check_text(text.format(tmp_path, "ours"), "FILE").lines == []
    (problem,) = check_text(text.format(tmp_path, "other"), "FILE").problems
    assert problem.key == "sinks.s.client_key"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("metrics: {listen: '127.0.0.1:9814'}", "metrics.listen"),
        ("metrics: {enabled: true, textfile: null}", "metrics"),
        ("metrics: {enabled: true, textfile: null, listen: '127.0.0.1:9814'}", None),
    ],
)
def test_metrics_that_nobody_can_read_are_worth_a_warning(text, key):
    assert [problem.key for problem in check_text(text, "FILE").problems] == ([] if key is None else [key])


def test_the_advice_for_a_name_is_a_command_that_works():
    from pamsignal.config.schema import find, load_schema

    (line,) = check_text("sinks: {s: {type: syslog, host: a, facility: loud}}", "FILE").lines
    key = line.partition("--explain ")[2].partition(")")[0]
    assert find(load_schema(), key)["enum"]


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ("", None),
        ("transport: tcp, port: 601", None),
        ("transport: udp", None),
        ("transport: tcp", "sinks.s"),
        ("client_certificate: /etc/hostname, client_key: x", "sinks.s.client_certificate"),
        ("client_key: x", "sinks.s"),
        ("transport: udp, server_name: a", "sinks.s.server_name"),
        ("transport: tcp, port: 1, server_name: a", "sinks.s.server_name"),
        ("transport: udp, framing: newline", "sinks.s.framing"),
        ("events: [logins]", "sinks.s.events[0]"),
        ("transport: tcp, port: 6514", "sinks.s.port"),
        ("port: 514", "sinks.s.port"),
        ("ca_file: /etc/passwd", "sinks.s.ca_file"),
        ("ca_file: /nowhere", "sinks.s.ca_file"),
        ("server_name: 'a:1'", "sinks.s.server_name"),
    ],
)
def test_a_way_to_a_collector_has_what_it_needs_and_nothing_else(keys, key):
    problems = check_text(f"sinks: {{s: {{type: syslog, host: siem.example.org, {keys}}}}}", "FILE").problems
    assert [problem.key for problem in problems] == ([] if key is None else [key])


@pytest.mark.parametrize("address", ["a", "a@b@c", "A <a@b>", "a@b\\r\\nBcc: c@d", "a b@c", "@b", "a@", "a@-.", "ä@b"])
def test_what_is_no_address_of_mail_is_refused(address):
    text = f'sinks: {{m: {{type: email, host: localhost, sender: "{address}", to: ["{address}"]}}}}'
    assert {problem.key for problem in check_text(text, "FILE").problems} >= {"sinks.m.sender", "sinks.m.to[0]"}


@pytest.mark.parametrize(
    ("text", "is_good"),
    [("192.0.2.0/24", True), ("192.0.2.7", True), ("2001:db8::/32", True), ("::1", True)]
    + [
        (text, False)
        for text in ("192.0.2.7/24", "192.0.2", "fe80::1%eth0", "2001:db8::1/32", "localhost", "1/2/3", "")
    ],
)
def test_a_network_has_no_bits_behind_its_mask(text, is_good):
    assert (rules.network(text, {}) is None) == is_good


def test_trusting_everybody_is_worth_a_warning():
    assert rules.network("0.0.0.0/0", {}).level == "warning"
    assert rules.network("::/0", {}).level == "warning"
