"""`sisdrop check` and `sisdrop convert`: exit codes, JSON, what people see, zips that mean harm."""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from canvas_sis_csv import Member, preflight
from canvas_sis_csv.report import print_report
from canvas_sis_csv.text import printable
from sisdrop.cli.main import run

GOOD = "user_id,login_id,full_name,status\np-1,ann,Ann Example,active\n"
BAD = "user_id,login_id,full_name,status\np-1,,Ann Example,active\np-2,bo,Bo Example,gone\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.csv").write_text(GOOD)
    (tmp_path / "bad.csv").write_text(BAD)
    return tmp_path


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = run(["check", "--json", *arguments])
    return code, json.loads(capsys.readouterr().out)


def codes(answer: Any) -> list[str]:
    return [finding["code"] for finding in answer["findings"]]


def on_a_terminal(text: str, width: int = 80) -> list[str]:
    """The lines that somebody sees at a terminal without colours."""
    seen = io.StringIO()
    members = [Member("some.csv", len(text), lambda: io.BytesIO(text.encode()))]
    console = Console(file=seen, force_terminal=True, width=width, color_system=None, highlight=False)
    print_report(console, preflight(members), members, everything=False)
    return seen.getvalue().splitlines()


# --- exit codes and shapes -------------------------------------------------------------------------------------------


def test_a_clean_file_ends_with_0_and_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "good.csv"]) == 0
    assert "1 file, 1 row: nothing to say against it." in capsys.readouterr().out


def test_errors_end_with_1(folder: Path) -> None:
    assert run(["check", "bad.csv"]) == 1


@pytest.mark.parametrize("arguments", [[], ["nothing.csv"], ["--explain", "no.such"], ["good.csv", "--feed", "x"]])
def test_a_wrong_call_ends_with_2(folder: Path, arguments: list[str]) -> None:
    assert run(["check", *arguments]) == 2


