"""Every page and every form as everybody: who is let in, what a form must carry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from myapp import accounts, builds, repositories
from myapp.builds import Build
from myapp.github.model import Viewer
from myapp.repositories import Repository
from myapp.services import permissions
from tests.integration.services.browsing import Page
from tests.integration.services.place import OWNER, Place
from tests.integration.services.test_permissions import RIGHTS
from tests.unit.services.route_table import Route, page_routes

LARGEST = 60_000
PAGES = [route for route in page_routes() if route.method == "GET"]
FORMS = [route for route in page_routes() if route.method == "POST"]
SIGNED_IN_PAGES = [route for route in PAGES if route.permission != permissions.PUBLIC]
SIGNED_IN_FORMS = [route for route in FORMS if route.permission != permissions.PUBLIC]
FIELDS: dict[str, dict[str, Any]] = {
    "/repositories": {"owner": OWNER, "name": "no-such-repository"},
    "/repositories/<owner>/<name>/builds": {"ref": "main"},
    "/repositories/<owner>/<name>/favorite": {"favorite": "1"},
    "/repositories/<owner>/<name>/settings": {"test_target": "other", "deploy_target": "deploy"},
    "/repositories/<owner>/<name>/env": {"key": "NEW", "value": "x", "jobs": "test"},
    "/owners/<owner>/env": {"key": "NEW", "value": "x", "jobs": "test"},
}


@dataclass
class Target:
    """What a page is about."""

    repository: Repository
    build: Build

    def path(self, route: Route) -> str:
        path = route.path.replace("<owner>", self.repository.owner)
        path = path.replace("<name>", self.repository.name).replace("<key>", "KEY")
        return path.replace("<id>", str(self.build.id))

    def fields(self, route: Route) -> dict[str, Any]:
        if route.path.endswith("<name>/delete"):
            return {"confirm": self.repository.full_name}
        return FIELDS.get(route.path, {})


def target_of(place: Place) -> Target:
    repository = place.repository()
    scopes = (repositories.repository_scope(repository.id), repositories.owner_scope(OWNER))
    for scope in scopes:
        repositories.set_variable(place.context, scope, "KEY", "v", secret=False, by=OWNER)
    return Target(repository, place.queued(repository))


def state_of(place: Place, target: Target) -> Any:
    """Everything that the forms change."""
    repository = repositories.by_id(place.context, target.repository.id)
    assert repository is not None
    scopes = (repositories.repository_scope(repository.id), repositories.owner_scope(OWNER))
    return (
        repository.test_target,
        repository.hook_state,
        repository.pull_error,
        builds.list_builds(place.context, repository.id)[0].state,
        len(builds.list_builds(place.context, repository.id)),
        [repositories.variables(place.context, scope) for scope in scopes],
        repositories.webhook_secret(place.context, repository.id),
        len(repositories.list_favorites(place.context, place.people[OWNER])),
    )


def browser(place: Place, login: str | None) -> httpx.Client:
    return place.plain(None, place.session(login) if login else None)


def csrf_of(place: Place, client: httpx.Client) -> str:
    return place.cookies.form_token(client.headers["Cookie"].partition("=")[2])


@pytest.mark.parametrize("route", SIGNED_IN_PAGES, ids=lambda route: route.path)
def test_visitor_is_led_to_the_login_and_back(place: Place, route: Route) -> None:
    path = target_of(place).path(route)
    answer = browser(place, None).get(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/login?next={path}")
    absent = browser(place, None).get("/repositories/nobody/nothing")
    assert absent.status_code == 303  # whether it is there is not told


@pytest.mark.parametrize("route", SIGNED_IN_FORMS, ids=lambda route: route.path)
def test_visitors_form_is_403_and_changes_nothing(place: Place, route: Route) -> None:
    target = target_of(place)
    before = state_of(place, target)
    answer = browser(place, None).post(target.path(route), data=target.fields(route))
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert state_of(place, target) == before


@pytest.mark.parametrize("kind", ["none", "wrong", "another session's", "in the address"])
@pytest.mark.parametrize("route", SIGNED_IN_FORMS, ids=lambda route: route.path)
def test_form_without_its_token_is_403_and_changes_nothing(
    place: Place, route: Route, kind: str
) -> None:
    target = target_of(place)
    before = state_of(place, target)
    client, path, fields = browser(place, OWNER), target.path(route), target.fields(route)
    if kind == "in the address":
        path += f"?csrf={csrf_of(place, client)}"
    elif kind != "none":
        other = csrf_of(place, browser(place, OWNER))
        fields = {**fields, "csrf": "wrong" if kind == "wrong" else other}
    answer = client.post(path, data=fields)
    assert answer.status_code == 403
    assert "too old or came from another site" in answer.text
    assert state_of(place, target) == before


@pytest.mark.parametrize(
    "route", [r for r in FORMS if r.permission == "public"], ids=lambda r: r.path
)
def test_public_form_without_its_token_is_403(place: Place, route: Route) -> None:
    data = {"username": OWNER, "token": place.tokens[OWNER]}
    answer = browser(place, None).post(route.path, data=data)
    assert answer.status_code == 403
    assert "hobotnica_session" not in answer.headers.get("set-cookie", "")


# Pulling needs git: the API's tests and the scenarios pull.
@pytest.mark.parametrize(
    "route",
    [route for route in SIGNED_IN_FORMS if not route.path.endswith("/pull")],
    ids=lambda route: route.path,
)
def test_form_with_its_token_does_what_it_says(place: Place, route: Route) -> None:
    target = target_of(place)
    if route.path.endswith("/retry"):
        builds.cancel(place.context, target.build.id, OWNER, "")
    client = browser(place, OWNER)
    fields = {**target.fields(route), "csrf": csrf_of(place, client)}
    answer = client.post(target.path(route), data=fields)
    if route.path == "/repositories":
        assert answer.status_code == 404
        assert "no access" in answer.text
        return
    assert answer.status_code == 303, answer.text
    assert client.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize("login", ["stranger", "reader", "writer", "boss", OWNER, "root"])
@pytest.mark.parametrize("route", page_routes(), ids=lambda route: route.name)
def test_page_lets_in_whom_its_permission_says(place: Place, route: Route, login: str) -> None:
    target = target_of(place)
    client = browser(place, login)
    path, allowed = target.path(route), route.permission in RIGHTS[login]
    if route.path.startswith("/owners/"):
        allowed = login in (OWNER, "root")
    if route.method == "GET":
        answer = client.get(path)
        if allowed:
            assert answer.status_code in (200, 303), answer.text
            return
    else:
        if allowed:
            return  # what it does then is tested above
        data = {**target.fields(route), "csrf": csrf_of(place, client)}
        before = state_of(place, target)
        answer = client.post(path, data=data)
        assert state_of(place, target) == before
    stranger = login == "stranger" and not route.path.startswith("/owners/")
    assert answer.status_code == (404 if stranger else 403), answer.text
    assert "What you can do" in answer.text


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.path)
def test_page_is_small_and_has_the_headers_that_protect_it(place: Place, route: Route) -> None:
    target = target_of(place)
    for number in range(35):
        place.queued(target.repository, branch=f"b{number}", message="A long message " * 20)
    answer = browser(place, OWNER).get(target.path(route), follow_redirects=True)
    assert answer.status_code == 200
    assert len(answer.content) < LARGEST
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = answer.headers["Content-Security-Policy"]
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= set(
        policy.split("; ")
    )
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.path)
def test_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(
    place: Place, route: Route
) -> None:
    target = target_of(place)
    page = Page(browser(place, OWNER).get(target.path(route), follow_redirects=True))
    for tag, attrs in page.tags:
        source = attrs.get("src") or (attrs.get("href") if tag == "link" else None)
        if source:
            assert source.startswith("/static/"), (tag, source)
            assert browser(place, None).get(source).status_code == 200, source
        assert not any(name.startswith("on") for name in attrs), (tag, attrs)
        assert "style" not in attrs, (tag, attrs)
    for form in page.forms:
        assert form.method == "post"
        assert form.fields["csrf"] != [""]
    assert not re.search(r"<script(?![^>]*src=)", page.response.text)


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.path)
def test_links_of_the_page_lead_somewhere(place: Place, route: Route) -> None:
    target = target_of(place)
    client = browser(place, OWNER)
    page = Page(client.get(target.path(route), follow_redirects=True))
    for link in sorted({link.partition("#")[0] for link in page.links}):
        if link.startswith("/") and link != "/api/health":  # there is no worker
            assert client.get(link, follow_redirects=True).status_code == 200, link


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.path)
def test_head_of_a_page_answers_without_a_body(place: Place, route: Route) -> None:
    answer = browser(place, OWNER).head(target_of(place).path(route))
    assert answer.status_code in (200, 303)
    assert answer.content == b""


def test_dashboard_pages_through_more_repositories_than_it_shows(place: Place) -> None:
    token = place.github.add_token("hoarder")
    viewer = place.github.add_user("hoarder")
    page = "https://github.com/hoarder"
    place.people["hoarder"] = accounts.remember(
        place.context, Viewer(viewer.node_id, "hoarder", "hoarder", page)
    )
    place.tokens["hoarder"] = token
    made = [place.repository() for _ in range(32)]
    for repository in made:
        place.remember_access("hoarder", repository, "READ")
    client = browser(place, "hoarder")
    first = Page(client.get("/"))
    older = next(link for link in first.links if link.startswith("/?before="))
    second = Page(client.get(older))
    names = {f"/repositories/{repository.full_name}" for repository in made}
    assert len(names & set(first.links)) == 30
    assert names <= set(first.links) | set(second.links)
    assert not any(link.startswith("/?before=") for link in second.links)
