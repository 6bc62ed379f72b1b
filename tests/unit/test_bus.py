from __future__ import annotations

import os
import select
import socket

import pytest

from myapp.bus import Bus


@pytest.fixture
def bus(tmp_path):
    bus = Bus(tmp_path / "run")
    yield bus
    bus.close()


def test_a_message_reaches_every_listener(bus):
    listeners = [bus.listen(f"web {n}") for n in range(3)]
    bus.publish("state", build_id=7, state="passed")
    for listener in listeners:
        assert listener.receive() == [{"kind": "state", "build_id": 7, "state": "passed"}]
        listener.close()


def test_a_listener_is_not_woken_by_kinds_it_does_not_want(bus):
    listener = bus.listen("worker", ("queued", "cancel"))
    bus.publish("log", build_id=1, size=5)
    assert select.select([listener], [], [], 0)[0] == []
    bus.publish("cancel", build_id=1)
    assert select.select([listener], [], [], 5)[0] == [listener]
    assert listener.receive() == [{"kind": "cancel", "build_id": 1}]
    listener.close()


def test_a_full_listener_neither_blocks_nor_fails_the_publisher(bus):
    listener = bus.listen("slow")
    for number in range(2000):
        bus.publish("log", build_id=number)
    received = listener.receive()
    assert received
    assert received[0]["build_id"] == 0
    listener.close()


def test_a_dead_listener_is_removed(bus, tmp_path):
    stale = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    fd = os.open(tmp_path / "run", os.O_RDONLY)
    stale.bind(f"/proc/self/fd/{fd}/web-1-aa..sock")
    os.close(fd)
    stale.close()
    bus.publish("queued")
    assert list((tmp_path / "run").iterdir()) == []


def test_close_removes_the_socket(bus, tmp_path):
    listener = bus.listen("web")
    assert len(list((tmp_path / "run").iterdir())) == 1
    listener.close()
    listener.close()
    assert list((tmp_path / "run").iterdir()) == []


def test_a_directory_deeper_than_a_socket_path_may_be_works(tmp_path):
    bus = Bus(tmp_path / ("d" * 100) / ("e" * 100) / "run")
    listener = bus.listen("x" * 300)
    bus.publish("queued")
    assert listener.receive() == [{"kind": "queued"}]
    listener.close()
    bus.close()


def test_garbage_is_ignored(bus, tmp_path):
    listener = bus.listen("web")
    name = next((tmp_path / "run").iterdir())
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    fd = os.open(tmp_path / "run", os.O_RDONLY)
    for raw in (b"", b"\xff", b"[1]", b'{"kind": 5}', b"{" * 3000):
        sender.sendto(raw, f"/proc/self/fd/{fd}/{name.name}")
    bus.publish("queued")
    assert listener.receive() == [{"kind": "queued"}]
    listener.close()
    sender.close()
    os.close(fd)


def test_publish_after_close_is_silent(tmp_path):
    bus = Bus(tmp_path)
    bus.close()
    bus.publish("queued")


def test_a_forked_copy_leaves_the_socket_to_its_owner(bus, tmp_path):
    listener = bus.listen("web")
    child = os.fork()
    if child == 0:
        listener.close()
        os._exit(0)
    os.waitpid(child, 0)
    bus.publish("queued")
    assert listener.receive() == [{"kind": "queued"}]
    listener.close()
