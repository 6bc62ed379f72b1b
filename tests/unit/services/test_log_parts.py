"""Which bytes of a log a request means (RFC 9110, 14)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myapp.errors import RangeNotSatisfiable
from myapp.services.logs import part
from tests.unit.services.calls import call_of

SIZE = 100


def of_range(value: str, size: int = SIZE) -> tuple[int, int, bool]:
    return part(call_of("/log", headers={"range": value}), size)


def of_offset(offset: int, headers: dict[str, str] | None = None) -> tuple[int, int, bool]:
    call = call_of(f"/log?offset={offset}", headers=headers, valid={"offset": offset})
    return part(call, SIZE)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes=0-0", (0, 1, True)),
        ("bytes=0-9", (0, 10, True)),
        ("bytes=10-", (10, 100, True)),
        ("bytes=90-500", (90, 100, True)),
        ("bytes=-10", (90, 100, True)),
        ("bytes=-500", (0, 100, True)),
        ("bytes=99-99", (99, 100, True)),
    ],
)
def test_range_is_that_part(value: str, expected: tuple[int, int, bool]) -> None:
    assert of_range(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "bytes=-",
        "bytes=9-1",
        "bytes=a-b",
        "lines=0-9",
        "bytes=0-1,5-9",
        "bytes 0-9",
        "bytes=\u0663-",
    ],
)
def test_what_is_no_range_of_bytes_is_passed_over(value: str) -> None:
    assert of_range(value) == (0, SIZE, False)


@pytest.mark.parametrize("value", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=9999999999-"])
def test_range_behind_the_end_is_not_satisfiable(value: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as error:
        of_range(value)
    assert error.value.headers == {"Content-Range": "bytes */100"}


def test_no_range_of_an_empty_log_can_be_satisfied() -> None:
    with pytest.raises(RangeNotSatisfiable):
        of_range("bytes=0-", 0)
    assert part(call_of("/log"), 0) == (0, 0, False)


def test_offset_is_stronger_than_range() -> None:
    assert of_offset(40, {"range": "bytes=0-9"}) == (40, 100, False)


def test_offset_at_the_end_is_an_empty_part_and_behind_it_an_error() -> None:
    assert of_offset(100) == (100, 100, False)
    with pytest.raises(RangeNotSatisfiable):
        of_offset(101)


def test_range_is_passed_over_for_html() -> None:
    call = call_of("/log?format=html", headers={"range": "bytes=5-9"}, valid={"format": "html"})
    assert part(call, SIZE) == (0, SIZE, False)


@given(st.text(max_size=40), st.integers(0, 10**6))
def test_any_header_gives_a_part_of_the_log_or_the_error_for_it(value: str, size: int) -> None:
    try:
        begin, end, partial = of_range(f"bytes={value}", size)
    except RangeNotSatisfiable:
        return
    assert 0 <= begin <= end <= size
    assert partial == (begin < end and partial)
