"""Jinja2 as pages need it: everything escaped, no line statements (docs/framework.md, 9)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from myapp.framework.answers import Answer, Headers, html
from myapp.framework.errors import RenderPage

ERROR_PAGE = "errors/error.j2"


def configure(app: Any) -> None:
    """Set the overlay; lines that begin with `%` or `##` would be code otherwise."""
    app.jinja_overlay(
        line_statement_prefix=None,
        line_comment_prefix=None,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        newline_sequence="\n",
        keep_trailing_newline=True,
        auto_reload=app.use_reloader,
    )


def render(
    was: Any, name: str, http_status: int = 200, headers: Headers = (), **context: Any
) -> Answer:
    """The page of a template under templates/, given plain dicts only (no `was`, no request)."""
    return html(was, was.app.get_template(name).render(**context), http_status, headers)


def error_page(app: Any, directory: Path) -> RenderPage | None:
    """What draws errors/error.j2 with status, detail and path, if there is one."""
    if not (directory / ERROR_PAGE).is_file():
        return None

    def draw(status: int, detail: Any, path: str) -> str:
        return str(app.get_template(ERROR_PAGE).render(status=status, detail=detail, path=path))

    return draw
