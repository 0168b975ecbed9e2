"""What a role may do as a table to read and to tick: one line a right, one column a reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import Field
from wtforms.utils import unset_value

from admin_views.guard import language
from domain.errors import DomainError
from domain.labels import word
from domain.permissions import Permission
from domain.roles import read_grants, scopes_of, set_grants
from models import Role, Scope

RESOURCES: dict[str, Any] = {
    "complaint": _l("เรื่องร้องทุกข์"),
    "member": _l("สมาชิก"),
    "map": _l("แผนที่"),
    "report": _l("รายงาน"),
    "document": _l("เอกสารราชการ"),
    "document_template": _l("แม่แบบเอกสาร"),
    "receipt": _l("ใบเสร็จรับเงิน"),
    "delivery": _l("การส่งข้อความและงานเบื้องหลัง"),
    "category": _l("ตัวย่อ (ประเภทหลัก)"),
    "subcategory": _l("ตัวย่อย่อย"),
    "channel": _l("ช่องทางการแจ้ง"),
    "department": _l("หน่วยงาน"),
    "zone": _l("เขต"),
    "community": _l("ชุมชน"),
    "road": _l("ถนน/ซอย"),
    "holiday": _l("วันหยุดราชการ"),
    "message_template": _l("ข้อความแจ้งเตือน"),
    "import_map": _l("ตารางแปลงคำนำเข้า"),
    "sheet": _l("ไฟล์ Excel"),
    "staff": _l("บัญชีเจ้าหน้าที่"),
    "role": _l("บทบาทและสิทธิ์"),
    "audit": _l("บันทึกการใช้งาน"),
    "setting": _l("ค่าตั้งต้นของเทศบาล"),
    "line": _l("LINE"),
    "system": _l("ระบบ"),
}

ACTIONS: dict[str, Any] = {
    "accept": _l("รับเรื่องและออกเลขที่"),
    "acknowledge": _l("รับทราบคำสั่ง"),
    "answer": _l("บันทึกคำตอบของผู้ร้อง"),
    "ask": _l("ถามผู้ร้อง"),
    "ask_time": _l("ขอขยายเวลา"),
    "cancel": _l("ยกเลิก"),
    "close": _l("ปิดเรื่อง"),
    "correct": _l("แก้ไขผลที่บันทึกแล้ว"),
    "create": _l("เพิ่ม"),
    "decide": _l("ตัดสินคำขอ"),
    "direct": _l("สั่งการ"),
    "evidence": _l("เพิ่มภาพหรือข้อมูล"),
    "export": _l("ส่งออกเป็นไฟล์"),
    "extend": _l("ให้หรือไม่ให้ขยายเวลา"),
    "forward": _l("ส่งต่อหน่วยงาน"),
    "hand_back": _l("ส่งเรื่องคืน"),
    "import": _l("นำเข้าจากระบบอื่น"),
    "issue": _l("ออกเอกสาร"),
    "manage": _l("จัดการ"),
    "merge": _l("รวมและแยกเรื่องซ้ำ"),
    "note": _l("เขียนบันทึกภายใน"),
    "oversee": _l("รับแจ้งผลและคะแนนในฐานะหัวหน้า"),
    "plan": _l("นำเข้าและออกจากแผน"),
    "print": _l("พิมพ์สำเนา"),
    "read": _l("ดู"),
    "record_result": _l("บันทึกผล"),
    "refer": _l("ส่งต่อหน่วยงานภายนอกและรับกลับ"),
    "reject": _l("ไม่รับเรื่อง"),
    "remove_attachment": _l("นำภาพหรือไฟล์ออก"),
    "reopen": _l("เปิดเรื่องอีกครั้ง"),
    "resend": _l("ส่งซ้ำ"),
    "schedule": _l("ตั้งรายงานประจำ"),
    "reveal": _l("เปิดดูข้อมูลส่วนบุคคล"),
    "start": _l("เริ่มดำเนินการ"),
    "update": _l("แก้ไข"),
    "withdraw": _l("ถอนเรื่องแทนผู้ร้อง"),
}

_TABLE = Markup(
    '<div class="sheet-scroll"><table class="list is-compact" id="{id}">{head}{body}</table></div>'
)
_CHOICE = Markup(
    '<td><input type="radio" class="form-check-input" name="{name}" value="{value}" '
    'aria-label="{words}"{checked}></td>'
)


def permission_words(permission: str) -> str:
    """Return a right in words, such as ``เรื่องร้องทุกข์: สั่งการ``."""
    resource, _colon, action = permission.partition(":")
    return f"{RESOURCES.get(resource, resource)}: {ACTIONS.get(action, action)}"


def grant_words(role: Role) -> Markup:
    """Return everything a role may do, one line for each sort of thing."""
    lines: dict[str, list[str]] = {resource: [] for resource in RESOURCES}
    for grant in sorted(role.grants, key=lambda grant: grant.permission):
        resource, _colon, action = grant.permission.partition(":")
        reach = word(grant.scope, language())
        lines.setdefault(resource, []).append(f"{ACTIONS.get(action, action)} ({reach})")
    return Markup("<br>").join(
        f"{RESOURCES.get(resource, resource)}: {', '.join(rights)}"
        for resource, rights in lines.items()
        if rights
    )


def matrix_groups(roles: Sequence[Role]) -> list[tuple[str, list[tuple[str, list[Scope | None]]]]]:
    """Return every right some role may hold: (sort of thing, [(act, how far each role reaches)])."""
    held = [{grant.permission: grant.scope for grant in role.grants} for role in roles]
    groups = []
    for resource, words in RESOURCES.items():
        rights = [right for right in Permission if right.partition(":")[0] == resource]
        lines = [
            (str(ACTIONS.get(right.partition(":")[2], right)), [grants.get(right.value) for grants in held])
            for right in rights
        ]
        groups.append((str(words), lines))
    return groups


class GrantsWidget:
    """Draws the table."""

    def __call__(self, field: GrantsField, **kwargs: Any) -> Markup:
        """Draw the table."""
        heads = [_("ไม่ให้"), *(word(scope, language()) for scope in Scope)]
        head = Markup("<thead><tr><th scope=col>{}</th>{}</tr></thead>").format(
            _("สิทธิ์"), Markup("").join(Markup("<th scope=col>{}</th>").format(text) for text in heads)
        )
        body = Markup("").join(self._group(field, resource) for resource in RESOURCES)
        return _TABLE.format(id=field.id, head=head, body=body)

    def _group(self, field: GrantsField, resource: str) -> Markup:
        rights = [right for right in Permission if right.partition(":")[0] == resource]
        title = Markup('<tr><th scope="rowgroup" colspan="{}">{}</th></tr>').format(
            len(Scope) + 2, RESOURCES[resource]
        )
        return Markup("<tbody>{}{}</tbody>").format(
            title, Markup("").join(self._line(field, right) for right in rights)
        )

    def _line(self, field: GrantsField, right: Permission) -> Markup:
        chosen = (field.data or {}).get(right.value, "")
        cells = [self._choice(field, right, "", chosen)]
        offered = scopes_of(right)
        cells += [
            self._choice(field, right, scope.value, chosen) if scope in offered else Markup("<td></td>")
            for scope in Scope
        ]
        action = ACTIONS.get(right.partition(":")[2], right.value)
        return Markup('<tr><th scope="row">{}</th>{}</tr>').format(action, Markup("").join(cells))

    def _choice(self, field: GrantsField, right: Permission, scope: str, chosen: str) -> Markup:
        reach = word(Scope(scope), language()) if scope else _("ไม่ให้")
        return _CHOICE.format(
            name=f"{field.name}-{right.value}",
            value=scope,
            words=f"{permission_words(right.value)}: {reach}",
            checked=Markup(" checked") if scope == chosen else "",
        )


class GrantsField(Field):
    """The grants of one role: ``{permission: reach}``; a right the form does not mention keeps its reach."""

    widget = GrantsWidget()
    needed = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.changes: dict[str, Any] = {}
        super().__init__(*args, **kwargs)

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Read one choice for each right."""
        super().process(None, data, extra_filters)
        stored = {grant.permission: grant.scope.value for grant in (self.data or ())}
        self.data = stored
        if formdata:
            self.data = {
                p.value: formdata.get(f"{self.name}-{p}", stored.get(p.value, "")) for p in Permission
            }
        try:
            self.chosen = read_grants(self.data)
        except DomainError as error:
            self.process_errors = [error.message_in(language())]

    def populate_obj(self, obj: Any, name: str) -> None:
        """Make the role hold what was chosen, and remember what changed."""
        self.changes = set_grants(obj, self.chosen)
