"""What a drop would change, shown: at a terminal of 80 columns, as JSON, as a page that can do nothing."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser

import pytest
from rich.console import Console

from canvas_sis_csv import Member
from canvas_sis_csv.comparison import compare
from sisdrop.folders.result import plan_of
from sisdrop.model import Plan, Report, Tripped
from sisdrop.plan import Outlook, as_data, as_page, as_text

HEADER = "course_id,section_id,user_id,role,status\n"
EVIL = "<script>alert(1)</script>"


def enrollments(*rows: str) -> Member:
    data = (HEADER + "".join(f"{row}\n" for row in rows)).encode()
    return Member("enrollments.csv", len(data), lambda: io.BytesIO(data))


def night() -> Outlook:
    """Course C1 keeps one of two, C2 loses everybody, C3 is new; a guard says no."""
    before = enrollments(
        "C1,S1,secret-1,student,active", "C1,S1,secret-2,student,active", "C2,S2,secret-3,student,active"
    )
    now = enrollments("C1,S1,secret-1,student,completed", "C3,S3,secret-4,student,active")
    plan = Plan(("20261122T041502Z-91b0",), compare([before], [now]))
    return Outlook(("enrollments.csv",), plan, (Tripped("guard.shrank", f"enrollments.csv has fewer rows {EVIL}."),))


def printed(outlook: Outlook) -> list[str]:
    seen = io.StringIO()
    Console(file=seen, width=80, color_system=None, highlight=False).print(as_text(outlook))
    return seen.getvalue().splitlines()


@pytest.fixture
def page() -> str:
    return as_page(night(), "2026-11-23T04:15:02Z")


def test_json_begins_with_the_keys_of_the_result_file() -> None:
    outlook = night()
    (file,) = as_data(outlook)["files"]
    in_result = plan_of(Report(plan=outlook.plan))
    assert in_result is not None
    assert list(file.items())[:8] == list(in_result.files[0].model_dump().items())
    assert as_data(outlook)["against"] == in_result.against


def test_json_has_the_groups_what_would_be_empty_and_the_guards() -> None:
    data = json.loads(json.dumps(as_data(night())))
    (file,) = data["files"]
    assert data["held"] is True
    assert data["guards"][0]["code"] == "guard.shrank"
    assert file["emptied"]["course"] == {"count": 1, "examples": ["C2"]}
    assert file["groups"]["course"]["most_affected"][0] == {
        "id": "C1", "before": 2, "rows": 1, "added": 0, "changed": 1, "absent": 1, "deleted": 0,
    }  # fmt: skip
    assert (file["groups"]["course"]["all"], file["groups"]["course"]["affected"]) == (3, 3)


def test_a_first_drop_has_rows_and_nothing_to_compare_with() -> None:
    outlook = Outlook(("enrollments.csv",), Plan((), compare([], [enrollments("C1,S1,u,student,active")])), ())
    assert as_data(outlook)["against"] is None
    assert as_data(outlook)["files"][0]["before"] is None
    assert "nothing to compare with" in " ".join(" ".join(printed(outlook)).split())
    assert "No guard would hold it." in as_page(outlook, "")


def test_at_a_terminal_it_fits_80_columns_and_says_what_and_why() -> None:
    lines = printed(night())
    assert max(map(len, lines)) <= 80
    text = " ".join(lines)
    assert "Changed in: status (1)" in text
    assert "1 course without active enrollments: C2" in text
    assert "A guard would hold it before Canvas sees it." in text
    assert re.search(r"enrollment +3 +2 +1 +1 +2 +0", text)


def test_long_ids_and_signs_that_disturb_a_terminal_do_no_harm() -> None:
    course = "C" * 300 + "\x1b[31m"
    outlook = Outlook(
        ("a\nb.csv",),
        Plan(("x",), compare([enrollments(f"{course},,u,student,active")], [enrollments("C1,,u,student,active")])),
        (),
    )
    lines = printed(outlook)
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in "".join(lines)


def test_no_way_of_showing_it_names_people(page: str) -> None:
    outlook = night()
    assert "secret" not in page + json.dumps(as_data(outlook)) + " ".join(printed(outlook))


def test_the_page_escapes_every_value_and_loads_nothing(page: str) -> None:
    tags, attributes = set(), set()

    class Seen(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.add(tag)
            attributes.update(name for name, _ in attrs)

    Seen().feed(page)
    assert not tags & {"script", "link", "img", "iframe", "form"}
    assert not {name for name in attributes if name.startswith("on") or name in {"src", "href"}}
    assert "&lt;script&gt;" in page


def test_the_page_does_not_quote_a_file_that_canvas_would_refuse() -> None:
    tripped = (Tripped("file.malformed_csv", "Canvas would refuse it: line 3, column 9 (Ashgrove, Ada)."),)
    shown = as_page(Outlook(("users.csv",), Plan((), ()), tripped), "")
    assert "Ashgrove" not in shown
    assert "sisdrop check" in shown
