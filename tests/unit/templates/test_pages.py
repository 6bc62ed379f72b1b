from __future__ import annotations

import re
from typing import Any

import pytest

from tests.unit.templates import samples
from tests.unit.templates.reading import Element, read
from tests.unit.templates.rendering import ROOT, render

PAGES = samples.pages()
every_page = pytest.mark.parametrize("name", PAGES)


def _page(name: str) -> Element:
    return read(render(*PAGES[name]))


def _hostile(value: Any) -> Any:
    """The same context with a hostile tail on every string that is not a state or a time."""
    if isinstance(value, dict):
        return {key: item if key in FIXED else _hostile(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_hostile(item) for item in value]
    return value + samples.HOSTILE if isinstance(value, str) else value


FIXED = {
    "state", "status", "event", "outcome", "hook_state", "jobs", "log", "kind", "name_of_form",
    "created_at", "started_at", "finished_at", "eta", "last_pulled_at", "checked_at", "updated_at",
    "revoked_at", "received_at", "fetched_at", "seen_at", "oldest_queued_at", "last_run_at",
}  # fmt: skip


@every_page
def test_a_page_is_well_formed_and_named(name: str) -> None:
    page = _page(name)
    assert page.find_all("html")[0].get("lang") == "en"
    assert "Hobotnica" in page.find_all("title")[0].text or name.startswith("build-")
    assert len(page.find_all("h1")) == 1
    assert len(page.find_all("main")) == 1
    ids = [element.get("id") for element in page.find_all() if element.get("id")]
    assert len(ids) == len(set(ids))


@every_page
def test_a_page_needs_nothing_inline_and_nothing_from_elsewhere(name: str) -> None:
    page = _page(name)
    for element in page.find_all():
        for attribute, value in element.attributes.items():
            assert attribute != "style", element
            assert not attribute.startswith("on"), element
            assert "javascript:" not in (value or "")
    for element in page.find_all("script", "img"):
        assert element.get("src").startswith("/static/")
        assert not element.text.strip()
    assert not page.find_all("style")
    for element in page.find_all("link"):
        assert element.get("href").startswith("/static/")


@every_page
def test_what_a_page_loads_is_there(name: str) -> None:
    for path in re.findall(r'(?:src|href)="(/static/[^"?]+)', render(*PAGES[name])):
        assert (ROOT / path.lstrip("/")).is_file(), path


@every_page
def test_every_form_posts_with_the_token(name: str) -> None:
    for form in _page(name).find_all("form"):
        assert form.get("method") == "post"
        assert form.get("action").startswith("/")
        tokens = [item for item in form.find_all("input") if item.get("name") == "csrf"]
        assert [item.get("value") for item in tokens] == ["csrf-token"]


@every_page
def test_every_field_has_its_label_and_descriptions(name: str) -> None:
    page = _page(name)
    ids = {element.get("id") for element in page.find_all()}
    labelled = {label.get("for") for label in page.find_all("label")}
    inside = [field for label in page.find_all("label") for field in label.find_all("input")]
    for element in page.find_all("input", "textarea"):
        if element.get("type") != "hidden":
            assert element.get("id") in labelled or element in inside
    for element in page.find_all():
        for attribute in ("aria-describedby", "aria-labelledby", "for"):
            assert set(element.get(attribute).split()) <= ids


@every_page
def test_links_within_a_page_lead_somewhere(name: str) -> None:
    page = _page(name)
    ids = {element.get("id") for element in page.find_all()}
    for link in page.find_all("a"):
        if link.get("href").startswith("#"):
            assert link.get("href")[1:] in ids


@every_page
def test_hostile_text_stays_text(name: str) -> None:
    template, context = PAGES[name]
    hostile = {
        key: _hostile(value) if key not in ("form", "status") else value
        for key, value in context.items()
        if key != "log"
    }
    if "log" in context:
        hostile["log"] = samples.log(samples.HOSTILE.encode() * 3 + b"\nerror: <b>\n")
    html = render(template, hostile)
    page, harmless = read(html), _page(name)
    assert "<script>" not in html
    tags = {element.tag for element in harmless.find_all()} | {"ol", "li", "span", "a", "p", "code"}
    assert {element.tag for element in page.find_all()} <= tags | {"bdi", "div", "strong"}
    scripts = [element.get("src").split("?")[0] for element in page.find_all("script")]
    assert scripts == [element.get("src").split("?")[0] for element in harmless.find_all("script")]


@pytest.mark.parametrize("name", [name for name, (_, page) in PAGES.items() if page["form"]])
def test_hostile_form_values_stay_text(name: str) -> None:
    template, context = PAGES[name]
    form = {**context["form"]}
    form["values"] = {
        key: value if key == "jobs" else samples.HOSTILE for key, value in form["values"].items()
    }
    form["errors"] = dict.fromkeys(form["errors"], samples.HOSTILE)
    html = render(template, {**context, "form": form})
    read(html)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


@every_page
def test_an_ordinary_page_is_small(name: str) -> None:
    assert len(render(*PAGES[name]).encode()) < 60_000


def test_a_build_with_a_long_log_and_a_full_dashboard_stay_small() -> None:
    data = b"\x1b[32m ok \x1b[0m tests/test_everything.py::test_number_seventeen PASSED\n" * 5000
    template, context = PAGES["build-passed"]
    assert len(render(template, {**context, "log": samples.log(data)}).encode()) < 60_000
    template, context = PAGES["index"]
    row = {**context["dashboard"]["repositories"][0]}
    row["builds"] = [row["builds"][1]] * 10
    full = samples.dashboard(repositories=[row] * 30)
    assert len(render(template, {**context, "dashboard": full}).encode()) < 60_000


@pytest.mark.parametrize("state", samples.STATES)
def test_a_build_shows_its_state_by_shape_word_and_colour(state: str) -> None:
    page = _page(f"build-{state}")
    word = state.replace("_", " ")
    badge = next(e for e in page.find_all("span") if e.get("class") == f"state s-{state}")
    assert badge.text.strip() == word
    assert badge.children[0].get("class") == "shape"
    assert page.find_all("title")[0].text.startswith(word)
    icon = next(link for link in page.find_all("link") if link.get("rel") == "icon")
    assert icon.get("href") == f"/static/favicon-{state}.svg"
    css = (ROOT / "static" / "app.css").read_text()
    assert f".s-{state} " in css
    assert (ROOT / "static" / "shapes" / f"{state}.svg").is_file()
    assert samples.REASONS.get(state, "") in page.text


def test_every_shape_of_the_style_sheet_is_there() -> None:
    css = (ROOT / "static" / "app.css").read_text()
    shapes = re.findall(r'url\("(/static/shapes/[^"]+)"\)', css)
    assert len(shapes) > 10
    for shape in shapes:
        assert (ROOT / shape.lstrip("/")).is_file()


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_build_at_work_reloads_without_javascript_and_can_be_cancelled(state: str) -> None:
    page = _page(f"build-{state}")
    assert page.find_all("noscript")[0].children[0].get("http-equiv") == "refresh"
    assert "/builds/42/cancel" in [form.get("action") for form in page.find_all("form")]
    log = next(element for element in page.find_all("ol") if element.get("id") == "log")
    assert log.get("data-stream") == "/api/builds/42/log/stream"


def test_a_finished_build_can_be_run_again_and_stands_still() -> None:
    page = _page("build-failed")
    actions = [form.get("action") for form in page.find_all("form")]
    assert "/builds/42/retry" in actions
    assert "/builds/42/cancel" not in actions
    assert not page.find_all("noscript")


def test_who_may_only_read_gets_no_forms_to_change_things() -> None:
    for name in ("repository-ready", "build-running", "build-failed", "settings", "owner"):
        template, context = PAGES[name]
        page = read(render(template, {**context, "can": {"write": False, "admin": False}}))
        actions = {form.get("action").rsplit("/", 1)[-1] for form in page.find_all("form")}
        assert actions <= {"logout", "favorite", "settings"}, name


def test_the_parts_of_a_log_are_linked() -> None:
    data = b"line\n" * 5000
    template, context = PAGES["build-passed"]
    page = read(render(template, {**context, "log": samples.log(data, start=2000)}))
    links = [link.get("href") for link in page.find_all("a")]
    assert "/builds/42?end=1999" in links
    assert "/builds/42?start=2400" in links
    assert "/builds/42?start=1" in links
    log = next(element for element in page.find_all("ol") if element.get("id") == "log")
    assert "data-stream" not in log.attributes


def test_the_first_failure_is_told_and_linked() -> None:
    page = _page("build-failed")
    assert "FAILED tests/test_a.py" in page.text
    line = next(e for e in page.find_all("li") if e.get("class") == "failure")
    assert line.get("id") == "L52"
    assert "#L52" in [link.get("href") for link in page.find_all("a")]


def test_a_form_that_came_back_keeps_what_was_typed_but_no_secret() -> None:
    page = _page("index-no-worker")
    values = {field.get("id"): field for field in page.find_all("input")}
    assert values["register-owner"].get("value") == "-x"
    assert values["register-owner"].get("aria-invalid") == "true"
    assert "Must be a GitHub name" in page.text
    login = _page("login-wrong")
    assert "ghp_secret" not in render(*PAGES["login-wrong"])
    assert {f.get("name"): f.get("value") for f in login.find_all("input")}["username"] == "octocat"
    assert {f.get("name"): f.get("value") for f in login.find_all("input")}["next"] == "/builds/42"


def test_a_secret_variable_that_was_typed_is_not_sent_back() -> None:
    template, context = PAGES["settings-wrong"]
    typed = {"key": "A", "value": "hunter2", "secret": "1", "jobs": []}
    form = samples.form("variable", typed, key="Exists")
    assert "hunter2" not in render(template, {**context, "form": form})


def test_a_replaced_variable_that_is_wrong_opens_its_own_form() -> None:
    template, context = PAGES["settings"]
    form = samples.form("variable:DATABASE_URL", {"value": "x\0", "jobs": []}, value="No NUL")
    page = read(render(template, {**context, "form": form}))
    opened = [item for item in page.find_all("details") if "open" in item.attributes]
    assert len(opened) == 1
    assert "No NUL" in opened[0].text


def test_no_worker_is_said_on_the_dashboard() -> None:
    assert "No worker runs" in _page("index-no-worker").text
    assert "No worker runs" not in _page("index").text


def test_an_empty_dashboard_says_what_to_do_first() -> None:
    assert "Register your first repository" in _page("index-empty").text


def test_a_revoked_repository_says_when_and_what_was_deleted() -> None:
    text = _page("repository-revoked").text
    assert "Access was revoked" in text
    assert "1 hour ago" in text
    assert "register it again" in text


def test_a_failed_pull_is_told() -> None:
    template, context = PAGES["repository-ready"]
    repository = samples.repository(pull_error="GitHub could not be reached.")
    html = render(template, {**context, "repository": repository})
    assert "GitHub could not be reached." in read(html).text


def test_the_webhook_secret_is_shown_only_when_given_and_then_the_page_stays() -> None:
    assert "s3cret-once" in _page("repository-secret").text
    page = _page("repository-secret")
    assert not page.find_all("noscript")
    assert "data-refresh" not in page.find_all("main")[0].attributes


def test_an_error_page_needs_no_more_than_its_status_and_sentence() -> None:
    page = read(render("errors/error.j2", {"status": 503, "detail": "The database is locked"}))
    assert "The database is locked" in page.text
    assert "load the page again" in page.text


def test_an_error_page_sends_a_visitor_to_sign_in_and_back() -> None:
    html = render(
        "errors/error.j2", {"status": 404, "detail": "Not found", "path": "/builds/4?a=b"}
    )
    assert "/login?next=/builds/4%3Fa%3Db" in html
