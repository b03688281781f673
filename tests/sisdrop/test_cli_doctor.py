"""`sisdrop doctor`: each thing that can be wrong before the first import is told, with what to do."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

import canvas_sandbox as sandbox
from sisdrop import config, doctor
from sisdrop.cli.main import run
from sisdrop.durable import mounts
from sisdrop.journal import SqliteJournal
from sisdrop.model import now_utc

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="permission bits exist on POSIX only")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/mountinfo")


@pytest.fixture(scope="module")
def canvas() -> Iterator[sandbox.Sandbox]:
    with sandbox.start(port=0, speed="max") as running:
        yield running


class Site:
    """A folder as `sisdrop init` leaves it, whose Canvas is the sandbox."""

    def __init__(self, root: Path, url: str) -> None:
        self.root = root
        self.file = root / "config.yaml"
        run(["init", str(root)])
        self.file.write_text(
            f"canvas:\n  url: {url}\n  token: {{env: CANVAS_TOKEN}}\nfeeds:\n  nightly:\n    inbox: inbox\n",
            encoding="utf-8",
        )

    def add(self, text: str) -> None:
        with self.file.open("a", encoding="utf-8") as file:
            file.write(text)

    def replace(self, old: str, new: str) -> None:
        text = self.file.read_text(encoding="utf-8")
        assert old in text
        self.file.write_text(text.replace(old, new), encoding="utf-8")

    def everything(self) -> set[Path]:
        return set(self.root.rglob("*"))


@pytest.fixture
def site(
    tmp_path: Path,
    canvas: sandbox.Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Site:
    canvas.set_faults([])
    monkeypatch.setenv("CANVAS_TOKEN", canvas.token)
    made = Site(tmp_path / "sis", canvas.url)
    capsys.readouterr()
    return made


class Told:
    """What doctor said, and how it ended."""

    def __init__(self, code: int, checks: list[dict[str, str]]) -> None:
        self.code = code
        self.checks = checks

    def of(self, verdict: str, about: str = "") -> list[str]:
        return [c["text"] for c in self.checks if c["verdict"] == verdict and c["about"].startswith(about)]

    def do(self, text: str) -> str:
        return next(check["do"] for check in self.checks if text in check["text"])


@pytest.fixture
def ask(site: Site, capsys: pytest.CaptureFixture[str]) -> Any:
    def asked() -> Told:
        code = run(["doctor", "--config", str(site.file), "--json"])
        told = json.loads(capsys.readouterr().out)
        assert told["ok"] == (code == 0)
        assert all(list(check) == ["verdict", "about", "text", "do"] for check in told["checks"])
        return Told(code, told["checks"])

    return asked


def test_all_is_well_on_a_fresh_site(site: Site, canvas: sandbox.Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    before = site.everything()
    assert run(["doctor", "--config", str(site.file)]) == 0
    lane = f"{canvas.url.removeprefix('http://')}/self"
    lines = capsys.readouterr().out.splitlines()
    assert f"ok    feeds.nightly.inbox: {site.root / 'inbox'} is there, and files can be taken from it" in lines
    assert f"ok    state: {site.root / 'state'} can be written, on a local disk" in lines
    assert any(line.startswith(f"ok    {lane}: the token from environment variable CANVAS_TOKEN") for line in lines)
    assert any(line.startswith(f"ok    {lane}: account 1 ") and line.endswith("is a root account") for line in lines)
    assert f"ok    {lane}: the clocks of Canvas and of this machine agree" in lines
    assert any(line.startswith(f"warn  {lane}: http without encryption") for line in lines)
    assert lines[-1] == "1 warning."
    assert site.everything() == before


def test_a_configuration_with_errors_ends_with_2_and_all_of_them(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.add("    poll: 5\n    watch: never\n")
    assert run(["doctor", "--config", str(site.file)]) == 2
    err = capsys.readouterr().err
    assert "feeds.nightly.poll: unknown key" in err
    assert "feeds.nightly.watch: expected auto, events or poll" in err


def test_a_wrong_token_ends_with_5_and_is_not_repeated(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CANVAS_TOKEN", "7~wrongwrongwrong")
    assert run(["doctor", "--config", str(site.file)]) == 5
    told = "".join(capsys.readouterr())
    assert "Canvas does not accept the token (Invalid access token" in told
    assert "make a new token in Canvas" in told
    assert "wrongwrong" not in told


def test_a_token_that_is_not_there_ends_with_5(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CANVAS_TOKEN")
    told = ask()
    assert told.code == 5
    assert told.of("fail") == ["The environment variable CANVAS_TOKEN is not set; it should hold the Canvas token."]


def put_state(canvas: sandbox.Sandbox, state: object) -> None:
    """Replace everything in the sandbox."""
    headers = {"Authorization": f"Bearer {canvas.token}"}
    requests.put(f"{canvas.url}/sandbox/state", json=state, headers=headers, timeout=10).raise_for_status()


def answer(path: str, value: object) -> dict[str, Any]:
    kind = {"kind": "answer", "path": path, "status": 200, "content_type": "application/json"}
    return {**kind, "body": json.dumps(value)}


def test_a_sub_account_ends_with_5(site: Site, canvas: sandbox.Sandbox, ask: Any) -> None:
    put_state(canvas, {"accounts": [{"account_id": "NORTH", "parent": None}]})
    site.replace("canvas:\n", "canvas:\n  account: sis_account_id:NORTH\n")
    told = ask()
    assert told.code == 5
    (failure,) = told.of("fail")
    assert "is a sub-account of 1; Canvas imports SIS data into root accounts alone" in failure
    assert told.do("sub-account") == "set canvas.account: self"


def test_an_account_that_does_not_exist_ends_with_5(site: Site, ask: Any) -> None:
    site.replace("canvas:\n", "canvas:\n  account: 999\n")
    told = ask()
    assert told.code == 5
    assert "account 999" in told.of("fail")[0]
    assert "mend canvas.account" in told.do("account 999")


@pytest.mark.parametrize(
    ("says", "text"),
    [
        ("not_root", "SIS imports can only be executed on root accounts"),
        ("not_enabled", "SIS imports are not enabled for this account"),
        ("permission", "user not authorized to perform that action"),
        ("scope", "Insufficient scopes on access token"),
    ],
)
def test_a_refusal_of_sis_imports_is_told_with_canvas_own_words(
    canvas: sandbox.Sandbox, ask: Any, says: str, text: str
) -> None:
    canvas.set_faults([{"kind": "refuse", "says": says, "path": "/sis_imports", "count": None}])
    told = ask()
    assert told.code == 5
    (failure,) = told.of("fail")
    assert text in failure


def test_a_user_who_may_not_see_the_account_may_still_import(canvas: sandbox.Sandbox, ask: Any) -> None:
    canvas.set_faults([{"kind": "refuse", "says": "permission", "path": r"/accounts/self$", "count": None}])
    told = ask()
    assert told.code == 0
    assert "the token's user may not see the account itself; that alone does no harm" in told.of("warn")


def test_something_that_is_not_canvas_ends_with_5(canvas: sandbox.Sandbox, ask: Any) -> None:
    page = {"kind": "answer", "status": 200, "content_type": "text/html", "body": "<html>Log in</html>"}
    canvas.set_faults([{**page, "path": "/users/self", "count": None}])
    told = ask()
    assert told.code == 5
    assert told.do(told.of("fail")[0]) == "mend canvas.url"


def test_a_canvas_that_does_not_answer_ends_with_5(site: Site, canvas: sandbox.Sandbox, ask: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: every connection is refused
        site.replace(canvas.url, f"http://127.0.0.1:{taken.getsockname()[1]}")
        told = ask()
    assert told.code == 5
    assert "Canvas could not be reached" in told.of("fail")[0]
    assert "firewall" in told.do("could not be reached")


def test_a_ca_file_that_cannot_be_used_ends_with_5(site: Site, ask: Any) -> None:
    site.replace("canvas:\n", "canvas:\n  ca_file: none.pem\n")
    told = ask()
    assert told.code == 5
    assert told.do("none.pem") == "mend canvas.ca_file"


def test_an_import_that_is_not_finished_is_named(canvas: sandbox.Sandbox, ask: Any) -> None:
    canvas.set_faults([{"kind": "foreign_import", "path": "/users/self", "looks": 6}])
    told = ask()
    assert told.code == 0
    assert any("is importing; sisdrop waits until nothing is unfinished" in text for text in told.of("ok"))


def test_two_names_for_one_account_are_refused(site: Site, canvas: sandbox.Sandbox, ask: Any) -> None:
    for name in ("in", "ok", "bad"):
        (site.root / "south" / name).mkdir(parents=True)
    site.add(
        "  south:\n    {inbox: south/in, archive: south/ok, failed: south/bad, held: south/held, "
        f"canvas: {{url: '{canvas.url}', account: 1, token: {{env: CANVAS_TOKEN}}}}}}\n"
    )
    told = ask()
    assert told.code == 1
    assert "this is the same account as" in told.of("fail")[0]


def test_what_canvas_calls_itself_cannot_write_on_the_terminal(
    site: Site, canvas: sandbox.Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    canvas.set_faults([answer(r"/accounts/self$", {"id": 1, "name": "\x1b[2J\nok    all", "root_account_id": None})])
    run(["doctor", "--config", str(site.file)])
    assert r'account 1 "\x1b[2J\nok    all" is a root account' in capsys.readouterr().out


@pytest.mark.parametrize(("shift_s", "words"), [(600, "600 s ahead of"), (-600, "600 s behind")])
def test_a_clock_that_differs_is_told(site: Site, shift_s: int, words: str) -> None:
    found = config.load(site.file)
    checks = doctor.examine(found, running=False, pid=None, now=lambda: now_utc() + timedelta(seconds=shift_s))
    (clock,) = [check for check in checks if "this machine's clock is" in check.text]
    assert clock.status is doctor.CheckStatus.WARN
    # The two clocks are read up to some seconds apart.
    assert words.split(" s ")[1] in clock.text
    assert abs(int(clock.text.split("clock is ")[1].split(" s")[0]) - 600) <= 5


@pytest.mark.parametrize("name", ["inbox", "archive", "failed"])
def test_a_missing_folder_ends_with_1_and_says_how_to_make_it(site: Site, ask: Any, name: str) -> None:
    (site.root / name).rmdir()
    told = ask()
    assert told.code == 1
    assert told.of("fail") == [f"{site.root / name} does not exist"]
    assert "mkdir" in told.do("does not exist")
    assert not (site.root / name).exists()


@pytest.mark.parametrize("name", ["inbox", "archive"])
def test_a_file_in_place_of_a_folder_is_told(site: Site, ask: Any, name: str) -> None:
    (site.root / name).rmdir()
    (site.root / name).write_text("", encoding="utf-8")
    told = ask()
    assert told.code == 1
    assert told.do(told.of("fail", f"feeds.nightly.{name}")[0]) == "it is not a folder"


def test_another_share_in_the_place_of_the_inbox_is_told(site: Site, ask: Any) -> None:
    with SqliteJournal(site.root / "state") as journal:
        journal.know_inbox("nightly", site.root / "inbox", "the id it had")
    told = ask()
    assert told.code == 1
    assert "lacks .sisdrop/inbox-id, by which sisdrop knows it" in told.of("fail", "feeds.nightly.inbox")[0]
    (site.root / "inbox" / ".sisdrop").mkdir()
    (site.root / "inbox" / ".sisdrop" / "inbox-id").write_text("another\n", encoding="ascii")
    assert "has another .sisdrop/inbox-id" in ask().of("fail", "feeds.nightly.inbox")[0]
    (site.root / "inbox" / ".sisdrop" / "inbox-id").write_text("the id it had\n", encoding="ascii")
    assert ask().code == 0


@posix_only
def test_folders_open_to_everybody_are_told(site: Site, ask: Any) -> None:
    for name in ("inbox", "archive", "state"):
        (site.root / name).chmod(0o777)
    warnings = ask().of("warn")
    assert f"every user of this machine may drop files into {site.root / 'inbox'}" in warnings
    assert f"every user of this machine may change files in {site.root / 'archive'}" in warnings
    assert f"other users may look into {site.root / 'state'}" in warnings


@posix_only
def test_a_configuration_that_everybody_may_change_is_told(site: Site, ask: Any) -> None:
    site.file.chmod(0o666)
    assert f"every user of this machine may change {site.file}" in ask().of("warn")


@posix_only
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_folders_that_cannot_be_written_end_with_1(site: Site, ask: Any) -> None:
    for name in ("inbox", "archive", "state"):
        (site.root / name).chmod(0o500)
    told = ask()
    for name in ("inbox", "archive", "state"):
        (site.root / name).chmod(stat.S_IRWXU)
    assert told.code == 1
    assert {check["about"] for check in told.checks if check["verdict"] == "fail"} == {
        "feeds.nightly.inbox",
        "feeds.nightly.archive",
        "state",
    }


@posix_only
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_running_it_as_another_user_than_the_service_is_told(site: Site, ask: Any) -> None:
    os.chown(site.root / "state", 65534, 65534)
    told = ask()
    assert "and the state folder belongs to" in told.of("warn", "user")[0]
    assert "sudo -u" in told.do("state folder belongs to")


def test_a_running_service_is_told_by_its_process(site: Site, ask: Any) -> None:
    with SqliteJournal(site.root / "state") as journal:
        journal.take_lease()
        assert ask().of("ok", "service") == [f"sisdrop is running (process {os.getpid()})"]
    assert ask().of("ok", "service") == ["no sisdrop runs on this state folder now"]


def test_batch_mode_without_a_threshold_is_warned_of(site: Site, ask: Any) -> None:
    site.add("    overrides:\n      - {files: 'full*', import: {batch_mode: true, batch_mode_term_id: 1}}\n")
    told = ask()
    assert told.code == 0
    assert "batch mode without change_threshold" in told.of("warn", "feeds.nightly.overrides[0]")[0]


def test_dangerous_diffing_is_warned_of_with_what_to_do(site: Site, ask: Any) -> None:
    site.add("    contents: delta\n    import: {diffing_data_set_identifier: sis}\n")
    told = ask()
    assert told.code == 0
    assert "diffing with `contents: delta`" in told.of("warn", "feeds.nightly.import")[0]
    assert told.do("diffing with `contents: delta`").startswith("take diffing out")


@pytest.mark.parametrize(("free", "verdict", "code"), [(30 * 1024**2, "fail", 1), (500 * 1024**2, "warn", 0)])
def test_a_disk_that_is_nearly_full_is_told(
    ask: Any, monkeypatch: pytest.MonkeyPatch, free: int, verdict: str, code: int
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=10**12, used=10**12 - free, free=free))
    told = ask()
    assert told.code == code
    assert "free on the disk of" in told.of(verdict, "state")[0]
    assert told.do("free on the disk") == "free some space"


@linux_only
def test_a_share_is_told_state_may_not_lie_on_one_and_events_do_not_work_there(
    site: Site, ask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"2 1 0:50 / {site.root}/inbox rw - cifs //nas/sis rw\n"
        f"3 1 0:51 / {site.root}/state rw - nfs4 nas:/state rw\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(mounts, "_MOUNTINFO", mountinfo)
    told = ask()
    assert told.code == 1
    assert "is on a network file system (nfs4)" in told.of("fail", "state")[0]
    assert any("(cifs)" in text and "listed every 5 s" in text for text in told.of("ok", "feeds.nightly.inbox"))
    site.add("    watch: events\n")
    assert "`watch` is `events`" in ask().of("warn", "feeds.nightly.inbox")[0]


def test_a_journal_that_cannot_be_opened_is_a_failure_and_the_rest_is_still_looked_at(site: Site, ask: Any) -> None:
    (site.root / "state").rmdir()
    (site.root / "state").write_text("", encoding="utf-8")
    told = ask()
    assert told.code == 1
    assert told.of("fail", "state")
    assert told.of("ok", "feeds.nightly.archive")


def test_a_damaged_journal_is_told_and_left_as_it_is(site: Site, ask: Any) -> None:
    path = site.root / "state" / "journal.sqlite3"
    path.write_bytes(b"this is no database" * 100)
    told = ask()
    assert told.code == 1
    assert told.of("fail", "journal") == [f"the journal {path} is damaged (file is not a database)"]
    assert path.read_bytes() == b"this is no database" * 100


def test_a_sound_journal_is_told(site: Site, ask: Any) -> None:
    assert ask().of("ok", "journal") == ["sisdrop has not run here yet"]
    with SqliteJournal(site.root / "state") as journal:
        path = journal.path
    assert ask().of("ok", "journal") == [f"{path} is sound"]
