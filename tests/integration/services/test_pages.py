"""What the pages show, and forms that come back with what was typed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from myapp import builds, repositories
from tests.integration.services.browsing import Page, Visitor
from tests.integration.services.place import FAILED, OWNER, Place
from tests.support import factories
from tests.support.wait import wait_until

HOSTILE = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}"


@pytest.fixture
def octocat(place: Place) -> Visitor:
    """octocat's browser."""
    return Visitor(place.plain(None, place.session(OWNER)))


def home(repository: Any) -> str:
    return f"/repositories/{repository.full_name}"


# Forms


def test_register_form_makes_a_repository_and_says_so(place: Place, octocat: Visitor) -> None:
    git = place.git.create(f"{OWNER}/{factories.name()}")
    octocat.open("/")
    page = octocat.send("/repositories", owner=OWNER, name=git.facts.name)
    assert page.response.url.path == f"/repositories/{git.full_name}"
    assert "Registered. Hobotnica is cloning it now." in page.text
    found = repositories.find(place.context, OWNER, git.facts.name)
    assert found is not None
    wait_until(
        lambda: repositories.by_id(place.context, found.id).status == "ready",  # type: ignore[union-attr]
        60,
        what="its clone",
    )


@pytest.mark.parametrize(
    ("owner", "name", "status", "field", "words"),
    [
        ("-x", "hello", 422, "register-owner", "not a GitHub login"),
        (OWNER, "a..b", 422, "register-name", "not a repository's name"),
        (OWNER, "env", 422, "register-name", "not a repository's name"),
        (OWNER, "absent-here", 404, None, "does not exist, or the token has no access"),
    ],
)
def test_register_form_comes_back(
    octocat: Visitor, owner: str, name: str, status: int, field: str | None, words: str
) -> None:
    octocat.open("/")
    page = octocat.send("/repositories", owner=owner, name=name)
    assert page.status == status
    form = page.form("/repositories")
    assert (form.fields["owner"], form.fields["name"]) == ([owner], [name])
    assert words in page.text
    marked = [attrs["id"] for _, attrs in page.tags if attrs.get("aria-invalid") == "true"]
    assert marked == ([field] if field else [])


def test_register_form_of_a_registered_one_409(place: Place, octocat: Visitor) -> None:
    repository = place.repository()
    octocat.open("/")
    page = octocat.send("/repositories", owner=repository.owner, name=repository.name)
    assert (page.status, "already registered" in page.text) == (409, True)


def test_settings_form_saves_and_comes_back(place: Place, octocat: Visitor) -> None:
    repository = place.repository()
    path = f"{home(repository)}/settings"
    octocat.open(path)
    page = octocat.send(path, test_target="check", timeout="90", build_pull_requests="1")
    assert "Saved." in page.text
    fields = page.form(path).fields
    assert (fields["test_target"], fields["timeout"]) == (["check"], ["90"])
    assert fields["build_pull_requests"] == ["1"]
    page = octocat.send(path, test_target="-f x", timeout="soon", build_pull_requests=None)
    assert page.status == 422
    fields = page.form(path).fields
    assert (fields["test_target"], fields["timeout"]) == (["-f x"], ["soon"])
    assert "build_pull_requests" not in fields
    marked = {attrs["name"] for _, attrs in page.tags if attrs.get("aria-invalid") == "true"}
    assert marked == {"test_target", "timeout"}
    kept = repositories.by_id(place.context, repository.id)
    assert kept is not None
    assert (kept.test_target, kept.timeout, kept.build_pull_requests) == ("check", 90, True)


