"""A browser without JavaScript: follows links, fills in forms as they are on the page."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx


@dataclass
class Form:
    """One form: where it goes and what is in it."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)


class Page(HTMLParser):
    """What a page holds: `forms`, `links`, `text`, `inputs` (values by id)."""

    VOID = frozenset({"input", "meta", "link", "img", "br", "hr", "wbr"})

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self.response = response
        self.status = response.status_code
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._area: str | None = None
        self._open: list[str] = []
        self.feed(response.text)
        self.close()

    @property
    def text(self) -> str:
        """All words, blanks put together."""
        return " ".join("".join(self.words).split())

    def form(self, action: str) -> Form:
        """The form that goes there."""
        for form in self.forms:
            if form.action == action:
                return form
        raise LookupError(f"no form to {action} among {[form.action for form in self.forms]}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag not in self.VOID:
            self._open.append(tag)
        if tag == "form":
            self.forms.append(Form(found.get("action") or "", found.get("method") or "get"))
        elif tag == "a" and found.get("href"):
            self.links.append(found["href"] or "")
        elif tag in ("input", "textarea") and self.forms and found.get("name"):
            kind, name = found.get("type"), found["name"] or ""
            if kind not in ("checkbox", "radio") or "checked" in found:
                value = found.get("value") or ""
                self.forms[-1].fields.setdefault(name, []).append(value)
            if tag == "textarea":
                self._area = name

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            # The first line break of a textarea is no part of it (html.spec.whatwg.org).
            self.forms[-1].fields[self._area][-1] += data.removeprefix("\n")
        if not {"script", "style"} & set(self._open):
            self.words.append(data)


class Visitor:
    """Somebody with a browser: `open`, `send` a form of the page that is open."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.page: Page | None = None

    def open(self, path: str, **options: Any) -> Page:
        """Go to a page, following redirects."""
        self.page = Page(self.client.get(path, follow_redirects=True, **options))
        return self.page

    def send(self, action: str, **fields: Any) -> Page:
        """Fill in the open page's form that goes to `action`, send it, follow where it leads."""
        response = self.post(action, **fields)
        if response.is_redirect:
            return self.open(response.headers["Location"])
        self.page = Page(response)
        return self.page

    def post(self, action: str, **fields: Any) -> httpx.Response:
        """The same, without following; a field of None is left out."""
        if self.page is None:
            raise LookupError("no page is open")
        data: dict[str, Any] = {**self.page.form(action).fields, **fields}
        data = {name: value for name, value in data.items() if value is not None}
        return self.client.post(action, data=data)
