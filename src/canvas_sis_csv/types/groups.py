"""Group categories, groups and their members.

Room: data; the rules on their rows are in rules/groups.py.
"""

from __future__ import annotations

from canvas_sis_csv.rules import groups as rules
from canvas_sis_csv.types.columns import ACCEPTED, ACTIVE, AVAILABLE
from canvas_sis_csv.types.courses import COURSE_ID
from canvas_sis_csv.types.csv_type import (
    OPTIONAL,
    Column,
    CsvType,
    Definition,
    HeaderTest,
    Kind,
    Reference,
    Shadow,
    required,
)
from canvas_sis_csv.types.people import USER_ID
from canvas_sis_csv.types.structure import ACCOUNT_ID

GROUP_CATEGORY_ID = Kind("group_category", "a group category")
GROUP_ID = Kind("group", "a group")

_ONE_CONTEXT = (
    Column("account_id", OPTIONAL, "not together with course_id; neither = the root account"),
    Column("course_id", OPTIONAL, "not together with account_id"),
)

GROUP_CATEGORY = CsvType(
    name="group_category",
    header=HeaderTest(all_of=("group_category_id", "category_name")),
    columns=(
        required("group_category_id"),
        required("category_name", "unique in its account or course"),
        ACTIVE,
        *_ONE_CONTEXT,
    ),
    stages=rules.GROUP_CATEGORY,
    # No column of the type, but the one that Canvas's own importer lists.
    identifying=("group_id",),
    key=(("group_category_id",),),
    defines=(Definition("group_category_id", GROUP_CATEGORY_ID),),
    references=(Reference("account_id", ACCOUNT_ID), Reference("course_id", COURSE_ID)),
    shadows=(Shadow("group", "category_name", ("group_id",)),),
)

GROUP = CsvType(
    name="group",
    header=HeaderTest(all_of=("group_id", "name")),
    columns=(
        required("group_id"),
        required("name", "up to 255 characters"),
        AVAILABLE,
        Column("group_category_id", OPTIONAL, "must be in the same account or course"),
        *_ONE_CONTEXT,
    ),
    stages=rules.GROUP,
    identifying=("group_id",),
    key=(("group_id",),),
    defines=(Definition("group_id", GROUP_ID),),
    references=(
        Reference("account_id", ACCOUNT_ID),
        Reference("course_id", COURSE_ID),
        Reference("group_category_id", GROUP_CATEGORY_ID),
    ),
    # Any other spelling leaves it available.
    deletes=lambda status: status == "deleted",
)

GROUP_MEMBERSHIP = CsvType(
    name="group_membership",
    header=HeaderTest(all_of=("group_id", "user_id")),
    columns=(required("group_id"), required("user_id"), ACCEPTED),
    stages=rules.GROUP_MEMBERSHIP,
    identifying=("group_id", "user_id"),
    key=(("group_id",), ("user_id",)),
    references=(Reference("user_id", USER_ID), Reference("group_id", GROUP_ID)),
)