def test_variables_form_adds_replaces_and_deletes(place: Place, octocat: Visitor) -> None:
    repository = place.repository()
    path, value = f"{home(repository)}/settings", "first\r\nsecond line"
    octocat.open(path)
    page = octocat.send(f"{home(repository)}/env", key="NOTE", value=value)
    assert "Saved." in page.text
    scope = repositories.repository_scope(repository.id)
    [variable] = repositories.variables(place.context, scope)
    assert (variable.key, variable.value, variable.secret) == ("NOTE", "first\nsecond line", False)
    assert variable.jobs == ("test", "deploy")
    page = octocat.send(f"{home(repository)}/env/NOTE/delete")
    assert "Removed." in page.text
    assert repositories.variables(place.context, scope) == []


def test_secret_of_a_form_is_never_on_a_page_again(place: Place, octocat: Visitor) -> None:
    repository, secret = place.repository(), factories.token()
    path = f"{home(repository)}/settings"
    octocat.open(path)
    page = octocat.send(f"{home(repository)}/env", key="TOKEN", value=secret, secret="1")
    assert secret not in page.response.text
    # The form of another variable is not the one to add; both go to the same address.
    page = octocat.send(f"{home(repository)}/env", key="MAKEFLAGS", value=secret, replace=None)
    assert page.status == 422
    assert secret not in page.response.text
    assert "MAKEFLAGS" in page.response.text
    marked = [attrs["name"] for _, attrs in page.tags if attrs.get("aria-invalid") == "true"]
    assert marked == ["key"]


def test_short_secret_of_a_form_warns(place: Place, octocat: Visitor) -> None:
    repository = place.repository()
    octocat.open(f"{home(repository)}/settings")
    page = octocat.send(f"{home(repository)}/env", key="PIN", value="12", secret="1")
    assert "is not masked in logs" in page.text


def test_owners_variables_have_a_page(octocat: Visitor) -> None:
    key = f"K{factories.number()}"
    octocat.open(f"/owners/{OWNER}/env")
    page = octocat.send(f"/owners/{OWNER}/env", key=key, value="x")
    assert page.response.url.path == f"/owners/{OWNER}/env"
    assert key in page.text
    page = octocat.send(f"/owners/{OWNER}/env/{key}/delete")
    assert f"{key} " not in page.text


def test_delete_form_wants_the_name_typed(place: Place, octocat: Visitor) -> None:
    repository = place.repository()
    path = f"{home(repository)}/delete"
    octocat.open(f"{home(repository)}/settings")
    page = octocat.send(path, confirm="something else")
    assert (page.status, page.form(path).fields["confirm"]) == (422, ["something else"])
    assert repositories.by_id(place.context, repository.id) is not None
    page = octocat.send(path, confirm=repository.full_name)
    assert page.response.url.path == "/"
    assert "Deleted here; the repository at GitHub stays as it is." in page.text
    assert repositories.by_id(place.context, repository.id) is None


@pytest.mark.parametrize("ref", ["no-such-branch", "a..b", "", "x y"])
def test_build_form_comes_back(place: Place, octocat: Visitor, ref: str) -> None:
    repository = place.repository()
    octocat.open(home(repository))
    page = octocat.send(f"{home(repository)}/builds", ref=ref)
    assert page.status == 422
    assert page.form(f"{home(repository)}/builds").fields["ref"] == [ref]
    assert [a["id"] for _, a in page.tags if a.get("aria-invalid")] == ["build-ref"]
    assert builds.list_builds(place.context, repository.id) == []


def test_build_form_leads_to_the_build_which_can_be_cancelled(
    place: Place, octocat: Visitor
) -> None:
    repository = place.repository()
    octocat.open(home(repository))
    page = octocat.send(f"{home(repository)}/builds", ref="main")
    assert "The build is queued." in page.text
    path = page.response.url.path
    page = octocat.send(f"{path}/cancel", reason="wrong branch")
    assert "The build is being cancelled." in page.text
    assert "wrong branch" in page.text
    page = octocat.send(f"{path}/retry")
    assert page.response.url.path != path


