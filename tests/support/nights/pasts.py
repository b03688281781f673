"""The feeds that nights come to, and what each of them has imported before."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from functools import cache
from typing import Any

from tests.support.nights.night import Past, Week, ordinary_nights
from tests.support.nights.school import FALL, NIGHTLY, Files, Row, School, a_school, csv_of, next_day

DIFFED = {
    "overrides": [
        {"files": f"{kind}*.csv", "import": {"diffing_data_set_identifier": f"nightly-{kind}"}} for kind in NIGHTLY
    ]
}
BATCH = {
    "overrides": [
        {
            "files": "enrollments*.csv",
            "import": {"batch_mode": True, "batch_mode_term_id": f"sis_term_id:{FALL}", "change_threshold": 10},
        }
    ]
}


def a_week(first: School, *, new: int = 3) -> Week:
    """Three ordinary nights that went well, and the school as it really is tonight; `new` people come each day."""
    before = next_day(first, 1, new=new)
    last = next_day(before, 2, new=new)
    return Week(first, before, last, next_day(last, 3, new=new))


@cache
def _large() -> Week:
    return a_week(a_school())


@cache
def past(name: str) -> Past:
    """The feed of that name with its history; made once."""
    return _MAKERS[name]()


def _plain() -> Past:
    return Past("plain", _large(), ordinary_nights(_large().days))


def _first() -> Past:
    return Past("first", _large(), ())


def _small() -> Past:
    week = a_week(a_school(12, teachers=3, sub_schools=1, terms=(FALL,)), new=0)
    return Past("small", week, ordinary_nights(week.days))


def _diffing() -> Past:
    return Past("diffing", _large(), ordinary_nights(_large().days), DIFFED)


def _batch() -> Past:
    nights = tuple({**files, "enrollments.csv": fall_enrollments(day)} for files, day in _with_days(_large()))
    return Past("batch", _large(), nights, BATCH)


def _zipped() -> Past:
    first, *others = ordinary_nights(_large().days)
    structure = {name: content for name, content in first.items() if name in ("accounts.csv", "terms.csv")}
    return Past("zipped", _large(), (structure, *(zipped(day.files()) for day in _large().days[: len(others) + 1])))


def _pair() -> Past:
    """Two schools of one district whose exports share an inbox."""
    structure = _large().first.files(("accounts", "terms", "courses", "sections"))
    return Past("pair", _large(), (structure, *(of_two_schools(day) for day in _large().days)))


def _delta() -> Past:
    """After a whole export only what changes is sent."""
    changes = tuple({"enrollments.csv": changed_enrollments(day, 12)} for day in _large().days[1:])
    return Past("delta", _large(), (ordinary_nights(_large().days[:1])[0], *changes), {"contents": "delta"})


def _dated() -> Past:
    """Names carry the day: accepted on the 22nd to the 24th of November."""
    nights = [
        {name.replace(".csv", f"_202611{22 + number}.csv"): content for name, content in files.items()}
        for number, files in enumerate(ordinary_nights(_large().days))
    ]
    return Past("dated", _large(), tuple(nights))


def _many() -> Past:
    """A district with 25 sub-schools."""
    week = a_week(a_school(100, teachers=10, sub_schools=25, terms=(FALL,)))
    return Past("many", week, ordinary_nights(week.days))


_MAKERS = {
    "plain": _plain,
    "first": _first,
    "small": _small,
    "diffing": _diffing,
    "batch": _batch,
    "zipped": _zipped,
    "pair": _pair,
    "delta": _delta,
    "dated": _dated,
    "many": _many,
}
PASTS = tuple(_MAKERS)


def _with_days(week: Week) -> list[tuple[Files, School]]:
    return list(zip(ordinary_nights(week.days), week.days, strict=True))


def fall_enrollments(school: School) -> bytes:
    """The enrollments of the one term that batch mode is on for."""
    return csv_of("enrollments", tuple(row for row in school.enrollments if row["course_id"].startswith(FALL)))


def changed_enrollments(school: School, count: int) -> bytes:
    """Rows of a delta: some of the school's enrollments, as if they had just changed."""
    return csv_of("enrollments", school.enrollments[:: max(1, len(school.enrollments) // count)][:count])


def of_two_schools(school: School) -> Files:
    """Users and enrollments of a northern and a southern school, in two files each."""
    north = school.only(lambda _kind, row: _is_northern(row))
    south = school.only(lambda _kind, row: not _is_northern(row))
    halves: Mapping[str, School] = {"north": north, "south": south}
    return {f"{kind}-{name}.csv": half.file(kind) for kind in ("users", "enrollments") for name, half in halves.items()}


def _is_northern(row: Row) -> bool:
    return int(row.get("user_id", "0")) % 2 == 0


def zipped(files: Files) -> Files:
    """A night's CSVs in one zip."""
    return {"nightly.zip": zip_of(files)}


def zip_of(files: Files) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)  # with no time in it: the same files, the same bytes
    return content.getvalue()


def in_a_folder(files: Files) -> Files:
    """A night's CSVs in one folder."""
    return {f"night/{name}": text for name, text in files.items()}


def feed_keys(name: str) -> dict[str, Any]:
    """The keys of the feed, ready for a configuration file."""
    return dict(past(name).feed)
