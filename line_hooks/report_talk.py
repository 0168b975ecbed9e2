"""Reporting in the chat: words, photos and place in any order; only what is missing is asked for.

What a person sends is kept in the draft; one card shows it all before it is sent. Nobody has to register: a
case reported without a member is told, shown and acted on in the same chat (``Complaint.reporter_account``).
"""

from __future__ import annotations

from typing import Any, Final

from domain.actor import Actor
from domain.entries import MAX_PLACE, MAX_STORY
from domain.errors import InvalidField, Words
from domain.lookups import Lookups
from domain.phones import normalise_phone, readable_phone
from domain.placing import surroundings
from domain.questions import YES_NO_WORDS, check_answers, questions_of
from domain.thai_text import clean_text, grapheme_truncate
from domain.type_guess import likely_subtypes
from line_hooks import talks
from line_hooks.asking import Asking
from line_hooks.chat_cards import CardLine, Fact, Line, says, text_message
from line_hooks.limits import JsonDict
from line_hooks.report_sending import send_report
from line_hooks.talks import CONFIRM, Said, Talk, Turn
from models import AttachmentStage, ChatDraftKind, Disclosure, QuestionKind, SubcategoryQuestion

SHOWN_STORY: Final = 300
URGENT_WORDS: Final = (
    *("ไฟไหม้", "ไฟช็อต", "ไฟดูด", "ไฟรั่ว", "คนเจ็บ", "บาดเจ็บ", "หมดสติ", "รถชน", "จมน้ำ", "แก๊สรั่ว", "ระเบิด"),
    *("fire", "injured", "unconscious", "gas leak", "electrocut"),
)
"""Whoever writes one of these sees the emergency numbers first, and may go on."""

STORY: Final = "story"
PLACE: Final = "place"
PHONE: Final = "phone"
QUESTION: Final = "question:"

_MOST_CHOICES: Final = 11


def begin_report(ask: Asking) -> Turn | None:
    """Begin a report and return its first step; None for who has no account with us."""
    return talks.begin(ask, ChatDraftKind.REPORT)


def report(ask: Asking) -> str:
    """Answer the tile: go on with the report that is open, or begin one."""
    turn = talks.turn_of(ask)
    if turn is None or turn.draft.kind is not ChatDraftKind.REPORT:
        turn = begin_report(ask)
    return _asks_next(turn, "") if turn else ask.say("add_us_first", "contact", "emergency")


# Taking -----------------------------------------------------------------------------------------------------


def _hears(turn: Turn, said: Said) -> str:
    if said.place_refusal is not None:
        raise said.place_refusal
    if said.place is not None:
        return _take_pin(turn, said)
    if said.media:
        return _asks_again(turn, turn.ask.words("talk_takes_no_media"))
    asked = turn.draft.asked
    if asked.startswith(QUESTION):
        return _take_answer(turn, int(asked.removeprefix(QUESTION)), said.words)
    return _TAKES.get(asked, _take_story)(turn, said)


def _take_story(turn: Turn, said: Said) -> str:
    """Add words to the story; each keeps its message's id, so that it can be taken back."""
    words = clean_text(said.words, max_length=MAX_STORY, field="story")
    told = [*(turn.known("texts") or []), {"id": said.message_id, "text": words}]
    clean_text("\n".join(one["text"] for one in told), max_length=MAX_STORY, field="story")
    is_first = not turn.known("texts")
    turn.keep(texts=told)
    if is_first and any(word in words.casefold() for word in URGENT_WORDS):
        return _asks_next(turn, "", first=_emergency_card(turn.ask))
    return _asks_next(turn, "")


def _take_place_words(turn: Turn, said: Said) -> str:
    words = clean_text(said.words, max_length=MAX_PLACE, field="place_text", multiline=False)
    turn.keep(place_text=words, place_id=said.message_id, no_place=None)
    return _asks_next(turn, "")


