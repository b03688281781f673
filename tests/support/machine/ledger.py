"""What was dropped, and where every byte of it lies; what Canvas got, and how often it may."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from canvas_sandbox import Sandbox
from canvas_sandbox.rows import ImportFilter, ImportRow
from canvas_sandbox.shapes import OTHER_USER_ID
from sisdrop.durable import TEMPORARY_PREFIX
from sisdrop.folders.layout import BESIDE, HELD, INBOX_ID
from sisdrop.model import Drop

TOKEN = re.compile(rb"T\d{5}Z")
"""Stands in every content that is dropped, and in no other one."""
OURS = (*BESIDE, HELD, ".result.html", ".release", ".reject", ".done", ".lost.txt")


def tokens_in(content: bytes) -> set[str]:
    """The tokens in a file, or in the members of a zip."""
    if content[:2] == b"PK" and zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(archive.read(name) for name in archive.namelist())
    return {token.decode() for token in TOKEN.findall(content)}


class Ledger:
    """Kept by hand beside the service: it asks the disk and Canvas, and never the service."""

    def __init__(self, root: Path, sandbox: Sandbox) -> None:
        self._root = root
        self._store = sandbox._store
        self._tokens = 0
        self._expected: dict[str, str] = {}
        """What must lie in exactly one place: the name it was dropped under, by its hash."""
        self._optional: set[str] = set()
        """What may come back out of a snapshot: as it was before somebody changed it in our folders."""
        self.allowed: Counter[str] = Counter()
        """How often Canvas may get a token: once, and once more for each word of a person that says so."""
        self.imports: dict[str, list[int]] = {}
        """The imports that brought each token, and were ours."""
        self._last_import = 0

    def new_token(self) -> str:
        self._tokens += 1
        token = f"T{self._tokens:05d}Z"
        self.allowed[token] = 1
        return token

    # the disk

    def write(self, path: Path, content: bytes) -> None:
        """As a writer does it; what lay there under that name is his to lose."""
        self.forget(path)
        path.write_bytes(content)
        self._expected[_hash(content)] = path.name

    def forget(self, path: Path) -> None:
        """Its owner takes it away, or writes over it."""
        if path.exists():
            self._expected.pop(_hash(path.read_bytes()), None)

    def change(self, path: Path, content: bytes) -> None:
        """Somebody writes over what is ours already: of what it was before a copy may come back."""
        self._optional.add(_hash(path.read_bytes()))
        self.write(path, content)

    def files(self) -> Iterator[tuple[Path, bytes]]:
        """Everything that was dropped and lies anywhere but in state/."""
        for folder in self._root.iterdir():
            if not folder.is_dir() or folder.name == "state" or folder.name.startswith("backup"):
                continue
            for path in folder.rglob("*"):
                is_ours = path.name.endswith(OURS) or path.name == INBOX_ID or path.name.startswith(TEMPORARY_PREFIX)
                if path.is_file() and not is_ours:
                    yield path, path.read_bytes()

    def tokens_of(self, drop: Drop) -> set[str]:
        """The tokens in a drop's files: in a folder of its own, or under the name it rests under."""
        names = {drop.id, drop.stored_as}
        return {
            token
            for path, content in self.files()
            if names & {*path.parts} and drop.feed in path.parts
            for token in tokens_in(content)
        }

    def assert_each_in_one_place(self) -> None:
        places = Counter(_hash(content) for _, content in self.files())
        lies = "\n".join(f"{path.relative_to(self._root)}: {sorted(tokens_in(body))}" for path, body in self.files())
        for digest, name in self._expected.items():
            assert places[digest] == 1, f"{name} lies in {places[digest]} places\n{lies}"
        for digest in places.keys() - self._expected.keys():
            assert digest in self._optional, f"nobody dropped this: {digest}\n{lies}"
            assert places[digest] == 1, f"what was sent lies in {places[digest]} places\n{lies}"

    # Canvas

    def look_at_canvas(self) -> None:
        """Take in what came since the last look."""
        rows = self._store.imports(ImportFilter(), limit=50)
        for row in sorted(rows, key=lambda row: row.id):
            if row.id > self._last_import and row.user_id != OTHER_USER_ID:
                for token in self._brought_by(row):
                    self.imports.setdefault(token, []).append(row.id)
        self._last_import = max([self._last_import, *(row.id for row in rows)])

    def _brought_by(self, row: ImportRow) -> set[str]:
        path = self._store.upload_path(row)
        return tokens_in(path.read_bytes()) if path.is_file() else set()

    def times(self, token: str) -> int:
        """How often Canvas got it."""
        return len(self.imports.get(token, ()))

    def may_come_again(self, tokens: set[str]) -> None:
        """A person said that it shall be sent, and may have been sent before."""
        for token in tokens:
            self.allowed[token] = self.times(token) + 1

    def assert_none_too_often(self) -> None:
        for token, ids in self.imports.items():
            assert len(ids) <= self.allowed[token], f"{token} was imported {len(ids)} times: {ids}"


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
