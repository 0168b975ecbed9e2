"""The words of a letter: subject, plain text and HTML from the template and the facts a LINE card is made of.

The subject is the text for the lock screen, which may name no person and no place. Nothing in a letter is
fetched from anywhere: no picture, no font, no script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from domain.clock import now
from domain.phones import readable_phone
from line_hooks.words import fill, fill_alt, unbroken

JsonDict = dict[str, Any]

ROWS: Final = (
    *("label_story:story_short", "label_reason:reason", "label_comment:comment", "label_result:result_text"),
    *("label_due:due_text", "label_done_date:done_date_text", "label_department:department"),
    "label_officer:officer_name",
)
LINKS: Final = (
    *("button_open:admin_url", "button_result:result_url", "button_list:list_url", "button_map:map_url"),
)
NOTE: Final = {
    "th": "อีเมลนี้ส่งโดยอัตโนมัติ กรุณาอย่าตอบกลับ",
    "en": "This letter was sent automatically; please do not answer it",
}
CONTACT: Final = {"th": "โทร", "en": "Phone"}
TEST_WORDS: Final[dict[str, dict[str, str]]] = {
    "th": {
        "title": "ทดสอบการส่งอีเมล",
        "body": "ถ้าท่านอ่านข้อความนี้ได้ การตั้งค่าอีเมลของ{municipality}ใช้งานได้แล้ว\nระบบจะแจ้งงานทางอีเมลตามที่ตั้งไว้",
        "alt": "ทดสอบการส่งอีเมล",
    },
    "en": {
        "title": "A test letter",
        "body": "If you can read this, the mail settings of {municipality} work.\n"
        "Officers will hear of their work by e-mail as you have set it.",
        "alt": "A test letter",
    },
}

_TEXT: Final = "#1f2933"
_MUTED: Final = "#52606d"
_LINK: Final = "#0b5394"
_FRAME: Final = Markup(
    '<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title></head>'
    '<body style="margin:0;padding:16px;background:#ffffff;color:{text};'
    'font-family:Sarabun,Tahoma,sans-serif;font-size:16px;line-height:1.6">'
    '<div style="max-width:600px;margin:0 auto">'
    '<p style="margin:0 0 16px;color:{muted};font-size:14px">{town}</p>{head}'
    '<h1 style="margin:0 0 8px;font-size:20px;line-height:1.4">{title}</h1>{body}{rows}{lists}{links}'
    '<p style="margin:24px 0 0;padding-top:12px;border-top:1px solid #d9dee3;color:{muted};font-size:14px">'
    "{footer}</p></div></body></html>"
)
_HEAD: Final = Markup('<p style="margin:0;font-weight:bold">{}</p>')
_PARAGRAPH: Final = Markup('<p style="margin:0 0 12px">{}</p>')
_ROW: Final = Markup(
    '<p style="margin:0 0 8px"><span style="color:{muted};font-size:14px">{label}</span><br>{text}</p>'
)
_LIST: Final = Markup('{heading}<ul style="margin:0 0 12px;padding:0 0 0 20px">{items}</ul>')
_HEADING: Final = Markup('<p style="margin:12px 0 4px;font-weight:bold">{}</p>')
_ITEM: Final = Markup('<li style="margin:0 0 4px">{}</li>')
_ANCHOR: Final = Markup('<a href="{url}" style="color:{link}">{word}</a>')
_BUTTON: Final = Markup('<p style="margin:16px 0 0;font-weight:bold">{}</p>')


@dataclass(frozen=True, slots=True)
class _Page:
    """What a letter says, in the order it is read."""

    town: str
    head: str
    title: str
    paragraphs: list[str]
    rows: list[tuple[str, str]]
    lists: list[tuple[str, list[tuple[str, str]]]]
    links: list[tuple[str, str]]
    footer: list[str]


def mail_of(words: Mapping[str, str], facts: JsonDict, language: str) -> JsonDict:
    """Return a letter as it is kept with its row: subject, text, html, and the date it bears.

    Raises:
        TemplateProblem: the words do not fit the facts.
    """
    # What a digest counts stands in the letter as links; its summary would say it a second time.
    spoken = {**facts, "number": facts.get("number") or facts.get("public_code") or ""}
    spoken |= {"summary": ""} if facts.get("counts") else {}
    town = str(facts["municipality"])
    body = fill(words, "body", spoken)
    title = fill(words, "title", spoken) if "title" in words else body.partition("\n")[0] or town
    said = body if "title" in words else body.partition("\n")[2]
    phone = readable_phone(str(facts.get("contact_phone") or ""))
    page = _Page(
        town=town,
        head=" · ".join(filter(None, (str(spoken["number"]), str(facts.get("state_word") or "")))),
        title=title,
        paragraphs=[line for line in (*_what_and_where(spoken), *said.split("\n")) if line],
        rows=_rows(words, spoken),
        lists=_lists(words, spoken),
        links=_links(words, spoken),
        footer=[town, f"{CONTACT[language]} {phone}" if phone else "", NOTE[language]],
    )
    return {
        "subject": fill_alt(words, spoken) if "alt" in words else title,
        "text": _plain(page),
        "html": _html(page, language),
        "date": now().isoformat(),
    }


def test_mail(language: str, facts: JsonDict) -> JsonDict:
    """Return the letter an administrator sends himself."""
    chosen = language if language in TEST_WORDS else "th"
    return mail_of(TEST_WORDS[chosen], facts, chosen)


def _what_and_where(facts: JsonDict) -> list[str]:
    """Return what a case is about and where, as every card says it; nothing for a letter about no case."""
    places = (facts.get("place"), facts.get("community"), unbroken(str(facts.get("zone") or "")))
    return [
        str(facts.get("subtype_name") or facts.get("kind_word") or ""),
        " · ".join(str(place) for place in places if place),
    ]


def _rows(words: Mapping[str, str], facts: JsonDict) -> list[tuple[str, str]]:
    pairs = [entry.split(":") for entry in ROWS]
    return [
        (fill(words, label, facts), str(facts[fact]))
        for label, fact in pairs
        if label in words and facts.get(fact)
    ]


def _lists(words: Mapping[str, str], facts: JsonDict) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return a digest's counts and cases, each a line with where it leads."""
    counts = [(f"{one['word']}: {one['count']}", _safe(one.get("url"))) for one in facts.get("counts") or ()]
    cases = [
        (
            " · ".join(filter(None, (str(one.get(part) or "") for part in ("number", "what", "due")))),
            _safe(one.get("url")),
        )
        for one in facts.get("cases") or ()
    ]
    heading = fill(words, "label_cases", facts) if cases and "label_cases" in words else ""
    return [(said, lines) for said, lines in (("", counts), (heading, cases)) if lines]


