"""Open a folder's whole path to other users: pytest keeps its temporary folders to itself, at whatever depth."""

import tempfile
from pathlib import Path


def open_to_others(folder: Path) -> None:
    """Let every user list and enter `folder` and all folders between it and the system's temporary one."""
    top = Path(tempfile.gettempdir())
    for each in (folder, *folder.parents):
        if each == top or each == each.parent:
            return
        each.chmod(0o755)
