"""What may be done, how far it reaches, and the one way to narrow a query to what a person may see."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, false, or_

from domain.actor import Actor
from domain.errors import NotPermitted
from models import Complaint, Scope

Narrowed = TypeVar("Narrowed", bound=Select[*tuple[Any, ...]])


class Permission(StrEnum):
    """Everything a role can be granted, as ``<resource>:<action>``, in alphabetical order."""

    AUDIT_READ = "audit:read"
    """Read the audit log."""
    CATEGORY_READ = "category:read"
    """See main types (ตัวย่อ)."""
    CATEGORY_UPDATE = "category:update"
    """Add, change and switch off main types."""
    CHANNEL_READ = "channel:read"
    """See intake channels."""
    CHANNEL_UPDATE = "channel:update"
    """Add, change and switch off intake channels."""
    COMMUNITY_READ = "community:read"
    """See communities."""
    COMMUNITY_UPDATE = "community:update"
    """Add, change and switch off communities."""
    COMPLAINT_ACCEPT = "complaint:accept"
    """Accept a submitted complaint and so issue its number."""
    COMPLAINT_ACKNOWLEDGE = "complaint:acknowledge"
    """Say that the order was seen (รับทราบ)."""
    COMPLAINT_ANSWER = "complaint:answer"
    """Write down what the citizen answered."""
    COMPLAINT_ASK = "complaint:ask"
    """Ask the citizen a question and wait for the answer."""
    COMPLAINT_ASK_TIME = "complaint:ask_time"
    """Ask the head for more time."""
    COMPLAINT_CLOSE = "complaint:close"
    """Close a resolved complaint."""
    COMPLAINT_CORRECT = "complaint:correct"
    """Correct a recorded result, or add photos to it."""
    COMPLAINT_CREATE = "complaint:create"
    """Enter a complaint for a citizen (เพิ่มคำร้องทุกข์)."""
    COMPLAINT_DIRECT = "complaint:direct"
    """Order: set the subtype and the responsible officer (สั่งการ)."""
    COMPLAINT_EVIDENCE = "complaint:evidence"
    """Add photos and papers to an open case."""
    COMPLAINT_EXPORT = "complaint:export"
    """Take lists away as Excel or CSV."""
    COMPLAINT_EXTEND = "complaint:extend"
    """Give more time or refuse it."""
    COMPLAINT_FORWARD = "complaint:forward"
    """Forward a case to another department."""
    COMPLAINT_HAND_BACK = "complaint:hand_back"
    """Hand an order back to the intake."""
    COMPLAINT_IMPORT = "complaint:import"
    """Bring in complaints of another system."""
    COMPLAINT_MERGE = "complaint:merge"
    """Join duplicates and part them again."""
    COMPLAINT_NOTE = "complaint:note"
    """Write an internal note."""
    COMPLAINT_OVERSEE = "complaint:oversee"
    """Be told of results and ratings, as the head of a department is."""
    COMPLAINT_PLAN = "complaint:plan"
    """Put a case on the plan and take it off (รอเข้าแผน)."""
    COMPLAINT_PRINT = "complaint:print"
    """Open the PDF copy."""
    COMPLAINT_READ = "complaint:read"
    """See complaints."""
    COMPLAINT_RECORD_RESULT = "complaint:record_result"
    """Record what was done (บันทึกผล)."""
    COMPLAINT_REFER = "complaint:refer"
    """Refer a case to a body outside and take it back."""
    COMPLAINT_REJECT = "complaint:reject"
    """Decline a complaint with a reason."""
    COMPLAINT_REMOVE_ATTACHMENT = "complaint:remove_attachment"
    """Take a photo or paper out, with a reason."""
    COMPLAINT_REOPEN = "complaint:reopen"
    """Open a finished case again."""
    COMPLAINT_START = "complaint:start"
    """Begin the work."""
    COMPLAINT_UPDATE = "complaint:update"
    """Correct what was written down."""
    COMPLAINT_WITHDRAW = "complaint:withdraw"
    """Withdraw a case on the citizen's word."""
    DELIVERY_READ = "delivery:read"
    """See outgoing messages and jobs."""
    DELIVERY_RESEND = "delivery:resend"
    """Send a dead message again."""
    DEPARTMENT_READ = "department:read"
    """See departments."""
    DEPARTMENT_UPDATE = "department:update"
    """Add, change and switch off departments."""
    HOLIDAY_READ = "holiday:read"
    """See holidays."""
    HOLIDAY_UPDATE = "holiday:update"
    """Add, change and switch off holidays."""
    IMPORT_MAP_READ = "import_map:read"
    """See the table that translates imported words."""
    IMPORT_MAP_UPDATE = "import_map:update"
    """Change the table that translates imported words."""
    LINE_DECIDE = "line:decide"
    """Let a phone that asked become an officer's or a member's (000-66)."""
    LINE_MANAGE = "line:manage"
    """Connect the LINE channels, test them and lay their menus."""
    MAP_READ = "map:read"
    """See complaints on the map."""
    MEMBER_CREATE = "member:create"
    """Register a citizen."""
    MEMBER_READ = "member:read"
    """Find citizens; phone and ID stay masked."""
    MEMBER_REVEAL = "member:reveal"
    """See a phone number or ID in full, with a reason that is logged."""
    MEMBER_UPDATE = "member:update"
    """Correct a citizen's data."""
    MESSAGE_TEMPLATE_READ = "message_template:read"
    """See message texts."""
    MESSAGE_TEMPLATE_UPDATE = "message_template:update"
    """Change message texts."""
    REPORT_EXPORT = "report:export"
    """Take reports away as Excel."""
    REPORT_READ = "report:read"
    """See reports and figures."""
    ROAD_READ = "road:read"
    """See roads."""
    ROAD_UPDATE = "road:update"
    """Add, change and switch off roads."""
    ROLE_MANAGE = "role:manage"
    """Change roles and their grants."""
    ROLE_READ = "role:read"
    """See roles and their grants."""
    SETTING_READ = "setting:read"
    """See settings."""
    SETTING_UPDATE = "setting:update"
    """Change settings."""
    SHEET_IMPORT = "sheet:import"
    """Bring in rows from Excel files, of what the officer may also change by hand."""
    STAFF_MANAGE = "staff:manage"
    """Make, disable and reset accounts."""
    STAFF_READ = "staff:read"
    """See officers' accounts."""
    SUBCATEGORY_READ = "subcategory:read"
    """See subtypes (ตัวย่อย่อย)."""
    SUBCATEGORY_UPDATE = "subcategory:update"
    """Add, change and switch off subtypes."""
    SYSTEM_MANAGE = "system:manage"
    """Everything that keeps the system running."""
    ZONE_READ = "zone:read"
    """See zones."""
    ZONE_UPDATE = "zone:update"
    """Add, change and switch off zones."""


