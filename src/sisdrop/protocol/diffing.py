"""What Canvas says when it imports files whole that were to be diffed.

Room: pure. The texts are Canvas's (its public source, SIS batch and diff generator); each of them means that rows which
are gone from a file are not deleted by its import.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sisdrop.model import Message

_NOT_DIFFED = re.compile(
    "|".join(
        (
            "Diffing not performed because .*",
            "Unable to perform diffing against mismatched previous and current .* imports",
            "Couldn't generate diff: .*",
            "Can't perform diffing against more than one file of the same type",
        )
    ),
    re.DOTALL,
)


def not_diffed(messages: Iterable[Message]) -> list[str]:
    """What Canvas says of not having diffed the upload, or files of it; each text once."""
    texts = (message.message.revealed() for message in messages)
    return [text for text in dict.fromkeys(texts) if _NOT_DIFFED.fullmatch(text)]
