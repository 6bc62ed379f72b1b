"""Where the material of package.json is, and a clear word when it is not there."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
MODULES = PROJECT / "node_modules"
# Beside the other tools' caches; .gitignore has it.
CACHE = PROJECT / ".pytest_cache" / "hobotnica"


class MaterialMissing(Exception):
    """GitHub's published material is not installed; the message says how to get it."""


def material(path: str) -> Path:
    """The file of a package, as in `material("@octokit/openapi/generated/x.json")`."""
    found = MODULES / path
    if not found.exists():
        package = "/".join(path.split("/")[:2])
        raise MaterialMissing(f"{package} is not installed: run `npm ci --ignore-scripts`")
    return found
