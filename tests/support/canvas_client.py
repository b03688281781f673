"""A client of Canvas for tests: settings, a token source, and answers as Canvas gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sisdrop.canvas import Canvas
from tests.support.scripted import answer

TOKEN = "7~a-token-nobody-may-see"
PAGE = answer("200 OK", "<!DOCTYPE html><title>Log in</title>", {"Content-Type": "text/html"})


@dataclass
class Token:
    """A token source that hands out its texts one after the other, the last for ever."""

    texts: list[str] = field(default_factory=lambda: [TOKEN], repr=False)
    reads: int = 0

    def read(self) -> str:
        self.reads += 1
        return self.texts[min(self.reads, len(self.texts)) - 1]


@dataclass
class Settings:
    url: str
    account: str = "self"
    token: Token = field(default_factory=Token)
    ca_file: Path | None = None
    timeout_s: float = 5.0


def import_json(number=8123, state="created", **more):
    return {"id": number, "workflow_state": state, "created_at": "2026-11-23T04:15:02Z", "progress": 0, **more}


def canvas_at(url, **settings):
    return Canvas(Settings(url, **settings), user_agent="sisdrop/test")
