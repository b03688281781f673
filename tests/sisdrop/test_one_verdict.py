"""`sisdrop check` and the importer give one verdict: what check lets pass is sent, what it does not is not."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canvas_sis_csv import preflight
from canvas_sis_csv.model import Level
from canvas_sis_csv.options import ImportOptions
from canvas_sis_csv.sources import open_sources
from sisdrop.cli.main import run
from sisdrop.model import DropKind
from sisdrop.snapshot import Snapshot, make_snapshot, open_members
from tests.conformance.cases import Case, content_of, load_cases

USERS = b"user_id,login_id,full_name,status\np-1,ann,Ann Example,active\n"
COURSES = b"course_id,short_name,long_name,status\nC-1,ALG,Algebra,active\n"
WRONG = b"user_id,login_id,full_name,status\np-1,,Ann Example,active\n"
WARNED = b"user_id,login_id,full_name,status\n'001,ann,Ann Example,active\n"
MALFORMED = b'user_id,login_id,status\np-1,"ann,active\n'

FIELD: Mapping[str, bytes] = {
    "equals": b'user_id,login_id,status\n"=""00123""",ann,active\n',
    "apostrophe": WARNED,
    "decimals": b"user_id,login_id,status\n123.0,ann,active\n",
    "comma": b"user_id,login_id,status,full_name\ns1,ann,active,Lee, Ann\n",
    "header": b"user_id,login_id,status\n",
    "page": b"<!DOCTYPE html>\n<html><body>Report failed</body></html>\n",
    "json": b'{"error":"export failed","code":500}\n',
    "title": b"Users export\r\nuser_id,login_id,status\r\ns1,ann,active\r\n",
    "rows": b"s1,ann,Ann,Lee,active\n",
    "names": b"sis_user_id,login,status\ns1,ann,active\n",
    "semicolons": b"UserID;Login;Status\ns1;ann;active\n",
    "lost": "user_id,login_id,full_name,status\ns1,ann,Jos\ufffd,active\n".encode(),
    "twice": "user_id,login_id,full_name,status\ns1,ann,Jos\u00c3\u00a9,active\n".encode(),
    "mixed": "user_id,login_id,full_name,status\ns1,ann,Zo\u00eb,active\n".encode() + b"s2,bob,Ren\xe9,active\n",
    "nothing": b"",
    "blank": b"\n\n\r\n",
    "mark": b"\xef\xbb\xbf",
    "nul": b"term_id,name,status\nT1,Fa\0ll,active\n",
}


def is_sent(kind: DropKind, folder: Path, name: str, options: ImportOptions) -> bool:
    """Whether the importer would send it, at its default settings, had nothing been accepted before."""
    made = make_snapshot(kind, folder, [name], folder / "state" / "one.zip", marker="sd01234567")
    if not isinstance(made, Snapshot):
        return False
    found = preflight(open_members(made.path, made.members), options=options)
    return not found.refused and found.count(Level.ERROR) == 0


def verdicts(kind: DropKind, folder: Path, name: str, options: ImportOptions) -> tuple[bool, bool]:
    """What check says, and what the importer does."""
    with open_sources([str(folder / name)]) as sources:
        found = sources.check(preflight)
    return found.count(Level.ERROR) == 0, is_sent(kind, folder, name, options)


