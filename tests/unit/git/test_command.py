from __future__ import annotations

from pathlib import Path

import pytest

from myapp.git import Remote, clone_url
from myapp.git.command import environment
from myapp.git.credentials import answer
from myapp.git.errors import GitError
from myapp.git.mirror import clone_command, fetch_command, progress

URL = "https://github.com/octo/hello.git"


def configuration(env: dict[str, str]) -> dict[str, str]:
    count = int(env["GIT_CONFIG_COUNT"])
    return {env[f"GIT_CONFIG_KEY_{n}"]: env[f"GIT_CONFIG_VALUE_{n}"] for n in range(count)}


def test_nothing_of_the_services_environment_reaches_git(monkeypatch):
    monkeypatch.setenv("HOBOTNICA_SECRET", "canary")
    monkeypatch.setenv("GIT_SSH_COMMAND", "evil")
    env = environment(URL)
    assert "canary" not in env.values()
    assert "GIT_SSH_COMMAND" not in env


@pytest.mark.parametrize(
    ("url", "scheme"),
    [
        (URL, "https"),
        ("http://127.0.0.1:1/a/b.git", "http"),
        ("/srv/a.git", "file"),
        ("file:///a", "file"),
    ],
)
def test_only_the_urls_own_protocol_is_open(url, scheme):
    found = configuration(environment(url))
    assert found["protocol.allow"] == "never"
    assert [key for key, value in found.items() if value == "always"] == [
        f"protocol.{scheme}.allow"
    ]


def test_the_helper_belongs_to_one_host():
    found = configuration(environment("https://ghe.example:8443/octo/hello.git", "!f"))
    assert found["credential.helper"] == ""
    assert found["credential.https://ghe.example:8443.helper"] == "!f"


def test_hooks_filters_submodules_and_gc_are_off():
    found = configuration(environment(URL))
    assert found["core.hooksPath"] == "/dev/null"
    assert found["filter.lfs.process"] == ""
    assert found["submodule.recurse"] == "false"
    assert found["gc.auto"] == "0"


def test_clone_urls_are_quoted():
    assert clone_url("https://github.com", "octo", "hello") == URL
    assert clone_url("https://github.com", "o", "a/../b?c#d") == (
        "https://github.com/o/a%2F..%2Fb%3Fc%23d.git"
    )


@pytest.mark.parametrize("token", ["", "a\nb", "a\rb", "a\0b", "a b", "tökén"])
def test_a_token_that_would_break_the_protocol_is_refused(token):
    with pytest.raises(GitError) as caught:
        answer(token)
    assert caught.value.kind == "credentials"
    assert not token or token not in str(caught.value)


def test_commands_for_others_carry_no_token():
    remote = Remote(URL, "canary-token")
    for command in (
        clone_command(remote, Path("/m"), 1 << 30),
        fetch_command(remote, Path("/m"), 1 << 30),
    ):
        assert "canary" not in repr(command)
    assert "canary" not in repr(remote)


def test_progress_is_the_newest_line():
    output = "Cloning into bare repository 'x'...\nremote: Counting objects: 100% (5/5), done.\n"
    output += (
        "Receiving objects:  10% (1/10)\rReceiving objects:  42% (21/50), 12.3 MiB | 3 MiB/s\r"
    )
    assert progress(output) == "Receiving objects:  42% (21/50), 12.3 MiB | 3 MiB/s"
    assert progress("Cloning into 'x'...\n") is None