def require(actor: Actor, permission: Permission, complaint: Complaint | None = None) -> None:
    """Raise unless the actor holds the permission, for this complaint when one is given.

    Raises:
        NotPermitted: the permission is missing, or does not reach this complaint.
    """
    scope = actor.scope_of(permission)
    if scope is None:
        raise NotPermitted("not_permitted")
    if complaint is not None and not _reaches(actor, scope, complaint):
        raise NotPermitted("not_permitted")


def may(actor: Actor, permission: Permission, complaint: Complaint | None = None) -> bool:
    """Tell whether ``require`` would let the actor through."""
    scope = actor.scope_of(permission)
    return scope is not None and (complaint is None or _reaches(actor, scope, complaint))


def _reaches(actor: Actor, scope: Scope, complaint: Complaint) -> bool:
    if scope is Scope.ALL:
        return True
    own = actor.staff_user_id is not None and complaint.assignee_id == actor.staff_user_id
    if scope is Scope.OWN:
        return own
    return own or complaint.department_id in actor.department_ids


def _own_complaint(actor: Actor) -> ColumnElement[bool]:
    """A citizen reaches own complaints; one who gave code and password reaches just that one."""
    if actor.complaint_id is not None:
        return Complaint.id == actor.complaint_id
    return Complaint.member_id == actor.member_id


def scope_complaints(
    statement: Narrowed, actor: Actor, permission: Permission = Permission.COMPLAINT_READ
) -> Narrowed:
    """Narrow any select over ``Complaint`` to what the actor may see; the only way to scope.

    Lists, edit by id, exports, reports, the map and LINE all pass through here. Without the
    permission nothing is left.
    """
    if actor.kind == "member":
        return statement.where(_own_complaint(actor))
    scope = actor.scope_of(permission)
    if scope is Scope.ALL:
        return statement
    if scope is None or actor.staff_user_id is None:
        return statement.where(false())
    own = Complaint.assignee_id == actor.staff_user_id
    if scope is Scope.OWN:
        return statement.where(own)
    return statement.where(or_(Complaint.department_id.in_(sorted(actor.department_ids)), own))
