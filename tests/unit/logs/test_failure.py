from __future__ import annotations

import pytest

from myapp.logs.failure import is_failure


@pytest.mark.parametrize(
    "line",
    [
        b"make: *** [Makefile:2: test] Error 1",
        b"make[2]: *** No rule to make target 'x'.  Stop.",
        b"Traceback (most recent call last):",
        b"FAILED tests/test_a.py::test_b - assert 1 == 2",
        b"FAIL: test_x (tests.Case)",
        b"--- FAIL: TestX (0.00s)",
        b"=================== FAILURES ===================",
        b"E       assert 1 == 2",
        b"main.c:3:10: fatal error: missing.h: No such file or directory",
        b"src/app.ts:1:2: error: bad",
        b"error[E0308]: mismatched types",
        b"error: could not compile",
        b"fatal: not a git repository",
        b"ModuleNotFoundError: No module named 'x'",
        b"\x1b[31m\x1b[1merror\x1b[0m: coloured",
        b"npm ERR! code ELIFECYCLE",
        b"not ok 3 - parses",
        b"panic: runtime error: index out of range",
        "  ✕ adds numbers (3 ms)".encode(),
        b"/bin/sh: 1: pytest: not found",
        b"bash: line 1: foo: command not found",
        b"Segmentation fault (core dumped)",
        b"50%\r100%\rerror: at the end",
        b"error: with carriage return\r",
    ],
)
def test_a_failing_line_is_seen(line: bytes) -> None:
    assert is_failure(line)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"0 errors, 0 failures",
        b"make: [clean] Error 1 (ignored)",
        b"make: *** [clean] Error 1 (ignored)",
        b"test_error_handling PASSED",
        b"handles error: yes",
        b"12 passed in 0.3s",
        b"Compiling thiserror v1.0",
        b"FAILED: 0 failed",
    ],
)
def test_a_harmless_line_is_left_alone(line: bytes) -> None:
    assert not is_failure(line)
