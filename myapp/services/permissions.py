"""The permissions that stand beside each route; `x-permission` of the contract says the same."""

from __future__ import annotations

from typing import Final

PUBLIC: Final = "public"
SIGNED_IN: Final = "signed-in"
READER: Final = "reader"
WRITER: Final = "writer"
OWNER: Final = "owner"
ADMIN: Final = "admin"

# What GitHub has to say of an account and a repository for each.
GITHUB_PERMISSION = {READER: "READ", WRITER: "WRITE", OWNER: "ADMIN"}
