"""The main job from end to end: register, push, `make test`, status; and nothing is left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import urllib3

from tests.scenarios.world import OWNER, World, makefile, path_of
from tests.support.wait import wait_until

HELD = makefile(
    "echo first line",
    "while [ ! -e go ]; do sleep 0.05; done",  # until the test lets it go on
    "echo second line",
)
FAILING = makefile("echo about to fail", "exit 3")


def events(world: World, build_id: int) -> Iterator[dict[str, Any]]:
    """The build's event stream, each event as {"event", "data"}."""
    pool = urllib3.PoolManager(retries=False)
    answer = pool.request(
        "GET",
        f"{world.service.url}/api/builds/{build_id}/log/stream",
        headers=world.api.headers,
        preload_content=False,
        timeout=30,
    )
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    event: dict[str, Any] = {}
    pending = b""
    for data in answer.stream(4096):
        pending += data
        *lines, pending = pending.split(b"\n")
        for line in lines:
            key, _, value = line.decode().rstrip("\r").partition(": ")
            if key == "event":
                event["event"] = value
            elif key == "data":
                event["data"] = json.loads(value)
            elif not line.strip() and event:
                yield event
                event = {}


def test_a_push_becomes_a_build_and_a_status_and_nothing_is_left(
    open_world: Callable[..., World],
) -> None:
    world = open_world()
    repository = world.create(makefile("echo ok"), full_name=f"{OWNER}/hello")

    # Registered: cloning at once, ready a little later, the webhook at GitHub.
    answer = world.register(repository)
    assert answer.status == 201
    assert answer.json["status"] == "cloning"
    assert answer.headers["location"].endswith("/api/repositories/octocat/hello")
    ready = world.wait_for(repository, status="ready", hook_state="installed")
    [hook] = world.github.hooks(repository.full_name)
    assert hook["config"]["url"] == ready["webhook_url"]
    assert world.builds(repository) == []  # what was there before is not built

    # Pushed: signed, answered with the build, read while it runs, passed.
    build = world.push(repository, HELD, message="Wait for me")
    assert (build["event"], build["branch"], build["number"]) == ("push", "main", 1)
    assert build["message"] == "Wait for me"
    stream = events(world, build["id"])
    heard = ""
    while "first line" not in heard:
        event = next(stream)
        heard += event["data"]["text"] if event["event"] == "log" else ""
    part = world.api.get(f"/api/builds/{build['id']}/log")
    assert "first line" in part.text
    assert "second line" not in part.text
    assert part.headers["x-log-complete"] == "false"
    assert world.build(build["id"])["state"] == "running"
    wait_until(
        lambda: world.states_at_github(repository, build["sha"])[-1:] == ["pending"],
        what="GitHub knows that it runs",
    )
    world.touch_in_build("[ ! -e go ]", "go")
    ends = list(stream)
    assert ends[-1] == {"event": "end", "data": {"state": "passed"}}
    heard += "".join(event["data"]["text"] for event in ends if event["event"] == "log")
    passed = world.ended(build)
    assert (passed["state"], passed["exit_code"], passed["attempt"]) == ("passed", 0, 1)
    assert passed["duration"] > 0
    assert passed["max_rss"] > 0
    rest = world.api.get(f"/api/builds/{build['id']}/log?offset={part.headers['x-log-offset']}")
    assert "second line" in rest.text
    assert rest.headers["x-log-complete"] == "true"
    assert part.text + rest.text == heard
    assert len((part.text + rest.text).encode()) == passed["log_size"]
    wait_until(
        lambda: world.states_at_github(repository, build["sha"])[-1] == "success",
        what="GitHub has the success",
    )
    told = world.github.statuses(repository.full_name, build["sha"])[-1]
    assert told["target_url"] == passed["html_url"]

    # A failing push is red, with its exit code, at GitHub and on its page.
    failed = world.pushed(repository, FAILING, message="Break it")
    assert (failed["state"], failed["exit_code"], failed["number"]) == ("failed", 2, 2)
    assert failed["reason"] == "make test exited with 2"
    assert "about to fail" in world.log_of(failed)
    wait_until(
        lambda: world.states_at_github(repository, failed["sha"])[-1:] == ["failure"],
        what="GitHub has the failure",
    )
    assert world.shown(repository)["last_build"]["state"] == "failed"
    assert world.api.get(path_of(repository) + "/builds").json[0]["id"] == failed["id"]
    page = world.page(f"/builds/{failed['id']}")
    for words in (
        "octocat/hello",
        "Break it",
        "failed",
        "make test exited with 2",
        "about to fail",
    ):
        assert words in page, words

    # Stopped: a clean end, and no process is left.
    assert world.service.stop() == 0
    wait_until(lambda: not world.service.processes(), what="no process is left")
