from __future__ import annotations

import pytest

from myapp.git.errors import GitError, check, classify, commit_gone

URL = "https://github.com/octo/hello.git"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (f"remote: Invalid username.\nfatal: Authentication failed for '{URL}/'", "credentials"),
        (f"fatal: could not read Username for '{URL}': terminal prompts disabled", "credentials"),
        (f"remote: Repository not found.\nfatal: repository '{URL}/' not found", "missing"),
        ("fatal: '/x' does not appear to be a git repository", "missing"),
        (f"fatal: unable to access '{URL}/': The requested URL returned error: 403", "access"),
        (
            f"fatal: unable to access '{URL}/': The requested URL returned error: 429",
            "rate_limited",
        ),
        (f"fatal: unable to access '{URL}/': The requested URL returned error: 502", "server"),
        (
            f"fatal: unable to access '{URL}/': server certificate verification failed. "
            "CAfile: none CRLfile: none",
            "tls",
        ),
        (f"fatal: unable to access '{URL}/': Could not resolve host: github.com", "network"),
        (f"fatal: unable to access '{URL}/': Failed to connect to github.com port 443", "network"),
        (f"fatal: unable to access '{URL}/': Operation too slow. Less than 1000 bytes", "timeout"),
        (
            "fetch-pack: unexpected disconnect while reading sideband packet\nfatal: early EOF",
            "network",
        ),
        ("fatal: remote error: upload-pack: not our ref 0123", "gone"),
        ("fatal: couldn't find remote ref 0123", "gone"),
        ("fatal: write error: No space left on device\nfatal: index-pack failed", "disk"),
        (
            f"fatal: unable to access '{URL}/': GnuTLS recv error (-110): "
            "The TLS connection was non-properly terminated.",
            "network",
        ),
        ("fatal: write error: File too large", "too_large"),
        (
            "error: object 01: hasDotgit: contains '.git'\nfatal: fsck error in packed object",
            "hostile",
        ),
        ("error: invalid path '.git/hooks/post-checkout'", "hostile"),
        ("fatal: something new", "unknown"),
        ("", "unknown"),
    ],
)
def test_gits_words_become_a_kind(words, kind):
    error = classify(words)
    assert error.kind == kind
    assert error.detail


@pytest.mark.parametrize("name", ["rustls", "ssl-tls-certificate", "timed-out", "early-EOF"])
def test_the_name_of_a_repository_is_no_symptom(name):
    words = f"fatal: unable to access 'https://github.com/o/{name}.git/': Could not resolve host: x"
    assert classify(words).kind == "network"


def test_an_unknown_failure_says_gits_last_words():
    assert (
        classify("hint: x\nfatal: the moon is full\nhint: y").detail
        == "Git failed: the moon is full"
    )


def test_an_empty_repository_is_an_error_although_git_succeeds():
    with pytest.raises(GitError) as caught:
        check(0, "warning: You appear to have cloned an empty repository.\n")
    assert caught.value.kind == "empty"


def test_success_raises_nothing():
    check(0, "Cloning into bare repository 'x'...\n")


def test_a_commit_that_was_forced_away_is_named():
    assert commit_gone("abc1234" + "0" * 33).detail == (
        "commit abc1234 is no longer in the repository (force-pushed away?)"
    )


@pytest.mark.parametrize(
    ("kind", "transient"),
    [
        ("timeout", True),
        ("network", True),
        ("server", True),
        ("credentials", False),
        ("gone", False),
    ],
)
def test_only_what_may_pass_by_itself_is_transient(kind, transient):
    assert GitError(kind).transient is transient
