"""Commands through `was.Subprocess`, made safe (docs/framework.md, 11 and 14)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GRACE = 5.0
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_TIMEOUT_CODES = (124, 137)  # coreutils timeout: ended by TERM, by KILL


@dataclass(frozen=True)
class CommandResult:
    """How a command ended; its output, stderr with it, is in `output_file` as raw bytes."""

    exit_code: int
    timed_out: bool
    output_file: Path

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.exit_code == 0

    def tail(self, size: int = 4096) -> str:
        """The last bytes of the output as text (blocking: a small read)."""
        with self.output_file.open("rb") as output:
            output.seek(0, 2)
            output.seek(max(0, output.tell() - size))
            return output.read(size).decode(errors="replace")


def run_command(
    was: Any,
    argv: Sequence[str],
    env: Mapping[str, str],
    *,
    output_file: Path,
    timeout: float,
    cwd: Path | None = None,
) -> Generator[Any, Any, CommandResult]:
    """Run `argv` without a shell's view of it, in exactly `env`, for at most `timeout` seconds.

    The whole process group ends at the timeout. `env` must hold no secret (it passes through a
    command line). A command that cannot start ends with 126 or 127. Used as
    `result = yield from run_command(was, [...], {...}, output_file=log, timeout=60)`.
    """
    command = command_line(argv, env, output_file, timeout, cwd)
    task = was.Subprocess(command, timeout=timeout + GRACE + 10)
    yield task
    code = task.proc.returncode
    if code is None:  # even `timeout` did not end: the framework has given up waiting
        task.proc.kill()
        code = 137
    code = 128 - code if code < 0 else code  # as a shell tells it
    return CommandResult(code, code in _TIMEOUT_CODES, output_file)


def command_line(
    argv: Sequence[str],
    env: Mapping[str, str],
    output_file: Path,
    timeout: float,
    cwd: Path | None = None,
) -> str:
    """The line for the framework's shell; ValueError for NUL and names no environment may have."""
    settings = {"PATH": _PATH, **env}
    for name in settings:
        if not _NAME.fullmatch(name):
            raise ValueError(f"not an environment variable: {name!r}")
    words = ["env", "-i", *(f"{name}={value}" for name, value in settings.items())]
    words += ["timeout", "-k", f"{GRACE:g}", f"{timeout:g}", *argv]
    if any("\0" in word for word in words):
        raise ValueError("a NUL character in a command")
    line = f"exec >{shlex.quote(str(output_file))} 2>&1 </dev/null; "
    if cwd is not None:
        line += f"cd {shlex.quote(str(cwd))} && "
    return line + "exec " + shlex.join(words)
