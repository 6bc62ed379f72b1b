"""Reading GitHub's answers: `read_*(status, headers, body)` gives a value or raises a typed error.

A missing optional field is not an error; a missing needed one is a BadAnswer. `headers` may be of
any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from myapp.github import names
from myapp.github.errors import (
    BadAnswer,
    CommitNotFound,
    NoAccess,
    OwnerNotFound,
)
from myapp.github.failures import check_graphql, check_rest, parse
from myapp.github.model import Access, Commit, Hook, OwnerFacts, RepositoryFacts, Viewer
from myapp.github.text import clean, one_line

Headers = Mapping[str, str]

HOOKS_REFUSED = (
    "The token may not manage this repository's webhooks: that takes administration of the"
    " repository and the scope repo or admin:repo_hook, or the permission Webhooks"
)


def read_viewer(status: int, headers: Headers, body: bytes) -> Viewer:
    """The account of `requests.viewer`."""
    return _viewer(_data(status, headers, body))


def read_repository_access(status: int, headers: Headers, body: bytes) -> Access:
    """Viewer and repository of `requests.repository_access` and `repository_by_node_id`."""
    data = _data(status, headers, body)
    found = _of(data, "repository", "node")
    if found is None:
        # GitHub says NOT_FOUND when it means it; a bare null must not revoke anything.
        raise BadAnswer()
    if found.get("__typename", "Repository") != "Repository":
        raise NoAccess()
    return Access(_viewer(data), _repository(found))


def read_repository_by_node_id(status: int, headers: Headers, body: bytes) -> Access:
    """The same as `read_repository_access`, under the name of its request."""
    return read_repository_access(status, headers, body)


def read_commit(status: int, headers: Headers, body: bytes) -> Commit:
    """The commit of `requests.commit`; a branch goes before a tag, a tag before a SHA."""
    repository = _of(_data(status, headers, body), "repository")
    if repository is None:
        raise BadAnswer()
    for key in ("branch", "tag"):
        ref = _of(repository, key)
        found = _commit(_of(ref, "target")) if ref else None
        if ref and found:
            name = _need(ref, "name")
            branch = name if ref.get("prefix") == "refs/heads/" else ""
            return Commit(*found, branch=branch, ref=_need(ref, "prefix") + name)
    found = _commit(_of(repository, "object"))
    if found is None:
        raise CommitNotFound()
    return Commit(*found, branch="", ref=found[0])


def read_owner(status: int, headers: Headers, body: bytes) -> OwnerFacts:
    """The user or organisation of `requests.owner`."""
    data = _data(status, headers, body)
    found = _of(data, "repositoryOwner")
    if found is None:
        raise OwnerNotFound()
    organisation = found.get("__typename") == "Organization"
    return OwnerFacts(
        node_id=_need(found, "id"),
        login=_need(found, "login"),
        organisation=organisation,
        may_administer=found.get("viewerCanAdminister" if organisation else "isViewer") is True,
        viewer=_viewer(data),
    )


def read_status(status: int, headers: Headers, body: bytes) -> int:
    """The id of the commit status that GitHub took."""
    check_rest(status, headers, body, expected=(201,))
    return _number(_object(body), "id")


def read_hook(status: int, headers: Headers, body: bytes) -> Hook:
    """The webhook that was created or updated; not being allowed to raises NoAccess."""
    _check_hooks(status, headers, body)
    return _hook(_object(body))


def read_hooks(status: int, headers: Headers, body: bytes) -> list[Hook]:
    """The repository's webhooks; not being allowed to see them raises NoAccess."""
    _check_hooks(status, headers, body)
    found = parse(body)
    if not isinstance(found, list):
        raise BadAnswer()
    return [_hook(hook) for hook in found if isinstance(hook, dict)]


def read_deleted(status: int, headers: Headers, body: bytes) -> bool:
    """Whether the webhook was there to be deleted; gone already is as good."""
    try:
        check_rest(status, headers, body, expected=(204,))
    except NoAccess:
        return False
    return True