def _links(words: Mapping[str, str], facts: JsonDict) -> list[tuple[str, str]]:
    pairs = [entry.split(":") for entry in LINKS]
    return [
        (fill(words, word, facts), str(facts[fact]))
        for word, fact in pairs
        if word in words and _safe(facts.get(fact))
    ]


def _safe(address: object) -> str:
    """Return an address of the web; empty for anything else."""
    text = str(address or "")
    return text if text.startswith(("https://", "http://")) else ""


def _plain(page: _Page) -> str:
    lines = [page.head, page.title, "", *page.paragraphs, ""]
    lines += [f"{label}: {text}" for label, text in page.rows]
    for heading, items in page.lists:
        lines += ["", heading] if heading else [""]
        lines += [f"- {text} {url}".rstrip() for text, url in items]
    lines += ["", *(f"{word}: {url}" for word, url in page.links), "", "-- ", *filter(None, page.footer)]
    kept = [line for number, line in enumerate(lines) if line or (number and lines[number - 1])]
    return "\n".join(kept) + "\n"


def _html(page: _Page, language: str) -> str:
    join = Markup("").join
    return str(
        _FRAME.format(
            lang=language,
            town=page.town,
            head=_HEAD.format(page.head) if page.head else "",
            title=page.title,
            text=_TEXT,
            muted=_MUTED,
            body=join(_PARAGRAPH.format(line) for line in page.paragraphs),
            rows=join(_ROW.format(muted=_MUTED, label=label, text=text) for label, text in page.rows),
            lists=join(_list(heading, items) for heading, items in page.lists),
            links=join(_BUTTON.format(_anchor(word, url)) for word, url in page.links),
            footer=Markup("<br>").join(filter(None, page.footer)),
        )
    )


def _list(heading: str, items: Sequence[tuple[str, str]]) -> Markup:
    return _LIST.format(
        heading=_HEADING.format(heading) if heading else "",
        items=Markup("").join(_ITEM.format(_anchor(text, url)) for text, url in items),
    )


def _anchor(word: str, url: str) -> Markup | str:
    return _ANCHOR.format(url=url, link=_LINK, word=word) if url else word
