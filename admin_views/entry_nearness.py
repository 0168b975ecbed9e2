"""What may be the same trouble as the one being typed: shown beside the form, asked about before saving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from admin_views.complaint_forms import EntryForm
from admin_views.guard import language
from admin_views.identity import current_lookups
from domain.actor import Actor
from domain.attachments import held_photos
from domain.coordinates import parse_coordinates
from domain.errors import InvalidField
from domain.nearness import NearCase, Sought, likely_cases, near_cases
from models import Member


@dataclass(frozen=True, slots=True)
class Near:
    """A near case in the reader's words."""

    case: NearCase
    about: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What saving asks first: whether it is one of these, or whether a number may stay in the story."""

    near: tuple[Near, ...] = ()
    has_number: bool = False


def near_form(session: Session, actor: Actor, form: EntryForm, member: Member | None) -> list[Near]:
    """Return what is near the case a form describes, as far as it can be read."""
    lookups = current_lookups()

    def about(case: NearCase) -> str:
        row = lookups.subcategories.get(case.subcategory_id or 0) or lookups.categories.get(
            case.category_id or 0
        )
        return row.word(language()) if row else ""

    found = near_cases(session, actor, _sought(session, actor, form, member))
    # What is only the same person's has a place of its own beside the form.
    return [Near(case, about(case)) for case in found if case.is_near or case.same_photo or case.is_likely]


def asked_first(form: EntryForm, near: Sequence[Near]) -> Asked | None:
    """Return what the officer must answer before this is saved; None when nothing stands in the way."""
    open_questions = {case.id for case in likely_cases([each.case for each in near], form.seen_cases)}
    if open_questions and form.parent_id.data is None:
        return Asked(near=tuple(each for each in near if each.case.id in open_questions))
    if form.is_number_in_the_way():
        return Asked(has_number=True)
    return None


def mark_seen(form: EntryForm, near: Sequence[Near]) -> None:
    """Note that the officer said of all that is near that it is not the same."""
    seen = form.seen_cases | {each.case.id for each in near}
    form.near_seen.data = ".".join(str(row_id) for row_id in sorted(seen))


def _sought(session: Session, actor: Actor, form: EntryForm, member: Member | None) -> Sought:
    try:
        pin = parse_coordinates(form.latitude.data, form.longitude.data)
    except InvalidField:
        pin = None
    subtype = current_lookups().subcategories.get(form.subcategory_id.data or 0)
    radius = subtype.nearby_radius_m if subtype else None
    if radius is None:
        radius = int(current_lookups().setting("nearby_radius_m", 100))
    photos = held_photos(session, actor, str(form.form_token.data))
    return Sought(
        latitude=pin[0] if pin else None,
        longitude=pin[1] if pin else None,
        subcategory_id=form.subcategory_id.data,
        category_id=form.category_id.data,
        member_id=None if member is None or member.is_shared else member.id,
        radius_m=radius,
        photo_hashes=tuple(photo.photo_hash for photo in photos if photo.photo_hash),
    )