def test_warnings_and_notes_alone_end_with_0(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("tags.csv").write_text("institutional_tag_id,user_id,status\nT,u,active\n")
    code, answer = as_json(capsys, "tags.csv")
    assert code == 0
    assert [finding["level"] for finding in answer["findings"]] == ["warning"]


def test_json_has_exactly_the_promised_shape(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = as_json(capsys, "bad.csv")
    assert code == 1
    assert answer["files"] == [{"name": "bad.csv", "type": "user", "rows": 2}]
    assert answer["findings"][0] == {
        "level": "error",
        "code": "user.missing_login",
        "file": "bad.csv",
        "row": 2,
        "line": 2,
        "message": "No login_id given for user p-1",
        "hint": answer["findings"][0]["hint"],
        "knowable": "row",
    }
    assert set(answer) == {"files", "findings"}


def test_json_has_its_findings_by_file_and_from_the_top_to_the_bottom(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("z.zip").write_bytes(b"no zip")
    rows = "x-1,x,A,gone\nx-1,,A,active\n,y,A,active\nx-2,y,A,gone\n"
    for name in ("b.csv", "a.csv"):
        Path(name).write_text("user_id,login_id,full_name,status,password\n" + rows)
    _, answer = as_json(capsys, "z.zip", "b.csv", "a.csv", "bad.csv")
    places = [(finding["file"], finding["line"] or 0) for finding in answer["findings"]]
    assert places == sorted(places)
    assert {name for name, _ in places} == {"a.csv", "b.csv", "bad.csv", "z.zip"}
    numbers = [finding["row"] for finding in answer["findings"] if finding["file"] == "b.csv" and finding["row"]]
    assert numbers == sorted(numbers)
    assert len(numbers) > 3


def test_a_zip_that_is_still_being_copied_is_told_so_in_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_zip(folder / "feed.zip", {"users.csv": GOOD})
    whole = (folder / "feed.zip").read_bytes()
    (folder / "feed.zip").write_bytes(whole[:60] + bytes(len(whole)))
    code, answer = as_json(capsys, "feed.zip")
    assert code == 1
    assert answer["findings"][0]["message"] == "feed.zip ends in NUL bytes: it is still being copied."


def test_all_files_of_one_call_are_one_drop(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.csv").write_text("user_id,login_id,status\np-1,same,active\n")
    Path("b.csv").write_text("user_id,login_id,status\np-2,same,active\n")
    assert codes(as_json(capsys, "a.csv")[1]) == []
    assert codes(as_json(capsys, "a.csv", "b.csv")[1]) == ["user.login_claimed"]


def test_files_of_one_name_from_two_folders_are_told_apart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "good.csv").write_text(BAD)
    _, answer = as_json(capsys, "good.csv", "other/good.csv")
    assert sorted(facts["name"] for facts in answer["files"]) == ["good.csv", "good.csv/good.csv"]


def test_features_are_heeded(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("tags.csv").write_text("institutional_tag_id,user_id,status\nT,u,active\n")
    assert codes(as_json(capsys, "tags.csv", "--feature", "institutional_tags")[1]) == []


# --- where files come from -------------------------------------------------------------------------------------------


def make_zip(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return path


def test_a_zip_is_a_drop_of_its_members(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_zip(folder / "feed.zip", {"x/users.csv": BAD, "readme.txt": "hello", "__MACOSX/._users.csv": "\0"})
    code, answer = as_json(capsys, "feed.zip")
    assert code == 1
    assert answer["files"] == [{"name": "x/users.csv", "type": "user", "rows": 2}]
    assert codes(answer) == ["file.unknown_type", "user.missing_login", "user.bad_status"]


def test_a_folder_is_a_drop_of_its_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, answer = as_json(capsys, ".")
    assert [facts["name"] for facts in answer["files"]] == ["bad.csv", "good.csv"]


@pytest.mark.parametrize("packed", [False, True])
def test_a_dash_is_standard_input(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    data = make_zip(folder / "in.zip", {"users.csv": BAD}).read_bytes() if packed else BAD.encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    code, answer = as_json(capsys, "-")
    assert code == 1
    assert answer["files"][0]["name"] == ("users.csv" if packed else "stdin.csv")
    assert codes(answer) == ["user.missing_login", "user.bad_status"]


def hostile(folder: Path, kind: str) -> Path:
    path = folder / "hostile.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        if kind == "outside":
            packed.writestr("../../evil.csv", GOOD)
        elif kind == "absolute":
            packed.writestr("/tmp/evil.csv", GOOD)
        elif kind == "link":
            info = zipfile.ZipInfo("users.csv")
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            packed.writestr(info, "/etc/passwd")
        elif kind == "bomb":
            packed.writestr("users.csv", GOOD + "p,l,n,active\n" * 400_000)
    if kind == "cut":
        data = make_zip(path, {"users.csv": GOOD}).read_bytes()
        path.write_bytes(data[: len(data) // 2])
    return path


@pytest.mark.parametrize("kind", ["outside", "absolute", "link", "bomb", "cut"])
def test_a_hostile_zip_is_refused_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    path = hostile(folder, kind)
    before = sorted(os.walk(folder))
    code, answer = as_json(capsys, path.name)
    assert code == 1
    assert codes(answer) == ["file.unreadable"]
    assert sorted(os.walk(folder)) == before
    assert not Path("/tmp/evil.csv").exists()


def test_a_zip_damaged_inside_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = make_zip(folder / "feed.zip", {"users.csv": GOOD + "".join(f"u{n},l{n},N,active\n" for n in range(500))})
    data = bytearray(path.read_bytes())
    data[80:120] = bytes(40)
    path.write_bytes(data)
    code, answer = as_json(capsys, "feed.zip", "good.csv")
    assert code == 1
    assert codes(answer) == ["file.unreadable"]
    assert "damaged" in answer["findings"][0]["message"]
    assert [facts["name"] for facts in answer["files"]] == ["good.csv"]


# --- for people ------------------------------------------------------------------------------------------------------


def test_findings_are_grouped_with_their_lines_and_the_value_marked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["check", "bad.csv"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "bad.csv  user, 2 rows"
    at = lines.index("      p-2,bo,Bo Example,gone")
    assert lines[at + 1] == "                        ^^^^"
    assert lines[at - 1] == "    row 3, line 3: Improper status for user p-2"
    at = lines.index("      p-1,,Ann Example,active")
    assert lines[at + 1] == "          ^"
    assert lines[-1] == "1 file, 2 rows: 2 errors."


def test_only_the_first_rows_of_a_kind_are_shown_unless_all_are_asked_for(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"p-{number},,N,active\n" for number in range(150))
    Path("many.csv").write_text("user_id,login_id,full_name,status\n" + rows)
    run(["check", "many.csv"])
    short = capsys.readouterr().out
    assert short.count("No login_id given") == 3
    assert "… and 147 more (--all shows them)" in short
    assert "150 rows" in short
    run(["check", "--all", "many.csv"])
    assert capsys.readouterr().out.count("No login_id given") == 150


def test_values_cannot_disturb_the_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("evil.csv").write_text("user_id,login_id,status\np-1,x,[bold]\x1b[2J\n")
    run(["check", "evil.csv"])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "[bold]\\x1b[2J" in out
    assert printable("a\u202eb\n") == "a\\u202eb\\n"


def test_long_lines_are_cut_around_the_value(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("long.csv").write_text(f"user_id,login_id,full_name,status\np-1,x,{'n' * 500},gone\n")
    run(["check", "long.csv"])
    shown = next(line for line in capsys.readouterr().out.splitlines() if line.endswith("gone"))
    assert shown == "      …" + "n" * 49 + ",gone"


def test_empty_files_are_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty.csv").write_text("")
    Path("users.csv").write_text(GOOD)
    assert run(["check", "empty.csv", "users.csv"]) == 0
    assert "empty.csv holds nothing" in capsys.readouterr().out


def test_a_code_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--explain", "user.missing_login"]) == 0
    out = capsys.readouterr().out
    assert "No login_id given for user {user_id}" in out
    assert "not imported" in out


def test_a_misspelled_code_gets_the_likely_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--explain", "user.missing_logn"]) == 2
    assert "user.missing_login" in capsys.readouterr().err


# --- convert ---------------------------------------------------------------------------------------------------------


def test_convert_writes_a_copy_beside_the_file_and_leaves_the_file_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = GOOD.replace("Ann Example", "José Peña").replace("\n", "\r\n")
    Path("latin.csv").write_bytes(text.encode("cp1252"))
    assert run(["convert", "latin.csv"]) == 0
    assert Path("latin.utf8.csv").read_bytes() == text.encode()
    assert Path("latin.csv").read_bytes() == text.encode("cp1252")
    assert "Windows-1252" in capsys.readouterr().out
    assert run(["check", "latin.utf8.csv"]) == 0


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_convert_knows_wide_encodings(folder: Path, encoding: str) -> None:
    Path("wide.csv").write_bytes(GOOD.encode(encoding))
    assert run(["convert", "wide.csv"]) == 0
    assert Path("wide.utf8.csv").read_text(encoding="utf-8") == GOOD


def test_convert_never_overwrites(folder: Path) -> None:
    Path("latin.csv").write_bytes("a,é\n".encode("cp1252"))
    Path("latin.utf8.csv").write_text("mine")
    assert run(["convert", "latin.csv"]) == 2
    assert Path("latin.utf8.csv").read_text() == "mine"


def test_convert_leaves_utf8_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["convert", "good.csv"]) == 0
    assert "already is UTF-8" in capsys.readouterr().out
    assert not Path("good.utf8.csv").exists()


@pytest.mark.parametrize(
    ("encoding", "part"), [("cp1252", "is not in Windows-1252"), ("klingon", "no encoding called")]
)
def test_convert_with_a_wrong_encoding_leaves_nothing_behind(
    folder: Path, capsys: pytest.CaptureFixture[str], encoding: str, part: str
) -> None:
    Path("x.csv").write_bytes(b"a,\x81\n")
    before = sorted(path.name for path in folder.iterdir())
    assert run(["convert", "--from", encoding, "x.csv"]) == 2
    assert part in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == before


# --- at a terminal ---------------------------------------------------------------------------------------------------


def test_two_findings_on_one_row_each_mark_their_own_value() -> None:
    lines = on_a_terminal("course_id,short_name,long_name,status,start_date\nC,c,c,actve,02/28/2026\n")
    marked = [line for line in lines if set(line.strip()) == {"^"}]
    assert marked == [" " * 18 + "^" * 10, " " * 12 + "^" * 5]


def test_everything_stays_within_the_width_of_the_terminal() -> None:
    long = "x" * 300
    text = f"user_id,login_id,full_name,status\nu1,a,{long},active\nu2,b,{long[:200]},actve\n,{long},c,active\n"
    for width in (60, 80, 120):
        assert max(map(len, on_a_terminal(text, width))) <= width


def test_sentences_go_on_below_their_beginning() -> None:
    lines = on_a_terminal("user_id;login_id\na;b\n")
    sentences = lines[2:-2]
    assert len(sentences) > 2
    assert all(line.startswith("    ") and not line.endswith(" ") for line in sentences)


MIXED = GOOD.encode() + "p-2,bo,José Muñoz,active\n".encode() + b"p-3,cy,Ren\xe9,active\np-4,di,Jos\xc3,active\n"
TWICE = GOOD.encode() + "p-2,bo,JosÃ© Muñoz,active\np-3,cy,Zoë,active\n".encode()


def test_convert_mends_only_the_rows_that_are_not_utf8_and_shows_each_cell(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "mixed.csv").write_bytes(MIXED)
    assert run(["convert", "mixed.csv"]) == 0
    out = capsys.readouterr().out
    assert r"line 4: Ren\xe9 -> René  (in another encoding)" in out
    assert r"line 5: Jos\xc3 -> Jos  (cut in the middle of a character)" in out
    assert "2 cells changed" in out
    mended = (folder / "mixed.utf8.csv").read_text("utf-8")
    assert mended.splitlines()[2:] == ["p-2,bo,José Muñoz,active", "p-3,cy,René,active", "p-4,di,Jos,active"]


def test_convert_undoes_letters_that_were_encoded_twice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "twice.csv").write_bytes(TWICE)
    assert run(["convert", "twice.csv"]) == 0
    assert "line 3: JosÃ© Muñoz -> José Muñoz" in capsys.readouterr().out
    assert "José Muñoz" in (folder / "twice.utf8.csv").read_text("utf-8")


def test_convert_never_takes_an_encoding_for_rows_that_are_utf8(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "mixed.csv").write_bytes(MIXED)
    assert run(["convert", "mixed.csv", "--from", "cp1250"]) == 0
    assert "José Muñoz" in (folder / "mixed.utf8.csv").read_text("utf-8")
    (folder / "fine.csv").write_text("user_id,login_id,status\nZoë,l,active\n", "utf-8")
    capsys.readouterr()
    assert run(["convert", "fine.csv", "--from", "cp1252"]) == 0
    assert "already is UTF-8" in capsys.readouterr().out


def test_convert_knows_when_there_is_no_such_encoding(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mixed.csv").write_bytes(MIXED)
    assert run(["convert", "mixed.csv", "--from", "klingon"]) == 2
    assert "no encoding called klingon" in capsys.readouterr().err
    assert not (folder / "mixed.utf8.csv").exists()


def test_each_hint_of_a_kind_is_shown_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"p-{number},l{number},N,{status}\n" for number, status in enumerate(("actve", "actve", "deletd")))
    (folder / "words.csv").write_text(f"user_id,login_id,full_name,status\n{rows}")
    assert run(["check", "words.csv"]) == 1
    out = capsys.readouterr().out
    assert (out.count("Is active meant?"), out.count("Is deleted meant?")) == (1, 1)
