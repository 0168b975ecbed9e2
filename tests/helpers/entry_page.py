"""The counter's page in a browser without script: its fields, its buttons, what stands beside them."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from helpers.casework import member_of, subtype
from helpers.people import officer_named, sign_in_client
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from extensions import write_transaction
from models import Channel

NEW = "/admin/complaint/new"


def jpeg(colour: str = "navy", size: tuple[int, int] = (320, 240)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, "JPEG")
    return stream.getvalue()


class Page:
    """An answer, and the form on it as a browser would send it back."""

    def __init__(self, answer: TestResponse) -> None:
        self.answer = answer
        self.status = answer.status_code
        self.text = answer.get_data().decode(errors="replace")

    def fields(self, form_id: str = 'enctype="multipart/form-data"') -> dict[str, Any]:
        part = self.text[self.text.index(form_id) :]
        reader = _Reader()
        reader.feed(part[: part.index("</form>")])
        return reader.fields

    def errors(self) -> dict[str, str]:
        """Return the words beside each field, by the field's name."""
        found = re.findall(r'<p class="error" id="([\w-]+)-error">(.*?)</p>', self.text, flags=re.DOTALL)
        return {name: _words(inner) for name, inner in found}

    def summary(self) -> str:
        found = re.search(r'class="error-summary".*?</div>', self.text, flags=re.DOTALL)
        return _words(found.group(0)) if found else ""

    def options(self, name: str) -> list[str]:
        """Return the values a drop-down offers, the blank one left out."""
        found = re.search(rf'<select[^>]*name="{name}".*?</select>', self.text, flags=re.DOTALL)
        assert found, f"no drop-down {name}"
        return [value for value in re.findall(r'<option[^>]*value="(\d+)"', found.group(0)) if value]

    def says(self, words: str) -> bool:
        return words in html.unescape(self.text)


class Counter:
    """An officer at the counter."""

    def __init__(self, app: Flask, client: FlaskClient, who: str) -> None:
        self.client = sign_in_client(app, client, who)

    def get(self, url: str = NEW) -> Page:
        return Page(self.client.get(url))

    def send(self, fields: dict[str, Any], url: str = NEW, **changes: Any) -> Page:
        """Send a form; ``photos`` is a list of (bytes, name)."""
        data = {**fields, **changes}
        photos: Sequence[tuple[bytes, str]] = data.pop("photos", ())
        if photos:
            data["photos"] = [(io.BytesIO(content), name) for content, name in photos]
        return Page(self.client.post(url, data=data, content_type="multipart/form-data"))


def lamp_form(clerk: Counter, session: Session, **more: str) -> dict[str, Any]:
    """Return the page's form filled with a street light that is out, told by a citizen the town knows."""
    with write_transaction() as writing:
        citizen = member_of(writing).id
    lamp = subtype(session, "ฟ.(1)")
    return {
        **clerk.get().fields(),
        "act": "save",
        "who": "member",
        "member_id": str(citizen),
        "story": "ไฟถนนดับ",
        "channel_id": str(session.scalars(select(Channel.id).where(Channel.code == "phone")).one()),
        "category_id": str(lamp.category_id),
        "subcategory_id": str(lamp.id),
        "assignee_id": str(officer_named(session, "officer").id),
        **more,
    }


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, Any] = {}
        self._select: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("name") or ""
        if tag == "input" and name:
            self._input(name, found)
        elif tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area, self.fields[name] = name, ""
        elif tag == "option" and self._select and (self._select not in self.fields or "selected" in found):
            self.fields[self._select] = found.get("value") or ""

    def _input(self, name: str, found: dict[str, str | None]) -> None:
        kind = found.get("type") or "text"
        if kind in {"file", "submit"} or (kind in {"radio", "checkbox"} and "checked" not in found):
            return
        value = found.get("value") or ("y" if kind == "checkbox" else "")
        if name == "photo_ids":
            self.fields.setdefault(name, []).append(value)
        else:
            self.fields[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        elif tag == "textarea" and self._area:
            self.fields[self._area] = self.fields[self._area].removeprefix("\r\n").removeprefix("\n")
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] += data


def _words(part: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", part)).split())
