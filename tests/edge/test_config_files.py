"""Real files: modes, owners, links, pipes, credentials."""

from __future__ import annotations

import os

import pytest

from pamsignal.config.check import check_file
from pamsignal.config.secrets import NO_VAULTS, Vaults, secret_of
from pamsignal.errors import ConfigError

INLINE = 'sinks:\n  team:\n    type: slack\n    url: "https://hooks.slack.com/services/T/B/x"\n'
REFERRED = "sinks:\n  team:\n    type: slack\n    url: {{{}}}\n"


def written(path, text, mode=0o600):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return str(path)


def only_line(report):
    (line,) = report.lines
    return line


def reason_for(reference, vaults=NO_VAULTS):
    with pytest.raises(ConfigError) as caught:
        secret_of(reference, vaults)
    return str(caught.value)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_secret_in_a_file_of_its_owner_is_taken(tmp_path, mode):
    assert check_file(written(tmp_path / "p.yaml", INLINE, mode)).lines == []


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_secret_in_a_file_that_others_can_read_is_refused_with_the_command_that_helps(tmp_path, mode):
    path = written(tmp_path / "p.yaml", INLINE, mode)
    line = only_line(check_file(path))
    assert line.startswith(f"{path}:4:10: sinks.team.url: expected ")
    assert f"mode {mode:04o}" in line
    assert "chmod 600" in line


def test_a_file_without_secrets_may_be_read_by_everybody(tmp_path):
    assert check_file(written(tmp_path / "p.yaml", "log_level: info\n", 0o644)).lines == []


def test_a_plain_webhook_address_is_no_secret_that_a_mode_would_have_to_guard(tmp_path):
    text = "sinks: {hook: {type: webhook, signing: none, url: 'http://localhost/'}}"
    assert check_file(written(tmp_path / "p.yaml", text, 0o644)).lines == []


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_can_change_is_refused(tmp_path, mode):
    assert "only its owner changes" in only_line(check_file(written(tmp_path / "p.yaml", "", mode)))


def test_a_stranger_s_file_is_a_warning_at_the_keyboard_and_refused_by_the_daemon(tmp_path):
    path = written(tmp_path / "p.yaml", "")
    if os.geteuid() == 0:
        os.chown(path, 12345, -1)
        assert ": warning: expected a file of root, found one of uid 12345" in only_line(check_file(path))
        assert check_file(path).document is not None
        assert check_file(path, must_resolve=True).document is None
        assert check_file(path, strict=True).document is None
    else:
        assert check_file("/etc/passwd").document is None  # of root, so the owner is not the trouble


def test_a_link_a_pipe_a_directory_and_nothing_are_refused_without_waiting(tmp_path):
    real = written(tmp_path / "real.yaml", "")
    (tmp_path / "link").symlink_to(real)
    os.mkfifo(tmp_path / "pipe")
    for name, word in (
        ("link", "symbolic link"),
        ("pipe", "regular file"),
        (".", "regular file"),
        ("no", "found none"),
    ):
        assert word in only_line(check_file(str(tmp_path / name)))


def test_a_file_of_more_than_256_kb_is_refused(tmp_path):
    assert check_file(written(tmp_path / "p.yaml", "#" * 262_144)).lines == []
    assert "262144 bytes" in only_line(check_file(written(tmp_path / "p.yaml", "#" * 262_145)))


def test_bytes_that_are_no_utf_8_are_refused_with_their_line(tmp_path):
    path = written(tmp_path / "p.yaml", b"log_level: info\nhostname: caf\xe9\n")
    assert "in line 2" in only_line(check_file(path))


def test_an_alias_bomb_ends_at_once(tmp_path):
    rows = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 15)]
    deep = ["b: " + "[" * 5000]
    assert any("at most 20000 values" in line for line in check_file(written(tmp_path / "a", "\n".join(rows))).lines)
    assert "20 levels" in only_line(check_file(written(tmp_path / "b", "\n".join(deep))))


def test_a_secret_comes_from_its_file_without_the_line_end(tmp_path):
    for content in ("word", "word\n", "word\r\n"):
        path = written(tmp_path / "secret", content)
        assert secret_of({"file": path}, NO_VAULTS).reveal() == "word"


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o622, 0o660])
def test_a_secret_s_file_that_others_can_read_or_change_is_refused(tmp_path, mode):
    path = written(tmp_path / "secret", "word\n", mode)
    assert f"chmod 640 {path}" in reason_for({"file": path})


def test_a_secret_s_file_may_be_read_by_its_group(tmp_path):
    assert secret_of({"file": written(tmp_path / "secret", "word", 0o640)}, NO_VAULTS).reveal() == "word"


def test_a_key_in_pem_form_has_lines(tmp_path):
    key = "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n"
    reference = {"file": str(written(tmp_path / "key", key, 0o600))}
    assert secret_of(reference, NO_VAULTS).reveal() == key[:-1]


@pytest.mark.parametrize(
    "content", ["", "\n", "two\nlines\n", "-----BEGIN X-----\n\x1b", b"\xff\xfe", "nul\x00", "x" * 8193]
)
def test_a_secret_s_file_with_anything_but_one_line_of_text_is_refused_unquoted(tmp_path, content):
    reason = reason_for({"file": written(tmp_path / "secret", content)})
    assert "two" not in reason
    assert "xxx" not in reason


