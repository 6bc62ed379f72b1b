"""A start-up check that the stub really refuses a certificate nobody vouches for."""

from __future__ import annotations

import contextlib
import datetime
import select
import socket
import ssl
import tempfile
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from myapp.errors import HobotnicaError
from myapp.framework.compat import asynconnect

HOST = "self-test.invalid"
SECONDS = 10.0


class UnsafeTls(HobotnicaError):
    """The set's client would send tokens to anybody."""

    default_detail = "TLS certificates are not verified: refusing to start"


def check_tls() -> None:
    """Let the set's own handshake meet a self-signed server; UnsafeTls unless it refuses."""
    ours, theirs = socket.socketpair()
    server = threading.Thread(target=_serve, args=(theirs, _self_signed()), daemon=True)
    server.start()
    connection = asynconnect.AsynSSLConnect((HOST, 443), threading.RLock(), None)
    ours.setblocking(False)
    connection.socket = ours
    try:
        _shake_hands(connection)
    except ssl.SSLCertVerificationError:
        return
    finally:
        with contextlib.suppress(OSError):
            connection.socket.close()
        server.join(SECONDS)
    raise UnsafeTls


def _shake_hands(connection: asynconnect.AsynSSLConnect) -> None:
    try:
        while not connection.handshake():
            select.select([connection.socket], [], [], SECONDS)
    except ssl.SSLError as error:  # the set wraps the verification's error in a plain one
        cause = error.args[0] if error.args else error
        raise cause if isinstance(cause, ssl.SSLError) else error from None


def _serve(sock: socket.socket, pem: bytes) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "server.pem"
        path.write_bytes(pem)
        context.load_cert_chain(path)
    sock.settimeout(SECONDS)
    with contextlib.suppress(OSError), sock, context.wrap_socket(sock, server_side=True):
        pass


def _self_signed() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return secret + certificate.public_bytes(serialization.Encoding.PEM)
