from __future__ import annotations

import time

from myapp.runner.mask import Masker
from myapp.runner.output import CHUNK, CHUNK_SECONDS, Output


class Receiver:
    def __init__(self, limit=1 << 20, secrets=()):
        self.chunks: list[bytes] = []
        self.output = Output(self.chunks.append, Masker(secrets), limit)

    @property
    def text(self) -> bytes:
        return b"".join(self.chunks)


def test_small_writes_become_one_chunk():
    to = Receiver()
    for _ in range(100):
        to.output.write(b"line\n")
    assert to.chunks == []
    to.output.flush()
    assert to.chunks == [b"line\n" * 100]


def test_output_is_due_within_a_tenth_of_a_second():
    to = Receiver()
    assert to.output.due is None
    before = time.monotonic()
    to.output.write(b"a")
    to.output.write(b"b")
    assert before <= to.output.due <= time.monotonic() + CHUNK_SECONDS
    to.output.flush()
    assert to.output.due is None


def test_chunks_are_at_most_64_kilobytes():
    to = Receiver(limit=1 << 22)
    to.output.write(b"x" * (3 * CHUNK + 5))
    to.output.finish()
    assert [len(chunk) for chunk in to.chunks] == [CHUNK, CHUNK, CHUNK, 5]


def test_output_over_the_limit_is_dropped_and_a_line_says_so():
    to = Receiver(limit=10)
    to.output.write(b"0123456789abc")
    to.output.write(b"more")
    to.output.finish()
    assert to.text == b"0123456789\n==> log cut at 10 bytes\n"
    assert to.output.tail.endswith(b"abcmore")


def test_output_of_exactly_the_limit_is_not_cut():
    to = Receiver(limit=4)
    to.output.write(b"abc\n")
    to.output.finish()
    assert to.text == b"abc\n"


def test_the_cut_is_not_within_a_letter():
    to = Receiver(limit=5)
    to.output.write("äöüß".encode())
    to.output.finish()
    assert to.text.decode() == "äö\n==> log cut at 5 bytes\n"


def test_lines_of_our_own_begin_on_a_line():
    to = Receiver()
    to.output.mark("fetching")
    to.output.write(b"no newline")
    to.output.mark("passed")
    to.output.finish()
    assert to.text == b"==> fetching\nno newline\n==> passed\n"


def test_lines_of_our_own_are_masked_too():
    to = Receiver(secrets=["s3cr3t-value"])
    to.output.command("git fetch s3cr3t-value")
    to.output.flush()
    assert to.text == b"$ git fetch ***\n"


def test_a_possible_secret_is_given_out_at_the_end():
    to = Receiver(secrets=["s3cr3t-value"])
    to.output.write(b"it is s3cr3t")
    to.output.flush()
    assert to.text == b"it is "
    to.output.finish()
    assert to.text == b"it is s3cr3t"


def test_our_lines_come_also_after_the_cut():
    to = Receiver(limit=4)
    to.output.write(b"abcdefgh")
    to.output.flush()
    to.output.mark("failed: make test exited with 2")
    to.output.finish()
    assert to.text.endswith(b"==> log cut at 4 bytes\n==> failed: make test exited with 2\n")
