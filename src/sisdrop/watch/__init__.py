"""Which inbox entries have settled.

Room: floor 3; reads the inbox and changes nothing in it. Events are hints, the listing is the truth: an event only
wakes whoever calls `Inbox.look`, and may vouch for a file; what is there, and whether it has come to rest, every
look finds out for itself. Nothing here is remembered on disk: after a restart everything settles again.

An entry has settled when all of this holds: it is a regular file (never a link); size, times and inode stood still
over the settle time of our own clock and at least two looks; nobody has it open for writing (Linux); its end is no
block of NUL bytes; its last line is whole, or stayed cut off for ten seconds. Its age says nothing: a copy may carry
the times of its original while it is still written.
"""

from __future__ import annotations

from sisdrop.watch.candidate import Candidate, Look
from sisdrop.watch.inbox import Inbox
from sisdrop.watch.listing import WordFile
from sisdrop.watch.names import SPOOL
from sisdrop.watch.probe import held_open
from sisdrop.watch.settings import Settings

__all__ = ["SPOOL", "Candidate", "Inbox", "Look", "Settings", "WordFile", "held_open"]
