from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from playwright.sync_api import Page

from myapp.logs.render import render_log
from tests.browser.site import Site
from tests.unit.logs.test_render import CODES, HOSTILE, terminal

RENDER = """(pieces) => {
    const renderer = new hobotnica.Renderer();
    const list = document.createElement("ol");
    for (const piece of pieces) list.append(...renderer.feed(piece));
    return list.innerHTML;
}"""


def _served(text: str) -> str:
    rows = str(render_log(text.encode())).replace("</li>\n", "</li>")
    return rows.replace("\u00a0", "&nbsp;")  # as browsers write it


def test_browser_and_server_render_the_same(site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{site.url}/page/build-passed")

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(terminal)
    def compare(data: bytes) -> None:
        text = data.decode(errors="replace")
        expected = _served(text)
        assert page.evaluate(RENDER, [text]) == expected
        assert page.evaluate(RENDER, list(text)) == expected

    compare()


def test_browser_and_server_know_the_same_colours(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{site.url}/page/build-passed")
    codes = [str(code) for code in range(110)]
    codes += [f"{kind};5;{n}" for kind in (38, 48, 58) for n in (0, 7, 16, 255, 256)]
    codes += [f"38;2;{r};{g};{b}" for r in (0, 77, 255) for g in (8, 150) for b in (3, 115, 250)]
    codes += ["38:5:9", "38:2:1:2:3", "38:2::1:2:3", "4:0", "4:3", "", ";", "1;31;;4", "?1", ">4;2"]
    codes += ["7;31", "7;31;42", "2;31", "2", "7"]
    text = "".join(f"\x1b[1;4;32;45m\x1b[{code}mx\x1b[0;{code}my\x1b[0m\n" for code in codes)
    text += "".join(code.decode(errors="replace") for code in [*CODES, *HOSTILE])
    text += "\n" + "😀" * 4500 + "\n\x1b]0;" + "x" * 5000 + "\n"
    assert page.evaluate(RENDER, [text]) == _served(text)