def _check_hooks(status: int, headers: Headers, body: bytes) -> None:
    try:
        check_rest(status, headers, body, expected=(200, 201))
    except NoAccess:
        raise NoAccess(HOOKS_REFUSED) from None


def _data(status: int, headers: Headers, body: bytes) -> dict[str, Any]:
    return check_graphql(status, headers, body)


def _viewer(data: dict[str, Any]) -> Viewer:
    found = _of(data, "viewer")
    if found is None:
        raise BadAnswer()
    login = _need(found, "login")
    return Viewer(
        node_id=_need(found, "id"),
        login=login,
        name=one_line(found.get("name")) or login,
        html_url=_link(found.get("url")),
    )


def _repository(found: dict[str, Any]) -> RepositoryFacts:
    branch = _of(found, "defaultBranchRef") or {}
    target = _of(branch, "target") or {}
    owner, name = _need(_of(found, "owner") or {}, "login"), _need(found, "name")
    if not names.is_owner(owner) or not names.is_name(name):
        raise BadAnswer(f"GitHub names the repository {owner[:50]!r}/{name[:110]!r}")
    return RepositoryFacts(
        node_id=_need(found, "id"),
        owner=owner,
        name=name,
        private=found.get("isPrivate") is not False,
        archived=found.get("isArchived") is True,
        empty=found.get("isEmpty") is True or not target,
        # null means that GitHub has no word for it; what was answered can be read.
        permission=clean(found.get("viewerPermission")) or "READ",
        default_branch=clean(branch.get("name")),
        default_branch_sha=_sha(target) if target else "",
        head_message=clean(target.get("message")),
        head_author=_author(target),
        html_url=_link(found.get("url")),
        description=one_line(found.get("description")),
    )


def _commit(found: dict[str, Any] | None) -> tuple[str, str, str] | None:
    if found and found.get("__typename") == "Tag":
        found = _of(found, "target")
    if not found or found.get("__typename") != "Commit":
        return None
    return _sha(found), clean(found.get("message")), _author(found)


def _author(found: dict[str, Any]) -> str:
    author = _of(found, "author") or {}
    user = _of(author, "user") or {}
    return one_line(user.get("login") or author.get("name"))


def _hook(found: dict[str, Any]) -> Hook:
    config = _of(found, "config") or {}
    events = found.get("events")
    return Hook(
        id=_number(found, "id"),
        url=clean(config.get("url")),
        events=tuple(map(str, events)) if isinstance(events, list) else (),
        content_type=clean(config.get("content_type")) or "form",
        insecure_ssl=str(config.get("insecure_ssl", "0")) != "0",
        active=found.get("active") is not False,
        has_secret=bool(config.get("secret")),
    )


def _object(body: bytes) -> dict[str, Any]:
    found = parse(body)
    if not isinstance(found, dict):
        raise BadAnswer()
    return found


def _of(found: dict[str, Any], *keys: str) -> dict[str, Any] | None:
    """The first of the keys that holds an object."""
    return next((found[key] for key in keys if isinstance(found.get(key), dict)), None)


def _need(found: dict[str, Any], key: str) -> str:
    value = clean(found.get(key))
    if not value:
        raise BadAnswer(f"GitHub's answer lacks {key!r}")
    return value


def _number(found: dict[str, Any], key: str) -> int:
    value = found.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadAnswer(f"GitHub's answer lacks {key!r}")
    return value


def _sha(found: dict[str, Any]) -> str:
    value = found.get("oid")
    if not names.is_sha(value):
        raise BadAnswer("GitHub's answer carries something that is no commit id")
    return str(value)


def _link(value: object) -> str:
    """A link that is safe to show: http or https, else nothing."""
    text = one_line(value)
    return text if text.startswith(("https://", "http://")) else ""
