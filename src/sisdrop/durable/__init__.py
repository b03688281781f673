"""The few file operations whose order decides what survives a power cut.

Room: floor 2; touches the disk and nothing else. Knows no drops and no folders of ours, only paths. Everything
raises plain `OSError`; who knows what the path means makes a sentence of it.

On return of every function here that writes or moves, the change survives a power cut (as far as the disk keeps
its word). Nothing is ever overwritten unless the caller says so. A failed fsync is never repeated on the same
file: the page cache may have dropped what could not be written, so the file is written again from scratch.
"""

from __future__ import annotations

from sisdrop.durable.files import (
    TEMPORARY_PREFIX,
    TEMPORARY_SUFFIX,
    Draft,
    copy_verified,
    draft,
    fsync_dir,
    move_no_replace,
    remove_durably,
    remove_temporaries,
    sha256_of,
    write_atomic,
)
from sisdrop.durable.lock import FileLock, is_locked, lock_file, lock_holder
from sisdrop.durable.mounts import (
    free_bytes,
    is_network_fs,
    is_network_type,
    knows_writers,
    same_device,
    why_unwritable,
)
from sisdrop.durable.sqlite import is_sound, transaction

__all__ = [
    "TEMPORARY_PREFIX",
    "TEMPORARY_SUFFIX",
    "Draft",
    "FileLock",
    "copy_verified",
    "draft",
    "free_bytes",
    "fsync_dir",
    "is_locked",
    "is_network_fs",
    "is_network_type",
    "is_sound",
    "knows_writers",
    "lock_file",
    "lock_holder",
    "move_no_replace",
    "remove_durably",
    "remove_temporaries",
    "same_device",
    "sha256_of",
    "transaction",
    "why_unwritable",
    "write_atomic",
]
