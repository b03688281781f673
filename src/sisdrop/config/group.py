"""The base of every group of keys in the configuration: frozen, strict, no unknown keys.

Room: pure.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Group(BaseModel):
    """One group of keys. Field names are the keys of the file (`import_` is `import` there)."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", validate_default=True, hide_input_in_errors=True, allow_inf_nan=False
    )


def key(default: Any, description: str, **more: Any) -> Any:
    """A key that may be left out; its description is the documentation."""
    return Field(default, description=description, **more)
