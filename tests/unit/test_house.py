"""The rules of the house: imports only go down, files stay small, no assert in the application."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APP = ROOT / "myapp"
SOURCES = sorted(APP.rglob("*.py"))

DOMAIN = {"accounts", "repositories", "builds", "deliveries", "maintenance", "context"}
BASE = {"errors", "settings", "log", "text", ""}
PLAIN = BASE | {"bus", "git", "github", "logs"}
# What each part may import of myapp, beside itself.
MAY_IMPORT = {
    "errors": set(),
    "settings": BASE,
    "bus": BASE,
    "vault": BASE,
    "cache": BASE,
    "github": BASE,
    "git": BASE,
    "logs": BASE,
    "contract": BASE | {"github"},
    "runner": BASE | {"git"},
    "store": BASE,
    "framework": BASE | {"contract", "github", "worker"},
    "demo": PLAIN | {"runner"},
}
DOMAIN_MAY_IMPORT = PLAIN | DOMAIN | {"store", "vault", "cache"}
WORKER_MAY_IMPORT = DOMAIN_MAY_IMPORT | {"runner", "worker"} - {"store"}
ONLY_HERE = {
    "atila": {"framework", "services"},
    "skitai": {"framework", "services"},
    "rs4": {"framework"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "jinja2": {"framework"},
    "psycopg2": {"store"},
}


def part_of(path: Path) -> str:
    relative = path.relative_to(APP)
    return (
        relative.parts[0].removesuffix(".py")
        if relative.name != "__init__.py"
        else (relative.parts[0] if len(relative.parts) > 1 else "")
    )


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.module == "myapp":
                yield from (f"myapp.{alias.name}" for alias in node.names)
            elif node.module:
                yield node.module


def allowed(part: str) -> set[str] | None:
    if part in DOMAIN:
        return DOMAIN_MAY_IMPORT
    if part == "worker":
        return WORKER_MAY_IMPORT
    return MAY_IMPORT.get(part)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(APP)))
def test_imports_only_go_down(path: Path) -> None:
    part = part_of(path)
    may = allowed(part)
    if may is None:  # services, the command line, and myapp itself stand on top
        return
    for name in imports_of(path):
        if name == "myapp" or not name.startswith("myapp."):
            continue
        target = name.split(".")[1]
        if target == "__version__":
            continue
        assert target == part or target in may, f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(APP)))
def test_libraries_are_imported_only_where_they_belong(path: Path) -> None:
    part = part_of(path)
    for name in imports_of(path):
        home = ONLY_HERE.get(name.split(".")[0])
        if home is not None and part != "":
            assert part in home, f"{path.relative_to(ROOT)} imports {name}"


def test_no_module_of_the_worker_loads_the_framework() -> None:
    import subprocess
    import sys

    code = "import sys, myapp.worker; print([m for m in ('atila', 'skitai') if m in sys.modules])"
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(APP)))
def test_application_code_has_no_assert(path: Path) -> None:
    lines = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assert)
    ]
    assert lines == [], "the framework evaluates assertion messages; raise a typed error"


def test_files_stay_under_400_lines() -> None:
    files = [
        path
        for folder in ("myapp", "tests", "bench")
        for kind in ("*.py", "*.css", "*.js")
        for path in (ROOT / folder).rglob(kind)
    ]
    long = {
        str(p.relative_to(ROOT)): n for p in files if (n := len(p.read_text().splitlines())) > 400
    }
    assert long == {}
