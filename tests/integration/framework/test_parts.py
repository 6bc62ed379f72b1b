"""The small parts that touch the machine: commands, files, the TLS self-test, no /var/tmp."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from myapp.framework import client, selftest
from myapp.framework.compat import asynconnect
from myapp.framework.files import StaticFiles
from myapp.framework.subprocess import command_line


def test_a_command_line_quotes_everything(tmp_path: Path) -> None:
    log = tmp_path / "it's $(a) log"
    line = command_line(["printf", "%s|", "a b", "$(c)", "it's"], {"X": "`y`"}, log, 5, tmp_path)
    assert subprocess.run(line, shell=True, check=True, capture_output=True).stdout == b""
    assert log.read_text() == "a b|$(c)|it's|"


def test_links_and_hidden_files_are_not_served(tmp_path: Path) -> None:
    (tmp_path / "static" / ".git").mkdir(parents=True)
    (tmp_path / "static" / "a.css").write_text("a")
    (tmp_path / "static" / ".env").write_text("secret")
    (tmp_path / "static" / ".git" / "config").write_text("secret")
    (tmp_path / "outside").write_text("secret")
    (tmp_path / "static" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "static" / "folder").symlink_to(tmp_path)
    for fresh in (False, True):
        files = StaticFiles(tmp_path / "static", fresh=fresh)
        found = files.find("/static/a.css")
        assert found is not None
        assert found.body == b"a"
        for name in (".env", ".git/config", "link", "folder/outside", "../outside", ""):
            assert files.find(f"/static/{name}") is None


def test_a_file_that_has_not_changed_is_not_sent_again(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("a")
    files = StaticFiles(tmp_path)
    found = files.find("/static/a.js")
    assert found is not None
    tag = dict(found.headers)["ETag"]
    for header in (tag, f'W/{tag}, "other"', "*"):
        again = files.find("/static/a.js", header)
        assert again is not None
        assert again.status == 304
    other = files.find("/static/a.js", '"other"')
    assert other is not None
    assert other.status == 200


def test_the_stub_refuses_a_certificate_nobody_vouches_for() -> None:
    client.install()
    selftest.check_tls()


def test_the_self_test_finds_a_stub_that_trusts_everybody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def trusting(**_: Any) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    monkeypatch.setattr(asynconnect, "create_urllib3_context", trusting)
    with pytest.raises(selftest.UnsafeTls):
        selftest.check_tls()


def test_importing_the_framework_makes_no_directory_of_its_own(tmp_path: Path) -> None:
    code = (
        "import os; made = []; real = os.mkdir\n"
        "os.mkdir = lambda path, *a, **k: (made.append(str(path)), real(path, *a, **k))\n"
        "import myapp.framework.application; print([p for p in made if 'skitai' in p])"
    )
    root = Path(__file__).parents[3]
    import sys

    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "[]"
