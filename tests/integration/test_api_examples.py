"""The examples of docs/api.md, run by a shell against a service that keeps the contract."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.pretended_service import TOKEN, USERNAME, PretendedService

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
EXAMPLES = re.findall(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
KEPT = next(example for example in EXAMPLES if "umask 077" in example)

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@pytest.fixture(scope="module")
def pretended() -> Iterator[PretendedService]:
    with PretendedService() as service:
        yield service


def run(example: str, service: PretendedService, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "HOBOTNICA": service.url,
        "GITHUB_USERNAME": USERNAME,
        "GITHUB_TOKEN": TOKEN,
        "HOBOTNICA_TOKEN": f"hob_{TOKEN}",
        "OWNER": "octocat",
        "NAME": "hello-world",
        "BUILD": "42",
    }
    command = ["sh", "-euc", example]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=30, check=False
    )


def test_there_are_examples():
    assert len(EXAMPLES) > 15


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_works(example, pretended, tmp_path):
    if "$HOME/.hobotnica" in example and example != KEPT:
        assert run(KEPT, pretended, tmp_path).returncode == 0
    done = run(example, pretended, tmp_path)
    assert done.returncode == 0, f"{example}\n{done.stdout}\n{done.stderr}"


def test_the_file_with_the_token_is_for_its_owner_only(pretended, tmp_path):
    assert run(KEPT, pretended, tmp_path).returncode == 0
    assert (tmp_path / ".hobotnica").stat().st_mode & 0o777 == 0o600


def test_no_example_has_a_token_on_a_command_line():
    for example in EXAMPLES:
        commands = re.sub(r"<<EOF.*?^EOF", "", example, flags=re.DOTALL | re.MULTILINE)
        assert "_TOKEN" not in commands.replace("env/COVERALLS_TOKEN", "")
