"""Registered repositories: their life, settings, variables, and when they are looked at."""

from myapp.repositories.checks import access_checked, due_for_access_check
from myapp.repositories.environment import (
    delete_variable,
    owner_scope,
    repository_scope,
    set_variable,
    variables,
    variables_shown,
)
from myapp.repositories.favorites import list_favorites, set_favorite
from myapp.repositories.finding import (
    by_id,
    by_node_id,
    find,
    get,
    list_all,
    list_visible,
    mirror_path,
    repository_token,
    seen_by,
    webhook,
    webhook_secret,
)
from myapp.repositories.lifecycle import (
    delete,
    mark_failed,
    mark_ready,
    rename,
    revoke,
    rotate_webhook_secret,
    set_hook,
)
from myapp.repositories.model import Repository, Variable
from myapp.repositories.pulling import (
    begin_pull,
    due_for_pull,
    pulled,
    renew_pull,
    unseen_heads,
)
from myapp.repositories.registration import register
from myapp.repositories.settings import update_settings

__all__ = [
    "Repository",
    "Variable",
    "access_checked",
    "begin_pull",
    "by_id",
    "by_node_id",
    "delete",
    "delete_variable",
    "due_for_access_check",
    "due_for_pull",
    "find",
    "get",
    "list_all",
    "list_favorites",
    "list_visible",
    "mark_failed",
    "mark_ready",
    "mirror_path",
    "owner_scope",
    "pulled",
    "register",
    "rename",
    "renew_pull",
    "repository_scope",
    "repository_token",
    "revoke",
    "rotate_webhook_secret",
    "seen_by",
    "set_favorite",
    "set_hook",
    "set_variable",
    "unseen_heads",
    "update_settings",
    "variables",
    "variables_shown",
    "webhook",
    "webhook_secret",
]