def _take_pin(turn: Turn, said: Said) -> str:
    """Keep a place; one outside the town is kept too, and its owner told to look again."""
    if said.place is None:
        return _asks_next(turn, "")
    latitude, longitude = said.place
    around = surroundings(turn.ask.tools.lookups(turn.ask.session), latitude, longitude)
    named = turn.known("place_text") or said.place_name[:MAX_PLACE]
    turn.keep(
        latitude=str(latitude),
        longitude=str(longitude),
        place_text=named or None,
        place_id=turn.known("place_id") or said.message_id,
        pin_id=said.message_id,
        zone=around.zone.word(turn.ask.language) if around.zone and not around.zone.is_unknown else None,
        outside=around.is_outside or None,
        no_place=None,
    )
    return _asks_next(turn, turn.ask.words("place_outside") if around.is_outside else "")


def _take_phone(turn: Turn, said: Said) -> str:
    turn.keep(phone=normalise_phone(said.words, field="phone"))
    return _asks_next(turn, "")


def _take_answer(turn: Turn, question_id: int, words: str) -> str:
    question = next((one for one in _questions(turn) if one.id == question_id), None)
    if question is not None:
        taken = check_answers([question], {question.id: words})
        answers = dict(turn.known("answers") or {})
        answers[str(question.id)] = taken[0].answer if taken else ""
        turn.keep(answers=answers)
    return _asks_next(turn, "")


_TAKES: Final = {PLACE: _take_place_words, PHONE: _take_phone}


# Asking -----------------------------------------------------------------------------------------------------


def _asks_again(turn: Turn, before: str) -> str:
    """Ask once more what was asked; without that, for the first thing that is missing."""
    if turn.draft.asked == PHONE:
        return turn.asks(PHONE, turn.ask.words("ask_phone"), turn.skips(), before=before)
    if turn.draft.asked == PLACE and turn.known("texts"):
        return _asks_place(turn, before, None)
    return _asks_next(turn, before)


def _asks_next(turn: Turn, before: str, first: JsonDict | None = None) -> str:
    """Ask for the first thing that is missing; show the whole when nothing is."""
    ask = turn.ask
    if not turn.known("texts"):
        words = ask.words("ask_story_of_photo" if turn.known("photos") else "ask_story")
        return turn.asks(STORY, words, *ask.pictures(), _where_button(ask), before=before)
    if not (turn.known("latitude") or turn.known("place_text") or turn.known("no_place")):
        return _asks_place(turn, before, first)
    question = next(
        (one for one in _questions(turn) if str(one.id) not in (turn.known("answers") or {})), None
    )
    if question is not None:
        return _asks_question(turn, question, before)
    return _shows_all(turn, before, first)


def _asks_place(turn: Turn, before: str, first: JsonDict | None) -> str:
    ask = turn.ask
    words = ask.words("ask_place")
    message = text_message(f"{before}\n\n{words}" if before else words)
    shown = [first] if first else []
    return turn.shows(PLACE, *shown, message, _where_button(ask), *ask.pictures(), turn.skips())


def _asks_question(turn: Turn, question: SubcategoryQuestion, before: str) -> str:
    ask = turn.ask
    asked = question.question_en if ask.is_english and question.question_en else question.question
    choices = list(YES_NO_WORDS.values()) if question.kind is QuestionKind.YES_NO else question.choices
    quick = [says(choice, choice) for choice in choices[:_MOST_CHOICES]]
    if not question.is_required:
        quick.append(turn.skips())
    return turn.asks(f"{QUESTION}{question.id}", asked, *quick, before=before)


def _shows_all(turn: Turn, before: str, first: JsonDict | None = None) -> str:
    """Show the report as it will be sent, with the one button that sends it."""
    ask = turn.ask
    lookups = ask.tools.lookups(ask.session)
    card = ask.cards.card(
        ask.pick("ตรวจแล้วกดส่ง", "Look it over, then send"),
        _lines(turn, lookups),
        [turn.sends(Words("ส่งเรื่อง", "Send"))],
        alt=ask.pick("ตรวจเรื่องก่อนส่ง", "Look over your report"),
    )
    shown = [first] if first else []
    said = [text_message(before)] if before else []
    return turn.shows(CONFIRM, *shown, *said, card, *_changes(turn, lookups))


