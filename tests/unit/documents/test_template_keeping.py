"""A town's own templates: every save a version, any version taken up again, nothing broken kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from documents.paper_templates import Signer, default_template, template_of
from documents.template_keeping import (
    TemplateWish,
    newest_versions,
    restore_template,
    save_template,
    template_version,
    versions_of,
)
from domain.actor import Actor
from domain.errors import FieldErrors, NotFound, NotPermitted, StaleRow
from extensions import write_transaction
from models import AuditEntry, DocumentKind, Emblem, Numerals

ActAs = Callable[[str], Actor]
SLIP = DocumentKind.SLIP
BODY = "<p>รหัส {{ รหัสติดตาม }}\r\n\r\n\r\nนัดวันที่ {{ วันนัด }}</p>"


def wish(**more: object) -> TemplateWish:
    usual = TemplateWish(
        title="ใบนัดหมาย",
        body=BODY,
        numerals=Numerals.THAI,
        emblem=Emblem.NONE,
        signers=[Signer("เจ้าหน้าที่"), Signer(" "), Signer("หัวหน้าฝ่าย", "นางสาวใจดี", "หัวหน้าฝ่ายช่าง")],
    )
    return replace(usual, **more)  # type: ignore[arg-type]


def saved(actor: Actor, seen: int, **more: object) -> int:
    with write_transaction() as session:
        return save_template(session, actor, SLIP, wish(**more), seen).version


def test_every_save_is_a_version_and_the_newest_holds(session: Session, act_as: ActAs) -> None:
    admin = act_as("admin")
    assert template_of(session, SLIP).version == 0

    assert [saved(admin, 0), saved(admin, 1, title="ใบนัดสอง")] == [1, 2]

    session.rollback()
    held = template_of(session, SLIP)
    assert (held.version, held.title, held.numerals) == (2, "ใบนัดสอง", Numerals.THAI)
    assert held.body == BODY.replace("\r\n", "\n")
    assert [signer.title for signer in held.signatures] == ["เจ้าหน้าที่", "หัวหน้าฝ่าย"]
    assert [row.version for row in versions_of(session, SLIP)] == [2, 1]
    assert {kind: row.version for kind, row in newest_versions(session).items()} == {SLIP: 2}


def test_any_version_is_taken_up_again_as_a_new_one(session: Session, act_as: ActAs) -> None:
    admin = act_as("admin")
    saved(admin, 0)
    saved(admin, 1, title="ใบนัดสอง")
    for version in (1, 0):
        with write_transaction() as writing:
            restore_template(writing, admin, SLIP, version)

    session.rollback()
    held = template_of(session, SLIP)
    assert held.version == 4
    assert held.body == default_template(SLIP).body
    assert template_version(session, SLIP, 3).title == "ใบนัดหมาย"
    notes = session.scalars(select(AuditEntry).where(AuditEntry.object_type == "document_template")).all()
    assert [note.changes["version"] for note in notes] == [1, 2, 3, 4]
    with pytest.raises(NotFound):
        template_version(session, SLIP, 99)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"title": " "}, "field_required"),
        ({"body": "<p>{{ รหัสติดตาม }}</p>"}, "paper_template_missing_word"),
        ({"body": BODY + "{{ วันนัต }}"}, "paper_template_word_misspelt"),
        ({"body": BODY + "<script>x</script>"}, "paper_template_forbidden_tag"),
        ({"body": BODY + "{% include 'x' %}"}, "paper_template_forbidden_command"),
        ({"signers": [Signer("", "นายไม่มีช่อง")]}, "template_signer_without_title"),
        ({"signers": [Signer(f"ช่อง {place}") for place in range(9)]}, "template_too_many_signers"),
    ],
)
def test_what_is_broken_is_not_kept(
    session: Session, act_as: ActAs, changed: dict[str, object], code: str
) -> None:
    with pytest.raises(FieldErrors) as refused:
        saved(act_as("admin"), 0, **changed)

    assert code in {error.code for error in refused.value.errors}
    assert versions_of(session, SLIP) == []


def test_who_comes_later_is_told_and_overwrites_nothing(act_as: ActAs) -> None:
    admin = act_as("admin")
    saved(admin, 0)

    with pytest.raises(StaleRow):
        saved(admin, 0, title="ของอีกคน")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_only_who_may_changes_a_template(act_as: ActAs) -> None:
    with pytest.raises(NotPermitted):
        saved(act_as("officer"), 0)
