"""Differentiation tag sets, tags and their members.

Room: data; the rules on their rows are in rules/tags.py.
"""

from __future__ import annotations

from canvas_sis_csv.rules import tags as rules
from canvas_sis_csv.types.columns import ACCEPTED, ACTIVE, AVAILABLE
from canvas_sis_csv.types.courses import COURSE_ID
from canvas_sis_csv.types.csv_type import Column, CsvType, Definition, HeaderTest, Kind, Reference, required
from canvas_sis_csv.types.people import USER_ID

TAG_SET_ID = Kind("differentiation_tag_set", "a differentiation tag set")
TAG_ID = Kind("differentiation_tag", "a differentiation tag")

DIFFERENTIATION_TAG_SET = CsvType(
    name="differentiation_tag_set",
    header=HeaderTest(all_of=("tag_set_id", "set_name")),
    columns=(required("tag_set_id"), required("course_id"), required("set_name"), ACTIVE),
    stages=rules.DIFFERENTIATION_TAG_SET,
    identifying=("tag_set_id",),
    key=(("tag_set_id",),),
    defines=(Definition("tag_set_id", TAG_SET_ID),),
    references=(Reference("course_id", COURSE_ID),),
)

DIFFERENTIATION_TAG = CsvType(
    name="differentiation_tag",
    header=HeaderTest(all_of=("tag_id", "name")),
    columns=(
        required("tag_id"),
        Column("tag_set_id", "this or course_id for a new tag"),
        Column("course_id", "this or tag_set_id for a new tag"),
        required("name"),
        AVAILABLE,
    ),
    stages=rules.DIFFERENTIATION_TAG,
    identifying=("tag_id",),
    key=(("tag_id",),),
    defines=(Definition("tag_id", TAG_ID),),
    references=(Reference("course_id", COURSE_ID), Reference("tag_set_id", TAG_SET_ID)),
    # Any other spelling leaves it available.
    deletes=lambda status: status == "deleted",
)

DIFFERENTIATION_TAG_MEMBERSHIP = CsvType(
    name="differentiation_tag_membership",
    header=HeaderTest(all_of=("tag_id", "user_id")),
    columns=(required("tag_id"), required("user_id"), ACCEPTED),
    stages=rules.DIFFERENTIATION_TAG_MEMBERSHIP,
    identifying=("tag_id", "user_id"),
    key=(("tag_id",), ("user_id",)),
    references=(Reference("user_id", USER_ID), Reference("tag_id", TAG_ID)),
)
