"""Every setting: name, type, default, one line of help; read once from the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from myapp.errors import SettingsError

PREFIX = "HOBOTNICA_"


def _text(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise ValueError("must be one line")
    return value


def _path(value: str) -> Path:
    if not value:
        raise ValueError("must not be empty")
    return Path(value).expanduser().absolute()


def _optional_path(value: str) -> Path | None:
    return _path(value) if value else None


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a http:// or https:// URL")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must not carry credentials, a query or a fragment")
    return value.rstrip("/")


def _git_url(value: str) -> str:
    if re.fullmatch(r"file:///[^?#]*", value):
        return value.rstrip("/")
    return _url(value)


def _optional_url(value: str) -> str | None:
    return _url(value) if value else None


def _optional_text(value: str) -> str | None:
    return _text(value) or None


def _database_url(value: str) -> str | None:
    if value and not re.match(r"(sqlite|postgresql)(\+\w+)?://", value):
        raise ValueError("must begin with sqlite:// or postgresql://")
    return value or None


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            raise ValueError("must be a whole number") from None
        if not least <= number <= most:
            raise ValueError(f"must be from {least} to {most}")
        return number

    return parse


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError("must be one of " + ", ".join(choices))
        return value

    return parse


def _logins(value: str) -> tuple[str, ...]:
    logins = tuple(login.lower() for login in re.split(r"[\s,]+", value) if login)
    for login in logins:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,38}(_[a-z0-9]+)?", login):
            raise ValueError(f"{login!r} is not a GitHub login")
    return logins


def _setting(parse: Callable[[str], Any], default: str, help_text: str) -> Any:
    return field(
        default_factory=lambda: parse(default),
        metadata={"parse": parse, "default": default, "help": help_text},
    )


@dataclass(frozen=True)
class Settings:
    """All settings, parsed; `Settings.read()` takes them from the environment."""

    data_dir: Path = _setting(_path, "./var", "where the database, the key, mirrors and logs live")
    database_url: str | None = _setting(
        _database_url, "", "postgresql://...; without it, SQLite in the data directory"
    )
    redis_url: str | None = _setting(
        _optional_text, "", "redis://..., for several machines: not used yet"
    )
    public_url: str | None = _setting(
        _optional_url, "", "how GitHub and browsers reach this service; default: the bound address"
    )
    address: str = _setting(_text, "127.0.0.1", "the IPv4 address to listen on")
    port: int = _setting(_whole(1, 65535), "5000", "the port to listen on")
    github_url: str = _setting(
        _git_url, "https://github.com", "where git fetches; file:///... for bare ones on this disk"
    )
    github_api_url: str = _setting(
        _url, "https://api.github.com", "GitHub's API; GitHub Enterprise: https://HOST/api/v3"
    )
    ca_file: Path | None = _setting(
        _optional_path, "", "an extra certificate authority for GitHub, a PEM file"
    )
    worker: str = _setting(_one_of("local", "none"), "local", "start a worker beside the web side")
    slots: int = _setting(
        _whole(1, 1024), str(os.cpu_count() or 1), "builds at once; default: the number of CPUs"
    )
    sandbox: str = _setting(
        _one_of("auto", "bwrap", "unshare", "none", "require"),
        "auto",
        "how builds are confined; require: refuse to start without a sandbox",
    )
    pull_interval: int = _setting(
        _whole(5, 86400), "300", "seconds between two pulls of a repository"
    )
    access_check_interval: int = _setting(
        _whole(5, 604800), "3600", "seconds between two checks that a token still has access"
    )
    admins: tuple[str, ...] = _setting(_logins, "", "GitHub logins that may do everything")
    retention_days: int = _setting(
        _whole(0, 36500), "365", "days to keep finished builds; 0 keeps them for ever"
    )
    log_format: str = _setting(_one_of("text", "json"), "text", "the service's own log")
    build_timeout: int = _setting(
        _whole(1, 604800), "3600", "seconds a build may take unless its repository says otherwise"
    )
    idle_timeout: int = _setting(
        _whole(1, 604800), "1800", "seconds a build may be silent before it is ended"
    )
    log_limit: int = _setting(
        _whole(1024, 1 << 34), str(64 << 20), "bytes of a build's log that are kept"
    )
    repository_limit: int = _setting(
        _whole(1 << 20, 1 << 44), str(4 << 30), "bytes a repository's mirror may have on disk"
    )
    clone_timeout: int = _setting(
        _whole(5, 86400), "1800", "seconds a first clone or a fetch may take"
    )
    trusted_proxy: str | None = _setting(
        _optional_text, "", "the proxy's address; only its X-Forwarded-For/-Proto are believed"
    )

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Parse the environment; raises SettingsError naming the variable that is wrong."""
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for item in fields(cls):
            name = PREFIX + item.name.upper()
            if environ.get(name, "") == "":
                continue
            try:
                values[item.name] = item.metadata["parse"](environ[name].strip())
            except ValueError as error:
                raise SettingsError(f"{name}: {error} (got {environ[name]!r})") from None
        return cls(**values)

    @property
    def database(self) -> str:
        """The database's URL, the default worked out."""
        return self.database_url or f"sqlite:///{self.data_dir / 'hobotnica.sqlite3'}"

    @property
    def base_url(self) -> str:
        """What links to this service begin with, without a slash at the end."""
        return self.public_url or f"http://{self.address}:{self.port}"

    @property
    def graphql_url(self) -> str:
        """GitHub's GraphQL address: `/graphql`, on Enterprise `/api/graphql`."""
        api = self.github_api_url
        if api.endswith("/api/v3"):
            return api.removesuffix("/v3") + "/graphql"
        return api + "/graphql"


def describe() -> list[tuple[str, str, str]]:
    """Every setting as (variable, default, help), in the order of definition."""
    return [
        (PREFIX + item.name.upper(), item.metadata["default"], item.metadata["help"])
        for item in fields(Settings)
    ]