@pytest.mark.parametrize("name", FIELD)
def test_a_file_from_the_field_gets_one_verdict(name: str, tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_bytes(FIELD[name])
    checked, sent = verdicts(DropKind.FILE, tmp_path, "users.csv", ImportOptions())
    assert checked == sent


CASES = [case for case in load_cases() if not case.get("options") and not case.get("features")]


def cases_judged_twice(kind: DropKind, folder: Path, cases: Sequence[Case]) -> list[str]:
    """The cases, each dropped as this kind, of which check and importer think differently."""
    wrong = []
    for number, case in enumerate(cases):
        here = folder / str(number)
        name = "drop.zip" if kind is DropKind.ZIP else "drop"
        for file in case["files"]:
            path = here / "drop" / file["name"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content_of(file))
        if kind is DropKind.ZIP:
            write_zip(here / name, [(file["name"], content_of(file)) for file in case["files"]])
        checked, sent = verdicts(kind, here, name, ImportOptions())
        if checked != sent:
            wrong.append(case["id"])
    return wrong


@pytest.mark.parametrize("kind", [DropKind.ZIP, DropKind.FOLDER])
def test_cases_get_one_verdict(kind: DropKind, tmp_path: Path) -> None:
    assert cases_judged_twice(kind, tmp_path, CASES[::8]) == []


@pytest.mark.long
@pytest.mark.parametrize("kind", [DropKind.ZIP, DropKind.FOLDER])
def test_every_case_gets_one_verdict(kind: DropKind, tmp_path: Path) -> None:
    assert cases_judged_twice(kind, tmp_path, CASES) == []


MEMBERS = st.sampled_from(
    [
        *(("users.csv", content) for content in (USERS, USERS, WRONG, WARNED, MALFORMED, b"", b"\n\n")),
        ("courses.CSV", COURSES),
        ("sub/courses.csv", COURSES),
        ("README.txt", b"hello"),
        ("notes.pdf", b"%PDF-1.4"),
        ("more.zip", b"PK\x05\x06" + bytes(18)),
        ("users.csv.gz", b"\x1f\x8b\x08"),
        ("__MACOSX/._users.csv", b"x"),
        (".hidden.csv", b"x"),
        ("~$users.csv", b"x"),
        ("../users.csv", USERS),
        ("sub/", b""),
    ]
)
TRICKS = st.sampled_from(["", "", "", "", "deflate64", "unknown", "password", "link", "cut", "no zip"])


def write_zip(path: Path, members: Sequence[tuple[str, bytes]], trick: str = "") -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in dict(members).items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if trick == "link":
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            packed.writestr(info, content)
    whole = bytearray(made.getvalue())
    method = {"deflate64": 9, "unknown": 97}.get(trick)
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = whole.find(signature)
        if at >= 0 and method is not None:
            whole[at + offset] = method
        if at >= 0 and trick == "password":
            whole[at + offset - 2] |= 1
    path.write_bytes({"cut": bytes(whole[:-30]), "no zip": USERS}.get(trick, bytes(whole)))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(MEMBERS, max_size=4), TRICKS)
def test_a_zip_of_any_kind_gets_one_verdict(tmp_path: Path, members: list[tuple[str, bytes]], trick: str) -> None:
    write_zip(tmp_path / "drop.zip", members, trick)
    checked, sent = verdicts(DropKind.ZIP, tmp_path, "drop.zip", ImportOptions())
    assert checked == sent


@pytest.mark.parametrize(
    ("members", "trick", "sentence"),
    [
        ([("README.txt", b"hello")], "", "It holds no CSV file."),
        (
            [("users.csv", USERS)],
            "deflate64",
            "drop.zip is packed with Deflate64; pack it with Deflate, or drop the CSVs.",
        ),
        ([("users.csv", USERS)], "password", "drop.zip is protected by a password."),
        ([("users.csv", USERS), ("more.zip", b"PK")], "", "holds another archive (more.zip)"),
    ],
)
def test_check_says_why_nothing_of_a_zip_would_be_imported(
    members: list[tuple[str, bytes]], trick: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_zip(tmp_path / "drop.zip", members, trick)
    assert run(["check", str(tmp_path / "drop.zip")]) == 1
    assert sentence in capsys.readouterr().out


def test_what_is_no_csv_in_a_zip_does_not_hold_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_zip(tmp_path / "drop.zip", [("users.csv", USERS), ("README.txt", b"hello")])
    assert verdicts(DropKind.ZIP, tmp_path, "drop.zip", ImportOptions()) == (True, True)
    assert run(["check", str(tmp_path / "drop.zip")]) == 0
    assert "Skipping unknown file type" in capsys.readouterr().out