def _lines(turn: Turn, lookups: Lookups) -> list[CardLine]:
    ask, said = turn.ask, turn.draft.said
    story = grapheme_truncate(story_of(said), SHOWN_STORY)
    where = " · ".join(filter(None, (said.get("place_text"), said.get("zone")))) or (
        ask.pick("ปักหมุดแล้ว", "Pin on the map") if said.get("latitude") else ask.pick("ไม่ระบุ", "Not given")
    )
    subtype = lookups.subcategories.get(said.get("subcategory_id") or 0)
    photos = said.get("photos", 0)
    who = said.get("disclosure", Disclosure.CONCEALED.value)
    concealed = ask.pick("ปกปิดชื่อกับผู้อื่น", "Name kept from others")
    disclosed = ask.pick("เปิดเผยชื่อได้", "Name may be shown")
    rows = (
        (ask.pick("เรื่อง", "What"), story),
        (ask.pick("ที่ไหน", "Where"), where),
        (ask.pick("ภาพ", "Photos"), str(photos) if photos else ask.pick("ไม่มี", "None")),
        (ask.pick("ประเภท", "Type"), subtype.word(ask.language) if subtype else ""),
        *_answered(turn),
        (ask.pick("ผู้แจ้ง", "You"), concealed if who == Disclosure.CONCEALED.value else disclosed),
        (ask.pick("โทรกลับ", "Call back"), readable_phone(said["phone"]) if said.get("phone") else ""),
    )
    lines: list[CardLine] = [Fact(label, text) for label, text in rows if text]
    lines.append(ask.words("data_notice"))
    return lines


def _answered(turn: Turn) -> list[tuple[str, str]]:
    answers = turn.known("answers") or {}
    if not answers:
        return []
    return [(one.question, answers.get(str(one.id), "")) for one in _questions(turn)]


def _changes(turn: Turn, lookups: Lookups) -> list[JsonDict]:
    """Return the buttons that change or add something, the likeliest first; at most a phone's row of them."""
    said = turn.draft.said
    quick: list[JsonDict] = []
    if not said.get("subcategory_id"):
        likely = likely_subtypes(story_of(said), lookups.subcategories)
        quick += [turn.press(Words(one.name, one.name_en or one.name), "type", one.id) for one in likely]
        quick.append(turn.press(Words("เลือกประเภท", "Choose a type"), "types"))
    if not said.get("photos"):
        quick += turn.ask.pictures()
    concealed = said.get("disclosure", Disclosure.CONCEALED.value) == Disclosure.CONCEALED.value
    quick.append(
        turn.press(Words("เปิดเผยชื่อ", "Show my name"), "disclose")
        if concealed
        else turn.press(Words("ปกปิดชื่อ", "Conceal my name"), "conceal")
    )
    quick.append(turn.press(Words("แก้ที่ตั้ง", "Change place"), "place"))
    quick.append(turn.press(Words("พิมพ์เรื่องใหม่", "Write it anew"), "story"))
    quick.append(turn.press(Words("เบอร์โทรกลับ", "Call-back number"), "phone"))
    return quick


def story_of(said: dict[str, Any]) -> str:
    """Return what was told, message by message."""
    return "\n".join(one["text"] for one in said.get("texts", []))


def _questions(turn: Turn) -> list[SubcategoryQuestion]:
    """Return what the chosen subtype asks; read once in a step."""
    subcategory_id = turn.known("subcategory_id")
    if not subcategory_id:
        return []
    key = f"questions:{subcategory_id}"
    if key not in turn.looked_up:
        with turn.ask.session.no_autoflush:  # What the step has kept goes with its answer.
            turn.looked_up[key] = list(questions_of(turn.ask.session, subcategory_id))
    found: list[SubcategoryQuestion] = turn.looked_up[key]
    return found


def _where_button(ask: Asking) -> JsonDict:
    return {"type": "location", "label": ask.pick("ส่งตำแหน่ง", "Send location")}


