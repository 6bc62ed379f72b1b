"""A private certificate authority, for tests against servers that speak TLS."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import trustme

NAMES = ("localhost", "127.0.0.1")


class Authority:
    """Issues server certificates; `pem` is the file for HOBOTNICA_CA_FILE."""

    def __init__(self, directory: Path) -> None:
        self._ca = trustme.CA()
        self.pem = directory / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.pem))

    def server(self, *names: str, expired: bool = False) -> ssl.SSLContext:
        """What a server of these names (default: localhost and 127.0.0.1) shows."""
        past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
        certificate = self._ca.issue_cert(*(names or NAMES), not_after=past if expired else None)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        return context

    def client(self) -> ssl.SSLContext:
        """What a client uses that trusts this authority and no other."""
        return ssl.create_default_context(cafile=str(self.pem))


def self_signed() -> ssl.SSLContext:
    """A server that nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(*NAMES).configure_cert(context)
    return context
