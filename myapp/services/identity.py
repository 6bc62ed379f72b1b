"""Who is asking: from the headers or the browser's session to an account, GitHub deciding."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import orjson

from myapp import accounts
from myapp.accounts import Account
from myapp.context import Context
from myapp.errors import (
    AccountDisabled,
    BasicRequired,
    InvalidCredentials,
    NotAuthenticated,
    PermissionDenied,
)
from myapp.framework.call import Call
from myapp.framework.github_call import github
from myapp.github import answers, names, requests
from myapp.github.errors import NoAccess
from myapp.github.model import Viewer
from myapp.services.cookies import SESSION_COOKIE
from myapp.services.credentials import ApiToken, GitHubCredentials, read_credentials
from myapp.services.limits import WRONG_CREDENTIALS
from myapp.services.permissions import PUBLIC

Steps = Generator[Any, Any, Any]

REGISTERING = "createRepository"
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class LoginNeeded(NotAuthenticated):
    """Somebody who is not signed in asked for a page: the login page brings them back."""

    status = 303

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path

    @property
    def headers(self) -> dict[str, str]:
        """Where to sign in."""
        return {"Location": f"/login?next={quote(self.path, safe='/')}"}


def authenticate(was: Any, call: Call) -> Steps:
    """The step before every handler: the account, None where nobody need be known.

    Raises NotAuthenticated, InvalidCredentials, AccountDisabled; GitHub's outage is its own error.
    """
    if not call.operation_id:
        return (yield from _authenticate_page(was, call))
    if call.permission == PUBLIC:
        return None
    account = yield from identify(was, call)
    if account is None:
        # A published challenge (RFC 7617) lets a plain `curl -u` or a browser ask for credentials.
        challenge = was.app.binding.contract.operations[call.operation_id].challenge
        raise BasicRequired() if challenge else NotAuthenticated()
    return account


def _authenticate_page(was: Any, call: Call) -> Steps:
    """Pages know visitors too; whatever changes something must carry its form's CSRF token."""
    account = yield from identify(was, call)
    if account is None and call.permission != PUBLIC:
        if call.method in _SAFE_METHODS:
            query = f"?{urlencode(call.query)}" if call.query else ""
            raise LoginNeeded(call.raw_path + query)
        raise NotAuthenticated()
    if call.method not in _SAFE_METHODS:
        was.app.cookies.check_form(was.app.cookies.binding(call.cookies), call.form.get("csrf"))
    return account


def identify(was: Any, call: Call) -> Steps:
    """The account of this request, None without credentials; the token goes to `call.state`."""
    context: Context = was.app.context
    try:
        credentials = read_credentials(call.headers)
        if isinstance(credentials, GitHubCredentials):
            account = yield from _by_github(was, call, credentials)
            call.state["token"] = credentials.token
        elif isinstance(credentials, ApiToken):
            account = accounts.by_api_token(context, credentials.token)
            if account is None:
                raise InvalidCredentials()
        else:
            account = by_session(was, call)
    except InvalidCredentials:
        WRONG_CREDENTIALS.check(call.remote_address)
        WRONG_CREDENTIALS.take(call.remote_address)
        raise
    if account is not None and account.disabled:
        raise AccountDisabled(_disabled(account))
    return account


def by_session(was: Any, call: Call) -> Account | None:
    """The account of the browser's session; what changes something must come from our pages."""
    context: Context = was.app.context
    session_id = was.app.cookies.open_session(call.cookies.get(SESSION_COOKIE))
    found = accounts.session(context, session_id) if session_id else None
    if found is None:
        return None
    if call.operation_id and call.method not in _SAFE_METHODS:
        _refuse_other_sites(was, call)
    account, call.state["token"] = found
    call.state["session_id"] = session_id
    return account


def verify(was: Any, credentials: GitHubCredentials) -> Steps:
    """Ask GitHub whose token this is; the Viewer, InvalidCredentials if it is not the username's.

    On the event loop afterwards.
    """
    answer = yield from github(was, requests.viewer(credentials.token))
    viewer = answers.read_viewer(*answer)
    if viewer.login.lower() != credentials.username.lower():
        raise InvalidCredentials()
    return viewer


def _verify_with_repository(was: Any, call: Call, credentials: GitHubCredentials) -> Steps:
    """The same, and in the same request what registering asks; kept in `call.state["access"]`."""
    named = _named_repository(call.body)
    if named is not None:
        asked = yield from github(was, requests.repository_access(credentials.token, *named))
        try:
            access = answers.read_repository_access(*asked)
        except NoAccess:  # then the answer may lack the viewer, too
            return (yield from verify(was, credentials))
        if access.viewer.login.lower() != credentials.username.lower():
            raise InvalidCredentials()
        call.state["access"] = access
        return access.viewer
    return (yield from verify(was, credentials))


def _named_repository(body: bytes) -> tuple[str, str] | None:
    """The owner and name in a body that the contract has not looked at yet, if they are sound."""
    try:
        found = orjson.loads(body)
        owner, name = found["owner"], found["name"]
    except (orjson.JSONDecodeError, TypeError, KeyError):
        return None
    return (owner, name) if names.is_owner(owner) and names.is_name(name) else None


def confirm(context: Context, credentials: GitHubCredentials, viewer: Viewer) -> Account:
    """Write down what GitHub has confirmed (blocking)."""
    account = accounts.remember(context, viewer)
    if not account.disabled:
        accounts.remember_credentials(context, credentials.username, credentials.token, account)
    return account


def _by_github(was: Any, call: Call, credentials: GitHubCredentials) -> Steps:
    context: Context = was.app.context
    account = accounts.recall_credentials(context, credentials.username, credentials.token)
    if account is not None:
        return account
    # What GitHub confirmed lately goes on working, whoever else tries from this address.
    WRONG_CREDENTIALS.check(call.remote_address)
    call.state["on_loop"] = True  # from here on this is the event loop
    if call.operation_id == REGISTERING:
        viewer = yield from _verify_with_repository(was, call, credentials)
    else:
        viewer = yield from verify(was, credentials)
    return (yield was.Thread(confirm, args=(context, credentials, viewer))).fetch()


def _refuse_other_sites(was: Any, call: Call) -> None:
    """Cookies travel by themselves; a browser says where a request comes from."""
    token = call.headers.get("x-csrf-token")
    if token:
        was.app.cookies.check_form(call.cookies.get(SESSION_COOKIE), token)
        return
    if call.headers.get("sec-fetch-site") in ("same-origin", "none"):
        return
    origin = call.headers.get("origin")
    if origin and urlsplit(origin).netloc == call.headers.get("host"):
        return
    raise PermissionDenied("A session can only be used from Hobotnica's own pages")


def _disabled(account: Account) -> str:
    reason = f": {account.disabled_reason}" if account.disabled_reason else ""
    return f"The account {account.login} is disabled{reason}"