def test_a_secret_behind_a_link_or_in_a_pipe_is_refused_without_waiting(tmp_path):
    (tmp_path / "link").symlink_to(written(tmp_path / "secret", "word"))
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "symbolic link" in reason_for({"file": str(tmp_path / "link")})
    assert "regular file" in reason_for({"file": str(tmp_path / "pipe")})
    assert "found none" in reason_for({"file": str(tmp_path / "missing")})


@pytest.fixture
def credentials(tmp_path, monkeypatch):
    """The directory beside a configuration, outside of any unit."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    folder = tmp_path / "credentials"
    folder.mkdir(0o700)
    return folder


def test_a_credential_comes_from_the_directory_of_systemd(tmp_path):
    written(tmp_path / "slack-url", "https://hooks.slack.com/services/T/B/x\n", 0o440)
    assert secret_of({"credential": "slack-url"}, Vaults(str(tmp_path), "/nowhere")).reveal().endswith("/x")


def test_a_credential_comes_from_its_file_beside_the_configuration(tmp_path, credentials):
    written(credentials / "word", "beside\n")
    assert secret_of({"credential": "word"}, Vaults("/nowhere", str(tmp_path))).reveal() == "beside"


def test_a_credential_comes_from_what_the_unit_copied(tmp_path):
    written(tmp_path / "credentials.json", '{"word": "copied\\n"}', 0o400)
    assert secret_of({"credential": "word"}, Vaults(None, str(tmp_path))).reveal() == "copied"


def test_of_two_credentials_of_one_name_systemd_s_counts(tmp_path, credentials):
    written(tmp_path / "word", "systemd's")
    written(credentials / "word", "beside")
    assert secret_of({"credential": "word"}, Vaults(str(tmp_path), str(tmp_path))).reveal() == "systemd's"


@pytest.mark.parametrize("content", ["{", "[1]", '{"word": 1}', b"\xff", "null"])
def test_a_broken_copy_is_told(tmp_path, content):
    written(tmp_path / "credentials.json", content, 0o400)
    assert "broken" in reason_for({"credential": "word"}, Vaults(None, str(tmp_path)))


def test_a_strangers_copy_beside_a_draft_is_neither_waited_for_nor_believed(tmp_path):
    copy = tmp_path / "credentials.json"
    for plant in (lambda: os.mkfifo(copy, 0o600), lambda: copy.symlink_to("/dev/zero"), copy.mkdir):
        plant()
        assert "remove" not in reason_for({"credential": "word"}, Vaults(None, str(tmp_path)))
        copy.rmdir() if copy.is_dir() else copy.unlink()
    written(copy, '{"word": "believed"}', 0o644)
    assert "nobody else's" in reason_for({"credential": "word"}, Vaults(None, str(tmp_path)))
    os.chown(written(copy, '{"word": "believed"}', 0o600), 65534, 65534)
    assert "nobody else's" in reason_for({"credential": "word"}, Vaults(None, str(tmp_path)))


def test_a_credential_that_others_can_read_is_refused_with_the_command_that_helps(tmp_path, credentials):
    path = written(credentials / "word", "word", 0o644)
    assert f"chmod 600 {path}" in reason_for({"credential": "word"}, Vaults(None, str(tmp_path)))


@pytest.mark.parametrize("systemd", [None, "/nowhere"])
def test_a_missing_credential_names_the_file_that_would_give_it(systemd):
    assert "/etc/pamsignal/credentials/word " in reason_for({"credential": "word"}, Vaults(systemd, "/nowhere"))


def test_a_missing_credential_is_an_error_for_the_daemon_and_in_a_unit(tmp_path, credentials, monkeypatch):
    path = written(tmp_path / "p.yaml", REFERRED.format("credential: slack-url"))
    assert check_file(path, must_resolve=True).document is None
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/nowhere")
    assert check_file(path).document is None


def test_a_missing_credential_is_a_hint_where_it_would_be_and_nothing_where_it_would_not(tmp_path, credentials):
    path = written(tmp_path / "p.yaml", REFERRED.format("credential: slack-url"))
    report = check_file(path)
    assert only_line(report).startswith(f"{path}:4:10: sinks.team.url: warning: expected the credential slack-url")
    assert report.document is not None
    credentials.rmdir()
    assert check_file(path).lines == []


def test_the_rule_of_a_key_holds_for_a_credential_too(tmp_path, credentials):
    path = written(tmp_path / "p.yaml", REFERRED.format("credential: slack-url"))
    written(credentials / "slack-url", "http://hooks.slack.com/services/T/B/x")
    assert "expected https://" in only_line(check_file(path))


def test_the_rule_of_a_key_holds_for_a_secret_in_a_file_too(tmp_path):
    secret = written(tmp_path / "url", "ftp://hooks.slack.com/Kan4rienvogel")
    line = only_line(check_file(written(tmp_path / "p.yaml", REFERRED.format(f"file: {secret}"))))
    assert "expected a URL" in line
    assert "Kan4rienvogel" not in line
