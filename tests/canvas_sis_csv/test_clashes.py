"""Users alone are checked without remembering all of them, and to the very same findings."""

from __future__ import annotations

import io
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canvas_sis_csv import Member, preflight
from canvas_sis_csv.model import Finding

FEW = ["1", "2", "3", "4", "5", ""]
STATUSES = ["active", "deleted", "suspended", "wrong", ""]
COURSES = b"course_id,short_name,long_name,status\nC-1,ALG,Algebra,active\n"


def member(name: str, content: bytes) -> Member:
    return Member(name, len(content), lambda: io.BytesIO(content))


def users(rows: list[tuple[str, ...]]) -> bytes:
    lines = ["user_id,login_id,integration_id,authentication_provider_id,status"]
    for user, login, integration, provider, status in rows:
        named = (f"P-{user}" if user else "", f"Login{login}" if login else "", integration, provider and "cas", status)
        lines.append(",".join(named))
    return ("\n".join(lines) + "\n").encode()


def findings_of_users(*members: Member) -> list[Finding]:
    return [one for one in preflight(members).findings if one.file.startswith("users") and "." in one.code]


def rows_at_random(chance: random.Random) -> list[tuple[str, ...]]:
    return [(*chance.choices(FEW, k=4), chance.choice(STATUSES)) for _ in range(chance.randint(1, 25))]


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32))
def test_users_alone_give_the_findings_they_give_beside_another_file(seed: int) -> None:
    chance = random.Random(seed)
    alone = [member(name, users(rows_at_random(chance))) for name in ("users1.csv", "users2.csv")]

    # Beside a file of another type every row is remembered, in the plain way.
    assert findings_of_users(*alone) == findings_of_users(*alone, member("courses.csv", COURSES))


@pytest.mark.parametrize("first", ["p1", "P1"])
def test_a_login_that_two_users_want_far_apart_is_found(first: str) -> None:
    rows = "".join(f"P-{number},p{number},active\n" for number in range(2, 9000))
    content = f"user_id,login_id,status\nP-1,{first},active\n{rows}P-9001,p1,active\n".encode()

    (finding,) = preflight([member("users.csv", content)]).findings

    assert (finding.code, finding.row) == ("user.login_claimed", 9001)


MEASURED = """
import sys
from pathlib import Path
from canvas_sis_csv import Member, preflight

def kilobytes(name):
    # VmHWM is this program's own peak; what getrusage tells includes that of the process it was started from.
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name + ":"))

path = Path(sys.argv[1])
before = kilobytes("VmRSS")
checked = preflight([Member("users.csv", path.stat().st_size, lambda: path.open("rb"))])
print(checked.files[0].rows, len(checked.findings), (kilobytes("VmHWM") - before) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_many_users_are_checked_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    with path.open("w") as file:
        file.write("user_id,login_id,first_name,last_name,email,status\n")
        file.writelines(f"P-{n},p{n},Ada,Ashgrove,p{n}@larkspur.example,active\n" for n in range(150_000))

    command = [sys.executable, "-c", MEASURED, str(path)]
    rows, findings, grown_mb = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    assert (rows, findings) == ("150000", "0")
    assert int(grown_mb) < 25  # it takes 14; remembering every row takes 38
