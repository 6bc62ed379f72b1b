"""The only door to atila, skitai and rs4: they are imported here, after what they need to start.

Everything else in `framework` takes their names from this module, so the order can never be wrong.
"""

from __future__ import annotations

import collections
import collections.abc
import ssl
import warnings
from typing import Any


def _restore_names() -> None:
    """Put back what the set still uses: gone since Python 3.10 (collections) and 3.12 (ssl)."""
    for name in collections.abc.__all__:
        if not hasattr(collections, name):
            setattr(collections, name, getattr(collections.abc, name))
    if not hasattr(ssl, "wrap_socket"):  # rs4/misc/ssl_.py:49 imports it and never calls it
        vars(ssl)["wrap_socket"] = None


def _leave_var_tmp_alone() -> None:
    """Stop atila/was.py:24 from making /var/tmp/skitai while it is imported.

    The directory would belong to whoever came first and be closed to every other user.
    """
    from rs4 import pathtool

    original = pathtool.mkdir

    def mkdir(path: Any, *args: Any, **options: Any) -> Any:
        if str(path).startswith("/var/tmp/skitai"):  # noqa: S108 (refused here, not used)
            return None
        return original(path, *args, **options)

    pathtool.mkdir = mkdir


_restore_names()
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # invalid escapes and pkg_resources: known, not ours to mend
    _leave_var_tmp_alone()

    import atila
    import skitai
    from rs4 import asynchat, asyncore
    from rs4 import logger as set_logger
    from rs4.psutil import kill
    from skitai import Skitai as engine  # noqa: N813 (a module)
    from skitai.backbone import http_request, http_response, http_server
    from skitai.backbone import lifetime as loop_lifetime
    from skitai.handlers import collectors, wsgi_handler
    from skitai.protocols import lifetime as poll_lifetime
    from skitai.protocols.sock import asynconnect, socketpool
    from skitai.protocols.sock.impl.http import request_handler as client_handler
    from skitai.protocols.sock.impl.http import response as client_response
    from skitai.protocols.threaded import select_trigger, trigger
    from skitai.tasks.proto import Coroutine, Task
    from skitai.tasks.pth import executors
    from skitai.tasks.pth.sp_task import Task as SubprocessTask
    from skitai.tasks.pth.task import Task as PoolTask
    from skitai.tasks.tasks import CompletedTasks, Mask, Revoke, Tasks

__all__ = [
    "CompletedTasks",
    "Coroutine",
    "Mask",
    "PoolTask",
    "Revoke",
    "SubprocessTask",
    "Task",
    "Tasks",
    "asynchat",
    "asynconnect",
    "asyncore",
    "atila",
    "client_handler",
    "client_response",
    "collectors",
    "engine",
    "executors",
    "http_request",
    "http_response",
    "http_server",
    "kill",
    "loop_lifetime",
    "poll_lifetime",
    "select_trigger",
    "set_logger",
    "skitai",
    "socketpool",
    "trigger",
    "wsgi_handler",
]