def _emergency_card(ask: Asking) -> JsonDict:
    title = ask.pick("ถ้าเป็นเหตุฉุกเฉิน โทรก่อน", "In an emergency call first")
    note = ask.pick("แจ้งเรื่องต่อด้านล่างได้", "You can go on reporting below")
    return ask.cards.phone_card(title, note, ask.emergency_or_national)


# Buttons ----------------------------------------------------------------------------------------------------


def _pressed_types(turn: Turn, _value: int | None) -> str:
    """Show the main types; those in use, in the town's order."""
    ask = turn.ask
    rows = [row for row in ask.tools.lookups(ask.session).categories.values() if row.is_active]
    return _choose(turn, ask.pick("เรื่องนี้เกี่ยวกับอะไร", "What is it about?"), rows, "category")


def _pressed_category(turn: Turn, value: int | None) -> str:
    ask = turn.ask
    subtypes = ask.tools.lookups(ask.session).subcategories.values()
    rows = [row for row in subtypes if row.parent_id == value and row.is_active]
    return _choose(turn, ask.pick("เลือกให้ใกล้ที่สุด", "Choose the nearest"), rows, "type")


def _choose(turn: Turn, title: str, rows: list[Any], name: str) -> str:
    ask = turn.ask
    lines: list[CardLine] = [
        Line(
            row.word(ask.language), action=turn.press(Words(row.name, row.name_en or row.name), name, row.id)
        )
        for row in rows
    ]
    card = ask.cards.card(title, lines, note=ask.pick("แตะหนึ่งข้อ", "Tap one"))
    return turn.shows(turn.draft.asked, card)


def _pressed_type(turn: Turn, value: int | None) -> str:
    row = turn.ask.tools.lookups(turn.ask.session).subcategories.get(value or 0)
    if row is None or not row.is_active:
        raise InvalidField("choice_unknown", field="subcategory_id")
    turn.keep(subcategory_id=row.id, answers=None)
    return _asks_next(turn, "")


def _pressed_disclosure(disclosure: Disclosure) -> talks.Press:
    def act(turn: Turn, _value: int | None) -> str:
        turn.keep(disclosure=disclosure.value)
        return _asks_next(turn, "")

    return act


def _pressed_place(turn: Turn, _value: int | None) -> str:
    return _asks_place(turn, "", None)


def _pressed_story(turn: Turn, _value: int | None) -> str:
    """Let the story be written anew; the old words stay until the new ones are there."""
    turn.keep(texts=None)
    return _asks_next(turn, "")


def _pressed_phone(turn: Turn, _value: int | None) -> str:
    turn.draft.asked = PHONE
    return _asks_again(turn, "")


def _sends(turn: Turn) -> str:
    return send_report(turn, story_of(turn.draft.said), _actor(turn))


def _skips(turn: Turn) -> str:
    asked = turn.draft.asked
    if asked == PLACE:
        turn.keep(no_place=True)
    elif asked.startswith(QUESTION):
        return _take_answer(turn, int(asked.removeprefix(QUESTION)), "")
    elif asked == STORY:
        return _asks_next(turn, turn.ask.words("cannot_skip"))
    return _asks_next(turn, "")


def _actor(turn: Turn) -> Actor:
    """Return who reports: the member the account belongs to, or the LINE account itself."""
    member = turn.ask.member
    if member is not None:
        return Actor.member(member.id, member.full_name, via="line")
    name = turn.ask.account.display_name if turn.ask.account else None
    return Actor(kind="member", name=name or "LINE", via="line")


talks.register_talk(
    ChatDraftKind.REPORT,
    Talk(
        name=Words("เรื่องที่แจ้งค้างไว้", "My unsent report"),
        hears=_hears,
        asks_again=_asks_again,
        presses={
            "types": _pressed_types,
            "category": _pressed_category,
            "type": _pressed_type,
            "disclose": _pressed_disclosure(Disclosure.DISCLOSED),
            "conceal": _pressed_disclosure(Disclosure.CONCEALED),
            "place": _pressed_place,
            "story": _pressed_story,
            "phone": _pressed_phone,
        },
        photos=lambda _turn: AttachmentStage.BEFORE,
        sends=_sends,
        skips=_skips,
    ),
)
