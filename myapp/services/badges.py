"""The state of a branch as a small picture."""

from __future__ import annotations

from collections.abc import Generator
from html import escape
from typing import Any

from myapp import builds, repositories
from myapp.framework.answers import text
from myapp.framework.call import Call
from myapp.framework.operation import operation
from myapp.services.access import see_private
from myapp.services.identity import identify
from myapp.services.permissions import PUBLIC
from myapp.services.web import context_of

Steps = Generator[Any, Any, Any]

LABEL = "hobotnica"
UNKNOWN = "no builds"
COLOURS = {
    "passed": "#1a7f37",
    "failed": "#c62828",
    "errored": "#c62828",
    "timed_out": "#b35900",
    "running": "#0b63b6",
    "queued": "#57606a",
}
_GREY = "#57606a"
_LETTER = 7  # pixels of a letter at 11 px, about
_SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" \
aria-label="{label}: {state}"><title>{label}: {state}</title>
<rect width="{width}" height="20" rx="3" fill="#30363d"/>
<rect x="{left}" width="{right}" height="20" rx="3" fill="{colour}"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
<text x="{label_at}" y="14">{label}</text><text x="{state_at}" y="14">{state}</text></g></svg>
"""


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    @app.route("/<owner>/<name>.svg", methods=["GET"], coroutine=True)
    @operation("getBadge", PUBLIC)
    def get_badge(was: Any, call: Call) -> Steps:
        call.account = yield from identify(was, call)
        context, path = context_of(was), call.valid.path
        asked = (context, path["owner"], path["name"])
        repository = (yield was.Thread(repositories.find, args=asked)).fetch()
        if repository is None or repository.private:
            yield from see_private(was, call, repository)
        wanted = call.valid.query.get("branch") or repository.default_branch
        about = (context, repository.id, wanted)
        state = (yield was.Thread(builds.state_for_badge, args=about)).fetch() or UNKNOWN
        headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return text(was, draw(state), headers=headers, content_type="image/svg+xml")


def draw(state: str) -> str:
    """The picture as SVG."""
    words = state.replace("_", " ")
    left, right = len(LABEL) * _LETTER + 10, len(words) * _LETTER + 10
    return _SVG.format(
        label=escape(LABEL),
        state=escape(words),
        colour=COLOURS.get(state, _GREY),
        width=left + right,
        left=left,
        right=right,
        label_at=left / 2,
        state_at=left + right / 2,
    )
