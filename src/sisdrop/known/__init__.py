"""What was accepted before: the ids that accepted files of a Canvas account brought, in `state/known.sqlite3`.

Room: touches that file; reads snapshots and, when the file is missing, damaged or of another version, what lies in
archive and failed. It is a memory for the preflight's notes, never a word about Canvas itself: whatever goes wrong
here is logged, and the preflight goes on without. `effects` says what rows mean for ids, `verdict` what Canvas's
messages leave of that, `reading` reads the files, `waiting` those of drops that are still to be sent, `store` keeps the
ids, `filed` finds what was filed, `index` is the way in.

An id is *known* (`has` says True), *doubtful* (None), or not there: then `has` says False, if the account's files have
brought ids of its kind, and None otherwise. A note is made of a False, so a False must not be wrong for anything that
went through sisdrop; where that is not certain, the answer is None:

- Ids belong to the Canvas account, not to the feed: what one feed brought, another may use or delete.
- A row that Canvas gave a message for brings its id into doubt, unless the message says that the row was kept. So does
  every row of a file or drop whose messages cannot be told apart, and of an import that failed, was aborted or undone:
  it may have been applied in part. An id that was known stays known, and nothing of it is taken as deleted.
- Batch mode deletes what only Canvas can say (courses and sections of a term that the files no longer have), diffing
  what an earlier file had: all ids of these kinds are doubtful until a file brings them again.
- Diffing looks only at rows that changed, and gives their messages numbers of another file: one message brings all
  new ids of its file into doubt, and neither a deleting nor a renaming row takes anything away for certain.
- A drop that is applied after a later one (it was found in the archive) adds doubt and takes nothing away.
- While drops wait whose files may bring ids of a kind, absence from that kind proves nothing (`unsure`); with their
  files at hand (`waiting`), nothing is said of the ids in them alone. Nor does absence prove anything while an import's
  ids are still to be added, nor ever after an index was built from an archive that is pruned or unreadable in part.

Deleted ids and old ids of change_sis_id are not there any more. What Canvas does not tell is not
known: ids it got in other ways (its pages, other programs, before sisdrop), deletions it passes over (of what somebody
changed by hand, which is then "sticky"), a deleted course that the end of a cross-listing brings back. That is why a
note is all that may come of it.
"""

from sisdrop.known.baseline import baseline_members, forget_snapshots
from sisdrop.known.catching_up import CatchUp
from sisdrop.known.effects import KINDS, kinds_touched
from sisdrop.known.filed import Source
from sisdrop.known.index import Known
from sisdrop.known.lookup import Lookup, Since

__all__ = [
    "KINDS",
    "CatchUp",
    "Known",
    "Lookup",
    "Since",
    "Source",
    "baseline_members",
    "forget_snapshots",
    "kinds_touched",
]
