"""Signing in with a GitHub login and token, and out again."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

from myapp import accounts
from myapp.accounts import Account
from myapp.context import Context
from myapp.errors import AccountDisabled, HobotnicaError, InvalidCredentials
from myapp.framework.answers import Answer, cookie, redirect
from myapp.framework.call import Call
from myapp.framework.operation import page
from myapp.github.model import Viewer
from myapp.services.cookies import SESSION_COOKIE, SESSION_SECONDS
from myapp.services.credentials import GitHubCredentials, sound
from myapp.services.identity import confirm, verify
from myapp.services.limits import WRONG_CREDENTIALS
from myapp.services.pages.showing import form_of, is_secure, show
from myapp.services.permissions import PUBLIC
from myapp.services.web import context_of

Steps = Generator[Any, Any, Any]

_LOCAL_PATH = re.compile(r"/(?![/\\])[!-~]*\Z")


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    @app.route("/login", methods=["GET"], coroutine=True)
    @page(PUBLIC)
    def show_login(was: Any, call: Call) -> Answer:
        target = local_path(call.query_value("next"))
        return redirect(was, target) if call.account else _form(was, call, target)

    @app.route("/login", methods=["POST"], coroutine=True)
    @page(PUBLIC)
    def log_in(was: Any, call: Call) -> Steps:
        form = call.form
        target = local_path(form.get("next", ""))
        try:
            WRONG_CREDENTIALS.check(call.remote_address)
            session_id = yield from open_session(was, call)
        except HobotnicaError as error:
            if isinstance(error, InvalidCredentials):
                WRONG_CREDENTIALS.take(call.remote_address)
            typed = {"username": form.get("username", "")}
            shown = form_of("login", typed, error)
            return _form(was, call, target, shown, error.status)
        value = was.app.cookies.seal_session(session_id)
        secure = is_secure(was, call)
        kept = cookie(SESSION_COOKIE, value, max_age=SESSION_SECONDS, secure=secure)
        return redirect(was, target, headers=[kept])

    @app.route("/logout", methods=["POST"], coroutine=True)
    @page(PUBLIC)
    def log_out(was: Any, call: Call) -> Steps:
        session_id = call.state.get("session_id")
        if session_id:
            (yield was.Thread(accounts.close_session, args=(context_of(was), session_id))).fetch()
        gone = cookie(SESSION_COOKIE, "", max_age=0, secure=is_secure(was, call))
        return redirect(was, "/login?done=out", headers=[gone])


def open_session(was: Any, call: Call) -> Steps:
    """Ask GitHub about the form's credentials and begin a session; its id."""
    form = call.form
    username = sound(form.get("username", "").strip())
    token = sound(form.get("token", "").strip())
    if not username or not token:
        raise InvalidCredentials()
    credentials = GitHubCredentials(username, token)
    viewer = yield from verify(was, credentials)
    begin = was.Thread(begin_session, args=(context_of(was), credentials, viewer))
    return (yield begin).fetch()


def begin_session(context: Context, credentials: GitHubCredentials, viewer: Viewer) -> str:
    """Write the account and its session down (blocking); AccountDisabled."""
    account: Account = confirm(context, credentials, viewer)
    if account.disabled:
        raise AccountDisabled(account.disabled_reason)
    return accounts.open_session(context, account, credentials.token, ttl=SESSION_SECONDS)


def local_path(path: str) -> str:
    """A path of ours to go on to; anything else is the dashboard."""
    return path if _LOCAL_PATH.match(path) else "/"


def _form(
    was: Any, call: Call, target: str, form: dict[str, Any] | None = None, status: int = 200
) -> Answer:
    github_url = context_of(was).settings.github_url
    following = "" if target == "/" else target
    return show(was, call, "login.j2", status, form=form, next=following, github_url=github_url)
