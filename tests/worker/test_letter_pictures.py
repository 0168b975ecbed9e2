"""The result card shows how it was and how it is: from addresses nobody can guess, to whom may see it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from helpers.casework import token
from helpers.entry_page import jpeg
from helpers.line import Town, new_member
from helpers.line_case import Case
from helpers.people import actor_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.attachments import StoredFile, claim_photos, hold_photo
from domain.chat_pictures import LIFETIME
from domain.clock import FrozenClock, today
from domain.complaints import follow, record_result, remove_attachment
from domain.settings import write_setting
from extensions import write_transaction
from line_sim.state import user_id_for
from models import Attachment, AttachmentStage, ChatPicture, Complaint, LineAccount, Outcome
from worker import upkeep

BEFORE, AFTER = AttachmentStage.BEFORE, AttachmentStage.AFTER
GREY, GREEN = "#b0b0b0", "#20a040"


@dataclass
class Finished:
    """Malee's case, finished with photos, and the phones that hear of it."""

    case: Case
    clock: FrozenClock

    @property
    def town(self) -> Town:
        return self.case.town

    def row(self, session: Session) -> Complaint:
        return session.get_one(Complaint, self.case.id)

    def photo(self, colour: str) -> StoredFile:
        """Put a photo's three parts into the store; only the preview is of this colour."""
        files = self.town.app.extensions["files"]
        full, small, printed = (files.put(jpeg(one), ".jpg") for one in ("#ffffff", colour, "#000000"))
        parts = {"storage_key": full, "preview_key": small, "print_key": printed}
        return StoredFile(media_type="image/jpeg", byte_size=10, sha256=colour * 9, **parts)

    def finish(self, *stages: AttachmentStage) -> None:
        """Let the officer finish the case with a photo of each of these stages."""
        with write_transaction() as session:
            officer, forms = actor_named(session, "officer"), {BEFORE: token(), AFTER: token()}
            for stage, colour in ((BEFORE, GREY), (AFTER, GREEN)):
                if stage in stages:
                    hold_photo(session, officer, forms[stage], stage, self.photo(colour))
            session.flush()
            claim_photos(session, officer, forms[BEFORE], self.row(session), BEFORE)
            facts = {"done_date": today(), "result_text": "ซ่อมแล้ว", "outcome": Outcome.FIXED}
            record_result(session, officer, self.case.id, photo_token=forms[AFTER], **facts)

    def told(self, seed: str = "malee") -> dict[str, Any]:
        """Let the worker send, and return the card that came last to a phone."""
        self.clock.advance(timedelta(minutes=15))  # Nothing can be undone or waits for company any more.
        self.town.drain()
        return self.town.fake.state.messages_of("citizen", user_id_for(seed))[-1]


@pytest.fixture
def done(town: Town, frozen_noon: FrozenClock) -> Finished:
    return Finished(Case(town), frozen_noon)


@pytest.fixture
def line(town: Town) -> FlaskClient:
    """Whoever opens an address: nobody we know."""
    return town.app.test_client()


def shown(node: Any) -> list[tuple[str, str]]:
    """Return the pictures of a card with their captions, in reading order."""
    if isinstance(node, dict):
        parts = node.get("contents")
        if isinstance(parts, list) and len(parts) == 2 and parts[0].get("type") == "image":
            return [(parts[0]["url"], parts[1]["text"])]
        node = list(node.values())
    return [one for each in node for one in shown(each)] if isinstance(node, list) else []


def test_the_complainant_sees_before_and_after_side_by_side(done: Finished, line: FlaskClient):
    done.finish(BEFORE, AFTER)
    card = done.told()

    [(before, first), (after, second)] = shown(card)
    assert (first, second) == ("ก่อน", "หลัง")
    for address, colour in ((before, GREY), (after, GREEN)):
        reply = line.get(address)
        assert (reply.status_code, reply.mimetype, reply.data) == (200, "image/jpeg", jpeg(colour))
        assert "noindex" in reply.headers["X-Robots-Tag"]
        assert "Set-Cookie" not in reply.headers
    assert len(before.rpartition("/")[2]) == 43
    assert line.get(before[:-1] + ("A" if before[-1] != "A" else "B")).status_code == 404
    assert line.get(before[:-1]).status_code == 404


def test_a_follower_sees_what_was_done_and_english_reads_english(done: Finished):
    with write_transaction() as session:
        other = new_member(session, done.town, "somsri", "+66812345679")
        follow(session, actor_named(session, "clerk"), done.case.id, member_id=other.id)
        other.line_accounts[0].language = "en"
    done.finish(BEFORE, AFTER)
    own = done.told()

    assert [caption for _, caption in shown(done.told("somsri"))] == ["After"]
    assert [caption for _, caption in shown(own)] == ["ก่อน", "หลัง"]


def test_whoever_reported_in_the_chat_without_registering_sees_both(done: Finished):
    with write_transaction() as session:
        account = select(LineAccount).where(LineAccount.line_user_id == done.case.malee)
        row = done.row(session)
        row.reporter_account, row.member_id = session.scalars(account).one(), None
        session.flush()
    done.finish(BEFORE, AFTER)

    assert len(shown(done.told())) == 2


@pytest.mark.parametrize("stages", [(), (AFTER,)])
def test_there_are_only_the_pictures_there_are(done: Finished, stages: tuple[AttachmentStage, ...]):
    done.finish(*stages)

    card = done.told()
    assert [caption for _, caption in shown(card)] == ["หลัง"] * len(stages)
    assert "ซ่อมแล้ว" in str(card)


def test_a_photo_taken_out_is_shown_nowhere_not_even_in_the_card_of_before(done: Finished, line: FlaskClient):
    done.finish(BEFORE, AFTER)
    [(before, _), (after, _)] = shown(done.told())
    with write_transaction() as session:
        photo = session.scalars(select(Attachment).where(Attachment.stage == BEFORE)).one()
        clerk = actor_named(session, "clerk")
        remove_attachment(session, clerk, done.case.id, attachment_id=photo.id, reason="เห็นใบหน้าเด็ก")

    assert (line.get(before).status_code, line.get(after).status_code) == (404, 200)


def test_a_town_may_show_no_photos_and_then_old_addresses_end_too(done: Finished, line: FlaskClient):
    done.finish(BEFORE, AFTER)
    [(before, _), _] = shown(done.told())
    with write_transaction() as session:
        write_setting(session, "line_shows_photos", value=False)

    assert line.get(before).status_code == 404


def test_without_an_address_line_can_open_the_words_go_alone(done: Finished):
    settings = done.town.app.extensions["settings"]
    done.town.app.extensions["settings"] = replace(settings, mode="production")
    done.finish(BEFORE, AFTER)

    card = done.told()
    assert shown(card) == []
    assert "ซ่อมแล้ว" in str(card)


def test_an_address_ends_after_a_month_and_its_row_goes(done: Finished, line: FlaskClient):
    done.finish(BEFORE, AFTER)
    [(before, _), (after, _)] = shown(done.told())
    done.clock.advance(LIFETIME / 2 + timedelta(days=1))
    with write_transaction() as session:
        from_after = session.scalars(select(ChatPicture).order_by(ChatPicture.id.desc())).first()
        from_after.expires_at += timedelta(days=20)
    done.clock.advance(LIFETIME / 2)

    assert (line.get(before).status_code, line.get(after).status_code) == (404, 200)
    assert upkeep.drop_chat_pictures(done.town.app) == 0, "the photo's files are the case's"
    with write_transaction() as session:
        assert [row.token for row in session.scalars(select(ChatPicture))] == [after.rpartition("/")[2]]
