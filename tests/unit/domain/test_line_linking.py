"""An officer's LINE: linked by a nonce of one use, parted at any time, never left with a closed account."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from helpers.line import STAFF, new_message
from helpers.people import officer_named
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.account_links import LinkInvalid, issue_link, read_link
from domain.accounts import disable_staff_user, enable_staff_user, invite
from domain.actor import Actor
from domain.clock import FrozenClock, now
from domain.errors import DomainError, NotFound, NotPermitted
from domain.line_linking import (
    LineLinkInvalid,
    burn,
    complete_link,
    is_nonce_good,
    linked_accounts,
    linked_officer,
    offer_link,
    unlink,
    unlink_by_chat,
    unlink_own,
)
from extensions import db, write_transaction
from models import (
    AccountLink,
    AuditEntry,
    DeliveryState,
    LineAccount,
    LineChannel,
    LineState,
    LinkPurpose,
    OutboxMessage,
)

ActAs = Callable[[str], Actor]
PHONE = f"U{41:032x}"
OTHER_PHONE = f"U{42:032x}"


def account(session: Session, user_id: str = PHONE) -> LineAccount | None:
    found = select(LineAccount).where(
        LineAccount.channel == LineChannel.STAFF, LineAccount.line_user_id == user_id
    )
    return session.scalars(found).one_or_none()


def link(session: Session, act_as: ActAs, who: str, user_id: str = PHONE) -> None:
    complete_link(session, user_id, offer_link(session, act_as(who)), now())
    session.flush()


def refused(session: Session, user_id: str, nonce: str) -> None:
    with pytest.raises(LineLinkInvalid):
        complete_link(session, user_id, nonce, now())


def told(session: Session, who: str) -> list[dict[str, object]]:
    """What the audit log says of an officer."""
    officer = officer_named(session, who)
    rows = select(AuditEntry).where(
        AuditEntry.object_type == "staff_user", AuditEntry.object_id == str(officer.id)
    )
    return [entry.changes for entry in session.scalars(rows.order_by(AuditEntry.id))]


# The nonce --------------------------------------------------------------------------------------------------


def test_the_nonce_is_long_random_and_only_its_hash_is_kept(session: Session, act_as: ActAs) -> None:
    nonces = {offer_link(session, act_as("officer")) for _each in range(20)}

    assert len(nonces) == 20
    assert all(24 <= len(nonce) <= 255 for nonce in nonces)
    kept = session.scalars(select(AccountLink.token_hash)).all()
    assert not nonces & set(kept)


def test_the_nonce_lives_ten_minutes(session: Session, act_as: ActAs, frozen_noon: FrozenClock) -> None:
    nonce = offer_link(session, act_as("officer"))
    frozen_noon.advance(timedelta(minutes=10) - timedelta(seconds=1))
    assert is_nonce_good(session, nonce)
    frozen_noon.advance(timedelta(seconds=1))

    refused(session, PHONE, nonce)
    assert account(session) is None


def test_a_nonce_links_once(session: Session, act_as: ActAs) -> None:
    nonce = offer_link(session, act_as("officer"))
    complete_link(session, PHONE, nonce, now())

    refused(session, OTHER_PHONE, nonce)
    refused(session, PHONE, nonce)
    assert account(session, OTHER_PHONE) is None


def test_a_newer_nonce_voids_the_older_one_of_the_same_officer_only(session: Session, act_as: ActAs) -> None:
    colleague = offer_link(session, act_as("clerk"))
    older = offer_link(session, act_as("officer"))
    newer = offer_link(session, act_as("officer"))

    assert [is_nonce_good(session, nonce) for nonce in (colleague, older, newer)] == [True, False, True]


def test_linking_and_password_links_do_not_void_each_other(session: Session, act_as: ActAs) -> None:
    officer = officer_named(session, "officer")
    reset = invite(session, act_as("admin"), officer)
    nonce = offer_link(session, act_as("officer"))
    again = issue_link(session, LinkPurpose.RESET, officer)

    assert is_nonce_good(session, nonce)
    assert read_link(session, again.token, LinkPurpose.RESET)
    with pytest.raises(LinkInvalid):
        read_link(session, reset.token, LinkPurpose.RESET)


def test_a_nonce_is_no_password_link_and_a_password_link_no_nonce(session: Session, act_as: ActAs) -> None:
    nonce = offer_link(session, act_as("officer"))
    reset = invite(session, act_as("admin"), officer_named(session, "officer"))

    with pytest.raises(LinkInvalid):
        read_link(session, nonce, LinkPurpose.RESET, LinkPurpose.INVITATION, LinkPurpose.FIRST_ADMINISTRATOR)
    refused(session, PHONE, reset.token)


@pytest.mark.parametrize("nonce", ["", "made-up", "x" * 255, "\ud800"])
def test_an_unknown_nonce_links_nobody(session: Session, nonce: str) -> None:
    refused(session, PHONE, nonce)
    assert account(session) is None


@pytest.mark.parametrize("user_id", ["", "U1", "u" + "0" * 32, f"C{1:032x}"])
def test_an_id_that_is_none_of_lines_is_not_linked_and_leaves_the_nonce(
    session: Session, act_as: ActAs, user_id: str
) -> None:
    nonce = offer_link(session, act_as("officer"))

    refused(session, user_id, nonce)
    assert is_nonce_good(session, nonce)


def test_a_burnt_nonce_links_nobody(session: Session, act_as: ActAs) -> None:
    nonce = offer_link(session, act_as("officer"))

    assert burn(session, nonce)
    assert not burn(session, nonce)
    refused(session, PHONE, nonce)


def test_nobody_but_an_officer_is_offered_a_nonce(session: Session) -> None:
    with pytest.raises(NotPermitted):
        offer_link(session, Actor(kind="anonymous", name=""))


# Linking ----------------------------------------------------------------------------------------------------


def test_linking_says_so_in_the_audit_log(session: Session, act_as: ActAs) -> None:
    link(session, act_as, "officer")
    row = account(session)

    assert row is not None
    assert row.staff_user_id == officer_named(session, "officer").id
    assert row.state is LineState.FRIEND
    assert told(session, "officer")[-1] == {"line_linked": row.id}


def test_each_nonce_links_its_own_officer_whoever_uses_it_first(session: Session, act_as: ActAs) -> None:
    of_clerk, of_officer = offer_link(session, act_as("clerk")), offer_link(session, act_as("officer"))

    assert complete_link(session, PHONE, of_officer, now()).username == "officer"
    assert complete_link(session, OTHER_PHONE, of_clerk, now()).username == "clerk"


def test_an_officer_may_have_two_phones(session: Session, act_as: ActAs) -> None:
    before = len(linked_accounts(session, officer_named(session, "officer").id))
    link(session, act_as, "officer")
    link(session, act_as, "officer", OTHER_PHONE)

    assert len(linked_accounts(session, officer_named(session, "officer").id)) == before + 2


def test_a_phone_that_changes_hands_is_told_of_in_both_logs(session: Session, act_as: ActAs) -> None:
    link(session, act_as, "clerk")
    link(session, act_as, "officer")
    row = account(session)

    assert row is not None
    assert linked_officer(session, PHONE) is officer_named(session, "officer")
    assert told(session, "clerk")[-1] == {
        "line_unlinked": row.id,
        "moved_to": officer_named(session, "officer").id,
    }
    assert told(session, "officer")[-1] == {"line_linked": row.id}


def test_linking_again_changes_nothing(session: Session, act_as: ActAs, frozen_noon: FrozenClock) -> None:
    link(session, act_as, "officer")
    since = account(session).bound_at  # type: ignore[union-attr]
    frozen_noon.advance(timedelta(hours=1))
    link(session, act_as, "officer")

    assert account(session).bound_at == since  # type: ignore[union-attr]


def test_a_block_that_is_newer_than_the_linking_stays(session: Session, act_as: ActAs) -> None:
    nonce, at = offer_link(session, act_as("officer")), now()
    session.add(
        LineAccount(
            channel=LineChannel.STAFF,
            line_user_id=PHONE,
            state=LineState.BLOCKED,
            state_changed_at=at + timedelta(seconds=1),
            bound_at=at,
        )
    )
    complete_link(session, PHONE, nonce, at)

    assert account(session).state is LineState.BLOCKED  # type: ignore[union-attr]


def test_a_closed_account_is_not_linked(session: Session, act_as: ActAs) -> None:
    actor = act_as("officer")
    nonce = offer_link(session, actor)
    officer_named(session, "officer").is_active = False
    session.flush()

    refused(session, PHONE, nonce)
    with pytest.raises(NotPermitted):
        offer_link(session, actor)
    assert account(session) is None


def test_of_two_who_use_a_nonce_at_once_one_is_linked(app: Flask, act_as: ActAs) -> None:
    with write_transaction() as session:
        nonce = offer_link(session, act_as("officer"))
    together, answers = threading.Barrier(2), []

    def use(user_id: str) -> None:
        with app.app_context():
            together.wait()
            try:
                with write_transaction() as writing:
                    complete_link(writing, user_id, nonce, now())
                answers.append("linked")
            except DomainError as error:
                answers.append(error.code)

    rivals = [threading.Thread(target=use, args=(user_id,)) for user_id in (PHONE, OTHER_PHONE)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()

    assert sorted(answers) == ["line_link_invalid", "linked"]
    count = select(func.count(LineAccount.id)).where(LineAccount.line_user_id.in_([PHONE, OTHER_PHONE]))
    assert db.session.scalar(count.where(LineAccount.staff_user_id.is_not(None))) == 1


# Parting ----------------------------------------------------------------------------------------------------


def test_the_officer_parts_his_own_and_nobody_elses(session: Session, act_as: ActAs) -> None:
    link(session, act_as, "officer")
    row = account(session)
    assert row is not None

    with pytest.raises(NotFound):
        unlink_own(session, act_as("clerk"), row.id)
    unlink_own(session, act_as("officer"), row.id)
    with pytest.raises(NotFound):
        unlink_own(session, act_as("officer"), row.id)

    assert row.staff_user_id is None
    assert told(session, "officer")[-1] == {"line_unlinked": row.id}


def test_a_citizens_account_cannot_be_parted_this_way(session: Session, act_as: ActAs) -> None:
    row = LineAccount(channel=LineChannel.CITIZEN, line_user_id=PHONE, bound_at=now())
    session.add(row)
    session.flush()

    with pytest.raises(NotFound):
        unlink(session, act_as("admin"), officer_named(session, "officer").id, row.id)


def test_whoever_holds_the_phone_may_part_it(session: Session, act_as: ActAs) -> None:
    link(session, act_as, "officer")

    assert unlink_by_chat(session, PHONE) is officer_named(session, "officer")
    assert unlink_by_chat(session, PHONE) is None
    assert unlink_by_chat(session, OTHER_PHONE) is None
    assert account(session).staff_user_id is None  # type: ignore[union-attr]


def test_closing_an_account_parts_its_line_and_opening_it_does_not_link_again(
    session: Session, act_as: ActAs
) -> None:
    link(session, act_as, "officer")
    officer = officer_named(session, "officer")
    nonce = offer_link(session, act_as("officer"))
    disable_staff_user(session, act_as("admin"), officer)

    assert linked_accounts(session, officer.id) == []
    enable_staff_user(session, act_as("admin"), officer)
    assert linked_accounts(session, officer.id) == []
    assert not is_nonce_good(session, nonce)


@pytest.mark.parametrize("parts", ["by chat", "moved"])
def test_what_waits_for_the_officer_is_not_sent_to_a_phone_that_is_his_no_more(
    session: Session, act_as: ActAs, parts: str
) -> None:
    link(session, act_as, "officer")
    waiting = new_message(PHONE, "งานของเจ้าหน้าที่", channel=STAFF)
    answer = new_message(PHONE, "คำตอบ", channel=STAFF, reply_token="r" * 32)
    colleagues = new_message(OTHER_PHONE, "งานของเพื่อน", channel=STAFF)
    session.add_all([waiting, answer, colleagues])
    session.flush()

    if parts == "moved":
        link(session, act_as, "clerk")
    else:
        unlink_by_chat(session, PHONE)

    session.expire_all()
    states = [session.get_one(OutboxMessage, row.id).state for row in (waiting, answer, colleagues)]
    assert states == [DeliveryState.CANCELLED, DeliveryState.READY, DeliveryState.READY]
