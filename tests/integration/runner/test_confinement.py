"""What a build can see and do, and what it cannot."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from myapp.errors import SettingsError
from myapp.runner.detect import detect
from myapp.runner.sandbox import FIRST_ID, IDS
from tests.integration.runner.builder import Running, git
from tests.integration.runner.conftest import CANARY

AS_ROOT = os.geteuid() == 0


def test_the_environment_is_clean(builder):
    outcome = builder.run("test:\n\t@env -0 | tr '\\0' '\\n'\n", environment={"MINE": "x y"})
    found = dict(line.split("=", 1) for line in outcome.output.splitlines())
    expected = {"PATH", "HOME", "TMPDIR", "LANG", "SHELL", "USER", "LOGNAME", "CI", "HOBOTNICA"}
    ours_and_makes = expected | {"MINE", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKE_TERMERR"}
    assert set(found) - {"PWD", "OLDPWD", "SHLVL", "_", "MAKE_TERMOUT"} <= ours_and_makes
    assert (found["CI"], found["HOBOTNICA"], found["MINE"]) == ("1", "1", "x y")
    assert found["HOME"].endswith("/home")
    assert found["TMPDIR"].endswith("/tmp")


def test_the_services_environment_is_in_no_process_that_a_build_sees(builder):
    if builder.sandbox.level == "none" and not AS_ROOT:
        pytest.skip("without a sandbox and a user of its own, a build sees the service")
    probe = "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'"
    outcome = builder.run(f"test:\n\t@{probe}; true\n")
    assert outcome.result.state == "passed"
    assert CANARY not in outcome.text


def test_home_and_tmp_are_writable_and_outside_of_the_checkout(builder):
    script = 'touch "$$HOME/a" "$$TMPDIR/b" /tmp/c-$$$$ && git status --porcelain && rm /tmp/c-$$$$'
    outcome = builder.run(f"test:\n\t@{script}\n")
    assert outcome.result.state == "passed", outcome.text
    assert outcome.output == ""


def test_git_works_in_a_build(builder):
    outcome = builder.run(
        "test:\n\t@git log --format=%H -1; git status --short --branch; git fsck 2>&1 | head -3\n"
    )
    assert outcome.result.state == "passed"
    assert "(no branch)" in outcome.output
    assert "fatal" not in outcome.output
    assert "dubious" not in outcome.output


def test_a_build_cannot_write_into_the_mirror(builder):
    if not AS_ROOT and builder.sandbox.level != "bwrap":
        pytest.skip("the mirror belongs to the build's own user here")
    outcome = builder.run(
        "test:\n\t@m=$$(sed s,/objects$$,, .git/objects/info/alternates);"
        ' test -r "$$m/HEAD" && ! touch "$$m/x" && ! git -C "$$m" config a.b c\n'
    )
    assert outcome.result.state == "passed", outcome.text
    assert not (builder.mirror / "x").exists()


def test_the_data_directory_is_out_of_sight(bwrap):
    (bwrap.data / "key").write_text(CANARY)
    (bwrap.data / "mirrors" / "99.git").mkdir(parents=True, exist_ok=True)
    outcome = bwrap.run(
        f"test:\n\t@cat {bwrap.data}/key; ls -a {bwrap.data} {bwrap.data}/mirrors"
        f" {bwrap.sandbox.workspaces}\n"
    )
    assert CANARY not in outcome.text
    assert "key\n" not in outcome.output
    assert "99.git" not in outcome.output
    # Of the workspaces only its own is there.
    assert len([name for name in outcome.output.split() if name.endswith("-1")]) == 1


def test_the_key_cannot_be_read_by_a_user_of_its_own(builder):
    if not AS_ROOT and builder.sandbox.level != "bwrap":
        pytest.skip("the service's user and the build's are the same here")
    key = builder.data / "key"
    key.touch(mode=0o600)
    key.write_text(CANARY)
    assert CANARY not in builder.run(f"test:\n\t@cat {key}; true\n").text


def test_capabilities_and_new_privileges_are_gone(builder):
    outcome = builder.run("test:\n\t@grep -E '^(CapEff|CapPrm|NoNewPrivs)' /proc/self/status\n")
    found = dict(line.split(":\t") for line in outcome.output.splitlines())
    if builder.sandbox.level == "bwrap" or AS_ROOT:
        assert int(found["CapEff"], 16) == int(found["CapPrm"], 16) == 0
        assert found["NoNewPrivs"] == "1"


@pytest.mark.skipif(not AS_ROOT, reason="only root gives builds users of their own")
def test_a_build_of_root_has_a_user_of_its_own(builder):
    outcome = builder.run("test:\n\t@id -u; id -g; id -G; touch made; stat -c %u made Makefile\n")
    numbers = [int(word) for word in outcome.output.split()]
    assert all(FIRST_ID <= number < FIRST_ID + IDS for number in numbers)


@pytest.mark.skipif(not AS_ROOT, reason="only root gives builds users of their own")
def test_getting_back_to_root_fails(builder):
    outcome = builder.run("test:\n\t@! setpriv --reuid 0 id 2>&1 && ! su -c id 2>&1 </dev/null\n")
    assert outcome.result.state == "passed", outcome.text
    assert "uid=0" not in outcome.text


@pytest.mark.parametrize("builder", ["bwrap", "unshare"], indirect=True)
def test_processes_of_the_machine_are_out_of_sight(builder):
    outcome = builder.run("test:\n\t@ls -d /proc/[0-9]* | wc -l\n")
    assert int(outcome.output) < 15


def test_the_system_cannot_be_written(bwrap):
    outcome = bwrap.run("test:\n\t@! touch /usr/x && ! touch /etc/x && ! touch /opt/x\n")
    assert outcome.result.state == "passed", outcome.text


def test_the_build_has_a_name(bwrap):
    if not AS_ROOT:
        pytest.skip("the build's user is the service's here")
    assert bwrap.run("test:\n\t@id -un\n").output == "hobotnica\n"


def test_a_link_out_of_the_repository_leads_nowhere_new(bwrap):
    (bwrap.data / "key").write_text(CANARY)
    source = bwrap.origin / "Makefile"
    source.unlink(missing_ok=True)
    source.symlink_to(bwrap.data / "key")
    git(bwrap.origin, "add", "-A")
    git(bwrap.origin, "commit", "-q", "-m", "link")
    job = bwrap.job(git(bwrap.origin, "rev-parse", "HEAD"))
    outcome = Running(job, bwrap.nursery.begin(job)).outcome()
    source.unlink()
    assert outcome.result.state in ("failed", "errored")
    assert CANARY not in outcome.text


def fake(directory: Path, name: str, script: str) -> None:
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(f"#!/bin/sh\n{script}\n")
    (directory / name).chmod(0o755)


@pytest.fixture
def without(monkeypatch, tmp_path):
    """Put failing programs before the real ones."""

    def hide(*names: str) -> None:
        for name in names:
            fake(tmp_path / "bin", name, "echo no permission to make a namespace >&2; exit 1")
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")

    return hide


def test_a_failing_bwrap_falls_back_and_says_why(without, best):
    without("bwrap")
    found = detect("auto", best.data)
    assert found.level in ("unshare", "none")
    assert "bwrap: no permission to make a namespace" in found.reason


def test_without_any_sandbox_builds_run_with_limits_only(without, best):
    without("bwrap", "unshare")
    found = detect("auto", best.data)
    assert found.level == "none"
    assert "unshare: no permission" in found.reason


def test_a_bwrap_that_confines_nothing_is_not_taken(monkeypatch, tmp_path, best):
    script = 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"'
    fake(tmp_path / "bin", "bwrap", script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert detect("auto", best.data).level != "bwrap"


def test_require_refuses_to_start_without_a_sandbox(without, best):
    without("bwrap", "unshare")
    with pytest.raises(SettingsError, match="HOBOTNICA_SANDBOX=require"):
        detect("require", best.data)


def test_a_wanted_level_that_does_not_work_is_an_error(without, best):
    without("bwrap")
    with pytest.raises(SettingsError, match="HOBOTNICA_SANDBOX=bwrap"):
        detect("bwrap", best.data)


def test_a_probe_leaves_nothing_behind(best):
    before = {path for path in best.data.rglob("*") if "probe" in path.name}
    detect("auto", best.data)
    assert {path for path in best.data.rglob("*") if "probe" in path.name} == before == set()
