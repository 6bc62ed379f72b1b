"""People: accounts, sessions, API tokens, and what GitHub lets each of them do."""

from myapp.accounts.access import access, grant
from myapp.accounts.credentials import recall_credentials, remember_credentials
from myapp.accounts.model import Access, Account, ApiToken, allows
from myapp.accounts.people import find, find_by_login, list_accounts, remember, set_disabled
from myapp.accounts.sessions import close_session, open_session, session
from myapp.accounts.tokens import (
    by_api_token,
    create_api_token,
    delete_api_token,
    list_api_tokens,
)

__all__ = [
    "Access",
    "Account",
    "ApiToken",
    "access",
    "allows",
    "by_api_token",
    "close_session",
    "create_api_token",
    "delete_api_token",
    "find",
    "find_by_login",
    "grant",
    "list_accounts",
    "list_api_tokens",
    "open_session",
    "recall_credentials",
    "remember",
    "remember_credentials",
    "session",
    "set_disabled",
]
