"""Whose a file is, by the name that people know."""

from __future__ import annotations

import sys

if sys.platform == "win32":

    def owner_name(_owner: int) -> str:
        """Always `somebody`: Windows tells a file's owner by other means than a number."""
        return "somebody"
else:
    import pwd

    def owner_name(owner: int) -> str:
        """The user's name; `uid 1234` for one that this machine does not know, as on shares of other machines."""
        try:
            return pwd.getpwuid(owner).pw_name
        except (KeyError, OSError):
            return f"uid {owner}"
