"""Our folders: layout and names, claim, filing, taking back, pruning, result files.

Room: floor 4; touches the inbox's `.sisdrop/`, archive, failed and held, and removes a person's word from the inbox.
Decides no drop's fate: the steps say what is to happen, this room makes it true on disk. Every call is idempotent:
after a crash at any point the same call with the same drop finishes what was begun.

Where a drop's files are (`layout` has every name):

    inbox/.sisdrop/inbox-id                    the proof that this is the inbox
    inbox/.sisdrop/<drop id>/users.csv         claimed, under its own name
    held/<drop id>/users.csv                   waiting for a person
    held/<drop id>/users.csv.held.json         … and why
    archive/<stamp>-users.csv                  at rest (a folder or group: archive/<stamp>-<name>/…)
    archive/<stamp>-users.csv.result.json      … and its result, with .errors.csv when Canvas has a report
    archive/<stamp>-users.csv.lost.txt         what lies there, with its result, when the drop's bytes are gone

A folder of ours that is missing is made only where its parent is proven to be the right one by another folder of
ours in it: below the mount point of a share that is away nothing is ever created.
"""

from __future__ import annotations

from sisdrop.folders.claim import Changed, Claimed, Gone
from sisdrop.folders.layout import Layout
from sisdrop.folders.measuring import measure
from sisdrop.folders.spool import Spool

__all__ = ["Changed", "Claimed", "Gone", "Layout", "Spool", "measure"]
