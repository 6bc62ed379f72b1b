"""Which environment variables a repository may set, and why not the others.

Whoever may set a variable may not thereby take over the loader, the shell, git, make or an
interpreter of every build, nor pretend to be the service.
"""

from __future__ import annotations

import re

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LONGEST_NAME = 255

_SERVICE = "it is set by the service for every build"
_LOADER = "it steers the dynamic loader of every program"
_SHELL = "it steers the shell"
_GIT = "it steers git"
_MAKE = "it steers make"
_INTERPRETER = "it steers an interpreter, whichever program it runs"

REFUSED: dict[str, str] = {
    "PATH": "it decides which programs are run",
    "HOME": _SERVICE,
    "TMPDIR": _SERVICE,
    "LANG": _SERVICE,
    "PWD": _SHELL,
    "OLDPWD": _SHELL,
    "CI": _SERVICE,
    "USER": _SERVICE,
    "LOGNAME": _SERVICE,
    "SHELL": _SHELL,
    "IFS": _SHELL,
    "ENV": _SHELL,
    "BASH_ENV": _SHELL,
    "BASHOPTS": _SHELL,
    "SHELLOPTS": _SHELL,
    "CDPATH": _SHELL,
    "GLOBIGNORE": _SHELL,
    "PS4": _SHELL,
    "PROMPT_COMMAND": _SHELL,
    "ZDOTDIR": _SHELL,
    "MAKEFLAGS": _MAKE,
    "MFLAGS": _MAKE,
    "GNUMAKEFLAGS": _MAKE,
    "MAKEFILES": _MAKE,
    "MAKELEVEL": _MAKE,
    "MAKEOVERRIDES": _MAKE,
    "MAKECMDGOALS": _MAKE,
    "MAKE_RESTARTS": _MAKE,
    "MAKESHELL": _MAKE,
    "MAKE": _MAKE,
    "SSH_ASKPASS": _GIT,
    "NODE_OPTIONS": _INTERPRETER,
    "NODE_PATH": _INTERPRETER,
    "JAVA_TOOL_OPTIONS": _INTERPRETER,
    "_JAVA_OPTIONS": _INTERPRETER,
    "JDK_JAVA_OPTIONS": _INTERPRETER,
    "GCONV_PATH": _LOADER,
    "LOCPATH": _LOADER,
    "NLSPATH": _LOADER,
    "MALLOC_TRACE": _LOADER,
    "GLIBC_TUNABLES": _LOADER,
    "RESOLV_HOST_CONF": _LOADER,
}
REFUSED_PREFIXES: dict[str, str] = {
    "LD_": _LOADER,
    "DYLD_": _LOADER,
    "BASH_FUNC_": _SHELL,
    "GIT_": _GIT,
    "PYTHON": _INTERPRETER,
    "PERL5": _INTERPRETER,
    "PERLLIB": _INTERPRETER,
    "RUBY": _INTERPRETER,
    "HOBOTNICA": _SERVICE,
}


def refusal(name: str) -> str | None:
    """Why this cannot be the name of a variable, None if it can."""
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        return "must be letters, digits and underscores, and not begin with a digit"
    why = REFUSED.get(name)
    if why is None:
        matching = (why for prefix, why in REFUSED_PREFIXES.items() if name.startswith(prefix))
        why = next(matching, None)
    return f"{name} cannot be set: {why}" if why else None
