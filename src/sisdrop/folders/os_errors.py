"""Turn what the operating system says into a sentence that says what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sisdrop.errors import SpoolError
from sisdrop.model import sentence

_ADVICE = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "the disk quota is used up; free some space or raise it",
    errno.EROFS: "the file system is read-only; mount it writable",
    errno.EACCES: "permission denied; give sisdrop's user the right to write there",
    errno.EPERM: "not permitted; give sisdrop's user the right to write there",
    errno.ENOENT: "it is missing; is its disk or share mounted?",
    errno.ENOTDIR: "it is not a folder",
    errno.EXDEV: "it is on another file system",
    errno.EIO: "the disk or share reports an input/output error",
    errno.ENOTCONN: "the share is not connected",
    errno.ESTALE: "the share was mounted anew and the old handle is stale",
    errno.EHOSTDOWN: "the server of the share is down",
    errno.ENAMETOOLONG: "the name is too long for that file system",
}


def advice(error: OSError) -> str:
    """What `error` means, and what to do: the second half of a sentence, which may end in a question mark."""
    return _ADVICE.get(error.errno or 0) or (error.strerror or str(error)).lower()


@contextmanager
def raising_spool_error(what: str, path: Path) -> Iterator[None]:
    """Raise an OSError of the block as SpoolError: `cannot <what> <path>: <advice>.`"""
    try:
        yield
    except OSError as error:
        raise SpoolError(sentence(f"cannot {what} {path}: {advice(error)}")) from error
