from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.unit.templates import samples

PAGES = list(samples.pages())
GRAVE = ("moderate", "serious", "critical")
OpenPage = Callable[..., Page]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_grave_fault_of_accessibility(
    site: Site, open_page: OpenPage, scheme: str
) -> None:
    page = open_page(f"{site.url}/page/docs", color_scheme=scheme)
    found = []
    for name in PAGES:
        page.goto(f"{site.url}/page/{name}")
        for fault in Axe().run(page).response["violations"]:
            if fault["impact"] in GRAVE:
                nodes = [node["html"][:200] for node in fault["nodes"][:3]]
                found.append(f"{name}: {fault['id']}: {nodes}")
    assert not found, "\n".join(found)


def test_no_page_is_wider_than_the_screen(site: Site, open_page: OpenPage) -> None:
    page = open_page(f"{site.url}/page/docs")
    for name in PAGES:
        page.goto(f"{site.url}/page/{name}")
        for width in (320, 375, 768, 1280):
            page.set_viewport_size({"width": width, "height": 700})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)


def test_long_words_do_not_widen_the_page(site: Site, open_page: OpenPage) -> None:
    long = "x" * 300
    site.live.changes = {"branch": long, "message": long, "author": long, "reason": long}
    site.live.log = long.encode() * 4 + b"\n"
    site.live.state = "failed"
    page = open_page(f"{site.url}/builds/42", viewport={"width": 375, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_every_page_shows_its_content_without_javascript(site: Site, open_page: OpenPage) -> None:
    page = open_page(f"{site.url}/page/docs", java_script_enabled=False)
    for name in PAGES:
        page.goto(f"{site.url}/page/{name}")
        expect(page.locator("h1")).to_have_count(1)
        expect(
            page.locator("[data-live]:not(.note)").or_(page.locator("main")).first
        ).to_be_visible()


def test_a_build_is_cancelled_without_javascript(site: Site, open_page: OpenPage) -> None:
    page = open_page(f"{site.url}/builds/42", java_script_enabled=False)
    page.get_by_text("Cancel…").click()
    page.get_by_label("Why").fill("wrong branch")
    page.get_by_role("button", name="Cancel this build").click()
    assert site.posts == [
        ("/builds/42/cancel", {"csrf": ["csrf-token"], "reason": ["wrong branch"]})
    ]


def test_a_variable_is_added_and_replaced_without_javascript(
    site: Site, open_page: OpenPage
) -> None:
    page = open_page(f"{site.url}/page/settings", java_script_enabled=False)
    add = page.locator("form", has=page.get_by_role("heading", name="Add a variable"))
    add.get_by_label("Name").fill("LEVEL")
    add.get_by_label("Value").fill("DEBUG")
    add.get_by_label("deploy").uncheck()
    add.get_by_role("button").click()
    page.goto(f"{site.url}/page/settings")
    page.get_by_text("Replace PYPI_TOKEN").first.click()
    page.get_by_label("Value").nth(1).fill("new")
    page.get_by_role("button", name="Replace PYPI_TOKEN").click()
    token = {"csrf": ["csrf-token"]}
    where = "/repositories/octocat/hello-world/env"
    assert site.posts == [
        (where, {**token, "key": ["LEVEL"], "value": ["DEBUG"], "jobs": ["test"]}),
        (
            where,
            {
                **token, "replace": ["1"], "key": ["PYPI_TOKEN"], "value": ["new"],
                "secret": ["1"], "jobs": ["deploy"],
            },
        ),
    ]  # fmt: skip


def test_a_pasted_address_fills_owner_and_name(site: Site, open_page: OpenPage) -> None:
    page = open_page(f"{site.url}/page/index-empty")
    page.get_by_label("Owner").fill("https://github.com/octocat/hello-world.git")
    expect(page.get_by_label("Owner")).to_have_value("octocat")
    expect(page.locator("#register-name")).to_have_value("hello-world")


def test_the_keyboard_gets_to_the_content_first(site: Site, open_page: OpenPage) -> None:
    page = open_page(f"{site.url}/page/build-failed")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    expect(page.get_by_text("Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#log")).to_be_focused()


def test_what_is_focused_can_be_seen(site: Site, open_page: OpenPage) -> None:
    page = open_page(f"{site.url}/page/index")
    for _ in range(25):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", page.evaluate("document.activeElement.outerHTML")


def test_the_dashboard_renews_itself_but_not_under_the_pointer(
    site: Site, open_page: OpenPage
) -> None:
    page = open_page(f"{site.url}/page/index")
    rows = page.locator(".repositories > li")
    rows.nth(1).hover()
    changed = samples.dashboard()
    for row in changed["repositories"][:2]:
        row["builds"] = [samples.build("passed", message="A later one")]
    template, context = site.pages["index"]
    site.pages["index"] = (template, {**context, "dashboard": changed})
    page.evaluate("hobotnica.renew()")
    expect(rows.nth(0)).to_contain_text("A later one")
    expect(rows.nth(1)).not_to_contain_text("A later one")
    page.mouse.move(0, 0)
    page.evaluate("hobotnica.renew()")
    expect(rows.nth(1)).to_contain_text("A later one")
