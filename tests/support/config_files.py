"""Configuration texts for tests, and what `config.parse` says of them. Writes nothing."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

from sisdrop import config
from sisdrop.errors import ConfigError

CANVAS = """
canvas:
  url: https://school.instructure.com
  token: {env: CANVAS_TOKEN}
"""


def feed(body: str = "", top: str = CANVAS, name: str = "nightly") -> str:
    """A document with one feed whose keys are `body`."""
    inner = dedent(body).strip() or "inbox: inbox"
    return f"{top}\nfeeds:\n  {name}:\n{indent(inner, '    ')}\n"


def parsed(text: str, base: Path = Path("/srv/sis")) -> config.Config:
    """The configuration in `text`, as if it stood in `base`."""
    return config.parse(dedent(text).encode(), base / "config.yaml")


def problems(text: str | bytes, base: Path = Path("/srv/sis")) -> list[str]:
    """Everything that is wrong with `text`, as it would be printed."""
    raw = text if isinstance(text, bytes) else dedent(text).encode()
    try:
        config.parse(raw, base / "config.yaml")
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []
