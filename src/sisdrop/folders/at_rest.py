"""Whether a drop lies in archive or failed already, whatever the journal says: by the results beside the files."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import ValidationError

from sisdrop.folders.layout import LOST, RESULT, stamp_of_id
from sisdrop.folders.os_errors import raising_spool_error
from sisdrop.folders.result import Result
from sisdrop.model import Drop

_LARGEST_RESULT = 64 << 20


def filed_as(drop: Drop, place: Path) -> Result | None:
    """The result in `place` of this very drop, `stored_as` the name it lies under; None when it does not rest there."""
    stamp = f"{stamp_of_id(drop.id)}-"
    with raising_spool_error("list", place):
        names = [name for name in os.listdir(place) if name.startswith(stamp)]  # noqa: PTH208  # by the thousand
    for name in sorted(name for name in names if name.endswith(RESULT)):
        content = name.removesuffix(RESULT)
        # The text that stands for lost bytes is no drop.
        if content.endswith(LOST) or not os.path.lexists(place / content):
            continue
        try:
            with (place / name).open("rb") as stream:
                result = Result.model_validate(json.loads(stream.read(_LARGEST_RESULT)))
        except (OSError, ValueError, ValidationError):
            continue  # not whole, or not written by us
        if result.drop == drop.id:
            return result.model_copy(update={"stored_as": content})
    return None
