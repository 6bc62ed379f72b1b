from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from myapp.logs.palette import contrast
from tests.browser.site import LiveBuild, Site
from tests.support.wait import wait_until

OpenPage = Callable[..., Page]
LONG = b"".join(b"line %d\n" % number for number in range(1, 201))


def _scroll(page: Page) -> float:
    return float(page.evaluate("scrollY"))


def _at_end(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollHeight - innerHeight - scrollY < 3"))


def _line(page: Page, number: int):  # type: ignore[no-untyped-def]
    return page.locator(f"#L{number}")


def test_lines_come_while_the_build_runs(site: Site, open_page: OpenPage) -> None:
    site.live.log = b"make test\n"
    page = open_page(f"{site.url}/builds/42")
    site.live.write(b"\x1b[31mred\x1b[0m <b>text</b>\n50%\r")
    expect(_line(page, 2).locator("span.f1")).to_have_text("red")
    expect(_line(page, 2)).to_contain_text("<b>text</b>")
    expect(_line(page, 3)).to_contain_text("50%")
    site.live.write(b"100%\n")
    expect(_line(page, 3)).to_contain_text("100%")
    expect(_line(page, 3)).not_to_contain_text("50%")
    expect(page.locator("#log > li")).to_have_count(3)


def test_an_unfinished_line_of_the_page_is_gone_on_with(site: Site, open_page: OpenPage) -> None:
    site.live.log = b"\x1b[32mgreen\nhalf"
    page = open_page(f"{site.url}/builds/42")
    site.live.write(b" and half\n")
    expect(_line(page, 2).locator("span.f2")).to_have_text("half and half")
    expect(page.locator("#log > li")).to_have_count(2)


def test_who_is_at_the_end_stays_there(site: Site, open_page: OpenPage) -> None:
    site.live.log = LONG
    page = open_page(f"{site.url}/builds/42")
    page.locator("#to-end").click()
    for number in range(201, 206):
        site.live.write(b"line %d\n" % number * 3)
        expect(_line(page, 200 + (number - 200) * 3)).to_be_in_viewport()
    assert _at_end(page)
    expect(page.locator("#jump")).to_be_hidden()


def test_who_scrolled_up_stays_where_he_is_and_is_told(site: Site, open_page: OpenPage) -> None:
    site.live.log = LONG
    page = open_page(f"{site.url}/builds/42")
    page.locator("#to-end").click()
    site.live.write(b"one more\n")
    expect(_line(page, 201)).to_be_in_viewport()
    page.mouse.move(300, 300)
    page.mouse.wheel(0, -600)
    wait_until(lambda: not _at_end(page))
    before = _scroll(page)
    site.live.write(b"a\nb\n")
    expect(page.locator("#jump")).to_have_text("2 new lines, jump to the end")
    site.live.write(b"c\n")
    expect(page.locator("#jump")).to_have_text("3 new lines, jump to the end")
    assert abs(_scroll(page) - before) < 3
    page.locator("#jump").click()
    expect(page.locator("#jump")).to_be_hidden()
    assert _at_end(page)
    site.live.write(b"d\n")
    expect(_line(page, 205)).to_be_in_viewport()


def test_scrolling_back_to_the_end_takes_hold_again(site: Site, open_page: OpenPage) -> None:
    site.live.log = LONG
    page = open_page(f"{site.url}/builds/42")
    site.live.write(b"one\n")
    expect(page.locator("#jump")).to_be_visible()
    page.keyboard.press("End")
    wait_until(lambda: _at_end(page))
    expect(page.locator("#jump")).to_be_hidden()
    site.live.write(b"two\n" * 30)
    expect(_line(page, 231)).to_be_in_viewport()


def test_the_end_of_the_build_changes_state_title_icon_and_is_spoken(
    site: Site, open_page: OpenPage
) -> None:
    site.live.log = b"make test\n"
    page = open_page(f"{site.url}/builds/42")
    expect(page).to_have_title(re.compile("^running"))
    expect(page.locator("#title .state")).to_have_text("running")
    site.live.write(b"last words")
    site.live.become("failed")
    expect(page.locator("#title .state")).to_have_text("failed")
    expect(page).to_have_title(re.compile("^failed"))
    expect(page.locator("link[rel=icon]")).to_have_attribute("href", "/static/favicon-failed.svg")
    expect(page.locator("#spoken")).to_have_text("Build #7 failed")
    expect(page.locator("#notices")).to_contain_text("make test ended with exit code 2")
    expect(page.get_by_role("button", name="Run it again")).to_be_visible()
    expect(_line(page, 2)).to_contain_text("last words")
    assert site.live.streams == [0 + len(b"make test\n")]


def test_a_queued_build_shows_its_start(site: Site, open_page: OpenPage) -> None:
    site.live = LiveBuild(state="queued")
    page = open_page(f"{site.url}/builds/42")
    expect(page.locator("#notices")).to_contain_text("First in the queue")
    site.live.become("running")
    expect(page.locator("#title .state")).to_have_text("running")
    site.live.write(b"make test\n")
    expect(_line(page, 1)).to_contain_text("make test")
    expect(page.locator("#log-empty")).to_have_count(0)


def test_a_build_that_is_queued_again_goes_on_in_the_same_log(
    site: Site, open_page: OpenPage
) -> None:
    site.live.log = b"first attempt\n"
    page = open_page(f"{site.url}/builds/42")
    wait_until(lambda: site.live.streams)
    site.live.write(b"the worker was lost\n")
    site.live.become("queued")
    expect(page.locator("#title .state")).to_have_text("queued")
    site.live.become("running")
    expect(page.locator("#title .state")).to_have_text("running")
    site.live.write(b"second attempt\n")
    expect(_line(page, 3)).to_contain_text("second attempt")


def test_a_lost_connection_is_told_and_goes_on_where_it_was(
    site: Site, open_page: OpenPage
) -> None:
    site.live.log = b"one\n"
    page = open_page(f"{site.url}/builds/42", allowed=("502",))
    site.live.write("zwei €\n".encode())
    expect(_line(page, 2)).to_contain_text("zwei €")
    site.live.drop(broken=True)
    expect(page.locator("#connection")).to_be_in_viewport()
    site.live.write(b"three\n")
    site.live.mend()
    expect(_line(page, 3)).to_contain_text("three", timeout=15_000)
    expect(page.locator("#connection")).to_be_hidden()
    expect(page.locator("#log > li")).to_have_count(3)
    assert set(site.live.streams[1:]) == {len("one\nzwei €\n".encode())}


def test_the_elapsed_time_counts_on_whatever_the_clock_says(
    site: Site, open_page: OpenPage
) -> None:
    page = open_page(f"{site.url}/page/docs")
    page.add_init_script("Date.now = () => 0")
    page.goto(f"{site.url}/builds/42")
    timer = page.locator("#facts [data-elapsed]")
    expect(timer).to_have_text(re.compile(r"^5 min"))
    expect(timer).to_have_text(re.compile(r"^5 min [2-9] s"))


def test_a_link_to_lines_marks_them_and_shows_them(site: Site, open_page: OpenPage) -> None:
    site.live = LiveBuild(LONG, "passed")
    page = open_page(f"{site.url}/builds/42#L120-L122")
    expect(_line(page, 120)).to_be_in_viewport()
    expect(page.locator("#log .chosen")).to_have_count(3)
    _line(page, 125).locator("a").click(modifiers=["Shift"])
    expect(page.locator("#log .chosen")).to_have_count(6)
    assert page.url.endswith("#L120-L125")
    _line(page, 110).locator("a").click()
    expect(page.locator("#log .chosen")).to_have_count(1)


def test_a_link_to_a_line_outside_of_the_page_loads_its_part(
    site: Site, open_page: OpenPage
) -> None:
    site.live = LiveBuild(LONG * 20, "passed")
    page = open_page(f"{site.url}/builds/42#L1000")
    page.wait_for_url("**/builds/42?start=980#L1000")
    expect(_line(page, 1000)).to_be_in_viewport()


def test_a_line_is_linked_without_javascript(site: Site, open_page: OpenPage) -> None:
    site.live = LiveBuild(LONG, "passed")
    page = open_page(f"{site.url}/builds/42#L120", java_script_enabled=False)
    expect(_line(page, 120)).to_be_in_viewport()
    marked = _line(page, 120).evaluate("e => getComputedStyle(e).backgroundColor")
    other = _line(page, 121).evaluate("e => getComputedStyle(e).backgroundColor")
    assert marked != other


def test_the_whole_log_can_be_read_without_javascript(site: Site, open_page: OpenPage) -> None:
    site.live = LiveBuild(b"".join(b"%d\n" % n for n in range(1, 1001)), "passed")
    page = open_page(f"{site.url}/builds/42", java_script_enabled=False)
    seen: set[int] = set()
    for _ in range(5):
        ids = page.locator("#log > li").evaluate_all("all => all.map(e => +e.id.slice(1))")
        seen.update(ids)
        earlier = page.get_by_role("link", name="Earlier lines")
        if not earlier.count():
            break
        earlier.click()
    assert seen == set(range(1, 1001))


def test_a_failed_build_opens_at_its_first_failure(site: Site, open_page: OpenPage) -> None:
    site.live = LiveBuild(LONG + b"FAILED tests/test_a.py\n" + LONG, "failed")
    page = open_page(f"{site.url}/builds/42")
    expect(_line(page, 201)).to_be_in_viewport()
    expect(_line(page, 201)).to_have_class("failure")
    page.get_by_role("link", name="Line 201").click()
    expect(_line(page, 201)).to_be_in_viewport()


def test_a_page_that_follows_for_long_stays_small(site: Site, open_page: OpenPage) -> None:
    page = open_page(f"{site.url}/builds/42")
    site.live.write(b"a line\n" * 9000)
    expect(_line(page, 9000)).to_be_in_viewport()
    assert page.locator("#log > li").count() <= 6000
    first = page.locator("#log > li").first.get_attribute("id") or ""
    expect(page.locator("#earlier a")).to_have_attribute(
        "href", f"/builds/42?end={int(first[1:]) - 1}"
    )


def test_lines_are_wrapped_or_not_as_the_reader_likes(site: Site, open_page: OpenPage) -> None:
    site.live = LiveBuild(b"word " * 300 + b"\n", "passed")
    page = open_page(f"{site.url}/builds/42", viewport={"width": 375, "height": 700})
    height = _line(page, 1).evaluate("e => e.clientHeight")
    page.get_by_label("Wrap").uncheck()
    assert _line(page, 1).evaluate("e => e.clientHeight") < height / 5
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.reload()
    expect(page.get_by_label("Wrap")).not_to_be_checked()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_can_be_read(site: Site, open_page: OpenPage, scheme: str) -> None:
    colours = b"".join(b"\x1b[38;5;%dmf\x1b[0;48;5;%dmb\x1b[0m" % (n, n) for n in range(256))
    site.live = LiveBuild(b"\x1b[2mdim\x1b[0;7minverse\x1b[0m" + colours + b"\n", "passed")
    page = open_page(f"{site.url}/builds/42", color_scheme=scheme)
    pairs = page.evaluate(
        """() => [...document.querySelectorAll("#L1 span span")].map((run) => {
            const clear = "rgba(0, 0, 0, 0)";
            const own = getComputedStyle(run).backgroundColor;
            const ground = getComputedStyle(document.querySelector(".log-box")).backgroundColor;
            return [run.className, getComputedStyle(run).color, own === clear ? ground : own];
        })"""
    )
    assert len(pairs) > 500

    def parse(text: str) -> tuple[int, int, int]:
        red, green, blue = re.findall(r"\d+", text)[:3]
        return int(red), int(green), int(blue)

    faint = [item for item in pairs if contrast(parse(item[1]), parse(item[2])) < 4.5]
    assert not faint
