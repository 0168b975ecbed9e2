"""What the words of a message template must pass before they are kept, on a screen or from a file."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.errors import FieldErrors, InvalidField, add_message
from line_hooks.facts import FACT_NAMES, SHORT_NAMES
from line_hooks.messages import check_words
from models import MessageTemplate

add_message("template_missing_word", thai="“{word}” เว้นว่างไม่ได้", english="“{word}” cannot be left empty")
add_message(
    "template_unknown_placeholder",
    thai="“{word}” มีคำแทน {{{placeholder}}} ที่ไม่มีในระบบ คำแทนที่ใช้ได้: {known}",
    english="“{word}” names {{{placeholder}}}, which does not exist; there are: {known}",
)
add_message(
    "template_stray_brace",
    thai="“{word}” มีวงเล็บปีกกาเกินมา ถ้าต้องการพิมพ์ {{ ให้พิมพ์ {{{{",
    english="“{word}” has a stray brace; to print {{ type {{{{",
)
add_message(
    "template_private_in_alt",
    thai="ข้อความบนหน้าจอล็อกมีคำแทน {{{placeholder}}} ซึ่งเป็นข้อมูลส่วนบุคคลหรือสถานที่",
    english="The text for the lock screen names {{{placeholder}}}, which is private",
)


def placeholder_names() -> str:
    """Return the placeholders a text may name, by their short names."""
    return ", ".join(sorted(FACT_NAMES - set(SHORT_NAMES.values()) | set(SHORT_NAMES)))


def check_template(
    _session: Session, _actor: Actor, template: MessageTemplate, *, label_of: Callable[[str], str] = str
) -> None:
    """Leave out empty texts, and check that the needed ones are there and name only facts that exist.

    Args:
        template: The filled row, not flushed yet.
        label_of: What a text of a template is called where the person reads the error; by default its key.

    Raises:
        FieldErrors: Each text that cannot stay so.
    """
    template.words = {key: text for key, text in template.words.items() if text}
    problems = check_words(template.layout, template.words)
    if problems:
        raise FieldErrors(
            InvalidField(
                f"template_{problem.code}",
                field="words",
                word=label_of(problem.word),
                placeholder=problem.placeholder,
                known=placeholder_names(),
            )
            for problem in problems
        )
