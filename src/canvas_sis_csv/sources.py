"""What somebody wants checked, as the members of one drop: CSVs, zips, folders, standard input.

Room: reads files, and standard input when asked. A zip is never unpacked to disk; standard input too large for memory
rests in a temporary file that nobody else can open.
"""

from __future__ import annotations

import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, count
from pathlib import Path
from typing import BinaryIO, cast

from canvas_sis_csv.archives import Archive, ArchiveRefused, ArchiveUnfinished, DamagedMember, StreamOver, zip_member
from canvas_sis_csv.cell_text import CellText
from canvas_sis_csv.drop import NO_CSV, Member, is_csv, why_empty
from canvas_sis_csv.findings import Preflight
from canvas_sis_csv.folders import files_below, importable
from canvas_sis_csv.model import Finding, Knowable, Level
from canvas_sis_csv.rules.files import UNREADABLE
from canvas_sis_csv.text import sentence

STDIN = "-"
_IN_MEMORY_BYTES = 32 << 20
_COPY_BYTES = 1 << 20

Opener = Callable[[], BinaryIO]


class NoSource(Exception):
    """What was named is not there or cannot be read; the sentence says which and why."""


@dataclass(slots=True)
class Sources:
    """The files of one drop under names that are unique, and those that nobody can unpack.

    `unreadable` are the names of archives that Canvas could not import, each with the sentence that says why.
    """

    members: list[Member] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    name: str = ""
    """What the first of them was named as."""
    _archive_of: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of all members, unpacked."""
        return sum(member.size for member in self.members)

    def check(self, check: Callable[[Sequence[Member]], Preflight]) -> Preflight:
        """The preflight that `check` makes of the members, archives that cannot be read among its findings.

        A zip that turns out to be damaged while it is read is left out, and all others are checked anew.
        """
        while True:
            try:
                return self._judged(check(self.members))
            except DamagedMember as damaged:
                # Half of an archive's rows would make others' findings wrong: all of it goes.
                self.members = [each for each in self.members if self._archive_of.get(each.name) != damaged.archive]
                self.unreadable.append((damaged.archive, str(damaged)))

    def _judged(self, preflight: Preflight) -> Preflight:
        """What the preflight found, and what it cannot: a drop of which nothing would be imported is unreadable."""
        unreadable = list(self.unreadable)
        csvs = [member.name for member in self.members if member.is_read]
        if not csvs and not unreadable:
            unreadable.append((self.name, NO_CSV))
        elif csvs and set(csvs) == set(preflight.empty):
            unreadable.append((csvs[0] if len(csvs) == 1 else self.name, why_empty(csvs)))
        return _with_unreadable(preflight, unreadable)

    def _add(self, argument: str, resources: ExitStack) -> None:
        name = "stdin" if argument == STDIN else Path(argument).name
        self.name = self.name or name
        try:
            archive, members = _members_in(argument, resources)
        except (ArchiveRefused, ArchiveUnfinished) as error:
            self.unreadable.append((name, sentence(str(error))))
            return
        taken = {member.name for member in self.members}
        for member in members:
            shown = member.name if member.name not in taken else f"{name}/{member.name}"
            numbered = (f"{number}-{shown}" for number in count(2))
            shown = next(each for each in chain([shown], numbered) if each not in taken)
            taken.add(shown)
            self.members.append(replace(member, name=shown))
            if archive:
                self._archive_of[shown] = archive


@contextmanager
def open_sources(arguments: Iterable[str]) -> Iterator[Sources]:
    """What the arguments name, as long as the block lasts. Raises NoSource."""
    with ExitStack() as resources:
        sources = Sources()
        for argument in arguments:
            sources._add(argument, resources)
        yield sources


def _with_unreadable(preflight: Preflight, unreadable: Sequence[tuple[str, str]]) -> Preflight:
    if not unreadable:
        return preflight
    rule = UNREADABLE
    findings = tuple(
        Finding(
            Level.ERROR,
            rule.code,
            name,
            None,
            rule.cell_text(sentence=why),
            CellText.plain(rule.hint),
            knowable=Knowable.FILE,
        )
        for name, why in unreadable
    )
    return replace(
        preflight,
        findings=findings + preflight.findings,
        counts={**preflight.counts, rule.code: len(findings)},
        levels={**preflight.levels, rule.code: Level.ERROR},
        refused=True,
    )


def _members_in(argument: str, resources: ExitStack) -> tuple[str | None, list[Member]]:
    """The members that an argument names, and the name of the zip they are in."""
    if argument == STDIN:
        return _from_stdin(resources)
    path = Path(argument)
    if path.is_dir():
        return None, [_from_file(name, path / name) for name in importable(files_below(path))]
    if not path.is_file():
        raise NoSource(f"{argument}: there is no such file.")
    if path.suffix.lower() == ".zip":
        return path.name, _from_zip(path.name, lambda: path.open("rb"))
    return None, [_from_file(path.name, path)]


def _from_file(name: str, path: Path) -> Member:
    try:
        # Better told now than in the middle of the check.
        with path.open("rb"):
            return Member.of_file(name, path)
    except OSError as error:
        raise NoSource(f"{path}: it cannot be read ({error.strerror}).") from None


def _from_zip(name: str, open_zip: Opener) -> list[Member]:
    with open_zip() as file, closing(Archive(name, file)) as archive:
        # The others are looked at when they are checked; what is no CSV is read here or never.
        for member in archive.members:
            if not is_csv(member):
                deque(archive.chunks(member), maxlen=0)
        return [zip_member(name, open_zip, info, member) for member, info in archive.members.items()]


def _from_stdin(resources: ExitStack) -> tuple[str | None, list[Member]]:
    spooled = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 - closed by `resources`
    kept = cast(BinaryIO, resources.enter_context(spooled))
    while block := sys.stdin.buffer.read(_COPY_BYTES):
        kept.write(block)
    size = kept.tell()

    def again() -> BinaryIO:
        kept.seek(0)
        return cast(BinaryIO, StreamOver(kept))

    # A zip says so at its beginning; what is piped in has no name that would tell.
    if again().read(4) == b"PK\x03\x04":
        return "stdin.zip", _from_zip("stdin.zip", again)
    return None, [Member("stdin.csv", size, again)]
