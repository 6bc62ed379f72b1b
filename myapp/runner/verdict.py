"""What make's end means: passed, failed, or nothing to run at all."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

from myapp.runner.model import ERRORED, FAILED, PASSED, Result

MAKEFILES = ("GNUmakefile", "makefile", "Makefile")  # in make's own order
_TARGET = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.+/-]*\Z")


def before(checkout: Path, target: str) -> Result | None:
    """The end of a build that need not begin: no Makefile, or a target that is none.

    Only names are looked at: what a repository's files hold, or where its links lead, is read by
    nothing outside the sandbox.
    """
    if not _TARGET.match(target):
        return Result(ERRORED, f"{target[:100]!r} is not the name of a target")
    if not any(os.path.lexists(checkout / name) for name in MAKEFILES):
        return Result(ERRORED, "The repository has no Makefile")
    return None


def after(target: str, code: int, tail: bytes, shadowed: bool) -> Result:
    """The end of a build by make's exit code (negative: signal) and its last words.

    `shadowed`: a file or directory with the target's name stood in the checkout.
    """
    if code == 0:
        if shadowed and _idle(target, tail):
            return Result(
                ERRORED,
                f"make did nothing for '{target}': something of that name exists in the repository,"
                " and the Makefile does not declare the target as .PHONY",
                0,
            )
        return Result(PASSED, exit_code=0)
    if code < 0 or code > 128:
        number = -code if code < 0 else code - 128
        return Result(FAILED, f"make {target} was killed by {_signal(number)}", 128 + number)
    if code == 2 and _lacks(target, tail):
        return Result(ERRORED, f"The Makefile has no target '{target}'", code)
    return Result(FAILED, f"make {target} exited with {code}", code)


def _lacks(target: str, tail: bytes) -> bool:
    # A make started by a recipe says "make[1]:", and whatever a recipe prints, the top-level make
    # has the last word ("make: *** [Makefile:2: test] Error 2").
    pattern = rf"make: \*\*\* No rule to make target ['`]{re.escape(target)}'\.  Stop\."
    return re.fullmatch(pattern, _last_word(tail)) is not None


def _idle(target: str, tail: bytes) -> bool:
    name = re.escape(target)
    pattern = rf"make: (Nothing to be done for ['`]{name}'\.|['`]{name}' is up to date\.)"
    return re.fullmatch(pattern, _last_word(tail)) is not None


def _last_word(tail: bytes) -> str:
    lines = tail.decode("utf-8", "replace").splitlines()
    for line in reversed(lines):
        if line.strip() and not line.startswith("make: Leaving directory"):
            return line.strip()
    return ""


def _signal(number: int) -> str:
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"
