"""A town's own templates of papers: every save is a version, and any version can be taken up again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from documents.paper_templates import PAPER_KINDS, Signer, Template, default_template, template_in
from documents.template_rules import check_template
from documents.thai_text import clean
from domain import audit
from domain.actor import Actor
from domain.clock import now
from domain.errors import FieldChecks, FieldErrors, InvalidField, NotFound, StaleRow, add_message
from domain.permissions import Permission, require
from domain.thai_text import clean_text
from models import AuditAction, DocumentKind, DocumentTemplate, Emblem, Numerals

MAX_TITLE: Final = 160
MAX_SIGNER: Final = 120
MOST_SIGNERS: Final = 8
MOST_SHOWN: Final = 50

add_message(
    "template_version_gone",
    thai="ไม่พบแม่แบบรุ่นนี้",
    english="There is no such version of the template",
)
add_message(
    "template_too_many_signers",
    thai="ช่องลงนามมีได้ไม่เกิน {most} ช่อง",
    english="There may be at most {most} boxes to sign in",
)
add_message(
    "template_signer_without_title",
    thai="ช่องลงนามแต่ละช่องต้องมีชื่อช่อง เช่น ผู้อำนวยการกอง",
    english="Each box to sign in needs a title, such as Head of division",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateWish:
    """A template as somebody typed it."""

    title: str
    body: str
    numerals: Numerals
    emblem: Emblem
    signers: Sequence[Signer]


def as_typed(kind: DocumentKind, wish: TemplateWish, version: int = 0) -> Template:
    """Return what was typed as a template, for a preview; it is not checked."""
    return Template(
        kind=kind,
        version=version,
        title=clean(wish.title)[:MAX_TITLE],
        body=_body(wish.body),
        numerals=wish.numerals,
        emblem=wish.emblem,
        signatures=tuple(signer for signer in wish.signers if _says_something(signer))[:MOST_SIGNERS],
    )


def save_template(
    session: Session, actor: Actor, kind: DocumentKind, wish: TemplateWish, seen: int
) -> DocumentTemplate:
    """Keep a template as the next version; it holds from now on.

    Args:
        session: Inside a write transaction; the caller commits.
        actor: Staff with ``document_template:update``.
        kind: The paper it is for.
        wish: What was typed.
        seen: The version the actor started from; 0 is the product's own.

    Raises:
        NotPermitted: the actor may not.
        StaleRow: somebody saved another version meanwhile.
        FieldErrors: what is wrong with it.
    """
    require(actor, Permission.DOCUMENT_TEMPLATE_UPDATE)
    newest = _newest(session, kind)
    if newest != seen:
        raise StaleRow
    check = FieldChecks()
    with check:
        title = clean_text(wish.title, max_length=MAX_TITLE, field="title", multiline=False, required=True)
    with check:
        signers = _signers(wish.signers)
    with check:
        _check_body(kind, wish.body)
    check.done()
    return _keep(session, actor, kind, newest, wish, title, signers)


def restore_template(session: Session, actor: Actor, kind: DocumentKind, version: int) -> DocumentTemplate:
    """Take an earlier version up again, as the newest; 0 is the product's own.

    Raises:
        NotPermitted: the actor may not.
        NotFound: ``template_version_gone``.
        FieldErrors: it no longer passes the rules.
    """
    require(actor, Permission.DOCUMENT_TEMPLATE_UPDATE)
    earlier = template_version(session, kind, version)
    wish = TemplateWish(
        title=earlier.title,
        body=earlier.body,
        numerals=earlier.numerals,
        emblem=earlier.emblem,
        signers=earlier.signatures,
    )
    return save_template(session, actor, kind, wish, _newest(session, kind))


def template_version(session: Session, kind: DocumentKind, version: int) -> Template:
    """Return one version of a template.

    Raises:
        NotFound: ``template_version_gone``.
    """
    if kind not in PAPER_KINDS:
        raise NotFound("template_version_gone")
    if version == 0:
        return default_template(kind)
    row = session.scalars(
        select(DocumentTemplate).where(DocumentTemplate.kind == kind, DocumentTemplate.version == version)
    ).one_or_none()
    if row is None:
        raise NotFound("template_version_gone")
    return template_in(row)


def versions_of(session: Session, kind: DocumentKind) -> Sequence[DocumentTemplate]:
    """Return what the town saved of a paper, newest first."""
    kept = select(DocumentTemplate).where(DocumentTemplate.kind == kind)
    ordered = kept.order_by(DocumentTemplate.version.desc()).limit(MOST_SHOWN)
    return session.scalars(ordered.options(joinedload(DocumentTemplate.created_by))).all()


def newest_versions(session: Session) -> Mapping[DocumentKind, DocumentTemplate]:
    """Return the newest version of every paper the town has worded itself."""
    newest = select(DocumentTemplate.kind, func.max(DocumentTemplate.version).label("version"))
    kept = newest.group_by(DocumentTemplate.kind).subquery()
    rows = session.scalars(
        select(DocumentTemplate)
        .join(
            kept,
            (DocumentTemplate.kind == kept.c.kind) & (DocumentTemplate.version == kept.c.version),
        )
        .options(joinedload(DocumentTemplate.created_by))
    )
    return {row.kind: row for row in rows}


def _keep(
    session: Session,
    actor: Actor,
    kind: DocumentKind,
    newest: int,
    wish: TemplateWish,
    title: str,
    signers: list[dict[str, str]],
) -> DocumentTemplate:
    row = DocumentTemplate(
        kind=kind,
        version=newest + 1,
        title=title,
        body=_body(wish.body),
        numerals=wish.numerals,
        emblem=wish.emblem,
        signatures=signers,
        created_at=now(),
        created_by_id=actor.staff_user_id,
    )
    session.add(row)
    session.flush()
    facts = {"kind": kind.value, "version": row.version, "title": title}
    audit.record(session, actor, AuditAction.CREATE, row, changes=facts)
    return row


def _newest(session: Session, kind: DocumentKind) -> int:
    newest = select(func.max(DocumentTemplate.version)).where(DocumentTemplate.kind == kind)
    return session.scalar(newest) or 0


def _check_body(kind: DocumentKind, body: str) -> None:
    problems = check_template(kind, _body(body))
    if problems:
        raise FieldErrors(problems)


def _body(typed: str) -> str:
    return clean(typed.replace("\r\n", "\n").replace("\r", "\n"))


def _signers(typed: Sequence[Signer]) -> list[dict[str, str]]:
    """Return the boxes as they are stored; those with nothing in them are left out."""
    kept = [signer for signer in typed if _says_something(signer)]
    if len(kept) > MOST_SIGNERS:
        raise InvalidField("template_too_many_signers", field="signers-0-title", most=MOST_SIGNERS)
    boxes = []
    for place, signer in enumerate(typed):
        if not _says_something(signer):
            continue
        if not signer.title.strip():
            raise InvalidField("template_signer_without_title", field=f"signers-{place}-title")
        boxes.append(
            {
                part: clean_text(
                    getattr(signer, part),
                    max_length=MAX_SIGNER,
                    field=f"signers-{place}-{part}",
                    multiline=False,
                )
                for part in ("title", "name", "position")
            }
        )
    return boxes


def _says_something(signer: Signer) -> bool:
    return any(text.strip() for text in (signer.title, signer.name, signer.position))
