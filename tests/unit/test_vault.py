from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from myapp.vault import Vault, VaultError


def key() -> str:
    return Fernet.generate_key().decode()


def test_what_was_encrypted_is_decrypted() -> None:
    vault = Vault([key()])
    encrypted = vault.encrypt("s3cret\nwith ünicode")
    assert b"s3cret" not in encrypted
    assert vault.decrypt(encrypted) == "s3cret\nwith ünicode"


def test_decrypt_takes_what_a_database_driver_returns() -> None:
    vault = Vault([key()])
    assert vault.decrypt(memoryview(vault.encrypt("text"))) == "text"  # type: ignore[arg-type]


def test_a_newer_key_encrypts_and_the_older_still_decrypts() -> None:
    old, new = key(), key()
    before = Vault([old]).encrypt("text")
    both = Vault([new, old])
    assert both.decrypt(before) == "text"
    with pytest.raises(VaultError):
        Vault([old]).decrypt(both.encrypt("text"))


def test_rotate_encrypts_anew_with_the_newest_key() -> None:
    old, new = key(), key()
    rotated = Vault([new, old]).rotate(Vault([old]).encrypt("text"))
    assert Vault([new]).decrypt(rotated) == "text"


@pytest.mark.parametrize("damaged", [b"", b"no token", None])
def test_what_is_not_ours_is_a_vault_error(damaged: bytes) -> None:
    with pytest.raises(VaultError):
        Vault([key()]).decrypt(damaged)
    with pytest.raises(VaultError):
        Vault([key()]).rotate(damaged)


def test_a_vault_error_tells_neither_key_nor_text() -> None:
    mine, other = key(), key()
    encrypted = Vault([other]).encrypt("s3cret")
    with pytest.raises(VaultError) as caught:
        Vault([mine]).decrypt(encrypted)
    assert mine not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_a_key_that_is_none_is_told() -> None:
    with pytest.raises(VaultError, match="not a key"):
        Vault(["short"])


def test_signing_keys_differ_by_purpose_and_stay_when_a_key_is_added() -> None:
    old = key()
    vault = Vault([old])
    assert vault.signing_key("cookies") == Vault([key(), old]).signing_key("cookies")
    assert vault.signing_key("cookies") != vault.signing_key("other")
    assert len(vault.signing_key("cookies")) == 32
