"""The base of every group of keys in the configuration: frozen, strict, no unknown keys.

Room: pure.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Group(BaseModel):
    """One group of keys. Field names are the keys of the file (`import_` is `import` there)."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", validate_default=True, hide_input_in_errors=True, allow_inf_nan=False
    )
