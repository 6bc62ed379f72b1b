"""Showing a page: what every template gets, forms that come back, redirects with a word."""

from __future__ import annotations

import time
from typing import Any

from myapp import __version__
from myapp.accounts import allows
from myapp.errors import HobotnicaError, ValidationFailed
from myapp.framework.answers import Answer, cookie, redirect
from myapp.framework.call import Call
from myapp.framework.templates import render
from myapp.repositories import Repository
from myapp.services.cookies import VISITOR_COOKIE
from myapp.services.shapes import Json

# What a redirect may say on the page it leads to: a code in the address, never text.
DONE = {
    "registered": "Registered. Hobotnica is cloning it now.",
    "deleted": "Deleted here; the repository at GitHub stays as it is.",
    "pulling": "Fetching now.",
    "queued": "The build is queued.",
    "cancelled": "The build is being cancelled.",
    "saved": "Saved.",
    "removed": "Removed.",
    "unmasked": "Saved. A line of the value is shorter than 6 letters and is not masked in logs.",
    "hook": "Asked GitHub; the webhook's state is below.",
    "out": "You are signed out.",
}
_VISITOR_SECONDS = 86400


def show(was: Any, call: Call, template: str, http_status: int = 200, **context: Any) -> Answer:
    """The page, with its forms bound to the browser that gets it."""
    headers: list[tuple[str, str]] = [("Cache-Control", "no-store")]
    bound = was.app.cookies.binding(call.cookies)
    if bound is None:
        bound = was.app.cookies.new_visitor()
        given = cookie(VISITOR_COOKIE, bound, max_age=_VISITOR_SECONDS, secure=is_secure(was, call))
        headers.append(given)
    done = call.query_value("done")
    return render(
        was,
        template,
        http_status,
        headers,
        viewer=call.account.login if call.account else None,
        csrf=was.app.cookies.form_token(bound),
        version=__version__,
        now=time.time(),
        flash=context.pop("flash", DONE.get(done)),
        **context,
    )


def is_secure(was: Any, call: Call) -> bool:
    """Whether browsers reach this service by HTTPS, so that cookies must keep to it."""
    public = was.app.context.settings.public_url or ""
    return call.scheme == "https" or public.startswith("https://")


def see(was: Any, path: str, done: str = "") -> Answer:
    """A redirect after a form, with a word on the page that follows."""
    return redirect(was, f"{path}?done={done}" if done else path)


def form_of(name: str, values: Json, error: HobotnicaError) -> Json:
    """A form that comes back: what was typed and what is wrong with it, by field."""
    errors: dict[str, str] = {}
    if isinstance(error, ValidationFailed):
        for item in error.detail:
            field = str(item["loc"][-1]) if len(item["loc"]) > 1 else ""
            errors.setdefault(field if field in values else "", item["message"])
    else:
        errors[""] = str(getattr(error, "reason", None) or error.detail)
    return {"name": name, "values": values, "errors": errors}


def can(call: Call, repository: Repository) -> Json:
    """What the account may do on the repository's pages."""
    account, permission = call.account, call.state.get("permission")
    full = account.admin or repository.account_id == account.id
    return {"write": full or allows(permission, "WRITE"), "admin": full or permission == "ADMIN"}


def home(repository: Repository) -> str:
    """The address of the repository's page."""
    return f"/repositories/{repository.owner}/{repository.name}"


def before_of(call: Call) -> int | None:
    """The `before` of a list's link; whatever is no number is the newest page."""
    value = call.query_value("before")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else None
