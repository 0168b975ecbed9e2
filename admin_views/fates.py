"""What became of an outgoing message, in words: LINE takes messages, it never says that one has arrived."""

from __future__ import annotations

from flask_babel import gettext as _

from admin_views.formatters import DELIVERY_LOOKS
from admin_views.guard import language
from domain.labels import word
from models import DeliveryState, OutboxChannel, OutboxMessage


def fate_words(message: OutboxMessage) -> str:
    """Return the fate of a message."""
    if message.state is DeliveryState.SENT:
        is_mail = message.channel is OutboxChannel.EMAIL
        return _("เครื่องส่งอีเมลรับแล้ว") if is_mail else _("LINE รับแล้ว")
    if message.state is DeliveryState.MERGED and message.merged_into_id is not None:
        return _("ไปกับข้อความ #%(number)s", number=message.merged_into_id)
    return word(message.state, language())


def fate_look(message: OutboxMessage) -> str:
    """Return the look of its badge."""
    return DELIVERY_LOOKS[message.state]
