"""The browser's signed cookies and the CSRF tokens bound to them (itsdangerous); no I/O.

The cookie holds a session's id, never a token; what the session knows is a row in the database.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

from myapp.errors import PermissionDenied

SESSION_COOKIE = "hobotnica_session"
VISITOR_COOKIE = "hobotnica_visitor"
SESSION_SECONDS = 14 * 24 * 3600
CSRF_SECONDS = 24 * 3600


class CsrfFailed(PermissionDenied):
    """A form came without the token of the page it should have come from."""

    default_detail = "This form is too old or came from another site; load the page again"


class Cookies:
    """Signs and reads cookies and CSRF tokens with a key of this installation."""

    def __init__(self, key: bytes) -> None:
        self._sessions = URLSafeTimedSerializer(key, salt="session")
        self._visitors = URLSafeSerializer(key, salt="visitor")
        self._forms = URLSafeTimedSerializer(key, salt="csrf")

    def seal_session(self, session_id: str) -> str:
        """The cookie's value for a session."""
        return str(self._sessions.dumps(session_id))

    def open_session(self, value: str | None) -> str | None:
        """The session's id, None for no cookie, a forged or an expired one."""
        return _text(self._sessions, value, SESSION_SECONDS)

    def new_visitor(self) -> str:
        """A cookie's value for somebody who has not logged in, to bind the login form to."""
        return str(self._visitors.dumps(secrets.token_urlsafe(16)))

    def binding(self, cookies: Mapping[str, str]) -> str | None:
        """The cookie that forms are bound to: the session's, else a visitor's; None for neither."""
        session = cookies.get(SESSION_COOKIE)
        if self.open_session(session):
            return session
        visitor = cookies.get(VISITOR_COOKIE)
        try:
            self._visitors.loads(visitor or "")
        except BadSignature:
            return None
        return visitor

    def form_token(self, cookie: str) -> str:
        """The CSRF token for forms on pages given to the holder of this cookie."""
        return str(self._forms.dumps(cookie))

    def check_form(self, cookie: str | None, token: str | None) -> None:
        """Raises CsrfFailed unless the token was made for this cookie, within a day."""
        if cookie is None or _text(self._forms, token, CSRF_SECONDS) != cookie:
            raise CsrfFailed()


def _text(serializer: URLSafeTimedSerializer, value: str | None, max_age: int) -> str | None:
    if not value:
        return None
    try:
        loaded = serializer.loads(value, max_age=max_age)
    except BadSignature:
        return None
    return loaded if isinstance(loaded, str) else None
