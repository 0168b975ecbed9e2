"""Who works on a case: ordered to an officer, moved to a department, handed back, sent outside and back."""

from __future__ import annotations

from sqlalchemy.orm import Session

from domain.accepting import take_on
from domain.actor import Actor
from domain.choices import category_for, chosen, departments_below, officer_for, subcategory_for
from domain.clock import now
from domain.errors import FieldChecks, IllegalTransition, InvalidField, MissingField, Words, add_message
from domain.labels import word
from domain.moves import (
    MAX_NOTE,
    action_words,
    already_done,
    begin_move,
    last_event,
    move,
    refuse_stale_press,
    without,
)
from domain.permissions import Permission
from domain.promises import promise
from domain.registration import assign
from domain.search import complaint_search_text
from domain.thai_text import clean_text, required_text
from domain.workflow import Action, Audience, transition_for
from models import Category, Complaint, ComplaintStatus, Department, StaffUser, Subcategory

MAX_BODY = 200
S = ComplaintStatus


def direct(
    session: Session,
    actor: Actor,
    complaint_id: int,
    *,
    subcategory_id: int | None,
    assignee_id: int | None,
    note: str = "",
    expected_seq: int | None = None,
) -> Complaint:
    """Order (สั่งการ): set subtype and responsible officer; the officer is told.

    The citizen hears of it only when the promised date was not told before.

    Raises:
        FieldErrors: subtype or officer missing, switched off, or not fitting.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.DIRECT)
    same = complaint.assignee_id == assignee_id and complaint.subcategory_id == subcategory_id
    if complaint.status is ComplaintStatus.DIRECTED and same:
        last = last_event(session, complaint, Action.DIRECT)
        raise already_done(Action.DIRECT, last or last_event(session, complaint, Action.REGISTER))
    refuse_stale_press(complaint, expected_seq)
    check = FieldChecks()
    with check:
        subcategory = chosen(session, Subcategory, subcategory_id, "subcategory_id", "subcategory_required")
        subcategory_for(session, subcategory_id, complaint.category)
        _check_own_type(complaint, subcategory)
    with check:
        assignee = _chosen_officer(session, complaint, assignee_id, subcategory_id)
    with check:
        order = clean_text(note, max_length=MAX_NOTE, field="note")
    check.done()
    moment = now()
    promised = promise(session, complaint, subcategory)
    complaint.category = complaint.category or subcategory.category  # Imported or forwarded, it had none.
    complaint.subcategory = subcategory
    complaint.department = assignee.department or complaint.department
    complaint.directed_at = moment
    complaint.acknowledged_at = None
    assignment = assign(session, actor, complaint, assignee, moment, order or None)
    session.flush()
    complaint.search_text = complaint_search_text(complaint)
    tells = transition.tells if promised else without(transition, Audience.COMPLAINANT)
    facts = {
        "officer": assignee.full_name,
        "subcategory": subcategory.code,
        "assignment_id": assignment.id,
    }
    move(
        session,
        actor,
        complaint,
        transition,
        note=order or None,
        facts=facts,
        tells=tells,
        reassigned=True,
    )
    return complaint


def reassign(
    session: Session,
    actor: Actor,
    complaint_id: int,
    *,
    assignee_id: int | None,
    reason: str,
    expected_seq: int | None = None,
) -> Complaint:
    """Give a waiting case to another officer; it goes on waiting.

    Raises:
        AlreadyDone: this officer was given it by the last such act.
        IllegalTransition: it was never taken on, so nobody can be responsible yet.
        FieldErrors: no officer, the one who has it, one that does not fit, or no reason.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.REASSIGN)
    if assignee_id is not None and complaint.assignee_id == assignee_id:
        _refuse_second_press(session, complaint, Action.REASSIGN)
    refuse_stale_press(complaint, expected_seq)
    if is_untaken(complaint):
        state = Words(word(S.SUBMITTED), word(S.SUBMITTED, "en"))
        raise IllegalTransition("illegal_transition", state=state, action=action_words(Action.REASSIGN))
    check = FieldChecks()
    with check:
        assignee = _chosen_officer(session, complaint, assignee_id)
        if assignee.id == complaint.assignee_id:
            raise InvalidField("officer_same", field="assignee_id", name=assignee.full_name)
    with check:
        why = required_text(reason, "reason_required", max_length=MAX_NOTE, field="reason")
    check.done()
    complaint.department = assignee.department or complaint.department
    assignment = assign(session, actor, complaint, assignee, now(), why)
    session.flush()
    facts = {"officer": assignee.full_name, "assignment_id": assignment.id}
    move(session, actor, complaint, transition, note=why, facts=facts, reassigned=True)
    return complaint


def forward(
    session: Session,
    actor: Actor,
    complaint_id: int,
    *,
    department_id: int | None,
    reason: str,
    expected_seq: int | None = None,
) -> Complaint:
    """Forward a case to the intake of another department (ส่งต่อ); its number stays, its type is chosen there.

    The citizen hears of it only when a department is named for the first time.

    Raises:
        AlreadyDone: it went to this department by the last such act.
        FieldErrors: no department, the one that has it, or no reason.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.FORWARD)
    if department_id is not None and complaint.department_id == department_id:
        _refuse_second_press(session, complaint, Action.FORWARD)
    refuse_stale_press(complaint, expected_seq)
    check = FieldChecks()
    with check:
        department = chosen(session, Department, department_id, "department_id", "department_required")
        if department.id == complaint.department_id:
            raise InvalidField("department_same", field="department_id", department=department.name)
    with check:
        why = required_text(reason, "reason_required", max_length=MAX_NOTE, field="reason")
    check.done()
    named_before = complaint.department_id is not None
    complaint.department = department
    complaint.category = complaint.subcategory = None
    _release(complaint)
    complaint.search_text = complaint_search_text(complaint)
    move(
        session,
        actor,
        complaint,
        transition,
        target=S.SUBMITTED if complaint.status is S.SUBMITTED else S.ACCEPTED,
        note=why,
        facts={"department": department.name},
        tells=without(transition, Audience.COMPLAINANT) if named_before else None,
        reassigned=True,
    )
    return complaint


def hand_back(
    session: Session, actor: Actor, complaint_id: int, *, reason: str, expected_seq: int | None = None
) -> Complaint:
    """Hand an order back to the intake that gave it, with a reason.

    Raises:
        FieldErrors: no reason.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.HAND_BACK, expected_seq)
    check = FieldChecks()
    with check:
        why = required_text(reason, "reason_required", max_length=MAX_NOTE, field="reason")
    check.done()
    _release(complaint)
    move(session, actor, complaint, transition, note=why, reassigned=True)
    return complaint


