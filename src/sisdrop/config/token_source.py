"""The `token:` group: exactly one place the Canvas token comes from.

Room: holds the place, never the token.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, WithJsonSchema, model_validator

from sisdrop.config import token
from sisdrop.config.group import Group, key
from sisdrop.config.values import FolderPath


def _env(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        # What stands here may be the token itself, so it is not repeated.
        expected = "the name of an environment variable such as CANVAS_TOKEN"
        raise ValueError(f"expected {expected} (the token itself does not belong here)")
    return value


def _command(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    expected = "expected a list of words such as [pass, show, canvas/token]"
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        raise ValueError(f"{expected}; numbers in it need quotes")
    if not value or not value[0].strip():
        raise ValueError(f"{expected}, got an empty one")
    return tuple(value)


class TokenSource(Group):
    """Where the Canvas token is read from; exactly one of the three."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [key]} for key in ("env", "file", "command")]})

    env: Annotated[str, BeforeValidator(_env)] | None = key(
        None, "the environment variable that holds the token", examples=["CANVAS_TOKEN"]
    )
    file: FolderPath | None = key(
        None,
        "a file that holds the token alone; refused when other users can read it",
        examples=["/run/secrets/canvas-token"],
    )
    command: Annotated[
        tuple[str, ...] | None,
        BeforeValidator(_command),
        WithJsonSchema({"anyOf": [{"type": "array", "items": {"type": "string"}, "minItems": 1}, {"type": "null"}]}),
    ] = key(
        None,
        "a program and its arguments; the first line of its output is the token",
        examples=[["pass", "show", "canvas/token"]],
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> TokenSource:
        given = [name for name in ("env", "file", "command") if getattr(self, name) is not None]
        # Two would leave it to chance which is used when one of them is changed.
        if len(given) != 1:
            got = " and ".join(given) if given else "none"
            raise ValueError(f"expected exactly one of env, file and command, got {got}")
        return self

    def read(self) -> str:
        """The token, read anew. Raises `CanvasRefused` (kind TOKEN, status 0, empty body) with what to mend."""
        if self.env is not None:
            return token.from_env(self.env)
        if self.file is not None:
            return token.from_file(self.file)
        return token.from_command(self.command or ("",))

    def describe(self) -> str:
        """The place in words, without anything secret: `environment variable CANVAS_TOKEN`."""
        if self.env is not None:
            return f"environment variable {token.named(self.env)}"
        if self.file is not None:
            return f"file {token.named(str(self.file))}"
        return f"command {token.named(self.command[0]) if self.command else ''}"

    def __repr__(self) -> str:
        return f"TokenSource({self.describe()})"

    __str__ = __repr__
