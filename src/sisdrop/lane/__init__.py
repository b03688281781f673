"""The life of a drop for one Canvas account: `advance` takes one step, `Lane` decides whose and when.

Room (floor 6): uses journal, spool, Canvas, policy and snapshot; touches nothing by itself.
"""

from sisdrop.lane.advance import advance
from sisdrop.lane.lane import Lane
from sisdrop.lane.queue import corrects
from sisdrop.lane.tender import IDLE_S, Tender
from sisdrop.lane.tools import ABSENT_GRACE_S, Tools

__all__ = ["ABSENT_GRACE_S", "IDLE_S", "Lane", "Tender", "Tools", "advance", "corrects"]
