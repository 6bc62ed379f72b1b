"""Coroutines that end in every way, and the next one (docs/framework.md, 2, 3, 12)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.integration.framework.server import AppServer

WHERE = ("plain", "before-yield", "after-sleep", "after-thread", "after-mask", "after-no-tasks")
KINDS = {
    "answer": 200,
    "empty": 200,
    "none": 500,
    "no-content": 204,
    "redirect": 303,
    "typed": 404,
    "headers": 429,
    "unexpected": 500,
}


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize(("kind", "status"), KINDS.items())
def test_every_ending_keeps_its_status(
    client: httpx.Client, where: str, kind: str, status: int
) -> None:
    answer = client.get(f"/endings/{where}/{kind}")
    assert answer.status_code == status
    if kind == "empty":
        assert (answer.content, answer.headers["content-length"]) == (b"", "0")
        assert answer.headers["content-type"].startswith("text/plain")
    if kind == "no-content":
        assert answer.content == b""
        assert "content-length" not in answer.headers
    if kind == "headers":
        assert answer.headers["retry-after"] == "7"


def test_an_unexpected_error_says_nothing_to_the_client_and_everything_to_the_log(
    server: AppServer,
) -> None:
    answer = server.client.get("/endings/plain/unexpected")
    assert "secret in the message" not in answer.text
    assert "secret in the message" in server.log


def test_text_yielded_without_a_task_is_the_answer(client: httpx.Client) -> None:
    answer = client.get("/endings/text-only/x")
    assert (answer.status_code, answer.text) == (200, "one two")


def test_map_answers_with_the_members_values(client: httpx.Client) -> None:
    answer = client.get("/endings/map/good")
    assert (answer.status_code, answer.json()) == (202, {"one": 1, "two": "two\n"})


def test_a_failing_member_of_a_map_is_an_internal_error(client: httpx.Client) -> None:
    assert client.get("/endings/map/failing").status_code == 500


def test_tasks_of_every_kind_end_together(client: httpx.Client) -> None:
    expected = {"one": 1, "two": "two\n", "three": None, "four": 4}
    assert client.get("/endings/tasks/x").json() == expected


def test_settle_keeps_the_members_that_succeed(client: httpx.Client) -> None:
    assert client.get("/endings/settle").json() == {"good": 1, "bad": "Conflict"}


def test_a_verb_raises_its_typed_error_through_the_thread(client: httpx.Client) -> None:
    answer = client.get("/endings/verb/conflict")
    assert answer.status_code == 409
    assert "told by the verb" in answer.text


def test_output_that_is_no_text_is_an_error_and_no_hanging_request(client: httpx.Client) -> None:
    assert client.get("/endings/no-text").json() == {"error": "UnicodeDecodeError"}


def test_no_ending_keeps_a_clone(client: httpx.Client) -> None:
    for where in WHERE:
        for kind in KINDS:
            for _ in range(5):
                client.get(f"/endings/{where}/{kind}")
    assert client.get("/endings/clones").json()["held"] < 20


def test_code_after_a_yield_is_on_the_event_loop(client: httpx.Client) -> None:
    assert client.get("/endings/thread").json() == [False, True, True, True]


def test_a_large_answer_after_a_thread_does_not_wait_for_the_loop(client: httpx.Client) -> None:
    answer = client.get("/endings/large/20000000")
    assert len(answer.content) == 20_000_000
    assert answer.elapsed.total_seconds() < 2.5  # the set's poll is 3 s


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        "plain/answer",
        "before-yield/answer",
        "before-yield/typed",
        "before-yield/unexpected",
        "plain/none",
        "plain/empty",
        "plain/no-content",
        "after-mask/answer",
        "after-no-tasks/answer",
        "text-only/x",
        "map/good",
        "map/failing",
        "after-thread/typed",
        "after-sleep/none",
    ],
)
def test_3000_requests_of_one_ending_leave_the_server_able_to_answer(
    server: AppServer, path: str
) -> None:
    want = server.client.get(f"/endings/{path}").status_code
    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(_requests, [(server.url, path)] * 8))
    assert statuses == {frozenset({want})}
    assert server.client.get("/endings/clones").json()["held"] < 20
    assert server.client.get("/endings/after-thread/answer").status_code == 200


def _requests(target: tuple[str, str]) -> frozenset[int]:
    url, path = target
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        return frozenset(client.get(f"/endings/{path}").status_code for _ in range(375))
