"""Institutional tag categories, tags and associations, which Canvas knows only with an account feature.

Room: data; the rules on their rows are in rules/institutional.py.
"""

from __future__ import annotations

from canvas_sis_csv.rules import institutional as rules
from canvas_sis_csv.types.columns import ACTIVE
from canvas_sis_csv.types.csv_type import CsvType, Definition, HeaderTest, Kind, Reference, optional, required
from canvas_sis_csv.types.people import USER_ID

FEATURE = "institutional_tags"

CATEGORY_ID = Kind("institutional_tag_category", "an institutional tag category")
INSTITUTIONAL_TAG_ID = Kind("institutional_tag", "an institutional tag")

INSTITUTIONAL_TAG_CATEGORY = CsvType(
    name="institutional_tag_category",
    header=HeaderTest(all_of=("category_id", "name"), none_of=("tag_id", "institutional_tag_id")),
    columns=(required("category_id"), required("name"), *optional("description"), ACTIVE),
    stages=rules.INSTITUTIONAL_TAG_CATEGORY,
    identifying=("category_id",),
    key=(("category_id",),),
    defines=(Definition("category_id", CATEGORY_ID),),
    feature=FEATURE,
)

INSTITUTIONAL_TAG = CsvType(
    name="institutional_tag",
    header=HeaderTest(all_of=("institutional_tag_id", "category_id", "name")),
    columns=(
        required("institutional_tag_id"),
        required("category_id"),
        required("name"),
        required("description"),
        ACTIVE,
    ),
    stages=rules.INSTITUTIONAL_TAG,
    identifying=("institutional_tag_id",),
    key=(("institutional_tag_id",),),
    defines=(Definition("institutional_tag_id", INSTITUTIONAL_TAG_ID),),
    references=(Reference("category_id", CATEGORY_ID),),
    feature=FEATURE,
)

INSTITUTIONAL_TAG_ASSOCIATION = CsvType(
    name="institutional_tag_association",
    header=HeaderTest(all_of=("institutional_tag_id", "user_id")),
    columns=(required("institutional_tag_id"), required("user_id"), ACTIVE),
    stages=rules.INSTITUTIONAL_TAG_ASSOCIATION,
    identifying=("institutional_tag_id", "user_id"),
    key=(("institutional_tag_id",), ("user_id",)),
    references=(Reference("user_id", USER_ID), Reference("institutional_tag_id", INSTITUTIONAL_TAG_ID)),
    feature=FEATURE,
)
