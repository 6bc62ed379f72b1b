"""The documentation says what is: every setting, every operation, every state."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from myapp.builds.model import FINAL
from myapp.contract import load
from myapp.settings import describe

DOCS = Path(__file__).parents[2] / "docs"
SLOTS = "HOBOTNICA_SLOTS"  # its default is the machine's


def rows(name: str) -> list[list[str]]:
    """Return the rows of every table of a document, their cells stripped."""
    lines = (DOCS / name).read_text().splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("| ")
    ]


def test_every_setting_is_documented_once_with_its_default():
    cells = [row for row in rows("settings.md") if row[0].startswith("`HOBOTNICA_")]
    documented = {row[0].strip("`"): row[1].strip("`") for row in cells}
    assert len(cells) == len(documented)
    settings = {variable: default for variable, default, _ in describe()}
    assert documented.pop(SLOTS) == "the number of CPUs"
    settings.pop(SLOTS)
    assert documented == settings


@pytest.mark.parametrize(
    ("variable", "choices"),
    [
        ("WORKER", ["local", "none"]),
        ("SANDBOX", ["auto", "bwrap", "unshare", "none", "require"]),
        ("LOG_FORMAT", ["text", "json"]),
    ],
)
def test_a_setting_of_a_choice_names_its_choices(variable, choices):
    meaning = next(row[2] for row in rows("settings.md") if row[0] == f"`HOBOTNICA_{variable}`")
    for choice in choices:
        assert f"`{choice}`" in meaning


def test_every_operation_is_documented_with_its_request_and_permission():
    documented = [row for row in rows("api.md") if re.match(r"`[a-z]+[A-Z]\w+`", row[0])]
    expected = [
        [f"`{operation.id}`", f"`{operation.method} {operation.path}`", operation.permission]
        for operation in load().operations.values()
    ]
    assert documented == expected


def test_every_status_that_an_operation_can_refuse_with_is_documented():
    documented = {row[0] for row in rows("api.md") if re.fullmatch(r"\d{3}", row[0])}
    refusals = {
        str(status)
        for operation in load().operations.values()
        for status in operation.statuses
        if status >= 400
    }
    assert documented == refusals | {"405"}


def test_every_state_is_documented():
    documented = {
        row[0].strip("`")
        for row in rows("state-machine.md")
        if len(row) == 3 and re.fullmatch(r"`\w+`", row[0])
    }
    assert documented == {"queued", "running", *FINAL} | {"cloning", "ready", "revoked"}


def test_every_module_that_the_state_machine_names_is_there():
    text = (DOCS / "state-machine.md").read_text()
    modules = set(re.findall(r"`(builds/\w+\.py)`", text))
    assert modules
    for module in modules:
        assert (DOCS.parent / "myapp" / module).is_file(), module


@pytest.mark.parametrize("name", ["api.md", "settings.md", "state-machine.md"])
def test_links_lead_somewhere(name):
    for target in re.findall(r"\]\(([^)#]+)", (DOCS / name).read_text()):
        assert "://" in target or (DOCS / target).is_file(), f"{name}: {target}"
