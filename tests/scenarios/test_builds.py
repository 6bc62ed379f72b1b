"""How builds end, what they see and what they leave, in the running service."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.scenarios.world import OWNER, World, makefile, path_of, printing
from tests.support import factories
from tests.support.git_server import GitRepository
from tests.support.wait import wait_until

SETTINGS = {"idle_timeout": 3, "log_limit": 20_000}
LONG = makefile("echo begun", "sleep 60.25")


@pytest.fixture(scope="module")
def repository(world: World) -> GitRepository:
    """A repository for the tests that need nothing special."""
    return world.ready()


class TestEnds:
    @pytest.mark.parametrize(
        ("files", "state", "reason"),
        [
            ({"Makefile": None, "x": "1"}, "errored", "The repository has no Makefile"),
            ({"Makefile": "all:\n\ttrue\n"}, "errored", "The Makefile has no target 'test'"),
            (makefile("exit 7"), "failed", "make test exited with 2"),
            (makefile("kill -9 $$$$"), "failed", "make test exited with 2"),
            (makefile("sleep 60.5"), "timed_out", "printed nothing for 3 seconds"),
        ],
    )
    def test_with_a_sentence(
        self,
        world: World,
        repository: GitRepository,
        files: dict[str, str | None],
        state: str,
        reason: str,
    ) -> None:
        build = world.pushed(repository, files)
        assert (build["state"], build["reason"]) == (state, reason), world.log_of(build)
        assert reason in world.page(f"/builds/{build['id']}").replace("&#39;", "'")
        wanted = "failure" if state == "failed" else "error"
        wait_until(
            lambda: world.states_at_github(repository, build["sha"])[-1:] == [wanted],
            what="GitHub knows how it ended",
        )
        assert not world.marked("sleep 60.5")

    def test_a_repositorys_own_timeout(self, world: World) -> None:
        repository = world.ready()
        assert world.api.patch(path_of(repository), {"timeout": 2}).status == 200
        build = world.pushed(repository, makefile("while true; do echo .; sleep 0.1; done"))
        assert (build["state"], build["reason"]) == ("timed_out", "ran longer than 2 seconds")

    def test_bytes_that_are_no_text(self, world: World, repository: GitRepository) -> None:
        build = world.pushed(repository, makefile(r"printf '\377\376 caf\303\251 \000end\n'"))
        assert build["state"] == "passed"
        log = world.api.get(f"/api/builds/{build['id']}/log").body
        assert b"\xff\xfe caf\xc3\xa9" in log
        html = world.api.get(f"/api/builds/{build['id']}/log?format=html")
        assert "café" in html.text
        assert "café" in world.page(f"/builds/{build['id']}")

    def test_too_much_output_is_cut_and_said_so(
        self, world: World, repository: GitRepository
    ) -> None:
        files = makefile("yes a line of output | head -c 30000000", "echo the end is told")
        build = world.pushed(repository, files)
        assert build["state"] == "passed"
        log = world.log_of(build)
        assert len(log) < 40_000
        assert build["log_size"] == len(log.encode())
        assert "==> log cut at 20000 bytes" in log

    def test_daemons_are_killed(self, world: World, repository: GitRepository) -> None:
        daemon = (
            "(setsid sh -c 'trap \"\" TERM HUP INT; sleep 61.75; sleep 61.75' >/dev/null 2>&1 &)"
        )
        build = world.pushed(repository, makefile(daemon, "sleep 0.2", "echo left it running"))
        assert build["state"] == "passed"
        wait_until(lambda: not world.marked("sleep 61.75"), what="the daemon is dead")

    def test_a_commit_that_is_forced_away_before_it_is_built(
        self, open_world: Callable[..., World]
    ) -> None:
        world = open_world(worker="none")
        repository = world.ready()
        build = world.push(repository, printing("never"))
        waiting = world.build(build["id"])
        assert (waiting["state"], waiting["reason"]) == ("queued", "no worker is running")
        repository.commit(printing("instead"), parent="")
        repository.forget_unreachable()
        with world.worker():
            ended = world.ended(build)
        short = build["sha"][:7]
        assert ended["state"] == "errored"
        assert ended["reason"] == (
            f"commit {short} is no longer in the repository (force-pushed away?)"
        )


class TestAsked:
    def test_cancelled_while_it_runs(self, world: World, repository: GitRepository) -> None:
        build = world.push(repository, LONG)
        world.prints(build, "begun")
        answer = world.api.post(f"/api/builds/{build['id']}/cancel", {"reason": "wrong branch"})
        assert answer.status == 200
        ended = world.ended(build)
        assert ended["state"] == "cancelled"
        assert ended["reason"] == f"cancelled by {OWNER}: wrong branch"
        wait_until(lambda: not world.marked("sleep 60.25"), what="its processes are dead")
        again = world.api.post(f"/api/builds/{build['id']}/cancel", {"reason": "again"})
        assert again.status == 409

    def test_retried(self, world: World, repository: GitRepository) -> None:
        first = world.pushed(repository, printing("retry me"))
        answer = world.api.post(f"/api/builds/{first['id']}/retry")
        assert answer.status == 202
        assert (answer.json["event"], answer.json["sha"]) == ("retry", first["sha"])
        assert answer.json["retry_of"] == first["id"]
        second = world.ended(answer.json)
        assert (second["state"], second["number"]) == ("passed", first["number"] + 1)

    def test_asked_for_by_branch_tag_and_sha(self, world: World) -> None:
        repository = world.ready(printing("the head"))
        repository.commit(printing("on a branch"), branch="topic")
        repository.tag("v1")
        repository.tag("v2", annotated=True)
        head, topic = repository.head, repository.facts.branches["topic"]
        wanted = {"main": head, "topic": topic, "v1": head, "v2": head, topic: topic}
        for ref, sha in wanted.items():
            answer = world.api.post(f"{path_of(repository)}/builds", {"ref": ref})
            assert answer.status == 202, (ref, answer.text)
            assert (answer.json["event"], answer.json["sha"]) == ("manual", sha), ref
            assert world.ended(answer.json)["state"] == "passed"

    def test_an_unknown_ref_is_refused(self, world: World, repository: GitRepository) -> None:
        for ref in ("no-such-branch", factories.sha()):
            answer = world.api.post(f"{path_of(repository)}/builds", {"ref": ref})
            assert answer.status == 422, answer.text
            assert answer.json["detail"][0]["loc"] == ["body", "ref"]

    def test_github_down_makes_no_manual_build(
        self, world: World, repository: GitRepository
    ) -> None:
        count = len(world.builds(repository))
        world.github.fail("502-html", on="FindCommit")
        answer = world.api.post(f"{path_of(repository)}/builds", {"ref": "main"})
        assert answer.status == 503, answer.text
        assert "retry-after" in answer.headers
        assert len(world.builds(repository)) == count


class TestQueue:
    def test_a_newer_push_supersedes_the_waiting_ones(self, world: World) -> None:
        repository = world.ready()
        assert world.api.patch(path_of(repository), {"one_build_per_branch": True}).status == 200
        running = world.push(repository, LONG)
        world.prints(running, "begun")
        older, newer = (world.push(repository, printing(word)) for word in ("older", "newer"))
        superseded = world.ended(older)
        assert superseded["state"] == "superseded"
        assert superseded["superseded_by"] == newer["id"]
        assert superseded["reason"] == f"superseded by #{newer['number']}"
        assert f"#{running['number']}" in world.build(newer["id"])["reason"]
        world.api.post(f"/api/builds/{running['id']}/cancel", {"reason": ""})
        assert world.ended(newer)["state"] == "passed"

    def test_two_repositories_at_once(self, world: World) -> None:
        found = [world.ready() for _ in range(2)]
        builds = [world.push(repository, LONG) for repository in found]
        for build in builds:
            world.prints(build, "begun")
        third = world.push(found[0], printing("third"), branch="other")
        waiting = world.build(third["id"])
        assert waiting["state"] == "queued"
        assert "both slots" in waiting["reason"]
        assert waiting["queue_position"] == 1
        for build in builds:
            assert world.build(build["id"])["state"] == "running"
            world.api.post(f"/api/builds/{build['id']}/cancel", {"reason": ""})
        assert world.ended(third)["state"] == "passed"


class TestEnvironment:
    def test_variables_arrive_and_secrets_do_not_show(self, world: World) -> None:
        repository = world.ready()
        common, own = f"/api/repositories/{OWNER}/env", f"{path_of(repository)}/env"
        for place, key, body in (
            (common, "COMMON", {"value": "from the owner"}),
            (common, "BOTH", {"value": "the owner's"}),
            (own, "BOTH", {"value": "the repository's"}),
            (own, "HIDDEN", {"value": "swordfish-4711", "secret": True}),
            (own, "LATER", {"value": "only for deploy", "jobs": ["deploy"]}),
        ):
            answer = world.api.put(f"{place}/{key}", body)
            assert answer.status in (200, 201), answer.text
        try:
            build = world.pushed(
                repository,
                makefile(
                    'echo "[$$COMMON][$$BOTH][$$LATER][$$CI][$$HOBOTNICA]"',
                    'echo "hidden=$$HIDDEN"; echo "$$HIDDEN" | rev; echo "$$HIDDEN" | wc -c',
                    "env | sort",
                ),
            )
            log = world.log_of(build)
            assert build["state"] == "passed", log
            assert "[from the owner][the repository's][][1][1]" in log
            assert "swordfish" not in log
            assert "\n15\n" in log  # the value itself arrived
            assert "LATER" not in log
            assert f"HOBOTNICA_SHA={build['sha']}" in log
            assert "HOBOTNICA_DATA_DIR" not in log
            assert str(world.data_dir / "hobotnica.sqlite3") not in log
            assert world.token not in log
        finally:
            assert world.api.delete(f"{common}/COMMON").status == 204
            assert world.api.delete(f"{common}/BOTH").status == 204


def test_statuses_are_sent_again_until_github_takes_them(world: World) -> None:
    found = {fault: world.ready() for fault in ("500", "closed", "too-many")}
    for fault, repository in found.items():
        world.github.fail(fault, on=f"POST /repos/{repository.full_name}/statuses", times=2)
    builds = [world.push(repository) for repository in found.values()]
    for build in builds:
        assert world.ended(build)["state"] == "passed"  # not held up
    for repository, build in zip(found.values(), builds, strict=True):
        wait_until(
            lambda r=repository, b=build: world.states_at_github(r, b["sha"])[-1:] == ["success"],
            40,
            what=f"{repository.full_name} has the status",
        )
    repository = next(iter(found.values()))
    other = world.pushed(repository)
    wait_until(
        lambda: world.states_at_github(repository, other["sha"])[-1:] == ["success"],
        40,
        what="the next one too",
    )