def refer_out(
    session: Session,
    actor: Actor,
    complaint_id: int,
    *,
    referred_to: str,
    reason: str,
    category_id: int | None = None,
    expected_seq: int | None = None,
) -> Complaint:
    """Refer a case to a body outside the municipality; a submitted one is accepted in the same go.

    Raises:
        FieldErrors: no body, no reason, or of a submitted case no main type within the actor's reach.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.REFER_OUT, expected_seq)
    check = FieldChecks()
    with check:
        body = required_text(
            referred_to, "body_required", max_length=MAX_BODY, field="referred_to", multiline=False
        )
    with check:
        why = required_text(reason, "reason_required", max_length=MAX_NOTE, field="reason")
    category: Category | None = None
    with check:
        if complaint.status is S.SUBMITTED:
            category = category_for(session, actor, category_id, Permission.COMPLAINT_REFER)
    check.done()
    if category is not None:
        take_on(session, actor, complaint, transition_for(Action.ACCEPT), category, tells=())
    complaint.referred_to = body
    move(session, actor, complaint, transition, note=why, facts={"body": body})
    return complaint


def return_from_referral(
    session: Session, actor: Actor, complaint_id: int, *, note: str, expected_seq: int | None = None
) -> Complaint:
    """Take a case back from the body it was referred to.

    Raises:
        FieldErrors: no note.
    """
    complaint, transition = begin_move(
        session, actor, complaint_id, Action.RETURN_FROM_REFERRAL, expected_seq
    )
    check = FieldChecks()
    with check:
        words = required_text(note, "note_required", max_length=MAX_NOTE, field="note")
    check.done()
    facts = {"body": complaint.referred_to or ""}
    complaint.referred_to = None
    move(session, actor, complaint, transition, target=resume(complaint), note=words, facts=facts)
    return complaint


def resume(complaint: Complaint) -> ComplaintStatus:
    """Return where work goes on: with its officer, or without an active one at the intake."""
    if complaint.assignee is not None and complaint.assignee.is_active:
        return S.IN_PROGRESS
    _release(complaint)
    return at_the_intake(complaint)


def at_the_intake(complaint: Complaint) -> ComplaintStatus:
    """Return the state of a case that lies at an intake: accepted, or new while it has no number."""
    return S.SUBMITTED if is_untaken(complaint) else S.ACCEPTED


def is_untaken(complaint: Complaint) -> bool:
    """Tell whether nobody has taken the case on; an imported one has no number and yet was."""
    return complaint.number is None and complaint.external_id is None


def _release(complaint: Complaint) -> None:
    complaint.assignee = None
    complaint.directed_at = complaint.acknowledged_at = complaint.started_at = None


def _refuse_second_press(session: Session, complaint: Complaint, action: Action) -> None:
    """Tell a double click from a wrong choice: the case lies where the last such act has put it."""
    last = last_event(session, complaint, action)
    if last is not None:
        raise already_done(action, last)


def _check_own_type(complaint: Complaint, subcategory: Subcategory) -> None:
    """A case without a main type takes one of its department's."""
    if complaint.category is not None or complaint.department is None:
        return
    if subcategory.category.department_id != complaint.department_id:
        raise InvalidField(
            "subcategory_of_other_department",
            field="subcategory_id",
            department=complaint.department.name,
        )


def _chosen_officer(
    session: Session, complaint: Complaint, officer_id: int | None, subcategory_id: int | None = None
) -> StaffUser:
    category = complaint.category
    if category is None and subcategory_id is not None:
        subcategory = session.get(Subcategory, subcategory_id)
        category = subcategory.category if subcategory else None
    officer = officer_for(session, officer_id, category)
    if officer is None:
        raise MissingField("officer_required", field="assignee_id")
    if category is None and officer.department_id not in departments_below(session, complaint.department_id):
        raise InvalidField("officer_of_other_department", field="assignee_id", name=officer.full_name)
    return officer


add_message(
    "officer_same",
    thai="{name} รับผิดชอบเรื่องนี้อยู่แล้ว กรุณาเลือกคนอื่น",
    english="{name} is responsible for this case already; choose somebody else",
)
add_message(
    "department_same",
    thai="เรื่องนี้อยู่ที่{department}แล้ว กรุณาเลือกหน่วยงานอื่น",
    english="The case is with {department} already; choose another department",
)
add_message(
    "subcategory_of_other_department",
    thai="ประเภทย่อยนี้ไม่ใช่ของ{department} กรุณาเลือกใหม่",
    english="This subtype does not belong to {department}; choose another",
)
add_message(
    "body_required",
    thai="กรุณาบอกว่าส่งต่อไปหน่วยงานใด",
    english="Say which body the case is referred to",
)
add_message(
    "note_required",
    thai="กรุณาบันทึกข้อความสั้น ๆ",
    english="Please write a short note",
)
