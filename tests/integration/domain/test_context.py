from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path
from typing import Any

import pytest

from myapp import accounts, builds, repositories
from myapp.bus import Bus, Listener
from myapp.context import Context
from myapp.errors import SettingsError
from myapp.settings import Settings
from myapp.vault import Vault, VaultError
from tests.support import domain

SPAWN = multiprocessing.get_context("spawn")


def test_the_data_directory_and_the_key_are_made_private(tmp_path: Path) -> None:
    context = Context.open(Settings(data_dir=tmp_path / "deep" / "var"))
    context.close()
    assert stat.S_IMODE((tmp_path / "deep" / "var").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "deep" / "var" / "key").stat().st_mode) == 0o600


def test_the_key_stays_the_same(tmp_path: Path) -> None:
    encrypted = Vault.open(tmp_path / "key").encrypt("text")
    assert Vault.open(tmp_path / "key").decrypt(encrypted) == "text"
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def _open_vault(path: Path, barrier: Any, results: Any) -> None:
    barrier.wait()
    results.put(Vault.open(path).encrypt("text"))


def test_several_starters_at_once_get_the_same_key(tmp_path: Path) -> None:
    barrier, results = SPAWN.Barrier(4), SPAWN.Queue()
    path = tmp_path / "var" / "key"
    starters = [SPAWN.Process(target=_open_vault, args=(path, barrier, results)) for _ in range(4)]
    for starter in starters:
        starter.start()
    made = [results.get(timeout=60) for _ in starters]
    for starter in starters:
        starter.join(60)
    vault = Vault.open(path)
    assert [vault.decrypt(encrypted) for encrypted in made] == ["text"] * 4


@pytest.mark.parametrize(
    ("content", "mode", "sentence"),
    [
        (b"", 0o600, "is empty"),
        (b"no key\n", 0o600, "not a key"),
        (b"\xff\xfe", 0o600, "not one of ours"),
        (b"A" * 43 + b"=\n", 0o644, "can be read by others: chmod 600"),
    ],
)
def test_a_key_file_that_cannot_be_used_is_told_in_one_line(
    tmp_path: Path, content: bytes, mode: int, sentence: str
) -> None:
    path = tmp_path / "var" / "key"
    path.parent.mkdir()
    path.write_bytes(content)
    path.chmod(mode)
    with pytest.raises(VaultError, match=sentence):
        Vault.open(path)
    with pytest.raises(SettingsError, match=sentence):
        Context.open(Settings(data_dir=tmp_path / "var"))
    assert path.read_bytes() == content


def test_a_data_directory_that_cannot_be_made_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="HOBOTNICA_DATA_DIR"):
        Context.open(Settings(data_dir=tmp_path / "file" / "var"))


@pytest.fixture
def listener(context: Context) -> Any:
    """Hears what the verbs of this test's context tell."""
    listener = Bus(context.settings.data_dir / "run").listen("test")
    yield listener
    listener.close()


def heard(listener: Listener, *kinds: str) -> list[dict[str, Any]]:
    return [message for message in listener.receive() if message["kind"] in kinds]


def test_whoever_listens_hears_of_every_step_of_a_build(
    context: Context, listener: Listener
) -> None:
    domain.worker(context)
    repository = domain.ready(context)
    listener.receive()
    build = domain.pushed(context, repository)
    about = {"build_id": build.id, "repository_id": repository.id}
    assert heard(listener, "queued") == [{"kind": "queued", **about}]
    domain.claimed(context)
    assert heard(listener, "state") == [{"kind": "state", **about, "state": "running"}]
    builds.append_log(context, build.id, 1, b"line\n")
    assert heard(listener, "log") == [{"kind": "log", "build_id": build.id, "size": 5}]
    builds.cancel(context, build.id, "octocat", "wrong branch")
    assert heard(listener, "cancel") == [{"kind": "cancel", "build_id": build.id}]
    builds.finish(context, build.id, 1, domain.FAILED)
    assert heard(listener, "state")[-1]["state"] == "failed"


def test_a_lost_build_wakes_the_workers(context: Context, listener: Listener) -> None:
    build = domain.pushed(context, domain.ready(context))
    domain.claimed(context)
    listener.receive()
    builds.expire_leases(context, domain.later(61))
    assert [each["build_id"] for each in heard(listener, "queued")] == [build.id]


def test_a_repository_that_becomes_ready_wakes_the_workers(
    context: Context, listener: Listener
) -> None:
    domain.ready(context)
    assert heard(listener, "queued")


def test_another_processs_cache_forgets_what_was_changed(
    context: Context, listener: Listener, settings: Settings
) -> None:
    repository = domain.ready(context)
    other = Context.open(settings)
    domain.finished(context, repository)
    assert builds.state_for_badge(other, repository.id, "main") == "passed"
    listener.receive()
    domain.finished(context, repository, domain.FAILED)
    assert builds.state_for_badge(other, repository.id, "main") == "passed"
    for message in listener.receive():
        other.cache.receive(message)
    assert builds.state_for_badge(other, repository.id, "main") == "failed"
    other.close()


def test_a_disabled_account_is_forgotten_by_the_other_processes(
    context: Context, listener: Listener, settings: Settings
) -> None:
    other = Context.open(settings)
    account = domain.account(context)
    accounts.remember_credentials(other, "octocat", "token-1", account)
    accounts.set_disabled(context, "octocat", "left")
    for message in listener.receive():
        other.cache.receive(message)
    assert accounts.recall_credentials(other, "octocat", "token-1") is None
    other.close()


def test_no_message_holds_a_secret(context: Context, listener: Listener) -> None:
    repository = domain.ready(context)
    scope = repositories.repository_scope(repository.id)
    repositories.set_variable(context, scope, "KEY", "hunter2!", secret=True, by="octocat")
    domain.finished(context, repository)
    repositories.revoke(context, repository.id, "withdrawn")
    text = repr(listener.receive())
    assert "hunter2" not in text
    assert "token-1" not in text
