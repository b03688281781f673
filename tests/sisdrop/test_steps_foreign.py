"""What is no CSV, or only half of one, under the name of one: held at once with what it is."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sisdrop.model import DropState, Place, Transition, iso, now_utc
from tests.support.lane_kit import USERS, Kit, lane_kit


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    with lane_kit(tmp_path) as made:
        yield made


def workbook() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.bin", b"\0" * 4096)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (workbook(), "an Excel workbook, not a CSV: save it as CSV UTF-8"),
        (gzip.compress(USERS.encode()), "a gzip file, not a CSV: unpack it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096, "an Excel workbook (or another file of Office)"),
        (b"%PDF-1.7\n" + b"\0" * 4096, "a PDF"),
    ],
    ids=["xlsx", "gzip", "xls", "pdf"],
)
def test_it_is_held_with_what_it_is_and_nothing_is_sent(kit: Kit, content: bytes, what: str) -> None:
    drop = kit.drop("users.csv", content)
    kit.run_to_rest()

    held = kit.get(drop)
    assert (held.state, held.place) == (DropState.HELD, Place.HELD)
    assert f"This is {what}" in (held.held_because or "")
    assert (kit.feed.held / drop.id / "users.csv").read_bytes() == content
    assert kit.imports() == []
    assert kit.hold() is None


HEADER, ROW = USERS.splitlines(keepends=True)[:2]


def test_rows_that_come_to_a_name_that_was_just_taken_are_held_as_its_rest(kit: Kit) -> None:
    kit.drop("users.csv", HEADER)
    kit.run_to_rest()
    rest = kit.drop("users.csv", ROW)
    kit.run_to_rest()

    because = kit.get(rest).held_because or ""
    assert because.startswith("This looks like the rest of users.csv, taken ")
    assert " s ago: it holds rows and no header." in because
    assert len(kit.imports()) == 1


@pytest.mark.parametrize(
    ("first", "content"),
    [("courses.csv", ROW), ("users.csv", "user_id;login_id\nP-1;p1\n")],
    ids=["another name", "a header"],
)
def test_others_without_a_known_header_are_held_for_that(kit: Kit, first: str, content: str) -> None:
    kit.drop(first, HEADER)
    kit.run_to_rest()
    drop = kit.drop("users.csv", content)
    kit.run_to_rest()

    assert (kit.get(drop).held_because or "").startswith("Canvas would refuse users.csv whole")


def test_so_are_rows_that_come_long_after(kit: Kit) -> None:
    kit.drop("users.csv", HEADER)
    kit.run_to_rest()
    drop = kit.drop("users.csv", ROW)
    late = iso(now_utc() + timedelta(minutes=16))
    kit.journal.apply(Transition(replace(drop, origin=replace(drop.origin, noticed_at=late))))
    kit.run_to_rest()

    assert (kit.get(drop).held_because or "").startswith("Canvas would refuse users.csv whole")
