"""The columns of each CSV type: which Canvas needs, which it knows, and what to mind.

Room: a table. Source: Canvas's public SIS CSV documentation and source. It tells misspelled columns from unknown
ones and fills the reference page; what Canvas says to a value is in rules/.
"""

from __future__ import annotations

from dataclasses import dataclass

REQUIRED = "required"
OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a CSV type. `need` is `required`, `optional`, or says on what it depends."""

    name: str
    need: str
    remark: str = ""

    @property
    def is_required(self) -> bool:
        """Whether a row without a value here is always refused."""
        return self.need == REQUIRED


def _needed(name: str, remark: str = "") -> Column:
    return Column(name, REQUIRED, remark)


def _free(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, OPTIONAL) for name in names)


_DATES = (
    Column("start_date", OPTIONAL, "2026-08-24 or 2026-08-24T00:00:00Z; blank clears it"),
    Column("end_date", OPTIONAL, "as start_date"),
)
_ACTIVE = _needed("status", "active or deleted")
_INTEGRATION = Column("integration_id", OPTIONAL, "unique; blank clears it")
_PROVIDER = Column("authentication_provider_id", OPTIONAL, "id or type of a provider of the account, such as saml")
_ROOT = Column("root_account", OPTIONAL, "for trusted accounts only; elsewhere the row vanishes without a message")
_ONE_CONTEXT = (
    Column("account_id", OPTIONAL, "not together with course_id; neither = the root account"),
    Column("course_id", OPTIONAL, "not together with account_id"),
)
_PASSWORDS = (
    Column("password", OPTIONAL, "used only for new passwords, and those never changed by the user"),
    Column("ssha_password", OPTIONAL, "as password, already hashed"),
)

COLUMNS: dict[str, tuple[Column, ...]] = {
    "change_sis_id": (
        Column("old_id", "this or old_integration_id", "the id as it is now"),
        Column("old_integration_id", "this or old_id"),
        Column("new_id", "this or new_integration_id", "the id as it shall be"),
        Column("new_integration_id", "this or new_id", "<delete> removes it"),
        _needed("type", "account, term, course, section, group, group_category or user"),
    ),
    "account": (
        _needed("account_id", "up to 255 characters"),
        Column("parent_account_id", "the column, not a value", "blank = the root account; must stand in a row above"),
        Column("name", "required for a new account", "blank keeps the old name"),
        Column("status", "required for a new account", "active or deleted"),
        _INTEGRATION,
    ),
    "term": (
        _needed("term_id"),
        Column("name", "required unless date_override_enrollment_type is given", "the column identifies the file"),
        _ACTIVE,
        *_DATES,
        _INTEGRATION,
        Column("date_override_enrollment_type", OPTIONAL, "StudentEnrollment, TeacherEnrollment, TaEnrollment …"),
    ),
    "abstract_course": (
        _needed("abstract_course_id"),
        _needed("short_name"),
        _needed("long_name"),
        _ACTIVE,
        Column("term_id", OPTIONAL, "an unknown one gives the default term, without a message"),
        Column("account_id", OPTIONAL, "an unknown one gives the root account, without a message"),
        *_free("fallback_account_id"),
    ),
    "course": (
        _needed("course_id", "up to 255 characters"),
        Column("short_name", "required unless abstract_course_id is given", "up to 255 characters"),
        Column("long_name", "required unless abstract_course_id is given", "up to 255 characters"),
        Column("account_id", OPTIONAL, "an unknown one refuses the row, unless fallback_account_id is known"),
        Column("fallback_account_id", OPTIONAL),
        Column("term_id", OPTIONAL, "an unknown one gives the default or previous term, without a message"),
        _needed("status", "active, published, unpublished, completed or deleted"),
        Column("start_date", OPTIONAL, "2026-08-24 or 2026-08-24T00:00:00Z; <delete> removes it"),
        Column("end_date", OPTIONAL, "as start_date, and not before it"),
        Column("course_format", OPTIONAL, "online, on_campus, blended or not_set"),
        Column("abstract_course_id", OPTIONAL),
        Column("blueprint_course_id", OPTIONAL, "SIS id of a blueprint course, or dissociate"),
        Column("grade_passback_setting", OPTIONAL, "nightly_sync, disabled or not_set; blank clears it"),
        *_free("homeroom_course", "friendly_name"),
        Column("integration_id", OPTIONAL, "unique; blank keeps it"),
    ),
    "section": (
        _needed("section_id", "up to 255 characters"),
        _needed("course_id"),
        Column("name", "required but for deleting an existing section", "up to 255 characters"),
        _ACTIVE,
        *_DATES,
        _INTEGRATION,
    ),
    "xlist": (
        _needed("xlist_course_id", "made when it is not there"),
        _needed("section_id", "must be there"),
        _needed("status", "exactly active or deleted"),
    ),
    "user": (
        _needed("user_id", "up to 255 characters"),
        _needed("login_id", "up to 100 printable characters; unique, whatever the case"),
        _needed("status", "active, suspended or deleted"),
        *_free("first_name", "last_name", "full_name", "sortable_name", "short_name"),
        Column("email", OPTIONAL, "a bare address; a bad one is left out"),
        *_PASSWORDS,
        _PROVIDER,
        Column("integration_id", OPTIONAL, "unique; blank keeps it"),
        Column("pronouns", OPTIONAL, "<delete> removes them"),
        Column("declared_user_type", OPTIONAL, "administrative, observer, staff, student, student_other or teacher"),
        Column("canvas_password_notification", OPTIONAL, "any value counts as yes"),
        *_free("home_account"),
    ),
    "login": (
        _needed("user_id", "SIS id of the new login"),
        _needed("login_id", "as for users"),
        Column("existing_user_id", "one of the three", "SIS id of a login the person has"),
        Column("existing_integration_id", "one of the three"),
        Column("existing_canvas_user_id", "one of the three"),
        _ROOT,
        *_free("email"),
        *_PASSWORDS,
        *_free("integration_id"),
        _PROVIDER,
    ),
    "enrollment": (
        Column("course_id", "this or section_id"),
        Column("section_id", "this or course_id"),
        Column("user_id", "this or user_integration_id"),
        Column("user_integration_id", "this or user_id", "wins over user_id"),
        Column("role", "this or role_id", "student, teacher, ta, observer, designer, or a role's exact name"),
        Column("role_id", "this or role", "looked at first"),
        _needed("status", "active, inactive, completed, deleted or deleted_last_completed"),
        Column("associated_user_id", OPTIONAL, "whom an observer observes"),
        Column("start_date", OPTIONAL, "takes effect only together with end_date"),
        Column("end_date", OPTIONAL, "takes effect only together with start_date"),
        *_free("limit_section_privileges", "notify", "temporary_enrollment_source_user_id"),
        _ROOT,
    ),
    "admin": (
        _needed("user_id"),
        Column("account_id", "the column, not a value", "blank = the root account"),
        Column("role", "this or role_id", "a role's exact name, such as AccountAdmin"),
        Column("role_id", "this or role", "looked at first"),
        _needed("status", "exactly active or deleted"),
        Column("root_account", OPTIONAL, "for trusted accounts only"),
    ),
    "group_category": (
        _needed("group_category_id"),
        _needed("category_name", "unique in its account or course"),
        _ACTIVE,
        *_ONE_CONTEXT,
    ),
    "differentiation_tag_set": (_needed("tag_set_id"), _needed("course_id"), _needed("set_name"), _ACTIVE),
    "group": (
        _needed("group_id"),
        _needed("name", "up to 255 characters"),
        _needed("status", "available or deleted; only the lower-case word deletes"),
        Column("group_category_id", OPTIONAL, "must be in the same account or course"),
        *_ONE_CONTEXT,
    ),
    "differentiation_tag": (
        _needed("tag_id"),
        Column("tag_set_id", "this or course_id for a new tag"),
        Column("course_id", "this or tag_set_id for a new tag"),
        _needed("name"),
        _needed("status", "available or deleted; only the lower-case word deletes"),
    ),
    "group_membership": (_needed("group_id"), _needed("user_id"), _needed("status", "accepted or deleted")),
    "differentiation_tag_membership": (
        _needed("tag_id"),
        _needed("user_id"),
        _needed("status", "accepted or deleted"),
    ),
    "institutional_tag_category": (_needed("category_id"), _needed("name"), *_free("description"), _ACTIVE),
    "institutional_tag": (
        _needed("institutional_tag_id"),
        _needed("category_id"),
        _needed("name"),
        _needed("description"),
        _ACTIVE,
    ),
    "institutional_tag_association": (_needed("institutional_tag_id"), _needed("user_id"), _ACTIVE),
    "grade_publishing_results": (
        _needed("enrollment_id", "Canvas's own enrollment id"),
        _needed("grade_publishing_status", "exactly published or error"),
        *_free("message"),
    ),
    "user_observer": (_needed("observer_id"), _needed("student_id"), _needed("status", "exactly active or deleted")),
}
"""Per CSV type, the columns Canvas knows, the needed ones first."""
