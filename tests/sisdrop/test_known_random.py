"""Random uploads into the sandbox's engine: the index of known ids never says no to what is there."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from canvas_sandbox.engine import Engine
from canvas_sis_csv.cell_text import CellText
from canvas_sis_csv.model import Level
from sisdrop.known import KINDS
from sisdrop.model import Message, Outcome
from tests.canvas_sandbox.test_engine_random import IDS, OPTIONS, VALUES, random_upload
from tests.support.known_kit import KnownKit
from tests.support.sandbox_engine import Bench

TABLES = {
    "account": "accounts",
    "term": "terms",
    "abstract_course": "abstract_courses",
    "course": "courses",
    "section": "sections",
    "user": "logins",
    "group_category": "group_categories WHERE NOT is_tag",
    "differentiation_tag_set": "group_categories WHERE is_tag",
    "group": "groups WHERE NOT is_tag",
    "differentiation_tag": "groups WHERE is_tag",
    "institutional_tag_category": "institutional_tag_categories",
    "institutional_tag": "institutional_tags",
}
FRIENDLY = {
    **VALUES,
    "status": ("active", "active", "available", "available", "deleted"),
    "login_id": tuple("abcdefghijklmnop"),
    "type": ("user", "course", "section"),
    "parent_account_id": ("",),
    "account_id": ("",),
    "start_date": ("",),
    "end_date": ("",),
    "course_format": ("",),
    "declared_user_type": ("",),
}
"""Values of which Canvas takes most."""


class Canvas:
    """The sandbox's engine, its database on the disk so that it can be looked into."""

    def __init__(self, bench: Bench, path: Path) -> None:
        self.bench = bench
        self._path = path

    def ids(self, kind: str) -> dict[str, bool]:
        """The SIS ids of a kind that were ever there under this name, and whether they are now."""
        with closing(sqlite3.connect(self._path)) as db:
            rows = db.execute(f"SELECT sis_id, state FROM {TABLES[kind]}")
            return {sis_id: state != "deleted" for sis_id, state in rows if sis_id}


@pytest.fixture
def canvas(tmp_path: Path) -> Iterator[Canvas]:
    path = tmp_path / "canvas.sqlite3"
    with Engine(path) as engine:
        yield Canvas(Bench(engine, tmp_path), path)


def import_one(chance: random.Random, canvas: Canvas, kit: KnownKit, *, plain: bool) -> None:
    """One random upload into both. `plain`: an import that deletes nothing but what its rows say."""
    files = random_upload(chance, chance.choice([VALUES, FRIENDLY, FRIENDLY])) | {"terms.csv": "term_id,name,status\n"}
    if "deleted" in files.get("xlist.csv", ""):
        # The end of a cross-listing brings a deleted course back, and Canvas does not say which.
        del files["xlist.csv"]
    # What is sticky is not deleted, and Canvas says nothing: that much the index cannot know.
    options = {} if plain else dict(chance.choice([one for one in OPTIONS if "add_sis_stickiness" not in one]))
    diffs = not plain and kit.number > 0 and not options.get("batch_mode") and chance.random() < 0.3
    base = kit.number if diffs else None
    report = canvas.bench.run(files, base=base, features=["institutional_tags"], **options)
    if diffs:
        options["diffing_data_set_identifier"] = "all"
    messages = [Message(level, file, row, CellText(text)) for level, file, row, text in report.messages]
    is_bad = any(message.level is Level.ERROR for message in messages)
    outcome = Outcome.FAILED_WITH_MESSAGES if is_bad else Outcome.IMPORTED
    data = {} if report.diffed_against is None else {"diffed_against_sis_batch_id": report.diffed_against}
    kit.take_in(files, *messages, options=options, outcome=outcome, answer={"data": data})


@pytest.mark.parametrize("seed", [*range(10), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(10, 25))])
def test_what_is_in_canvas_is_never_said_not_to_be_there(seed: int, canvas: Canvas, tmp_path: Path) -> None:
    chance, kit = random.Random(seed), KnownKit(tmp_path)
    assert kit.catch_up()
    for _ in range(6):
        import_one(chance, canvas, kit, plain=False)
        for kind in KINDS:
            there = [id_ for id_, is_there in canvas.ids(kind).items() if is_there]
            assert False not in kit.has(kind, *there), (kind, there)


def test_what_is_said_to_be_there_nearly_always_is_when_rows_alone_delete(canvas: Canvas, tmp_path: Path) -> None:
    chance, kit = random.Random(7), KnownKit(tmp_path)
    assert kit.catch_up()
    told: list[bool] = []
    ids = sorted(set(IDS) - {""})
    for _ in range(30):
        import_one(chance, canvas, kit, plain=True)
        for kind in KINDS:
            there = canvas.ids(kind)
            told += [there.get(id_, False) for id_, known in zip(ids, kit.has(kind, *ids), strict=True) if known]

    assert len(told) > 300
    assert told.count(False) / len(told) < 0.05
