"""Renders templates as the service does: autoescaped, strict, without the framework."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import myapp
from myapp.services.filters import FILTERS

ROOT = Path(myapp.__file__).parent
ENVIRONMENT = Environment(
    loader=FileSystemLoader(ROOT / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)
ENVIRONMENT.filters.update(FILTERS)


def render(template: str, context: dict[str, Any]) -> str:
    """The HTML of a page."""
    return ENVIRONMENT.get_template(template).render(context)
