from __future__ import annotations

from pathlib import Path

import pytest

from myapp.runner.environment import PATH, build_environment
from myapp.runner.model import Job, Result, Sandbox, duration_words
from myapp.runner.sandbox import confine, identity

SANDBOX = Sandbox("bwrap", True, Path("/srv/data"), Path("/srv/data/workspaces"))


def job(**changes) -> Job:
    values = {
        "build_id": 7,
        "attempt": 2,
        "repository_id": 3,
        "owner": "octo",
        "name": "hello",
        "url": "https://github.com/octo/hello.git",
        "mirror": Path("/srv/data/mirrors/3.git"),
        "workspace": Path("/srv/data/workspaces/7-2"),
        "sha": "0" * 40,
        "target": "test",
        "sandbox": SANDBOX,
        "environment": {"DEPLOY_KEY": "canary-1"},
        "secrets": ("canary-1",),
        "token": "canary-2",
    }
    return Job(**(values | changes))


def test_a_job_survives_the_wire():
    sent = job(ca_file=Path("/etc/ca.pem"), environment={"A": "\udcff ä"})
    assert Job.from_wire(sent.to_wire()) == sent


def test_a_result_survives_the_wire():
    sent = Result("failed", "make test exited with 2", 2, 1.5, 1024)
    assert Result.from_wire(sent.to_wire()) == sent


def test_a_jobs_repr_hides_what_is_secret():
    assert "canary" not in repr(job())


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (0.5, "0.5 seconds"),
        (90, "90 seconds"),
        (60, "1 minute"),
        (1800, "30 minutes"),
        (3600, "1 hour"),
        (7200, "2 hours"),
        (86400, "1 day"),
    ],
)
def test_durations_are_words(seconds, words):
    assert duration_words(seconds) == words


def test_the_environment_is_made_from_nothing(monkeypatch):
    monkeypatch.setenv("SERVICE_SECRET", "canary")
    environment = build_environment(job())
    assert "SERVICE_SECRET" not in environment
    assert environment["CI"] == environment["HOBOTNICA"] == "1"
    assert environment["HOME"] == "/srv/data/workspaces/7-2/home"
    assert environment["DEPLOY_KEY"] == "canary-1"


@pytest.mark.parametrize("name", ["PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "HOME", "GCONV_PATH"])
def test_a_variable_cannot_steer_what_runs_outside_the_sandbox(name):
    environment = build_environment(job(environment={name: "/evil"}))
    assert environment.get(name) != "/evil"
    assert environment["PATH"] == PATH


def test_a_variable_that_is_none_is_left_out():
    environment = build_environment(job(environment={"": "a", "A=B": "c", "N": "\0", "OK": "1"}))
    assert "OK" in environment
    assert not {"", "A=B", "N"} & set(environment)


@pytest.mark.parametrize("level", ["bwrap", "unshare", "none"])
@pytest.mark.parametrize("own_uid", [True, False])
def test_nothing_secret_is_in_the_command(level, own_uid):
    sandbox = Sandbox(level, own_uid, SANDBOX.hidden, SANDBOX.workspaces)
    command = confine(job(sandbox=sandbox), ["make", "test"])
    assert command[-2:] == ["make", "test"]
    assert "canary" not in " ".join(command)


def test_builds_have_users_of_their_own_only_when_started_as_root():
    assert identity(job()) == (60713, 60709)
    plain = Sandbox("bwrap", False, SANDBOX.hidden, SANDBOX.workspaces)
    assert identity(job(sandbox=plain)) is None


def test_a_data_directory_among_the_systems_is_hidden():
    hidden = Path("/opt/hobotnica/var")
    sandbox = Sandbox("bwrap", False, hidden, hidden / "workspaces")
    command = confine(
        job(
            sandbox=sandbox,
            mirror=hidden / "mirrors/3.git",
            workspace=hidden / "workspaces/7-2",
        ),
        ["make"],
    )
    text = " ".join(command)
    assert text.index("--ro-bind-try /opt /opt") < text.index(f"--tmpfs {hidden}")
    assert text.index(f"--tmpfs {hidden}") < text.index(f"--bind {hidden}/workspaces/7-2")
