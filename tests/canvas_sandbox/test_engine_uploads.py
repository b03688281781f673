"""What may be uploaded, what is left out of it in silence, and that nothing hostile gets further than a message."""

from __future__ import annotations

import io
import stat
import tarfile
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from canvas_sandbox.engine import Engine
from canvas_sandbox.errors import DataUnusable
from canvas_sandbox.report import Aborted
from canvas_sis_csv.model import Level
from tests.support.sandbox_engine import Bench, Recorded, csv

TERMS = csv("term_id,name,status", "t1,Fall,active")
GENERIC = "Error while importing CSV. Please contact support. (Error report 1)"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Engine(tmp_path / "db" / "canvas.sqlite") as engine:
        yield Bench(engine, tmp_path)


def zipped(path: Path, *entries: tuple[str | zipfile.ZipInfo, str], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, text in entries:
            archive.writestr(name, text)
    return path


def perform(bench: Bench, path: Path, name: str = "feed.zip") -> Recorded:
    report = bench.perform(path, name)
    assert list((bench.folder / "db" / "work").iterdir()) == []
    return report


def test_names_that_leave_the_folder_are_skipped_without_a_word(bench: Bench, tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "x.zip", ("../evil.csv", TERMS), ("/abs.csv", TERMS), ("a/../../b.csv", TERMS), ("ok.csv", TERMS)
    )
    report = perform(bench, path)
    assert report.messages == []
    assert list(report.files) == ["ok.csv"]
    assert not list(tmp_path.rglob("evil.csv"))


def test_links_and_second_entries_of_a_name_are_skipped_without_a_word(bench: Bench, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    second = zipfile.ZipInfo("terms.csv")
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = zipped(tmp_path / "x.zip", (link, "/etc/passwd"), ("terms.csv", TERMS), (second, "nonsense\n"))
    report = perform(bench, path)
    assert report.messages == []
    assert report.counts == {"terms": 1}


def test_leftovers_of_other_systems_are_skipped_and_the_rest_is_told(bench: Bench, tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "x.zip",
        ("__MACOSX/._terms.csv", "x"),
        (".DS_Store", "x"),
        (".hidden/terms.csv", TERMS),
        ("sub/Desktop DB", "x"),
        ("Thumbs.db", "x"),
        ("inner.zip", "x"),
        ("sub/dir/terms.CSV", TERMS),
    )
    report = perform(bench, path)
    assert [(file, text) for _, file, _, text in report.messages] == [
        ("Thumbs.db", "Skipping unknown file type"),
        ("inner.zip", "Skipping unknown file type"),
    ]
    assert {level for level, *_ in report.messages} == {Level.WARNING}
    assert list(report.files) == ["sub/dir/terms.CSV"]


def test_files_are_read_in_the_order_of_their_paths(bench: Bench) -> None:
    report = bench.run({"b.csv": "x\n", "a/z.csv": "x\n", "a.csv": "x\n"})
    assert [file for _, file, _, _ in report.messages] == ["a.csv", "a/z.csv", "b.csv"]


def test_an_archive_of_more_than_a_hundred_times_its_size_is_refused_whole(bench: Bench, tmp_path: Path) -> None:
    text = csv("term_id,name,status", *("t,Term,active" for _ in range(100_000)))
    path = zipped(tmp_path / "x.zip", ("terms.csv", text), compression=zipfile.ZIP_DEFLATED)
    assert len(text) > 100 * path.stat().st_size
    report = perform(bench, path)
    assert report.messages == [(Level.ERROR, None, None, GENERIC)]
    assert report.supplied is None
    assert report.counts == {}


def test_what_an_archive_says_of_its_sizes_is_not_believed(bench: Bench, tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", ("terms.csv", "t" * 1_000_000), compression=zipfile.ZIP_DEFLATED)
    data = path.read_bytes()
    path.write_bytes(data.replace((1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    report = perform(bench, path)
    assert report.texts == [GENERIC]


@pytest.mark.parametrize(("limit", "value"), [("MAX_FILES", 2), ("MAX_DIRECTORY", 100), ("MAX_BYTES", 50)])
def test_an_archive_beyond_canvas_limits_is_refused_whole(
    limit: str, value: int, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path / "x.zip", *((f"{number}.csv", TERMS) for number in range(3)))
    assert perform(bench, path).messages == []
    monkeypatch.setattr(f"canvas_sandbox.engine.unpack.{limit}", value)
    assert perform(bench, path).texts == [GENERIC]


def test_an_encrypted_archive_is_refused_whole(bench: Bench, tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", ("terms.csv", TERMS))
    data = bytearray(path.read_bytes())
    for place in (6, data.rindex(b"PK\x01\x02") + 8):
        data[place] |= 1
    path.write_bytes(data)
    assert perform(bench, path).texts == [GENERIC]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nonsense", b"user_id,login_id\n", b"\x1f\x8b broken"])
def test_what_is_called_zip_and_is_no_archive_is_refused(content: bytes, bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    assert perform(bench, path).messages == [(Level.ERROR, None, None, GENERIC)]


def test_a_damaged_member_refuses_the_archive(bench: Bench, tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", ("terms.csv", TERMS))
    path.write_bytes(path.read_bytes().replace(b"Fall", b"Fell"))
    assert perform(bench, path).texts == [GENERIC]


@pytest.mark.parametrize("mode", ["w:", "w:gz"])
def test_a_tar_is_opened_though_it_is_called_zip(mode: str, bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "x"
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, kind in (("./terms.csv", tarfile.REGTYPE), ("../evil.csv", tarfile.REGTYPE), ("l", tarfile.SYMTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.size = kind, len(TERMS) if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(TERMS.encode()))
    report = perform(bench, path)
    assert report.messages == []
    assert report.counts == {"terms": 1}


@pytest.mark.parametrize("name", ["users.txt", "users", "users.csv.gz", "terms.xml"])
def test_an_upload_of_another_ending_imports_nothing_and_says_nothing(name: str, bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(TERMS)
    report = perform(bench, path, name)
    assert (report.messages, report.supplied, report.total_rows, report.counts) == ([], [], 0, {})


def test_a_csv_is_known_by_its_ending_in_any_case(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(TERMS)
    assert perform(bench, path, "TERMS.CSV").counts == {"terms": 1}


def test_a_header_of_many_megabytes_is_answered_in_bounded_memory(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    with path.open("wb") as stream:
        for _ in range(16):
            stream.write(b"a" * 1_000_000)
    tracemalloc.start()
    try:
        report = perform(bench, path, "x.csv")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert report.texts == ["Couldn't find Canvas CSV import headers"]
    assert peak < 20_000_000


def test_ten_thousand_columns_are_ten_thousand_columns(bench: Bench) -> None:
    more = [f"c{number}" for number in range(10_000)]
    report = bench.run({"t.csv": csv(",".join(["term_id", "name", "status", *more]), "t1,Fall,active" + "," * 10_000)})
    assert (report.messages, report.counts) == ([], {"terms": 1})


def test_a_nul_in_a_users_row_is_canvas_own_message(bench: Bench) -> None:
    report = bench.run({"u.csv": csv("user_id,login_id,status", "u\0x,l,active", "u2,l2,active")})
    assert report.messages == [(Level.WARNING, "u.csv", 2, "Some of the fields contain NULL character")]
    assert report.counts == {"users": 1}


def test_a_nul_that_reaches_the_database_breaks_the_import_and_its_segment(bench: Bench) -> None:
    upload = {
        "1.csv": TERMS,
        "2.csv": csv("course_id,short_name,long_name,status", "c1,C,C,active", "c\0x,C,C,active"),
        "3.csv": csv("user_id,login_id,status", "u,l,active"),
    }
    report = bench.run(upload)
    assert report.messages == [(Level.ERROR, "2.csv", None, GENERIC)]
    assert report.counts == {"terms": 1}
    assert bench.engine.course("c1") is None
    assert bench.engine.user("u") is None
    assert bench.run({"2.csv": upload["2.csv"]}).texts == [GENERIC.replace("1)", "2)")]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('term_id,name,status\nt1,"Fall,active\n', "Malformed CSV"),
        ('term_id,name,status\nt1,Fa"ll,active\n', "Malformed CSV"),
        ("term_id,name,status\r\nt1,Fall,active\n", "Malformed CSV"),
        (b"term_id,name,status\nt1,F\xe4ll,active\n", "Invalid UTF-8"),
        ("term,label\n", "Couldn't find Canvas CSV import headers"),
    ],
)
def test_a_file_canvas_drops_is_told_and_the_others_go_on(content: str | bytes, text: str, bench: Bench) -> None:
    report = bench.run({"bad.csv": content, "good.csv": csv("term_id,name,status", "t2,Spring,active")})
    assert report.messages == [(Level.ERROR, "bad.csv", None, text)]
    assert (report.supplied, report.counts) == (["term"], {"terms": 1})


def test_empty_files_are_passed_over_and_bare_headers_are_supplied(bench: Bench) -> None:
    report = bench.run({"a.csv": "", "b.csv": "\n\n", "c.csv": "\ufeff", "d.csv": "term_id,name,status\n"})
    assert (report.messages, report.supplied, report.total_rows, report.counts) == ([], ["term"], 0, {"terms": 0})


@pytest.mark.parametrize(
    "date", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "45000", "99999-01-01", "٣"]
)
def test_absurd_dates_break_nothing(date: str, bench: Bench) -> None:
    report = bench.run({"t.csv": csv("term_id,name,status,start_date,end_date", f"t1,Fall,active,{date},{date}")})
    assert set(report.texts) <= {"Bad date format for term t1"}
    assert report.counts == {"terms": 1}


def test_a_hundred_repeated_lines_are_taken_out_and_rows_are_counted_anew(bench: Bench) -> None:
    lines = ["user_id,login_id,status", "u1,l1,active", *["u9,same,active"] * 101, "u2,,active"]
    report = bench.run({"users.csv": csv(*lines)})
    assert report.messages == [(Level.WARNING, "users_deduplicated.csv", 4, "No login_id given for user u2")]
    assert report.files == {"users_deduplicated.csv": csv(*lines[:2], lines[2], lines[-1])}
    assert report.total_rows == 3
    assert report.counts == {"users": 2}


def test_of_repeated_lines_the_last_is_kept(bench: Bench) -> None:
    lines = ["term_id,name,status", "t,First,active", *["t,Second,active"] * 101, "t,First,active"]
    bench.run({"terms.csv": csv(*lines)})
    assert next(term["name"] for term in bench.engine.terms() if term["sis_id"] == "t") == "First"


def test_a_file_of_unknown_headers_is_called_as_its_copy_without_repeats(bench: Bench) -> None:
    report = bench.run({"sub/x.CSV": csv("term,label", *["t,Fall"] * 101)})
    assert report.messages == [
        (Level.ERROR, "sub/x_deduplicated.csv", None, "Couldn't find Canvas CSV import headers"),
    ]


def test_repeats_in_a_malformed_file_are_not_looked_for(bench: Bench) -> None:
    report = bench.run({"t.csv": csv("term_id,name,status", *["t1,Fall,active"] * 101, 't2,"Fall,active')})
    assert report.messages == [(Level.ERROR, "t.csv", None, "Malformed CSV")]


def test_repeats_are_told_record_by_record_and_the_copy_keeps_how_they_were_written(bench: Bench) -> None:
    lines = [
        "term_id,name,status",
        't1,"Fall\n2026",active',
        *['"t2","Spring",active', "t2,Spring,active"] * 51,
        "",
        "",
    ]
    report = bench.run({"t.csv": csv(*lines)})
    copy = csv(lines[0], lines[1], "t2,Spring,active")
    assert (report.messages, report.files, report.total_rows) == ([], {"t_deduplicated.csv": copy}, 2)


def test_rows_are_counted_whatever_is_quoted(bench: Bench) -> None:
    text = 'term_id,name,status\r\n"t1","Fa\r\nll",active\r\n\r\n,,\r\n""\r\nt2,Spring,active'
    report = bench.run({"t.csv": text})
    assert (report.messages, report.total_rows, report.counts) == ([], 4, {"terms": 2})


def test_passwords_are_left_out_of_what_canvas_keeps(bench: Bench) -> None:
    upload = {
        "sub/users.csv": csv("user_id,password,login_id,ssha_password,status", "u1,long-secret,l1,{SSHA}x,active")
    }
    report = bench.run({**upload, "t.csv": TERMS})
    assert report.files == {
        "t.csv": TERMS,
        "sub/users_filtered.csv": csv("user_id,login_id,status", "u1,l1,active"),
    }


def test_a_message_carries_its_row_and_the_rows_number(bench: Bench) -> None:
    report = bench.run({"t.csv": csv("term_id,name,status", '"t,1",,active')})
    assert report.row_infos == ['"t,1",,active,2']


def test_rows_come_in_segments_and_an_abort_keeps_those_that_are_done(bench: Bench) -> None:
    rows = [f"t{number},Term,active" for number in range(250)]
    report = bench.run({"t.csv": csv("term_id,name,status", *rows)})
    assert (report.segments, report.total_rows) == ([100, 100, 50], 250)
    with pytest.raises(Aborted):
        bench.run({"t.csv": csv("term_id,name,status", *(f"x{row}" for row in rows))}, abort_after=1)
    names = {term["sis_id"] for term in bench.engine.terms()}
    assert "xt199" in names
    assert "xt200" not in names
    assert bench.run({"t.csv": TERMS}).counts == {"terms": 1}


def test_what_was_imported_is_there_when_the_database_is_opened_again(tmp_path: Path) -> None:
    with Engine(tmp_path / "canvas.sqlite") as engine:
        Bench(engine, tmp_path).run({"t.csv": TERMS})
    with Engine(tmp_path / "canvas.sqlite") as engine:
        assert engine.find_term("sis_term_id:t1")
        engine.reset()
        assert engine.find_term("sis_term_id:t1") is None


def test_what_a_crash_left_of_an_unpacked_upload_is_taken_away(tmp_path: Path) -> None:
    left = tmp_path / "work" / "tmp1" / "current"
    left.mkdir(parents=True)
    (left / "000000").write_text(TERMS)
    with Engine(tmp_path / "canvas.sqlite") as engine:
        assert not (tmp_path / "work").exists()
        assert Bench(engine, tmp_path).run({"t.csv": TERMS}).counts == {"terms": 1}


def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "canvas.sqlite"
    with Engine(path) as engine:
        engine._db.execute("PRAGMA user_version = 99")
    with pytest.raises(DataUnusable, match="another version"):
        Engine(path)