def test_cancel_form_of_an_ended_build_says_so(place: Place, octocat: Visitor) -> None:
    build = place.running(place.repository())
    octocat.open(f"/builds/{build.id}")
    place.finish(build)
    page = octocat.send(f"/builds/{build.id}/cancel", reason="too late")
    assert page.status == 409
    assert "ended" in page.text or "passed" in page.text


def test_favourite_is_marked_and_unmarked(place: Place, octocat: Visitor) -> None:
    repository = place.repository()
    octocat.open(home(repository))
    page = octocat.send(f"{home(repository)}/favorite")
    assert page.form(f"{home(repository)}/favorite").fields["favorite"] == [""]
    page = octocat.send(f"{home(repository)}/favorite")
    assert page.form(f"{home(repository)}/favorite").fields["favorite"] == ["1"]


def test_hooks_secret_is_shown_once(place: Place, octocat: Visitor) -> None:
    repository = place.repository()
    path = f"{home(repository)}/hook"
    page = octocat.open(home(repository))
    form = next(f for f in page.forms if f.action == path and f.fields["action"] == ["secret"])
    response = octocat.client.post(path, data=form.fields)
    secret = repositories.webhook_secret(place.context, repository.id)
    assert secret in response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert secret not in octocat.open(home(repository)).response.text


def test_webhook_that_is_being_installed_asks_for_nothing_to_be_done(
    place: Place, octocat: Visitor
) -> None:
    repository = place.repository()
    page = octocat.open(home(repository))
    assert "Hobotnica is asking GitHub to install it" in page.text
    assert "Content type: application/json" not in page.text
    reason = "The token may not manage webhooks"
    repositories.set_hook(place.context, repository.id, None, "manual", reason)
    page = octocat.open(home(repository))
    assert reason in page.text
    assert "Content type: application/json" in page.text
    repositories.set_hook(place.context, repository.id, 1, "installed", None)
    assert "periodic pull" not in octocat.open(home(repository)).text


@pytest.mark.parametrize("code", ["<script>", "unknown", "x" * 500, ""])
def test_only_known_words_are_said_after_a_form(octocat: Visitor, code: str) -> None:
    page = octocat.open("/", params={"done": code})
    assert not any(a.get("role") == "status" and t == "p" for t, a in page.tags)
    assert "<script>" not in page.response.text.replace('<script src="', "")


# What is shown


def hostile(page: Page) -> bool:
    """Whether anything of the hostile text became markup."""
    tags = [(tag, attrs) for tag, attrs in page.tags if tag in ("script", "img")]
    return any("onerror" in attrs or attrs.get("src") in (None, "x") for _, attrs in tags)


def test_nothing_that_others_write_is_markup(place: Place, octocat: Visitor) -> None:
    repository = place.repository(description=HOSTILE)
    scope = repositories.repository_scope(repository.id)
    repositories.set_variable(place.context, scope, "KEY", HOSTILE, secret=False, by=OWNER)
    owner_scope = repositories.owner_scope(OWNER)
    repositories.set_variable(
        place.context, owner_scope, "HOSTILE", HOSTILE, secret=False, by=OWNER
    )
    branch = "<script>alert(1)</script>"
    build = place.finished(
        repository,
        HOSTILE.encode(),
        FAILED,
        branch=branch,
        ref=f"refs/heads/{branch}",
        message=HOSTILE,
        author=HOSTILE,
    )
    waiting = place.queued(repository, message=HOSTILE)
    builds.cancel(place.context, waiting.id, OWNER, HOSTILE)
    for path in (
        "/",
        home(repository),
        f"{home(repository)}/settings",
        f"/owners/{OWNER}/env",
        f"/builds/{build.id}",
        f"/builds/{waiting.id}",
    ):
        page = octocat.open(path)
        assert page.status == 200
        assert not hostile(page), path
        assert HOSTILE not in page.response.text
        assert "{{ 7*7 }}" in page.response.text, path
    repositories.delete_variable(place.context, owner_scope, "HOSTILE", by=OWNER)


