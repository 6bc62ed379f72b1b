"""Which sandbox works here: found out by really running something in it."""

from __future__ import annotations

import os
import secrets
import subprocess
from pathlib import Path

from myapp.errors import SettingsError
from myapp.runner import sandbox
from myapp.runner.environment import build_environment
from myapp.runner.model import Job, Sandbox
from myapp.runner.workspace import Workspace

PROBE_SECONDS = 10
_ALONE = 'test "$(ls -d /proc/[0-9]* | wc -l)" -lt 20'  # in a pid namespace of its own
_PROBES = {
    "bwrap": f'{_ALONE} && test -r "$PROBE_MIRROR/HEAD" && test ! -e "$PROBE_HIDDEN"',
    "unshare": _ALONE,
    "none": "true",
}
_ALWAYS = 'touch "$HOME/ok" "$TMPDIR/ok" ok'


def detect(wanted: str, data_dir: Path) -> Sandbox:
    """The strongest level that works (or the wanted one); raises SettingsError if it must not be.

    `wanted` is the setting: auto, bwrap, unshare, none or require (any level but none).
    """
    levels = ("bwrap", "unshare", "none") if wanted in ("auto", "require") else (wanted,)
    own_uid = os.geteuid() == 0
    sandbox.warm()
    why: list[str] = []
    for level in levels:
        if level == "none" and wanted == "require":
            break
        found = Sandbox(level, own_uid, data_dir, _workspaces(data_dir, level, own_uid))
        problem = _problem(found)
        if problem is None:
            if found.workspaces.parent != data_dir:
                why.append(
                    "git's history is out of the builds' reach: others may not pass the "
                    "directories above HOBOTNICA_DATA_DIR"
                )
            return Sandbox(level, own_uid, data_dir, found.workspaces, "; ".join(why))
        why.append(f"{level}: {problem}")
    raise SettingsError(
        f"HOBOTNICA_SANDBOX={wanted}, but no such sandbox works here ({'; '.join(why)})"
    )


def share_mirror(job: Job) -> None:
    """Let the build's group, and nobody else, read the mirror where no namespace shows it."""
    who = sandbox.identity(job)
    if who is None or job.sandbox.level == "bwrap":
        return
    os.chown(job.mirror, -1, who[1])
    job.mirror.chmod(0o750)
    job.mirror.parent.chmod(0o711)


def _workspaces(data_dir: Path, level: str, own_uid: bool) -> Path:
    """Below the data directory, or, where a build's user could not get there, in /var/tmp."""
    usual = data_dir / "workspaces"
    if not own_uid or level == "bwrap":
        return usual
    data_dir.mkdir(parents=True, exist_ok=True)
    data_dir.chmod(data_dir.stat().st_mode | 0o011)
    if all(parent.stat().st_mode & 0o001 for parent in data_dir.parents):
        return usual
    elsewhere = Path("/var/tmp", f"hobotnica-{data_dir.stat().st_ino}")  # noqa: S108 - checked
    elsewhere.mkdir(mode=0o711, exist_ok=True)
    if elsewhere.is_symlink() or elsewhere.stat().st_uid != os.geteuid():
        raise SettingsError(f"{elsewhere} is somebody else's: move it away")
    return elsewhere


def _problem(found: Sandbox) -> str | None:
    """Why this level does not work here, or None."""
    name = f"probe-{secrets.token_hex(4)}"
    mirror = found.hidden / "mirrors" / name
    hidden = found.hidden / name
    mirror.mkdir(parents=True)
    mirror.parent.chmod(0o711)
    (mirror / "HEAD").write_text("probe\n")
    hidden.write_text("probe\n")
    job = Job(
        build_id=0,
        attempt=0,
        repository_id=0,
        owner="",
        name="",
        url="",
        mirror=mirror,
        workspace=found.workspaces / name,
        sha="",
        target="",
        sandbox=found,
        environment={"PROBE_MIRROR": str(mirror), "PROBE_HIDDEN": str(hidden)},
    )
    try:
        workspace = Workspace(job.workspace)
        try:
            return _try(job, workspace)
        finally:
            workspace.remove()
    except OSError as error:
        return f"{error.strerror} ({error.filename})"
    finally:
        hidden.unlink()
        (mirror / "HEAD").unlink()
        mirror.rmdir()


def _try(job: Job, workspace: Workspace) -> str | None:
    workspace.checkout.mkdir()
    who = sandbox.identity(job)
    if who is not None:
        workspace.give_to(*who)
        share_mirror(job)
    script = f"{_ALWAYS} && {_PROBES[job.sandbox.level]}"
    try:
        ended = subprocess.run(
            sandbox.confine(job, ["/bin/sh", "-c", script]),
            env=build_environment(job),
            cwd=workspace.checkout,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PROBE_SECONDS,
            start_new_session=True,
            preexec_fn=sandbox.preparation(job),
            check=False,
        )
    except FileNotFoundError as error:
        return f"{error.filename} is not installed"
    except subprocess.SubprocessError as error:
        return f"did not answer ({type(error).__name__})"
    if ended.returncode == 0 and (workspace.checkout / "ok").exists():
        return None
    words = ended.stderr.decode("utf-8", "replace").strip().splitlines()
    return words[-1][:200] if words else f"ended with {ended.returncode}"
