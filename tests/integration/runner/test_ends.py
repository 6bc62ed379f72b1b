"""How a build can end, each with its own state and sentence, at every level of the sandbox."""

from __future__ import annotations

import pytest

from tests.integration.runner.builder import Running, wait_until


def test_a_passing_build_is_green(builder):
    outcome = builder.run("test:\n\t@echo ok\n")
    assert (outcome.result.state, outcome.result.reason) == ("passed", None)
    assert outcome.result.exit_code == 0
    assert outcome.output == "ok\n"


def test_a_failing_build_is_red(builder):
    outcome = builder.run("test:\n\t@echo before; exit 3; echo after\n")
    assert outcome.result.state == "failed"
    assert outcome.result.reason == "make test exited with 2"
    assert outcome.result.exit_code == 2
    assert "before" in outcome.output
    assert "after" not in outcome.output


def test_a_build_killed_by_a_signal_says_which(builder):
    outcome = builder.run("test:\n\t@kill -9 $$PPID; sleep 60\n")
    assert outcome.result.state == "failed"
    assert outcome.result.reason == "make test was killed by signal 9 (SIGKILL)"
    assert outcome.result.exit_code == 137


def test_the_log_tells_the_steps(builder):
    outcome = builder.run("test:\n\t@echo ok\n")
    assert outcome.steps == ["fetching", "checkout", "running"]
    lines = outcome.text.splitlines()
    assert [line for line in lines if line.startswith("==> ")] == [
        "==> fetching",
        "==> checkout",
        "==> running",
        "==> passed",
    ]
    assert "$ make test" in lines


def test_without_a_makefile_the_build_is_errored(best):
    outcome = best.run({"README": "nothing"})
    assert (outcome.result.state, outcome.result.reason) == (
        "errored",
        "The repository has no Makefile",
    )


def test_without_the_target_the_build_is_errored(builder):
    outcome = builder.run("all:\n\t@echo all\n")
    assert (outcome.result.state, outcome.result.reason) == (
        "errored",
        "The Makefile has no target 'test'",
    )


def test_a_missing_target_further_down_is_a_failure(best):
    outcome = best.run({"Makefile": "test:\n\t$(MAKE) -C sub test\n", "sub/Makefile": "all:\n"})
    assert outcome.result.state == "failed"


def test_a_directory_called_test_is_no_passing_test(best):
    outcome = best.run({"Makefile": "all:\n", "test/x": "x"})
    assert outcome.result.state == "errored"
    assert ".PHONY" in outcome.result.reason


def test_a_phony_target_beside_a_directory_is_run(best):
    files = {"Makefile": ".PHONY: test\ntest:\n\t@echo ran\n", "test/x": "x"}
    assert best.run(files).output == "ran\n"


def test_too_long_is_timed_out(builder):
    running = builder.start("test:\n\t@echo on; sleep 600\n", timeout=2.0)
    outcome = running.outcome()
    assert outcome.result.state == "timed_out"
    assert outcome.result.reason == "ran longer than 2 seconds"
    assert running.inhabitants() == []
    assert "on\n" in outcome.text


def test_output_does_not_lengthen_the_time(best):
    outcome = best.run("test:\n\t@while :; do echo on; done\n", timeout=1.0, log_limit=4096)
    assert outcome.result.state == "timed_out"


def test_silence_is_timed_out_with_its_own_sentence(builder):
    outcome = builder.run("test:\n\t@echo on; sleep 600\n", idle_timeout=1.0)
    assert outcome.result.state == "timed_out"
    assert outcome.result.reason == "printed nothing for 1 second"


def test_a_build_that_closes_its_output_is_waited_for(best):
    outcome = best.run("test:\n\t@exec >&- 2>&-; exec sleep 0.3\n")
    assert outcome.result.state == "passed"


def test_a_cancelled_build_is_dead_at_once(builder):
    running = builder.start("test:\n\t@trap '' TERM INT HUP; echo on; while :; do sleep 1; done\n")
    running.until(b"on\n").stop("cancelled", "cancelled by octo: no need")
    outcome = running.outcome()
    assert outcome.result.state == "cancelled"
    assert outcome.result.reason == "cancelled by octo: no need"
    assert running.inhabitants() == []


def test_cpu_and_memory_of_the_children_count(best):
    script = "x = bytearray(100 << 20)\nfor _ in range(3000000): pass\n"
    outcome = best.run(
        {"Makefile": "test:\n\t@/usr/bin/env python3 x.py || perl -e 0\n", "x.py": script}
    )
    if outcome.result.state != "passed" or "python3" in outcome.output:
        pytest.skip("the sandbox has no python3")
    assert outcome.result.cpu_seconds > 0.01
    assert outcome.result.max_rss > 100 << 20


def test_a_commit_that_was_forced_away_is_errored(best):
    best.commit({"Makefile": "test:\n"})
    job = best.job("f" * 40)
    outcome = Running(job, best.nursery.begin(job)).outcome()
    assert outcome.result.state == "errored"
    assert outcome.result.reason == (
        "commit fffffff is no longer in the repository (force-pushed away?)"
    )


def test_a_repository_that_is_gone_is_errored(best):
    outcome = best.run("test:\n", url=str(best.place / "nowhere"))
    # The mirror has the commit? No: it was committed after the last fetch.
    assert outcome.result.state == "errored"
    assert "does not exist" in outcome.result.reason


def test_a_commit_that_the_mirror_has_needs_no_network(best):
    first = best.start("test:\n\t@echo once\n")
    assert first.outcome().result.state == "passed"
    again = best.job(first.job.sha, url=str(best.place / "nowhere"))
    assert Running(again, best.nursery.begin(again)).outcome().result.state == "passed"


def test_nothing_is_left_after_a_build(builder):
    running = builder.start("test:\n\t@mkdir -p a/b; touch a/b/c; chmod 0 a\n")
    running.outcome()
    workspaces = builder.sandbox.workspaces
    wait_until(lambda: [p.name for p in workspaces.iterdir()] in ([], [".trash"]))
    wait_until(lambda: not any((workspaces / ".trash").iterdir()))
    wait_until(lambda: [p.name for p in (builder.mirror / "refs/ci").iterdir()] == ["newest"])


def test_a_mirror_that_is_missing_is_made(best):
    elsewhere = best.data / "mirrors" / "2.git"
    outcome = best.run("test:\n\t@echo ok\n", mirror=elsewhere, repository_id=2)
    assert outcome.result.state == "passed"
    assert (elsewhere / "HEAD").exists()
