"""schemathesis against a running service: requests made up from openapi.yaml, right and wrong ones.

It finds server errors, undocumented statuses, missing headers, bodies off their schema, wrong
requests that are taken and right ones that are refused. Who may do what is no matter of it: its own
check of that knows neither 422 for a missing username nor 429 after many wrong tokens.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from myapp.contract.contract import DOCUMENT

SEED = 20250131
GRACE = 120.0  # seconds over the budget after which something hangs

# The service's 422 also says what only GitHub or the database know (a ref that is nowhere).
ACCEPTED = ["2xx", "3xx", "401", "403", "404", "409", "416", "422", "429", "503"]
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "unsupported_method",
    "allow_header_conformance",
]


@dataclass
class Target:
    """What to run against.

    `parameters` are values that exist there, such as `{"path.owner": "octocat"}`; `overrides` are
    others of one operation, such as `{"deleteRepository": {"path.name": "doomed"}}`.
    """

    url: str
    username: str
    token: str = field(repr=False)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    skip: Sequence[str] = ()
    only: Sequence[str] = ()


@dataclass(frozen=True)
class Report:
    """How a run ended; `text` is what schemathesis wrote."""

    passed: bool
    text: str


def run_schemathesis(
    target: Target, directory: Path, *, seconds: int = 60, seed: int = SEED, examples: int = 20
) -> Report:
    """Run for about `seconds`; the configuration and its secrets are files in `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    configuration = directory / "schemathesis.toml"
    configuration.touch(mode=0o600)
    configuration.write_text(_configuration(target, seconds, seed, examples))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration)]
    done = subprocess.run(
        [
            *command,
            "run",
            str(DOCUMENT),
            "--url",
            f"{target.url}/api",
            "--checks",
            ",".join(CHECKS),
        ],
        cwd=directory,
        env={**_environment(), "HOME": str(directory)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=seconds + GRACE,
        text=True,
        errors="replace",
        check=False,
    )
    return Report(done.returncode == 0, done.stdout)


def _environment() -> dict[str, str]:
    kept = ("PATH", "LANG", "VIRTUAL_ENV", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ}


def _configuration(target: Target, seconds: int, seed: int, examples: int) -> str:
    quoted = json.dumps  # TOML's basic strings, numbers, booleans and arrays are JSON's
    lines = [
        f"seed = {seed}",
        f"max-time = {seconds}",
        "color = false",
        "continue-on-failure = true",
        "request-timeout = 20",
        "max-redirects = 0",
        "max-stream-events = 20",
        # hypothesis parses sources, and ast.parse() of Python 3.11 fails in two threads at once.
        "workers = 1",
        "warnings = false",
        'suppress-health-check = ["all"]',
        "parameters = " + _table(target.parameters),
        "[auth]",
        "basic = " + _table({"username": target.username, "password": target.token}),
        "[cache]",
        "enabled = false",
        "[generation]",
        f"max-examples = {examples}",
        'database = "none"',
        "allow-extra-parameters = false",
        "with-security-parameters = false",
        "no-shrink = true",
        "[checks.not_a_server_error]",
        'expected-statuses = ["2xx", "3xx", "4xx", "503"]',
        "[checks.positive_data_acceptance]",
        f"expected-statuses = {quoted(ACCEPTED)}",
        "[checks.negative_data_rejection]",
        'expected-statuses = ["4xx", "503"]',
        "[phases.coverage]",
        "generate-duplicate-query-parameters = true",
        "[phases.stateful]",
        "enabled = false",
    ]
    for name, parameters in target.overrides.items():
        lines += [
            "[[operations]]",
            f"include-operation-id = {quoted(name)}",
            "parameters = " + _table({**target.parameters, **parameters}),
        ]
    for name in target.skip:
        lines += ["[[operations]]", f"include-operation-id = {quoted(name)}", "enabled = false"]
    if target.only:
        lines += [
            "[[operations]]",
            f"exclude-operation-id = {quoted(list(target.only))}",
            "enabled = false",
        ]
    return "\n".join(lines) + "\n"


def _table(values: Mapping[str, Any]) -> str:
    pairs = (f"{json.dumps(name)} = {json.dumps(value)}" for name, value in values.items())
    return "{" + ", ".join(pairs) + "}"
