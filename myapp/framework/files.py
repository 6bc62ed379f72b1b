"""Files under /static/: read once, answered from memory on the event loop.

The set's own handler follows symbolic links out of the directory (default_handler.py serves what
`isfile` says is one).
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
from dataclasses import dataclass
from pathlib import Path

from myapp.errors import MalformedRequest
from myapp.framework.answers import Answer
from myapp.framework.call import decode_part

_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class StaticFile:
    """A file in memory with its entity tag."""

    body: bytes
    content_type: str
    etag: str


class StaticFiles:
    """The regular files of a directory; links and names that begin with a dot are not there.

    `fresh` reads a file again at each request (--devel).
    """

    def __init__(self, directory: Path, prefix: str = "/static/", *, fresh: bool = False) -> None:
        self.directory = directory
        self.prefix = prefix
        self.fresh = fresh
        self._files = {} if fresh else dict(self._scan())

    def find(self, raw_path: str, if_none_match: str | None = None) -> Answer | None:
        """The answer for a path under the prefix (404 stays the caller's), None otherwise."""
        if not raw_path.startswith(self.prefix):
            return None
        try:
            name = decode_part(raw_path.removeprefix(self.prefix))
        except MalformedRequest:
            return None
        found = dict(self._scan()).get(name) if self.fresh else self._files.get(name)
        if found is None:
            return None
        headers = (
            ("ETag", found.etag),
            ("Cache-Control", "no-cache"),  # keep it, but ask: the tag makes that cheap
            ("X-Content-Type-Options", "nosniff"),
        )
        if if_none_match is not None and _matches(if_none_match, found.etag):
            return Answer(304, headers)
        return Answer(200, (("Content-Type", found.content_type), *headers), found.body)

    def _scan(self) -> list[tuple[str, StaticFile]]:
        found = []
        for folder, folders, names in os.walk(self.directory, followlinks=False):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                path = Path(folder) / name
                if not name.startswith(".") and path.is_file() and not path.is_symlink():
                    found.append((path.relative_to(self.directory).as_posix(), _read(path)))
        return found


def _read(path: Path) -> StaticFile:
    body = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    if kind is not None and (kind.startswith("text/") or kind == "image/svg+xml"):
        kind += "; charset=utf-8"
    tag = hashlib.sha256(body).hexdigest()[:20]
    return StaticFile(body, kind or "application/octet-stream", f'"{tag}"')


def _matches(header: str, etag: str) -> bool:
    """If-None-Match, compared weakly (RFC 9110, 13.1.2)."""
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in tags or etag in tags
