"""The whole service in a browser: from signing in to a build that is cancelled, and out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support import factories
from tests.support.fake_github import FakeGitHub
from tests.support.git_server import GitRepository, GitServer
from tests.support.service import Service
from tests.support.wait import wait_until

pytestmark = [pytest.mark.npm, pytest.mark.slow]

OpenPage = Callable[..., Page]
SOON = 20_000  # milliseconds until what is live, or asked for again, is there
# Prints until it is cancelled; never for ever.
MAKEFILE = (
    "test:\n"
    "\t@printf '\\033[32mgreen\\033[0m & <b>plain</b>\\n'\n"
    "\t@for i in $$(seq 1 600); do echo tick $$i; sleep 0.1; done\n"
)


class Journey:
    """One person's way through the service; `look` keeps a picture of each step."""

    def __init__(self, page: Page, service: Service, pictures: Path, *, live: bool) -> None:
        self.page, self.service, self.pictures, self.live = page, service, pictures, live

    def look(self, name: str) -> None:
        self.page.screenshot(path=self.pictures / f"{name}.png", full_page=True)

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait: the page changes by itself, or without JavaScript by being loaded again."""

        def look() -> bool:
            if holds():
                return True
            if self.live:
                self.page.wait_for_timeout(100)  # the page's own events run meanwhile
            else:
                self.page.reload()
            return holds()

        wait_until(look, 30, every=0.2, what=what)

    def sign_in(self, token: str) -> None:
        page = self.page
        page.get_by_role("link", name="Sign in with a GitHub token").click()
        page.get_by_label("GitHub username").fill("octocat")
        page.get_by_label("Personal access token").fill("wrong")
        self.look("1-login")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_label("GitHub username")).to_have_value("octocat")
        page.get_by_label("Personal access token").fill(token)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("Signed in as octocat")).to_be_visible()
        self.look("2-dashboard")

    def register(self, repository: GitRepository, github: FakeGitHub) -> None:
        page, (owner, name) = self.page, repository.full_name.split("/")
        page.get_by_label("Owner").fill(owner)
        page.get_by_label("Repository", exact=True).fill(name)
        page.get_by_role("button", name="Register").click()
        expect(page.get_by_text("Registered. Hobotnica is cloning it now.")).to_be_visible()
        self.look("3-registered")
        self.until(lambda: page.locator("#state .s-ready").count() == 1, "it is ready")
        wait_until(lambda: github.hooks(repository.full_name), what="its webhook")

    def open_the_build(self) -> None:
        page = self.page
        link = page.locator("#builds").get_by_role("link", name="#1")
        self.until(lambda: link.count() == 1, "the push's build is listed")
        self.look("4-repository")
        link.click()
        expect(page.get_by_role("heading", name="Build #1")).to_be_visible()

    def watch_the_log(self) -> None:
        page = self.page
        lines = page.locator("#log > li")
        page.evaluate("window.loadedOnce = true") if self.live else None
        self.until(lambda: lines.count() > 3, "the first lines")
        before = lines.count()
        self.until(lambda: lines.count() > before + 5, "more lines")
        expect(page.locator("#log")).to_contain_text("green & <b>plain</b>")
        assert page.locator("#log > li b").count() == 0
        if self.live:
            assert page.evaluate("window.loadedOnce"), "the page was loaded again"
        self.look("5-running")

    def cancel(self) -> None:
        page = self.page
        page.get_by_text("Cancel…").click()
        page.get_by_label("Why").fill("wrong branch")
        page.get_by_role("button", name="Cancel this build").click()
        self.until(lambda: page.locator("#title .s-cancelled").count() == 1, "it is cancelled")
        expect(page.locator("#notices")).to_contain_text("wrong branch")
        expect(page.get_by_role("button", name="Run it again")).to_be_visible()
        self.look("6-cancelled")

    def add_secret(self, repository: GitRepository) -> None:
        page, secret = self.page, "correct horse battery staple"
        page.goto(f"{self.service.url}/repositories/{repository.full_name}/settings")
        page.get_by_label("Name").fill("1WRONG")
        page.get_by_label("Value").last.fill(secret)
        page.get_by_label("Secret: masked").last.check()
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_label("Name")).to_have_value("1WRONG")
        expect(page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
        self.look("7-refused")
        page.get_by_label("Name").fill("TOKEN")
        page.get_by_label("Value").last.fill(secret)
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_text("Saved.")).to_be_visible()
        expect(page.locator(".variables .key")).to_have_text("TOKEN")
        assert secret not in page.content()
        self.look("8-secret")

    def sign_out(self) -> None:
        page = self.page
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("You are signed out.")).to_be_visible()
        page.goto(f"{self.service.url}/status")
        assert "/login?next=/status" in page.url
        self.look("9-out")


@pytest.fixture
def repository(git_server: GitServer) -> Iterator[GitRepository]:
    """A repository of octocat's whose tests print for a minute."""
    yield git_server.create(f"octocat/{factories.name()}", {"Makefile": MAKEFILE})


@pytest.mark.timeout(300)
@pytest.mark.parametrize("live", [True, False], ids=["javascript", "no-javascript"])
def test_from_signing_in_to_signing_out(
    open_page: OpenPage,
    service: Service,
    fake_github: FakeGitHub,
    repository: GitRepository,
    octocat: str,
    tmp_path: Path,
    live: bool,
) -> None:
    # The wrong token is answered 403, the wrong name 422: the browser's console tells both.
    page = open_page(
        service.url, java_script_enabled=live, allowed=("status of 403", "status of 422")
    )
    page.set_default_timeout(SOON)
    journey = Journey(page, service, tmp_path, live=live)
    journey.sign_in(octocat)
    journey.register(repository, fake_github)
    pushed = repository.push({"README": "Hello"}, message="Say <hello>")
    assert [delivery.status for delivery in pushed.deliveries] == [202]
    journey.open_the_build()
    journey.watch_the_log()
    journey.cancel()
    journey.add_secret(repository)
    journey.sign_out()
