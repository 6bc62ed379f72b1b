from __future__ import annotations

import random

import pytest

from myapp import builds
from myapp.builds.reading import LARGEST_READ
from myapp.context import Context
from myapp.store.log_chunks import CHUNK
from tests.support import domain


@pytest.fixture
def build_id(context: Context) -> int:
    """A running build, attempt 1."""
    domain.pushed(context, domain.ready(context))
    return domain.claimed(context).build.id


def test_appending_tells_the_new_size_and_keeps_it_on_the_build(
    context: Context, build_id: int
) -> None:
    assert builds.append_log(context, build_id, 1, b"one\n") == 4
    assert builds.append_log(context, build_id, 1, b"") == 4
    assert builds.append_log(context, build_id, 1, b"two\n") == 8
    assert domain.stored(context, build_id).log_size == 8
    assert builds.read_log(context, build_id, 0) == b"one\ntwo\n"


def test_any_range_is_what_was_written(context: Context, build_id: int) -> None:
    chance = random.Random(7)
    written = b""
    for _ in range(30):
        piece = chance.randbytes(chance.choice((1, 10, 1000, CHUNK, CHUNK + 1, 3 * CHUNK)))
        written += piece
        assert builds.append_log(context, build_id, 1, piece) == len(written)
    borders = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, len(written) - 1, len(written)]
    offsets = borders + [chance.randrange(len(written)) for _ in range(40)]
    for offset in offsets:
        limit = chance.choice((1, 100, CHUNK, 5 * CHUNK))
        found = builds.read_log(context, build_id, offset, limit)
        assert found == written[offset : offset + limit]


def test_bytes_that_are_no_text_are_kept(context: Context, build_id: int) -> None:
    raw = bytes(range(256)) * 3
    builds.append_log(context, build_id, 1, raw)
    assert builds.read_log(context, build_id, 0) == raw


@pytest.mark.parametrize(("offset", "limit"), [(0, 0), (0, -1), (-1, 10), (5, 10), (10**15, 10)])
def test_outside_of_the_log_there_is_nothing(
    context: Context, build_id: int, offset: int, limit: int
) -> None:
    builds.append_log(context, build_id, 1, b"12345")
    assert builds.read_log(context, build_id, offset, limit) == b""


def test_a_build_without_a_log_has_an_empty_one(context: Context, build_id: int) -> None:
    assert builds.read_log(context, build_id, 0) == b""
    assert builds.read_log(context, 99, 0) == b""


def test_one_answer_is_limited_however_much_is_asked_for(context: Context, build_id: int) -> None:
    builds.append_log(context, build_id, 1, b"x" * (LARGEST_READ + 100))
    assert len(builds.read_log(context, build_id, 0, 1 << 40)) == LARGEST_READ


def test_the_log_can_be_read_after_the_end(context: Context, build_id: int) -> None:
    builds.append_log(context, build_id, 1, b"ok\n")
    builds.finish(context, build_id, 1, domain.PASSED)
    assert builds.read_log(context, build_id, 0) == b"ok\n"
