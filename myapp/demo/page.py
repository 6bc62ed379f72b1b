"""The pretended GitHub's only page: the sample repository's commits and a button that pushes."""

from __future__ import annotations

from html import escape
from typing import Any

from myapp.demo.world import FULL_NAME, World

MARKS = {"success": "passed", "failure": "failed", "error": "error", "pending": "pending"}

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{name} at the pretended GitHub</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
  color: #1c2128; background: #fff; }}
table {{ border-collapse: collapse; width: 100%; }}
td, th {{ text-align: left; padding: .4rem .5rem; border-bottom: 1px solid #d0d7de; }}
code {{ font-family: ui-monospace, monospace; }}
button {{ font: inherit; padding: .4rem 1rem; }}
.success {{ color: #116329; }} .failure, .error {{ color: #a40e26; }} .pending {{ color: #7d4e00; }}
</style></head><body>
<h1>{name}</h1>
<p>This is the demonstration's pretended GitHub. Push a commit, and its webhook tells Hobotnica.</p>
<form method="post" action="/push"><button>Push a commit</button></form>
<h2>Commits on main</h2>
<table><thead><tr><th>Commit</th><th>Message</th><th>Status</th></tr></thead>
<tbody>{rows}</tbody></table>
<p>Reload this page to see the statuses that Hobotnica sets.</p>
</body></html>
"""


def render(world: World) -> str:
    """The page as HTML."""
    rows = "".join(_row(commit) for commit in world.commits())
    return _PAGE.format(name=escape(FULL_NAME), rows=rows)


def _row(commit: dict[str, Any]) -> str:
    cells = (
        f"<code>{commit['sha'][:10]}</code>",
        escape(commit["subject"]),
        " ".join(_status(status) for status in commit["statuses"]) or "none yet",
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _status(status: dict[str, Any]) -> str:
    text = f"{status['context']}: {status['description'] or MARKS[status['state']]}"
    link = status.get("target_url") or ""
    inner = escape(text)
    if link.startswith(("http://", "https://")):
        inner = f'<a href="{escape(link)}">{inner}</a>'
    return f'<span class="{escape(status["state"])}">{inner}</span>'
