"""What the account may do: GitHub's word about it and the repository, asked again when it is old.

`admit` runs after the contract's check and before the handler. It puts what the route is about
into `call.state`: `repository`, and `build` for /builds/{id}.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

from myapp import accounts, builds, repositories
from myapp.accounts import Account, allows
from myapp.builds import Build
from myapp.context import Context
from myapp.errors import BuildNotFound, PermissionDenied, RepositoryNotFound
from myapp.framework.call import Call
from myapp.framework.github_call import github
from myapp.github import answers, requests
from myapp.github.errors import NoAccess, OwnerNotFound, TransientError
from myapp.repositories import Repository
from myapp.services.permissions import ADMIN, GITHUB_PERMISSION, PUBLIC, SIGNED_IN
from myapp.services.threads import in_thread

Steps = Generator[Any, Any, Any]

FRESH_SECONDS = 600.0
# While GitHub does not answer, its last word counts for this long.
GRACE_SECONDS = 24 * 3600.0
OWNER_TTL = 600.0
# After access was revoked whoever registered it still learns when and why, and can clean up.
AFTER_REVOCATION = frozenset({"", "getRepository", "deleteRepository", "removeFavorite"})


def admit(was: Any, call: Call) -> Steps:
    """Raises NotFound or PermissionDenied unless the account may do what the route does."""
    if call.permission in (PUBLIC, SIGNED_IN, None):
        return
    account: Account = call.account
    if call.permission == ADMIN:
        if not account.admin:
            raise PermissionDenied()
        return
    need = GITHUB_PERMISSION[call.permission]
    parameters = call.path_parameters
    if "id" in parameters:
        # Pages have no contract that has looked at the path.
        number = parameters["id"]
        if not number.isascii() or not number.isdigit() or len(number) > 16:
            raise BuildNotFound()
        yield from _admit_to_build(was, call, int(number), need)
    elif "name" in parameters:
        owner, name = parameters["owner"], parameters["name"]
        found = yield from in_thread(was, call, _look, account, owner, name)
        repository, access = found
        call.state["repository"] = yield from _admitted(was, call, repository, access, need)
    else:
        yield from _admit_to_owner(was, call, parameters["owner"])


def _look(
    context: Context, account: Account, owner: str, name: str
) -> tuple[Repository | None, accounts.Access | None]:
    repository = repositories.seen_by(context, account, owner, name)
    if repository is None or repository.permission is None:
        return repository, None
    return repository, accounts.Access(
        repository.permission, repository.permission_checked_at or 0.0
    )


def _look_build(
    context: Context, account: Account, build_id: int
) -> tuple[Build | None, Repository | None, accounts.Access | None]:
    build = builds.peek(context, build_id)
    if build is None:
        return None, None, None
    repository = repositories.by_id(context, build.repository_id)
    return build, repository, accounts.access(context, account, build.repository_id)


def _admit_to_build(was: Any, call: Call, build_id: int, need: str) -> Steps:
    look = in_thread(was, call, _look_build, call.account, build_id)
    build, repository, access = yield from look
    try:
        call.state["repository"] = yield from _admitted(was, call, repository, access, need)
    except RepositoryNotFound:
        raise BuildNotFound() from None
    call.state["build"] = build


def see_private(was: Any, call: Call, repository: Repository | None) -> Steps:
    """Raises RepositoryNotFound unless the call's account, if any, may see the repository."""
    if call.account is None:
        raise RepositoryNotFound()
    access = None
    if repository is not None:
        known = (was.app.context, call.account, repository.id)
        access = (yield was.Thread(accounts.access, args=known)).fetch()
    yield from _admitted(was, call, repository, access, "READ")


def _admitted(
    was: Any, call: Call, repository: Repository | None, access: accounts.Access | None, need: str
) -> Steps:
    """The repository, if the account may do what `need` says."""
    if repository is None:
        yield from _ask_in_vain(was, call)
        raise RepositoryNotFound()
    account: Account = call.account
    if account.admin:
        call.state["permission"] = access.permission if access else None
        return repository
    permission = yield from _permission(was, call, repository, access)
    call.state["permission"] = permission
    registrar = repository.account_id == account.id
    if registrar and repository.status == "revoked" and call.operation_id in AFTER_REVOCATION:
        return repository
    if permission is None:
        raise RepositoryNotFound()
    if registrar or allows(permission, need):
        return repository
    raise PermissionDenied(
        f"This needs the permission {need} on {repository.full_name}; "
        f"GitHub says that you have {permission}"
    )


def _ask_in_vain(was: Any, call: Call) -> Steps:
    """For what is absent GitHub is asked as well: neither time nor its outages tell it apart."""
    token = call.state.get("token")
    if token is not None and not call.account.admin:
        call.state["on_loop"] = True
        answers.read_viewer(*(yield from github(was, requests.viewer(token))))


def _permission(
    was: Any, call: Call, repository: Repository, access: accounts.Access | None
) -> Steps:
    """GitHub's word, asked again when it is old and there is a token to ask with."""
    age = access.age(time.time()) if access else GRACE_SECONDS
    known = access.permission if access else None
    token = call.state.get("token")
    if age < FRESH_SECONDS or token is None:
        return known
    call.state["on_loop"] = True
    try:
        question = requests.repository_by_node_id(token, repository.node_id)
        facts = answers.read_repository_by_node_id(*(yield from github(was, question))).repository
        permission = facts.permission
    except NoAccess:
        if known is None:
            return None
        permission = None
    except TransientError:
        if age < GRACE_SECONDS:
            return known
        raise
    grant = (was.app.context, call.account, repository.id, permission)
    (yield was.Thread(accounts.grant, args=grant)).fetch()
    return permission


def _admit_to_owner(was: Any, call: Call, login: str) -> Steps:
    """An account administers itself; for an organisation GitHub says so."""
    account: Account = call.account
    if account.admin or account.login.lower() == login.lower():
        return
    context: Context = was.app.context
    key = f"{account.id}:{login.lower()}"
    may = context.cache.get("owners", key)
    token = call.state.get("token")
    if may is None and token is not None:
        try:
            owner = answers.read_owner(*(yield from github(was, requests.owner(token, login))))
            may = owner.may_administer
        except OwnerNotFound:
            may = False
        if may:
            context.cache.put("owners", key, may, OWNER_TTL)
    if not may:
        raise PermissionDenied(f"Only who administers {login} at GitHub may do this")
