"""Does the token still read the repository? If GitHub says no, everything secret goes."""

from __future__ import annotations

import logging
from collections.abc import Generator
from typing import Any

from myapp import repositories
from myapp.context import Context
from myapp.framework.background import spawn
from myapp.framework.github_call import github
from myapp.github import answers, requests
from myapp.github.errors import GitHubError, as_fields
from myapp.repositories import Repository
from myapp.services import hooks, mirrors

log = logging.getLogger("hobotnica.access")

Steps = Generator[Any, Any, Any]


def begin_check(app: Any, repository: Repository) -> None:
    """Check the access in the background."""
    name = f"checking the access to {repository.full_name}"
    spawn(app, lambda was: check(was, repository), name)


def check(was: Any, repository: Repository) -> Steps:
    """Ask GitHub by the node id, which follows renames; revoke only if GitHub itself says no."""
    context: Context = was.app.context
    known = (context, repository.id)
    token = (yield was.Thread(repositories.repository_token, args=known)).fetch()
    if token is None:
        return
    try:
        asked = yield from github(was, requests.repository_by_node_id(token, repository.node_id))
        facts = answers.read_repository_by_node_id(*asked).repository
    except GitHubError as error:
        if error.access_lost:
            yield from revoke(was, repository, token, error.reason)
        else:
            log.warning("access not checked: %s %s", repository.full_name, as_fields(error))
        return
    checked = (context, repository.id, facts)
    (yield was.Thread(repositories.access_checked, args=checked)).fetch()
    if repository.hook_state == "unknown":
        yield from hooks.ensure(was, repository, token)


def revoke(was: Any, repository: Repository, token: str, reason: str) -> Steps:
    """The webhook at GitHub if that still can be done, then token, variables and mirror."""
    context: Context = was.app.context
    yield from hooks.remove(was, repository, token)
    (yield was.Thread(repositories.revoke, args=(context, repository.id, reason))).fetch()
    (yield was.Thread(mirrors.remove, args=(context, repository.id))).fetch()
    log.warning("access to %s is revoked: %s", repository.full_name, reason)
