"""The folders: there, writable, with room, and on file systems that can do what sisdrop needs.

Room: looks at the configured folders; writes and removes one empty hidden file in each of our own (never in the inbox
itself, which belongs to those who drop files).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from sisdrop import durable
from sisdrop.config import Config, Feed
from sisdrop.doctor.check import Check, CheckStatus, fail, ok, warn
from sisdrop.folders.inbox_id import read_id
from sisdrop.folders.layout import INBOX_ID, SPOOL
from sisdrop.folders.os_errors import advice

FREE_FAIL = 50 * 1024**2
FREE_WARN = 1024**3


def folders(config: Config, proofs: Mapping[str, str | None]) -> Iterator[Check]:
    """All folders of all feeds, and state. `proofs` are the ids by which sisdrop remembers the inboxes, by feed."""
    for feed in config.feeds.values():
        yield from _inbox(feed, proofs.get(feed.name))
        for key, path in (("archive", feed.archive), ("failed", feed.failed), ("held", feed.held)):
            yield from _resting_place(f"feeds.{feed.name}.{key}", path, feed.inbox, needed=key != "held")
    yield from _state(config.state)
    yield from _room(config)


def _inbox(feed: Feed, known_id: str | None) -> Iterator[Check]:
    about = f"feeds.{feed.name}.inbox"
    try:
        with os.scandir(feed.inbox) as entries:
            next(entries, None)
    except FileNotFoundError:
        yield fail(about, f"{feed.inbox} does not exist", f"mount its share, or run: mkdir {feed.inbox}")
        return
    except OSError as error:
        yield fail(about, f"{feed.inbox} cannot be listed", advice(error))
        return
    yield from _rights(about, feed.inbox)
    yield from _spool(feed, known_id)
    share = durable.is_network_fs(feed.inbox)
    if share is not None:
        how = f"it is on a network file system ({share}), where events of other machines do not arrive"
        if feed.watch == "events":
            yield warn(about, f"{how}, and `watch` is `events`", "set watch: auto")
        else:
            yield ok(about, f"{how}: it is listed every {feed.poll_s:g} s")


def _rights(about: str, inbox: Path) -> Iterator[Check]:
    """Taking a file is a rename, which needs the right to write to the folder, not to the file."""
    # Asked, not tried: a probe would be somebody else's file in the inbox, and the watcher would see it.
    if not os.access(inbox, os.W_OK | os.X_OK):
        yield fail(about, f"files cannot be taken from {inbox}", "give sisdrop's user the right to write to the folder")
        return
    yield ok(about, f"{inbox} is there, and files can be taken from it")
    if sys.platform == "win32":
        return
    status = inbox.stat()
    if status.st_mode & stat.S_ISVTX and os.geteuid() not in (0, status.st_uid):
        yield fail(about, f"{inbox} has the sticky bit: only a file's owner may move it", f"run: chmod -t {inbox}")
    if status.st_mode & stat.S_IWOTH:
        yield warn(about, f"every user of this machine may drop files into {inbox}", f"run: chmod o-w {inbox}")


def _spool(feed: Feed, known_id: str | None) -> Iterator[Check]:
    """The spool lies in the inbox, so that taking a file is one atomic rename; its id proves that this is the inbox."""
    about, inbox = f"feeds.{feed.name}.inbox", feed.inbox
    spool = inbox / SPOOL
    try:
        inbox_id = read_id(inbox)
    except OSError as error:
        yield fail(about, f"the spool {spool} cannot be used", advice(error))
        return
    if known_id is not None and inbox_id != known_id:
        which = "lacks" if inbox_id is None else "has another"
        text = f"{inbox} {which} {SPOOL}/{INBOX_ID}, by which sisdrop knows it: another folder is there now"
        todo = f"mount the right share; if the inbox was made anew or moved on purpose: sisdrop accept {feed.name}"
        yield fail(about, text, todo)
    elif not spool.exists():
        yield ok(about, f"the spool will be {spool}, on the inbox's own file system")
    elif not durable.same_device(inbox, spool):
        text = f"the spool {spool} is on another file system than the inbox"
        yield fail(about, text, "unmount what is mounted there")
    else:
        yield _writing(about, spool, f"the spool {spool}", ", on the inbox's own file system")


def _resting_place(about: str, path: Path, inbox: Path, *, needed: bool) -> Iterator[Check]:
    if not path.exists():
        if not needed and path.parent.exists():
            yield ok(about, f"{path} will be made when it is first needed")
        else:
            yield fail(about, f"{path} does not exist", f"mount its disk, or run: mkdir -p {path}")
        return
    elsewhere = ""
    with contextlib.suppress(OSError):
        if not durable.same_device(path, inbox):
            elsewhere = "; it is on another disk than the inbox, so files are copied and verified"
    writing = _writing(about, path, str(path), elsewhere)
    if writing.status is CheckStatus.OK and sys.platform != "win32" and path.stat().st_mode & stat.S_IWOTH:
        yield warn(about, f"every user of this machine may change files in {path}", f"run: chmod o-w {path}")
    yield writing


def _state(state: Path) -> Iterator[Check]:
    share = durable.is_network_fs(state)
    if share is not None:
        text = f"{state} is on a network file system ({share}), where the journal's locks cannot be trusted"
        yield fail("state", text, "set `state` to a folder on a local disk, e.g. /var/lib/sisdrop")
        return
    if not state.exists():
        ready = os.access(state.parent, os.W_OK | os.X_OK)
        made = ok("state", f"{state} will be made at the first start")
        yield made if ready else fail("state", f"{state} does not exist", f"run: mkdir -m 700 {state}")
        return
    yield _writing("state", state, str(state), ", on a local disk")
    if sys.platform != "win32" and state.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warn("state", f"other users may look into {state}", f"run: chmod 700 {state}")


def _writing(about: str, folder: Path, name: str, where: str) -> Check:
    """Whether a hidden file of ours can be written in `folder`, which is removed again; `where` adds to good news."""
    probe = folder / f"{durable.TEMPORARY_PREFIX}doctor-{secrets.token_hex(4)}{durable.TEMPORARY_SUFFIX}"
    try:
        try:
            with probe.open("xb") as file:
                file.write(b"sisdrop doctor\n")
                file.flush()
                os.fsync(file.fileno())
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        return fail(about, f"{name} cannot be written", advice(error))
    return ok(about, f"{name} can be written{where}")


def _room(config: Config) -> Iterator[Check]:
    """Free space, once for each disk."""
    wanted = [("state", config.state)]
    for feed in config.feeds.values():
        wanted += [(f"feeds.{feed.name}.{key}", getattr(feed, key)) for key in ("inbox", "archive", "failed")]
    disks: set[int] = set()
    for about, path in wanted:
        try:
            disk, free = path.stat().st_dev, durable.free_bytes(path)
        except OSError:
            continue  # a folder that is not there is told above
        text = f"{free / 1024**3:.1f} GiB free on the disk of {path}"
        if disk in disks:
            continue
        if free < FREE_FAIL:
            yield fail(about, f"only {free / 1024**2:.0f} MiB free on the disk of {path}", "free some space")
        elif free < FREE_WARN:
            yield warn(about, text, "free some space")
        else:
            yield ok(about, text)
        disks.add(disk)
