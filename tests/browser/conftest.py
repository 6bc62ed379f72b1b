"""A browser and the pages for it; without Chromium these tests are left out, and say so."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.site import Site

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    if not CHROMIUM:
        pytest.skip("left out, as there is no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def site() -> Iterator[Site]:
    """The pages on a server of their own."""
    site = Site()
    yield site
    site.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages; anything on their console that is wrong fails the test at its end.

    `allowed`: parts of messages that the test itself brings about.
    """
    contexts, complaints = [], []
    tolerated: list[str] = []

    def note(text: str) -> None:
        if not any(part in text for part in tolerated):
            complaints.append(text)

    def open_page(url: str, *, allowed: tuple[str, ...] = (), **options: Any) -> Page:
        tolerated.extend(allowed)
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: note(message.text) if message.type in BAD else None)
        page.on("pageerror", lambda error: note(str(error)))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    if complaints:
        pytest.fail("the console complains:\n" + "\n".join(complaints))


BAD = ("error", "warning")
