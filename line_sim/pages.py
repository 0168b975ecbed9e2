"""The page ``/line-sim/``: phones side by side, plainly marked จำลอง, that do what a phone with LINE does.

Mounted in demo and test only. It needs what every page of ours has: CSRF protection (``csrf_token``),
Flask-Babel, and the template tools of the house. The address names the phones, so a link shows them again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from itsdangerous import BadSignature, URLSafeSerializer

from domain.line_joining import add_friend_address
from domain.thai_calendar import thai_date
from line_hooks.flex_view import safe_href
from line_sim import phones_faults
from line_sim.login_pages import COOKIE, who
from line_sim.phones_acts import STICKERS, Hand, NoSuchButton, Outcome, newcomer, typed_place
from line_sim.phones_calls import CallLog, quota_line
from line_sim.phones_town import (
    ALBUM,
    SCENES,
    STAGES,
    codes,
    emblem,
    home,
    places,
    sample_photo,
    sample_photos,
    where_to,
)
from line_sim.phones_view import (
    MOST_PHONES,
    PICTURES,
    Phone,
    Seat,
    day_word,
    people_of,
    phone_of,
    seat_of,
    seats_of,
    to_bangkok_of,
    version_of,
)
from line_sim.server import FakeLine

JsonDict = dict[str, Any]


def line_sim_blueprint(fake: FakeLine) -> Blueprint:
    """Return the phones as a blueprint under ``/line-sim``; the app mounts it in demo and test only.

    From now on the page's log shows the requests the fake gets.
    """
    pages = Blueprint("line_sim", __name__, url_prefix="/line-sim")
    log = CallLog(fake)
    log.watch()
    desk = Desk(fake, log)
    routes: list[tuple[str, Callable[..., ResponseReturnValue], str]] = [
        ("/", desk.phones, "GET"),
        ("/news", desk.news, "GET"),
        ("/content/<message_id>", desk.content, "GET"),
        ("/menu/<menu_id>", desk.menu, "GET"),
        ("/sample/<stage>/<scene>.jpg", desk.sample, "GET"),
        ("/open/<ticket>", desk.open, "GET"),
        ("/add/<basic_id>", desk.add, "GET"),
        ("/say", desk.say, "POST"),
        ("/tap", desk.tap, "POST"),
        ("/photos", desk.photos, "POST"),
        ("/place", desk.place, "POST"),
        ("/sticker", desk.sticker, "POST"),
        ("/file", desk.file, "POST"),
        ("/unsend", desk.unsend, "POST"),
        ("/friend", desk.friend, "POST"),
        ("/scan", desk.scan, "POST"),
        ("/newcomer", desk.newcomer, "POST"),
        ("/fault", desk.fault, "POST"),
    ]
    pages.record_once(_refuse_production)
    pages.register_error_handler(NoSuchButton, lambda _problem: ("", HTTPStatus.NOT_FOUND))
    for path, answer, method in routes:
        pages.add_url_rule(path, answer.__name__, answer, methods=[method])
    return pages


def _refuse_production(setup: BlueprintSetupState) -> None:
    """Stop the start of an app that serves real citizens, should it ever mount the phones."""
    settings = setup.app.extensions.get("settings")
    if getattr(settings, "mode", "test") == "production":
        raise RuntimeError("the LINE simulator must not be mounted in production")


class Desk:
    """The page's answers."""

    def __init__(self, fake: FakeLine, log: CallLog) -> None:
        """Keep the LINE they are about."""
        self.fake = fake
        self.log = log

    # Looking

    def phones(self) -> ResponseReturnValue:
        """Show the page."""
        seats = seats_of(self.fake, request.args.getlist("p"))
        if "swap" in request.args:
            return redirect(self._swapped(seats))
        for seat in seats:
            self.fake.state.open_chat(seat.channel, seat.user_id)
        return render_template("line_sim/phones.html", **self._whole(seats))

    def news(self) -> ResponseReturnValue:
        """Answer a page that asks for news of all its phones at once: 204 when it has seen all."""
        seats = seats_of(self.fake, request.args.getlist("p"))
        seen = request.args.getlist("v")
        changed = [
            number
            for number, seat in enumerate(seats, 1)
            if number > len(seen) or seen[number - 1] != version_of(self.fake, seat)
        ]
        desk = self._desk_version()
        if not changed and request.args.get("desk") == desk:
            return "", HTTPStatus.NO_CONTENT
        shared = self._shared(seats)
        found: JsonDict = {
            "phones": {number: self._news_of(seats[number - 1], number, shared) for number in changed},
            "desk": {"version": desk, "html": render_template("line_sim/_desk.html", **shared)},
        }
        return found, {"Cache-Control": "no-store"}

    def content(self, message_id: str) -> ResponseReturnValue:
        """Send what somebody sent; a picture is shown, anything else only downloaded."""
        found = self.fake.state.contents.get(message_id)
        if found is None or found.status != HTTPStatus.OK:
            abort(HTTPStatus.NOT_FOUND)
        return _file(found.body, found.content_type)

    def menu(self, menu_id: str) -> ResponseReturnValue:
        """Send the picture of a rich menu."""
        found = self.fake.state.rich_menus.get(menu_id)
        if found is None or found.picture is None:
            abort(HTTPStatus.NOT_FOUND)
        return _file(found.picture, found.content_type)

    def sample(self, stage: str, scene: str) -> ResponseReturnValue:
        """Send one of the photos a presenter need not have."""
        try:
            return _file(sample_photo(scene, stage), "image/jpeg")
        except KeyError:
            abort(HTTPStatus.NOT_FOUND)

    def open(self, ticket: str) -> ResponseReturnValue:
        """Open an address as the phone's own person; only one that this server offered itself."""
        try:
            phone, address = _tickets().loads(ticket)
        except BadSignature:
            abort(HTTPStatus.NOT_FOUND)
        seat = seat_of(self.fake, phone)
        if seat is None:
            abort(HTTPStatus.NOT_FOUND)
        outcome = Hand(self.fake, seat).scan(address)
        if outcome.seat is not None:
            return redirect(self._page([outcome.seat], answer=outcome.answer))
        response = redirect(where_to(address, seat.user_id))
        # LINE's own pages ask this cookie who it is (line_sim.api_login).
        response.set_cookie(COOKIE, seat.user_id, httponly=True, samesite="Lax")
        return response

    def add(self, basic_id: str) -> ResponseReturnValue:
        """Add an account as LINE's add-friend address does, on the phone of whoever opened ours last."""
        user = who(self.fake.state.users)
        if user is None:  # A browser no phone has opened: there is nobody to add it for.
            return redirect(self._page([]))
        seat = Seat(next(iter(self.fake.state.channels)), user.user_id)
        outcome = Hand(self.fake, seat).scan(add_friend_address(basic_id))
        return redirect(self._page([outcome.seat or seat], answer=outcome.answer))

    # Doing

    def say(self) -> ResponseReturnValue:
        """Send a text."""
        return self._answered(self._hand().say(request.form.get("text", "")))

    def tap(self) -> ResponseReturnValue:
        """Press a button."""
        return self._answered(self._hand().tap(request.form.get("tap", ""), request.form.get("value", "")))

    def photos(self) -> ResponseReturnValue:
        """Send photos of one's own, or drawn ones."""
        hand = self._hand()
        stage = STAGES.get(hand.seat.channel, "before")
        samples = sample_photos(
            request.form.getlist("sample"),
            stage,
            album="album" in request.form,
            spoilt="spoilt" in request.form,
        )
        return self._answered(hand.photos(request.files.getlist("photo"), samples))

    def place(self) -> ResponseReturnValue:
        """Send a place of the town, or typed degrees."""
        hand, form = self._hand(), request.form
        number = form.get("place", "")
        known = {str(at): place for at, place in enumerate(places())}
        typed = typed_place(form.get("title", ""), form.get("latitude", ""), form.get("longitude", ""))
        return self._answered(hand.place(known.get(number) if number else typed))

    def sticker(self) -> ResponseReturnValue:
        """Send a sticker."""
        return self._answered(self._hand().sticker(request.form.get("sticker", "")))

    def file(self) -> ResponseReturnValue:
        """Send a file or a video; without one of one's own, a small one or a voice."""
        hand, form = self._hand(), request.form
        if "sample" in form:
            return self._answered(hand.sample(form["sample"]))
        return self._answered(hand.file(request.files.get("file"), video=form.get("kind") == "video"))

    def unsend(self) -> ResponseReturnValue:
        """Take a message back."""
        return self._answered(self._hand().unsend(request.form.get("message", "")))

    def friend(self) -> ResponseReturnValue:
        """Add the account, unblock it, or block it."""
        hand = self._hand()
        return self._answered(hand.block() if request.form.get("block") else hand.befriend())

    def scan(self) -> ResponseReturnValue:
        """Do what LINE's camera does with a QR code."""
        return self._answered(self._hand().scan(request.form.get("code") or request.form.get("address", "")))

    def newcomer(self) -> ResponseReturnValue:
        """Add a person who is new to LINE's accounts, with a phone of their own at the end of the row."""
        channel = request.form.get("channel", "")
        if channel not in self.fake.state.channels:
            abort(HTTPStatus.BAD_REQUEST)
        name, language = request.form.get("name", ""), request.form.get("language", "")
        seats = seats_of(self.fake, request.args.getlist("p"))[: MOST_PHONES - 1]
        seats.append(Seat(channel, newcomer(self.fake, name, language)))
        return redirect(self._page(seats, show=len(seats)), HTTPStatus.SEE_OTHER)

    def fault(self) -> ResponseReturnValue:
        """Let something go wrong, set what is left of a quota, or let all go well again."""
        form, act = request.form, request.form.get("act", "")
        channel, done = form.get("channel", ""), True
        if act == "clear":
            phones_faults.clear(self.fake)
        elif act == "quota":
            done = phones_faults.set_quota(self.fake, channel, form.get("left", ""))
        else:
            done = phones_faults.set_fault(self.fake, form.get("fault", ""), channel, form.get("times", ""))
        return self._answered(Outcome("ok" if done else "nofault"))

    # Parts

    def _swapped(self, seats: list[Seat]) -> str:
        """Return the address of the page with another owner of one phone."""
        number, seat = request.args["swap"], seat_of(self.fake, request.args.get("to", ""))
        place = next((at for at in range(len(seats)) if str(at + 1) == number), None)
        if place is None or seat is None:
            return self._page(seats)
        return self._page([*seats[:place], seat, *seats[place + 1 :]], show=place + 1)

    def _whole(self, seats: list[Seat]) -> JsonDict:
        shown = request.args.get("show", "1")
        phones = [phone_of(self.fake, seat, number, home()) for number, seat in enumerate(seats, 1)]
        people = {key: people_of(self.fake.state, key) for key in self.fake.state.channels}
        return {
            **self._shared(seats),
            "phones": phones,
            "people": people,
            "shown": int(shown) if shown in {str(phone.number) for phone in phones} else 1,
            "answer": request.args.get("answer", ""),
            "fill": request.args.get("fill", "")[:300],
            "lang": get_locale().language,
            "places": places(),
            "codes": codes(self.fake),
            "scenes": SCENES,
            "album": ALBUM,
            "stages": STAGES,
            "stickers": STICKERS,
            "may_add": len(seats) < MOST_PHONES,
            "now": to_bangkok_of(self.fake.state.clock()),
        }

    def _shared(self, seats: list[Seat]) -> JsonDict:
        """Return what the parts need that are drawn again and again."""
        return {
            "accounts": self.fake.state.channels,
            "seats": seats,
            "emblem": emblem(),
            "page_of": self._page,
            "page_with": lambda number, seat: self._page(
                [*seats[: number - 1], *([seat] if seat else []), *seats[number:]], show=number if seat else 1
            ),
            "seat_in": lambda seat, channel: replace(seat, channel=channel),
            "seat_pc": lambda seat: replace(seat, pc=not seat.pc),
            "act": lambda endpoint: url_for(f"line_sim.{endpoint}", p=[str(seat) for seat in seats]),
            "opens": ticket_for,
            "day_name": self._day_name,
            "calls": list(self.log.calls),
            "call_time": lambda at: f"{to_bangkok_of(at):%H:%M:%S}",
            "waiting": phones_faults.waiting(self.fake),
            "fault_names": phones_faults.CHOICES,
            "quotas": {key: quota_line(self.fake, key) for key in self.fake.state.channels},
            "desk_version": self._desk_version(),
        }

    def _news_of(self, seat: Seat, number: int, shared: JsonDict) -> JsonDict:
        phone: Phone = phone_of(self.fake, seat, number, home())
        parts = {"chat": "_chat", "chips": "_chips", "menu": "_menu"}
        return {
            "version": phone.version,
            "friend": phone.friend,
            "menu_id": phone.menu.id if phone.menu else "",
            **{
                name: render_template(f"line_sim/{part}.html", phone=phone, **shared)
                for name, part in parts.items()
            },
        }

    def _desk_version(self) -> str:
        quotas = [quota_line(self.fake, key) for key in self.fake.state.channels]
        return f"{self.log.count}.{hash((str(phones_faults.waiting(self.fake)), str(quotas))) & 0xFFFFFF:x}"

    def _day_name(self, day: date) -> str:
        """Return today, yesterday, or the day with its Buddhist year."""
        word = day_word(day, self.fake.state.clock())
        return word or thai_date(day, "long", lang=get_locale().language)

    def _hand(self) -> Hand:
        """Return the hand on the phone that was touched."""
        seat = seat_of(self.fake, request.form.get("phone", ""))
        if seat is None:
            abort(HTTPStatus.BAD_REQUEST)
        return Hand(self.fake, seat)

    def _answered(self, outcome: Outcome) -> ResponseReturnValue:
        """Go back to the phones and say what became of it; the script gets the same without a page."""
        touched = request.form.get("phone", "")
        seats = seats_of(self.fake, request.args.getlist("p"))
        number = next((at for at, seat in enumerate(seats, 1) if str(seat) == touched), 1)
        turned = outcome.seat is not None and str(outcome.seat) != touched
        if outcome.seat is not None:
            seats[number - 1 : number] = [outcome.seat]
        page = self._page(seats, show=number, answer=outcome.answer)
        if request.headers.get("X-Requested-With") == "fetch":
            extra = dict(outcome.extra)
            if "open" in extra:
                extra["ticket"] = ticket_for(seats[number - 1], extra["open"])
            return {"answer": outcome.answer, **extra, **({"page": page} if turned else {})}
        if "open" in outcome.extra:
            return redirect(ticket_for(seats[number - 1], outcome.extra["open"]), HTTPStatus.SEE_OTHER)
        if "fill" in outcome.extra:
            page += f"&fill={quote(outcome.extra['fill'])}"
        return redirect(page, HTTPStatus.SEE_OTHER)

    @staticmethod
    def _page(seats: list[Seat], show: int = 1, answer: str = "") -> str:
        """Return the address of the page with these phones."""
        more: JsonDict = {
            "show": show if show > 1 else None,
            "answer": answer if answer not in {"", "ok"} else None,
        }
        return url_for("line_sim.phones", p=[str(seat) for seat in seats], **more)


def ticket_for(seat: Seat, address: str) -> str:
    """Return the address of ours that opens a link of this phone; a telephone number stays what it is."""
    safe = safe_href(address)
    if urlsplit(safe).scheme not in {"http", "https", "line"}:
        return safe
    return url_for("line_sim.open", ticket=_tickets().dumps([str(seat), safe]))


def _tickets() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="line-sim open")


def _file(body: bytes, content_type: str) -> Response:
    is_picture = content_type in PICTURES
    response = current_app.response_class(
        body, mimetype=content_type if is_picture else "application/octet-stream"
    )
    if not is_picture:
        response.headers["Content-Disposition"] = "attachment"
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response
