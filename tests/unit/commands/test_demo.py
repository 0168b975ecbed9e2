"""Starting the demo a second time finds the town there, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from helpers.backends import SqliteBackend, let_go
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commands.demo import draw_pictures, plant_demo
from demo.complaints import SCENES, DemoTown
from domain.settings import read_setting
from extensions import db
from models import Base

FEW = 12


@pytest.fixture
def demo_app(sqlite_backend: SqliteBackend, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """A demo of a few complaints: the way there is the same as of twelve hundred."""
    lived = DemoTown.plant
    monkeypatch.setattr(DemoTown, "plant", lambda town, until: lived(town, until, FEW))
    app = sqlite_backend.fresh()
    with app.app_context():
        yield app
        let_go()


def counts(session: Session) -> dict[str, int]:
    session.rollback()
    tables = Base.metadata.tables.values()
    return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def test_the_first_start_plants_and_the_second_finds_the_town(demo_app: Flask) -> None:
    assert plant_demo(demo_app)
    before, files = counts(db.session()), demo_app.extensions["files"].keys()

    assert not plant_demo(demo_app)

    assert counts(db.session()) == before
    assert demo_app.extensions["files"].keys() == files
    assert before["complaint"] == FEW
    assert read_setting(db.session(), "undo_hold_seconds") == 2


def test_a_start_that_breaks_leaves_nothing_half_done(
    demo_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = counts(db.session())
    with monkeypatch.context() as broken:
        broken.setattr(DemoTown, "_settle_old_messages", lambda *_arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            plant_demo(demo_app)

    assert counts(db.session()) == before
    assert plant_demo(demo_app)


def test_the_pictures_are_made_as_uploads_are(demo_app: Flask) -> None:
    pictures = draw_pictures(demo_app)

    assert {scene for scene, _stage in pictures.stored} == set(SCENES)
    for kept in (photo for photos in pictures.stored.values() for photo in photos):
        data = demo_app.extensions["files"].get(kept.storage_key)
        assert data.startswith(b"\xff\xd8\xff")
        assert len(data) == kept.byte_size
        assert demo_app.extensions["files"].get(kept.preview_key or "").startswith(b"\xff\xd8\xff")
