"""The stub's pool of connections."""

from __future__ import annotations

from types import SimpleNamespace

from myapp.framework import client
from myapp.framework.compat import socketpool


def test_a_failed_request_is_not_sent_again_for_every_known_host() -> None:
    client.install()
    pool = socketpool.SocketPool(None)
    pool._SocketPool__socketfarm = {name: {} for name in ("http://a", "http://b", "http://c")}
    assert len(pool.get_nodes()) == 1


def test_a_names_other_addresses_come_next_after_a_failure() -> None:
    client._addresses["host", 1] = (9e9, [(2, ("a", 1)), (2, ("b", 1))])
    client.prefer_next_address("host", 1)
    assert client._addresses.pop(("host", 1))[1] == [(2, ("b", 1)), (2, ("a", 1))]


def test_resolving_knows_names_addresses_and_what_is_unknown() -> None:
    for host, found in (("localhost", True), ("127.0.0.1", True), ("no.such.invalid", False)):
        client.resolve(host, 80)
        assert client.known(host, 80)
        assert bool(client._addresses.pop((host, 80))[1]) is found


def test_a_truncated_answer_is_not_complete() -> None:
    request = SimpleNamespace(meta={"limit": 10}, get_header=lambda *_: None)
    cut = client.Response(request, "HTTP/1.1 200 OK\r\nContent-Length: 9")
    cut.collect_incoming_data(b"half")
    assert not cut.complete
    cut.done()
    assert cut.complete
    until_closed = client.Response(request, "HTTP/1.1 200 OK")
    assert until_closed.complete
