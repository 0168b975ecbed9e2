"""Every word that is stored: codes never change once released, their Thai words live in domain/labels.py."""

from __future__ import annotations

from enum import StrEnum


class StatusKind(StrEnum):
    """What sort of state a complaint is in; code asks the kind, never a list of states."""

    OPEN = "open"
    WAITING = "waiting"
    DONE = "done"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class Figure(StrEnum):
    """The column of the seven figures (002-24) a state counts in."""

    EXAMINATION = "examination"
    PROGRESS = "progress"
    FINISHED = "finished"
    REJECTED = "rejected"
    NONE = "none"


class ComplaintStatus(StrEnum):
    """The states of workflow.md."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    DIRECTED = "directed"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    AWAITING_CITIZEN = "awaiting_citizen"
    AWAITING_PLAN = "awaiting_plan"
    REFERRED_OUT = "referred_out"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"

    @property
    def kind(self) -> StatusKind:
        """Return the kind of this state."""
        return _KIND[self]

    @property
    def figure(self) -> Figure:
        """Return the column of the seven figures this state counts in."""
        return _FIGURE[self]


_S = ComplaintStatus
_KIND: dict[ComplaintStatus, StatusKind] = {
    _S.SUBMITTED: StatusKind.OPEN,
    _S.ACCEPTED: StatusKind.OPEN,
    _S.DIRECTED: StatusKind.OPEN,
    _S.ACKNOWLEDGED: StatusKind.OPEN,
    _S.IN_PROGRESS: StatusKind.OPEN,
    _S.AWAITING_CITIZEN: StatusKind.WAITING,
    _S.AWAITING_PLAN: StatusKind.WAITING,
    _S.REFERRED_OUT: StatusKind.WAITING,
    _S.RESOLVED: StatusKind.DONE,
    _S.CLOSED: StatusKind.DONE,
    _S.REJECTED: StatusKind.REJECTED,
    _S.WITHDRAWN: StatusKind.WITHDRAWN,
    _S.DUPLICATE: StatusKind.MERGED,
}
_FIGURE: dict[ComplaintStatus, Figure] = {
    _S.SUBMITTED: Figure.EXAMINATION,
    _S.ACCEPTED: Figure.EXAMINATION,
    _S.DIRECTED: Figure.EXAMINATION,
    _S.ACKNOWLEDGED: Figure.PROGRESS,
    _S.IN_PROGRESS: Figure.PROGRESS,
    _S.AWAITING_CITIZEN: Figure.PROGRESS,
    _S.AWAITING_PLAN: Figure.PROGRESS,
    _S.REFERRED_OUT: Figure.PROGRESS,
    _S.RESOLVED: Figure.FINISHED,
    _S.CLOSED: Figure.FINISHED,
    _S.REJECTED: Figure.REJECTED,
    _S.WITHDRAWN: Figure.NONE,
    _S.DUPLICATE: Figure.NONE,
}


class ComplaintKind(StrEnum):
    """What the citizen brings."""

    COMPLAINT = "complaint"
    SUGGESTION = "suggestion"
    HELP_REQUEST = "help_request"


class Urgency(StrEnum):
    """How soon it must be looked at (004-15)."""

    NORMAL = "normal"
    URGENT = "urgent"
    EMERGENCY = "emergency"


class Disclosure(StrEnum):
    """Whether the complainant's identity may be shown beyond those who work on the case (002-18)."""

    DISCLOSED = "disclosed"
    CONCEALED = "concealed"


class Outcome(StrEnum):
    """What a result amounts to."""

    FIXED = "fixed"
    PARTLY_FIXED = "partly_fixed"
    NOT_FIXABLE = "not_fixable"
    NOT_FOUND = "not_found"
    DONE_BY_OTHERS = "done_by_others"
    NO_ANSWER = "no_answer"


class PlanReason(StrEnum):
    """Why a case waits for the town's plan (000-14)."""

    MATERIAL = "material"
    EQUIPMENT = "equipment"
    BUDGET = "budget"


class QuestionKind(StrEnum):
    """How a subtype's own question is answered."""

    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes_no"
    CHOICE = "choice"


class ChannelGroup(StrEnum):
    """The five intake channels of 000-32; rows of Channel hang under them."""

    LINE = "line"
    PHONE = "phone"
    WALK_IN = "walk_in"
    WEB = "web"
    OTHER = "other"


class DepartmentKind(StrEnum):
    """สำนัก, กอง, ฝ่าย or งาน."""

    BUREAU = "bureau"
    DIVISION = "division"
    SECTION = "section"
    UNIT = "unit"


class DurationUnit(StrEnum):
    """How a promised time is counted: by the wall clock, by office hours, or by whole days."""

    MINUTES = "minutes"
    HOURS = "hours"
    OFFICE_MINUTES = "office_minutes"
    OFFICE_HOURS = "office_hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"


class PauseReason(StrEnum):
    """What the clock of a promise waits for."""

    CITIZEN = "citizen"
    MATERIAL = "material"
    OTHER_AGENCY = "other_agency"
    PLAN = "plan"


class HolidayKind(StrEnum):
    """Where a day off comes from; a workday is a day off on which offices open after all."""

    NATIONAL = "national"
    SUBSTITUTE = "substitute"
    CABINET = "cabinet"
    TOWN = "town"
    WORKDAY = "workday"


