"""What a subtype asks besides the story, and what was answered."""

from __future__ import annotations

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tables.base import Base, bool_false, bool_true, enum_type, int_zero, label, pk
from tables.catalogue import Subcategory
from tables.complaints import Complaint
from tables.enums import QuestionKind


class SubcategoryQuestion(Base):
    """คำถามเฉพาะประเภท — e.g. the number of a lamp post; asked at entry when the subtype is chosen."""

    __tablename__ = "subcategory_question"

    id: Mapped[pk]
    subcategory_id: Mapped[int] = mapped_column(
        ForeignKey("subcategory.id", ondelete="CASCADE"), index=True, info=label("ตัวย่อย่อย")
    )
    question: Mapped[str] = mapped_column(String(200), info=label("คำถาม"))
    question_en: Mapped[str | None] = mapped_column(String(200), info=label("คำถามภาษาอังกฤษ"))
    kind: Mapped[QuestionKind] = mapped_column(
        enum_type(QuestionKind), default=QuestionKind.TEXT, info=label("ชนิดคำตอบ")
    )
    choices: Mapped[list[str]] = mapped_column(JSON, default=list, info=label("ตัวเลือก"))
    is_required: Mapped[bool_false] = mapped_column(info=label("ต้องตอบ"))
    is_active: Mapped[bool_true] = mapped_column(info=label("ใช้งาน"))
    sort_order: Mapped[int_zero] = mapped_column(info=label("ลำดับ"))

    subcategory: Mapped[Subcategory] = relationship(info=label("ตัวย่อย่อย"))

    def __str__(self) -> str:
        return self.question


class QuestionAnswer(Base):
    """คำตอบ — with the question as it was worded then, so that a later change cannot turn its meaning."""

    __tablename__ = "question_answer"
    __table_args__ = (UniqueConstraint("complaint_id", "question_id"),)

    id: Mapped[pk]
    complaint_id: Mapped[int] = mapped_column(
        ForeignKey("complaint.id", ondelete="CASCADE"), info=label("คำร้อง")
    )
    question_id: Mapped[int | None] = mapped_column(
        ForeignKey("subcategory_question.id", ondelete="SET NULL"), index=True, info=label("คำถาม")
    )
    question: Mapped[str] = mapped_column(String(200), info=label("คำถามที่ถาม"))
    answer: Mapped[str] = mapped_column(Text, info=label("คำตอบ"))

    complaint: Mapped[Complaint] = relationship(info=label("คำร้อง"))