def test_revoked_repositorys_page_says_when_and_why_and_what_to_do(
    place: Place, octocat: Visitor
) -> None:
    repository = place.repository()
    build = place.finished(repository, b"secret words\n")
    repositories.revoke(place.context, repository.id, "The token was revoked at GitHub")
    place.github.delete(repository.full_name)
    place.remember_access(OWNER, repository, "ADMIN", 10**6)
    page = octocat.open(home(repository))
    assert page.status == 200
    assert "Access was revoked" in page.text
    assert "The token was revoked at GitHub" in page.text
    assert any(tag == "time" for tag, _ in page.tags)
    assert "/#register" in page.links
    assert f"/builds/{build.id}" not in page.links
    assert octocat.open(f"/builds/{build.id}").status == 404
    other = Visitor(place.plain(None, place.session("boss")))
    assert other.open(home(repository)).status == 404


def test_build_page_opens_where_it_failed(place: Place, octocat: Visitor) -> None:
    log = b"".join(b"line %d\n" % number for number in range(3000))
    log += b"make: *** [Makefile:2: test] Error 1\n"
    build = place.finished(place.repository(), log, FAILED)
    page = octocat.open(f"/builds/{build.id}")
    assert "Error 1" in page.text
    assert 'id="L3001"' in page.response.text
    assert len(page.response.content) < 200_000
    first = octocat.open(f"/builds/{build.id}?start=1")
    assert 'id="L1"' in first.response.text


@pytest.mark.parametrize("query", ["start=x", "start=-1", "end=99999999999999", "start=0&end=0"])
def test_build_page_takes_any_line_numbers(place: Place, octocat: Visitor, query: str) -> None:
    build = place.finished(place.repository(), b"one\ntwo\n")
    assert octocat.open(f"/builds/{build.id}?{query}").status == 200


def test_private_builds_are_not_on_a_strangers_dashboard(place: Place) -> None:
    repository = place.repository()
    place.queued(repository, message="very private")
    page = Visitor(place.plain(None, place.session("stranger"))).open("/")
    assert repository.name not in page.response.text
    assert "very private" not in page.response.text


def test_visitor_sees_what_hobotnica_is(place: Place) -> None:
    page = Visitor(place.plain(None)).open("/")
    assert (page.status, "/login" in page.links) == (200, True)


# Error pages


@pytest.mark.parametrize(
    ("path", "login", "status", "words"),
    [
        ("/nothing/here/at/all", None, 404, "There is nothing here"),
        ("/repositories/octocat/absent", OWNER, 404, "There is nothing here"),
        ("/builds/999999999", OWNER, 404, "There is nothing here"),
        ("/builds/x", OWNER, 404, "There is nothing here"),
        ("/owners/boss/env", "reader", 403, "That is not allowed"),
        ("/repositories/%ff/x", OWNER, 400, "That request cannot be read"),
    ],
)
def test_error_page_says_what_to_do_next(
    place: Place, path: str, login: str | None, status: int, words: str
) -> None:
    client = place.plain(None, place.session(login) if login else None)
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    page = Page(answer)
    assert words in page.text
    assert "What you can do" in page.text
    assert "/" in page.links


def test_page_405_has_the_methods(place: Place) -> None:
    answer = place.plain().put("/login")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_unexpected_error_is_a_500_page_without_its_reason(place: Place) -> None:
    repository = place.repository()
    with place.context.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE repositories SET created_at = 'not a time' WHERE id = ?", (repository.id,)
        )
    client = place.plain(None, place.session(OWNER))
    answer = client.get(home(repository))
    repositories.delete(place.context, repository.id, OWNER)
    assert answer.status_code == 500
    page = Page(answer)
    assert "What you can do" in page.text
    assert "Traceback" not in answer.text
    assert "not a time" not in answer.text
    assert re.search(r"unexpected error", place.service.log)