class SheetKind(StrEnum):
    """What an Excel file brings in."""

    MEMBERS = "members"
    STAFF = "staff"
    CATEGORIES = "categories"
    SUBCATEGORIES = "subcategories"
    COMMUNITIES = "communities"
    HOLIDAYS = "holidays"
    ROADS = "roads"


class SheetState(StrEnum):
    """How far the rows of an Excel file have come."""

    CHECKED = "checked"
    APPLIED = "applied"
    UNDONE = "undone"


class EventKind(StrEnum):
    """What happened to a complaint: the actions of workflow.md and what accompanies them."""

    SUBMIT = "submit"
    IMPORT = "import"
    REGISTER = "register"
    ACCEPT = "accept"
    DIRECT = "direct"
    ACKNOWLEDGE = "acknowledge"
    START = "start"
    RECORD_RESULT = "record_result"
    RATE = "rate"
    CLOSE = "close"
    REJECT = "reject"
    FORWARD = "forward"
    REASSIGN = "reassign"
    HAND_BACK = "hand_back"
    ASK_CITIZEN = "ask_citizen"
    ANSWER = "answer"
    LAPSE = "lapse"
    PUT_ON_PLAN = "put_on_plan"
    TAKE_OFF_PLAN = "take_off_plan"
    REFER_OUT = "refer_out"
    RETURN_FROM_REFERRAL = "return_from_referral"
    ASK_MORE_TIME = "ask_more_time"
    EXTEND = "extend"
    REFUSE_MORE_TIME = "refuse_more_time"
    CORRECT_RESULT = "correct_result"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    MERGE = "merge"
    UNMERGE = "unmerge"
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    ADD_EVIDENCE = "add_evidence"
    REMOVE_ATTACHMENT = "remove_attachment"
    UNDO = "undo"
    EDIT = "edit"
    NOTE = "note"
    DUE_CHANGED = "due_changed"
    ATTACHMENT_ADDED = "attachment_added"
    VIEWED_PERSONAL_DATA = "viewed_personal_data"
    EXPORTED = "exported"
    REMINDED = "reminded"
    ESCALATED = "escalated"


class Scope(StrEnum):
    """How far a grant reaches: own cases, the department and those below it, or everything."""

    OWN = "own"
    DEPARTMENT = "department"
    ALL = "all"


class AttachmentStage(StrEnum):
    """What an attached file shows or is."""

    BEFORE = "before"
    AFTER = "after"


class LineChannel(StrEnum):
    """The two LINE accounts: one for citizens, one for staff."""

    CITIZEN = "citizen"
    STAFF = "staff"


class LineState(StrEnum):
    """Whether LINE reaches a person, as far as the webhooks tell."""

    FRIEND = "friend"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


class DeliveryState(StrEnum):
    """The life of an outbox message, a job or a webhook receipt."""

    READY = "ready"
    LEASED = "leased"
    SENT = "sent"
    FAILED = "failed"
    DEAD = "dead"
    CANCELLED = "cancelled"
    MERGED = "merged"


class MessagePriority(StrEnum):
    """Whether somebody must hear of it now, or may hear of it with the next thing there is to say."""

    ESSENTIAL = "essential"
    ROUTINE = "routine"


class RichMenuKind(StrEnum):
    """Whose menu it is at the foot of the chat."""

    CITIZEN = "citizen"
    GUEST = "guest"
    OFFICER = "officer"
    EXECUTIVE = "executive"


class OutboxChannel(StrEnum):
    """The way a message goes out."""

    LINE_CITIZEN = "line_citizen"
    LINE_STAFF = "line_staff"
    EMAIL = "email"


class JobKind(StrEnum):
    """Work done outside a request."""

    COMPLAINT_COPY = "complaint_copy"
    CASE_EXPORT = "case_export"
    LINE_TEST = "line_test"
    RICH_MENUS = "rich_menus"
    REPORT_FILE = "report_file"
    DOCUMENT_BATCH = "document_batch"
    EVIDENCE_PACK = "evidence_pack"


class LinkPurpose(StrEnum):
    """What a one-time account link is good for."""

    FIRST_ADMINISTRATOR = "first_administrator"
    INVITATION = "invitation"
    RESET = "reset"
    LINE_LINK = "line_link"
    MEMBER_LINE = "member_line"


class ChatDraftKind(StrEnum):
    """What a draft in the chat is to become."""

    REPORT = "report"
    REGISTRATION = "registration"
    OFFICER_REQUEST = "officer_request"
    RESULT = "result"
    WORDS = "words"
    """The words, days or photos one act on a case still needs; ``said["action"]`` names the act."""


class LineRequestKind(StrEnum):
    """Whom a phone wants to belong to."""

    MEMBER = "member"
    OFFICER = "officer"


class LineRequestState(StrEnum):
    """What became of a request."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


class ConsentPurpose(StrEnum):
    """What a person agreed to or was told."""

    COMPLAINT_NOTICE = "complaint_notice"
    LINE_UPDATES = "line_updates"


class AuditAction(StrEnum):
    """What a person or the system did to a row, or which door they used."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    SIGN_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_OUT = "sign_out"
    REVEAL = "reveal"
    EXPORT = "export"
    RESEND = "resend"
    IMPORT = "import"
    REFUSED = "refused"
    SEAL = "seal"
