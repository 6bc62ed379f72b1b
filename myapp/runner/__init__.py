"""One build on one machine: checkout, sandbox, process tree, log, limits."""

from myapp.runner.build import Attempt, run_build
from myapp.runner.model import Job, Result, Sandbox, Stopped

__all__ = ["Attempt", "Job", "Result", "Sandbox", "Stopped", "run_build"]
