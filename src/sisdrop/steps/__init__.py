"""The life of a drop: `advance` takes one step; one file per step.

Room: decides nothing about time and threads. A step looks at a journaled drop, does what its Context lets it do, and
returns a Transition and when to come again; `advance` journals it. What must be on the disk before the step goes on
(the intention before a POST, the name before a move) the step journals itself, with `Context.apply`.
"""

from sisdrop.steps.advance import advance
from sisdrop.steps.context import ABSENT_GRACE_S, Context
from sisdrop.steps.reconcile import reconcile
from sisdrop.steps.step import Again, Idle, Step, Wait, When

__all__ = ["ABSENT_GRACE_S", "Again", "Context", "Idle", "Step", "Wait", "When", "advance", "reconcile"]
