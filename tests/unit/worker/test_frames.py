from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myapp.worker.frames import KINDS, Frames, pack, read

SENT = st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.binary(max_size=50)), max_size=8)


@given(SENT, st.integers(1, 20))
def test_frames_survive_any_division(sent, size):
    data = b"".join(pack(kind, body) for kind, body in sent)
    frames = Frames()
    got = []
    for at in range(0, len(data), size):
        got += frames.feed(data[at : at + size])
    assert got == sent


def test_read_takes_one_frame_and_nothing_of_the_next():
    here, there = socket.socketpair()
    with here, there:
        there.sendall(pack("job", b"first") + pack("stop", b"second"))
        assert read(here) == ("job", b"first")
        assert read(here) == ("stop", b"second")
        there.close()
        assert read(here) is None


@pytest.mark.parametrize("data", [b"Zabcd", b"L\xff\xff\xff\xff"])
def test_what_is_no_frame_is_refused(data):
    with pytest.raises(ValueError, match="not a frame"):
        Frames().feed(data)
