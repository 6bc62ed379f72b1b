"""Git, kept on a short leash: mirrors, checkouts, and the token's way to them.

The token never stands in an argument, an environment, a file or a message: git asks a credential
helper that belongs to one host only, and the helper reads a descriptor or a FIFO.
"""

from myapp.git.command import Command, Interrupt, Remote, clone_url
from myapp.git.credentials import FifoCredentials, fifo_credentials
from myapp.git.errors import GitError, check

__all__ = [
    "Command",
    "FifoCredentials",
    "GitError",
    "Interrupt",
    "Remote",
    "check",
    "clone_url",
    "fifo_credentials",
]
