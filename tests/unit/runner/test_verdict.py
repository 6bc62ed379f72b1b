from __future__ import annotations

import pytest

from myapp.runner import verdict


def test_exit_0_has_passed():
    result = verdict.after("test", 0, b"ok\n", shadowed=False)
    assert (result.state, result.reason, result.exit_code) == ("passed", None, 0)


def test_another_exit_code_has_failed():
    result = verdict.after("test", 2, b"make: *** [Makefile:2: test] Error 1\n", shadowed=False)
    assert (result.state, result.reason) == ("failed", "make test exited with 2")


@pytest.mark.parametrize(("code", "number"), [(-9, 9), (137, 9), (-11, 11), (143, 15)])
def test_a_signal_is_named(code, number):
    result = verdict.after("test", code, b"", shadowed=False)
    assert result.state == "failed"
    assert f"killed by signal {number} (SIG" in result.reason
    assert result.exit_code == 128 + number


@pytest.mark.parametrize("quotes", ["''", "`'"])
def test_a_missing_target_is_errored(quotes):
    tail = f"hello\nmake: *** No rule to make target {quotes[0]}test{quotes[1]}.  Stop.\n".encode()
    result = verdict.after("test", 2, tail, shadowed=False)
    assert (result.state, result.reason) == ("errored", "The Makefile has no target 'test'")


def test_a_missing_target_is_seen_although_make_leaves_a_directory():
    tail = b"make: *** No rule to make target 'test'.  Stop.\nmake: Leaving directory '/x'\n"
    assert verdict.after("test", 2, tail, shadowed=False).state == "errored"


@pytest.mark.parametrize(
    "tail",
    [
        b"make[1]: *** No rule to make target 'test'.  Stop.\nmake: *** [M:2: test] Error 2\n",
        b"make: *** No rule to make target 'test'.  Stop.\nmake: *** [M:2: test] Error 2\n",
        b"make: *** No rule to make target 'data.csv', needed by 'test'.  Stop.\n",
        b"make: *** No rule to make target 'tests'.  Stop.\n",
    ],
)
def test_what_goes_wrong_below_the_target_has_failed(tail):
    assert verdict.after("test", 2, tail, shadowed=False).state == "failed"


@pytest.mark.parametrize(
    "tail", [b"make: Nothing to be done for 'test'.\n", b"make: 'test' is up to date.\n"]
)
def test_a_directory_in_the_targets_place_is_no_pass(tail):
    assert verdict.after("test", 0, tail, shadowed=True).state == "errored"
    assert verdict.after("test", 0, tail, shadowed=False).state == "passed"


def test_without_a_makefile_nothing_is_run(tmp_path):
    assert verdict.before(tmp_path, "test").reason == "The repository has no Makefile"


@pytest.mark.parametrize("name", ["Makefile", "makefile", "GNUmakefile"])
def test_every_name_that_make_knows_is_a_makefile(tmp_path, name):
    (tmp_path / name).symlink_to("/nowhere")
    assert verdict.before(tmp_path, "test") is None


@pytest.mark.parametrize("target", ["-f/etc/passwd", "A=b", "", "a b", "x\n", "$(shell id)"])
def test_a_target_that_make_would_take_for_something_else_is_refused(tmp_path, target):
    (tmp_path / "Makefile").touch()
    assert verdict.before(tmp_path, target).state == "errored"
