"""Random uploads of every type: nothing crashes, a dump loads again, and the engine agrees with the preflight."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from canvas_sandbox.engine import Engine
from canvas_sis_csv.model import Knowable, Level
from canvas_sis_csv.preflight import Member, preflight
from canvas_sis_csv.types import CANVAS, TYPES
from tests.support.sandbox_engine import Bench

IDS = ("x1", "x2", "x3", "x1", "x2", "x3", "X1", "", "é", "1")
VALUES: Mapping[str, Sequence[str]] = {
    "status": (*["active", "accepted", "available", "deleted"] * 3, "completed", "inactive", "suspended", "", "junk"),
    "type": ("user", "course", "section", "term", "account", "group", "group_category", "junk", ""),
    "role": ("student", "teacher", "observer", "ta", "AccountAdmin", "junk", "", "StudentEnrollment"),
    "role_id": ("", "", "1", "3", "99"),
    "start_date": ("", "2026-01-01", "junk", "2026-13-01", "2026-02-31", "20260101", "<delete>"),
    "end_date": ("", "2025-01-01", "2026-12-01", "2026-13-01"),
    "date_override_enrollment_type": ("", "", "", "StudentEnrollment", "x"),
    "course_format": ("", "online", "x"),
    "grade_passback_setting": ("", "nightly_sync", "x"),
    "blueprint_course_id": ("", "", "x1", "x2", "dissociate"),
    "email": ("", "a@b.c", "None", "b@b.c"),
    "password": ("", "long enough"),
    "authentication_provider_id": ("", "", "canvas"),
    "login_id": ("a", "b", "c", "A", "", "n\x01", "z" * 101),
    "existing_canvas_user_id": ("", "1", "2", "x"),
    "root_account": ("", "", "", "far"),
    "declared_user_type": ("", "student"),
    "grade_publishing_status": ("published", "error", "x", ""),
    "enrollment_id": ("1", "2", "3", "x", ""),
    "integration_id": ("", "", "", "i1", "i2"),
}
OPTIONS: Sequence[Mapping[str, Any]] = (
    {},
    {"skip_deletes": True},
    {"update_sis_id_if_login_claimed": True},
    {"override_sis_stickiness": True, "add_sis_stickiness": True},
    {"override_sis_stickiness": True, "clear_sis_stickiness": True},
    {"batch_mode": True, "batch_mode_term_id": 1},
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Engine(":memory:") as engine:
        yield Bench(engine, tmp_path)


def random_upload(chance: random.Random, values: Mapping[str, Sequence[str]] = VALUES) -> dict[str, str]:
    """Some files of some types, columns shuffled, ids few enough to meet each other."""
    files = {}
    for type_ in chance.sample(TYPES, chance.randint(2, len(TYPES))):
        columns = [column.name for column in CANVAS[type_].columns]
        chance.shuffle(columns)
        rows = [[chance.choice(values.get(column, IDS)) for column in columns] for _ in range(chance.randint(0, 10))]
        files[f"{type_}.csv"] = "".join(",".join(row) + "\n" for row in [columns, *rows])
    return files


@pytest.mark.parametrize("seed", range(20))
def test_random_uploads_break_nothing(seed: int, bench: Bench) -> None:
    chance = random.Random(seed)
    for number in range(4):
        options = chance.choice(OPTIONS)
        base = chance.choice([None, 1]) if number and not options.get("batch_mode") else None
        report = bench.run(random_upload(chance), base=base, features=["institutional_tags"], **options)
        assert not [text for text in report.texts if "Please contact support" in text]
    state = bench.engine.dump_state()
    bench.engine.load_state(state)
    assert bench.engine.dump_state() == state


@pytest.mark.parametrize("seed", range(20))
def test_what_the_preflight_is_certain_of_by_the_row_the_sandbox_says_too(seed: int, bench: Bench) -> None:
    """The sandbox may say something else of the row (what it looked up failed first), but never takes it."""
    files = random_upload(random.Random(seed), {**VALUES, "status": (*["active"] * 5, "accepted", "available", "junk")})
    found = preflight(
        [Member(name, len(text), lambda text=text: io.BytesIO(text.encode())) for name, text in files.items()],
        features=["institutional_tags"],
        keep=None,
    )
    report = bench.run(files, features=["institutional_tags"])
    said = {(file, row) for _, file, row, _ in report.messages}
    certain = [each for each in found.findings if each.level is Level.ERROR and each.knowable is Knowable.ROW]
    assert [each for each in certain if (each.file, each.row) not in said] == []
