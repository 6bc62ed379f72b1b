"""The contract of a build's log: any part of it, and the rest as it is written."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.integration.services.place import Place
from tests.support.wait import wait_until

LOG = b"\x1b[31mred\x1b[0m <b>\nsecond \xc3\xa9\n" + b"line\n" * 20


def log_path(build: Any, rest: str = "") -> str:
    return f"/api/builds/{build.id}/log{rest}"


def test_log_is_the_bytes_that_were_written(place: Place) -> None:
    build = place.finished(place.repository(), LOG)
    answer = place.client().get(log_path(build))
    assert answer.content == LOG
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Log-Offset"] == str(len(LOG))
    assert answer.headers["X-Log-Complete"] == "true"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("offset", [0, 1, 10, len(LOG) - 1, len(LOG)])
def test_log_from_an_offset(place: Place, offset: int) -> None:
    build = place.finished(place.repository(), LOG)
    answer = place.client().get(log_path(build, f"?offset={offset}"))
    assert (answer.status_code, answer.content) == (200, LOG[offset:])
    assert answer.headers["X-Log-Offset"] == str(len(LOG))


def test_log_416_behind_its_end(place: Place) -> None:
    build = place.finished(place.repository(), LOG)
    for options in (
        {"url": log_path(build, f"?offset={len(LOG) + 1}")},
        {"url": log_path(build), "headers": {"Range": f"bytes={len(LOG)}-"}},
    ):
        answer = place.client().request("GET", **options)
        assert answer.status_code == 416
        assert answer.headers["Content-Range"] == f"bytes */{len(LOG)}"
        assert answer.json() == {"detail": "Range not satisfiable"}


@pytest.mark.parametrize(
    ("value", "begin", "end"),
    [("bytes=0-4", 0, 5), ("bytes=5-", 5, len(LOG)), ("bytes=-7", len(LOG) - 7, len(LOG))],
)
def test_range_206(place: Place, value: str, begin: int, end: int) -> None:
    build = place.finished(place.repository(), LOG)
    answer = place.client().get(log_path(build), headers={"Range": value})
    assert (answer.status_code, answer.content) == (206, LOG[begin:end])
    assert answer.headers["Content-Range"] == f"bytes {begin}-{end - 1}/{len(LOG)}"
    assert answer.headers["X-Log-Offset"] == str(end)
    assert answer.headers["X-Log-Complete"] == ("true" if end == len(LOG) else "false")


def test_etag_304_until_something_was_written(place: Place) -> None:
    build = place.running(place.repository(), b"one\n")
    client = place.client()
    first = client.get(log_path(build))
    tag = {"If-None-Match": first.headers["ETag"]}
    again = client.get(log_path(build), headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    place.write(build, b"two\n")
    assert client.get(log_path(build), headers=tag).content == b"one\ntwo\n"
    place.finish(build)
    ended = client.get(log_path(build))
    assert ended.headers["ETag"] != first.headers["ETag"]
    assert ended.headers["X-Log-Complete"] == "true"


def test_log_of_a_running_build_is_not_complete(place: Place) -> None:
    build = place.running(place.repository(), b"so far\n")
    answer = place.client().get(log_path(build))
    assert answer.content == b"so far\n"
    assert (answer.headers["X-Log-Offset"], answer.headers["X-Log-Complete"]) == ("7", "false")
    place.finish(build)


def test_log_of_a_queued_build_is_empty(place: Place) -> None:
    build = place.queued(place.repository())
    answer = place.client().get(log_path(build))
    assert (answer.status_code, answer.content) == (200, b"")
    assert (answer.headers["X-Log-Offset"], answer.headers["X-Log-Complete"]) == ("0", "false")


def test_long_log_comes_in_parts_that_make_the_whole(place: Place) -> None:
    whole = b"".join(b"%07d\n" % number for number in range(700_000))
    build = place.running(place.repository())
    for begin in range(0, len(whole), 1 << 20):
        place.write(build, whole[begin : begin + (1 << 20)])
    place.finish(build)
    client, got, complete = place.client(), b"", "false"
    while complete == "false":
        answer = client.get(log_path(build, f"?offset={len(got)}"))
        got += answer.content
        assert answer.headers["X-Log-Offset"] == str(len(got))
        complete = answer.headers["X-Log-Complete"]
    assert got == whole


def test_log_as_html_is_escaped_and_coloured(place: Place) -> None:
    build = place.finished(place.repository(), LOG)
    answer = place.client().get(log_path(build, "?format=html"))
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "&lt;b&gt;" in answer.text
    assert "<b>" not in answer.text
    assert "second \u00e9" in answer.text
    assert '<span class="' in answer.text
    assert "\x1b" not in answer.text
    assert 'id="L1"' in answer.text


def test_log_as_html_goes_on_with_line_and_style(place: Place) -> None:
    build = place.finished(place.repository(), b"one\ntwo\n")
    answer = place.client().get(log_path(build, "?format=html&offset=4&line=2&sgr=31"))
    assert 'id="L2"' in answer.text
    assert "one" not in answer.text
    plain = place.client().get(log_path(build, "?format=html&offset=4&line=2"))
    assert len(answer.text) > len(plain.text)


@pytest.mark.parametrize("query", ["offset=-1", "offset=x", "format=pdf", "line=0", "sgr=a", "x=1"])
def test_log_422_for_a_wrong_parameter(place: Place, query: str) -> None:
    build = place.finished(place.repository(), LOG)
    answer = place.client().get(log_path(build, f"?{query}"))
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["parameters", query.partition("=")[0]]


# The stream


def events(lines: Iterator[str]) -> Iterator[tuple[str, str, Any]]:
    """Server-sent events as (name, id, data)."""
    event: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if name:
            event[name] = value
        elif "event" in event:
            yield event["event"], event.get("id", ""), json.loads(event["data"])
            event = {}


def test_stream_of_an_ended_build_is_all_of_it_and_the_end(place: Place) -> None:
    build = place.finished(place.repository(), LOG)
    got = list(events(place.client().lines(log_path(build, "/stream"))))
    assert got[0] == ("state", "", {"state": "passed"})
    assert got[-1] == ("end", "", {"state": "passed"})
    logs = [event for event in got if event[0] == "log"]
    assert "".join(data["text"] for _, _, data in logs) == LOG.decode()
    assert logs[-1][1] == str(len(LOG))


@pytest.mark.parametrize("header", [True, False])
def test_stream_goes_on_from_an_offset_or_the_last_event(place: Place, header: bool) -> None:
    build = place.finished(place.repository(), b"0123456789\n")
    headers = {"Last-Event-ID": "4"} if header else {}
    query = "?offset=9" if header else "?offset=4"
    client = place.client(headers=headers)
    got = list(events(client.lines(log_path(build, f"/stream{query}"))))
    assert [data for name, _, data in got if name == "log"] == [{"offset": 4, "text": "456789\n"}]


def test_stream_tells_what_is_written_while_it_is_open(place: Place) -> None:
    build = place.running(place.repository(), b"first\n")
    got: list[tuple[str, str, Any]] = []

    client = place.client()

    def read() -> None:
        for event in events(client.lines(log_path(build, "/stream"))):
            got.append(event)

    reader = threading.Thread(target=read)
    reader.start()
    wait_until(lambda: any(name == "log" for name, _, _ in got), what="what was there")
    place.write(build, "h\u00e9".encode()[:2])  # half a letter is not told
    place.write(build, "h\u00e9".encode()[2:] + b"!\n")
    wait_until(lambda: text_of(got).endswith("!\n"), what="what was written")
    place.finish(build)
    reader.join(20)
    assert not reader.is_alive()
    assert text_of(got) == "first\nh\u00e9!\n"
    assert [name for name, _, _ in got if name != "log"] == ["state", "state", "end"]
    offsets = [(data["offset"], int(number)) for name, number, data in got if name == "log"]
    assert all(begin < end for begin, end in offsets)
    assert [begin for begin, _ in offsets[1:]] == [end for _, end in offsets[:-1]]


def text_of(got: list[tuple[str, str, Any]]) -> str:
    return "".join(data["text"] for name, _, data in list(got) if name == "log")


def test_stream_follows_a_build_from_the_queue_on(place: Place) -> None:
    build = place.queued(place.repository())
    got: list[tuple[str, str, Any]] = []
    client = place.client()
    reader = threading.Thread(
        target=lambda: got.extend(events(client.lines(log_path(build, "/stream"))))
    )
    reader.start()
    taken = place.take(build, b"hello\n")
    place.finish(taken)
    reader.join(20)
    assert not reader.is_alive()
    assert text_of(got) == "hello\n"
    assert got[-1] == ("end", "", {"state": "passed"})


def test_head_of_a_stream_has_no_body_and_ends(place: Place) -> None:
    build = place.running(place.repository())
    answer = place.client().head(log_path(build, "/stream"))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    place.finish(build)


def test_stream_of_somebody_elses_build_is_404_before_anything_is_sent(place: Place) -> None:
    build = place.running(place.repository(), b"private\n")
    answer: httpx.Response = place.client("stranger").get(log_path(build, "/stream"))
    assert (answer.status_code, answer.json()) == (404, {"detail": "Build not found"})
    place.finish(build)
