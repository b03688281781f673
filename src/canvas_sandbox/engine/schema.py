"""The tables of the sandbox's Canvas, and what Canvas calls the things in them.

Room: text and tables only; touches nothing. Every table whose rows Canvas's roll-back data knows has `state`
(Canvas's `workflow_state`), `sis_import_id` (the last import that touched the row; 0 for what was there before
every import, NULL for what was never SIS's) and `stuck` (the fields a person edited, with spaces between).
"""

from __future__ import annotations

from types import MappingProxyType

VERSION = 1
"""Of the tables below; to be raised when they change."""

ROOT_ACCOUNT = 1
DEFAULT_TERM = 1
DEFAULT_TERM_NAME = "Default Term"
NON_EXISTENT = "non-existent"
"""The state before its creation, in roll-back data."""

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY, sis_id TEXT UNIQUE, integration_id TEXT, name TEXT, parent_id INTEGER,
    state TEXT NOT NULL DEFAULT 'active', tags_on INTEGER NOT NULL DEFAULT 1,
    sis_import_id INTEGER, stuck TEXT NOT NULL DEFAULT '');
CREATE INDEX accounts_parent ON accounts (parent_id);
CREATE INDEX accounts_integration ON accounts (integration_id) WHERE integration_id IS NOT NULL;
CREATE TABLE terms (
    id INTEGER PRIMARY KEY, sis_id TEXT UNIQUE, integration_id TEXT, name TEXT, start_at TEXT, end_at TEXT,
    state TEXT NOT NULL DEFAULT 'active', sis_import_id INTEGER, stuck TEXT NOT NULL DEFAULT '');
CREATE TABLE term_overrides (
    term_id INTEGER NOT NULL, type TEXT NOT NULL, start_at TEXT, end_at TEXT,
    PRIMARY KEY (term_id, type)) WITHOUT ROWID;
CREATE TABLE abstract_courses (
    id INTEGER PRIMARY KEY, sis_id TEXT UNIQUE, short_name TEXT, name TEXT, term_id INTEGER, account_id INTEGER,
    state TEXT NOT NULL DEFAULT 'active', sis_import_id INTEGER, stuck TEXT NOT NULL DEFAULT '');
CREATE TABLE courses (
    id INTEGER PRIMARY KEY, sis_id TEXT UNIQUE, integration_id TEXT, account_id INTEGER NOT NULL DEFAULT 1,
    term_id INTEGER NOT NULL DEFAULT 1, abstract_course_id INTEGER, course_code TEXT, name TEXT,
    start_at TEXT, conclude_at TEXT, course_format TEXT, grade_passback_setting TEXT,
    homeroom_course INTEGER NOT NULL DEFAULT 0, is_blueprint INTEGER NOT NULL DEFAULT 0, blueprint_id INTEGER,
    template_id INTEGER, default_section_id INTEGER,
    state TEXT NOT NULL DEFAULT 'created', sis_import_id INTEGER, stuck TEXT NOT NULL DEFAULT '');
CREATE INDEX courses_account ON courses (account_id);
CREATE INDEX courses_term ON courses (term_id);
CREATE INDEX courses_template ON courses (template_id) WHERE template_id IS NOT NULL;
CREATE INDEX courses_integration ON courses (integration_id) WHERE integration_id IS NOT NULL;
CREATE TABLE sections (
    id INTEGER PRIMARY KEY, sis_id TEXT UNIQUE, integration_id TEXT, course_id INTEGER NOT NULL,
    nonxlist_course_id INTEGER, name TEXT, start_at TEXT, end_at TEXT, is_default INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'active', sis_import_id INTEGER, stuck TEXT NOT NULL DEFAULT '');
CREATE INDEX sections_course ON sections (course_id);
CREATE INDEX sections_nonxlist ON sections (nonxlist_course_id) WHERE nonxlist_course_id IS NOT NULL;
CREATE INDEX sections_integration ON sections (integration_id) WHERE integration_id IS NOT NULL;
CREATE TABLE users (
    id INTEGER PRIMARY KEY, name TEXT, sortable_name TEXT, short_name TEXT, pronouns TEXT,
    state TEXT NOT NULL DEFAULT 'registered', stuck TEXT NOT NULL DEFAULT '');
CREATE TABLE logins (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, sis_id TEXT UNIQUE, integration_id TEXT,
    unique_id TEXT NOT NULL, unique_key TEXT NOT NULL, provider TEXT, declared_user_type TEXT,
    has_password INTEGER NOT NULL DEFAULT 0, channel_id INTEGER,
    is_runner INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'active', sis_import_id INTEGER, stuck TEXT NOT NULL DEFAULT '');
CREATE INDEX logins_user ON logins (user_id);
CREATE INDEX logins_unique ON logins (unique_key);
CREATE INDEX logins_integration ON logins (integration_id) WHERE integration_id IS NOT NULL;
CREATE TABLE channels (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, login_id INTEGER, address TEXT NOT NULL,
    address_key TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'active', sis_import_id INTEGER, stuck TEXT NOT NULL DEFAULT '');
CREATE INDEX channels_user ON channels (user_id);
CREATE TABLE roles (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, base_type TEXT NOT NULL, built_in INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'active');
CREATE TABLE enrollments (
    id INTEGER PRIMARY KEY, course_id INTEGER NOT NULL, section_id INTEGER NOT NULL, user_id INTEGER NOT NULL,
    type TEXT NOT NULL, role_id INTEGER NOT NULL, associated_user_id INTEGER, temporary_source_id INTEGER,
    login_id INTEGER, start_at TEXT, end_at TEXT, limit_privileges INTEGER,
    grade_status TEXT, grade_message TEXT,
    state TEXT NOT NULL DEFAULT 'active', sis_import_id INTEGER, stuck TEXT NOT NULL DEFAULT '');
CREATE INDEX enrollments_section ON enrollments (section_id, user_id);
CREATE INDEX enrollments_user ON enrollments (user_id, course_id);
CREATE INDEX enrollments_course ON enrollments (course_id);
CREATE TABLE admins (
    id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, user_id INTEGER NOT NULL, role_id INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'active', sis_import_id INTEGER, stuck TEXT NOT NULL DEFAULT '');
CREATE INDEX admins_user ON admins (user_id);
CREATE TABLE group_categories (
    id INTEGER PRIMARY KEY, sis_id TEXT, is_tag INTEGER NOT NULL DEFAULT 0,
    context TEXT NOT NULL, context_id INTEGER NOT NULL,
    name TEXT, state TEXT NOT NULL DEFAULT 'active', sis_import_id INTEGER, stuck TEXT NOT NULL DEFAULT '',
    UNIQUE (is_tag, sis_id));
CREATE INDEX group_categories_context ON group_categories (context_id, context);
CREATE TABLE groups (
    id INTEGER PRIMARY KEY, sis_id TEXT, integration_id TEXT, is_tag INTEGER NOT NULL DEFAULT 0, category_id INTEGER,
    context TEXT NOT NULL, context_id INTEGER NOT NULL, name TEXT,
    state TEXT NOT NULL DEFAULT 'available', sis_import_id INTEGER, stuck TEXT NOT NULL DEFAULT '',
    UNIQUE (is_tag, sis_id));
CREATE INDEX groups_category ON groups (category_id);
CREATE INDEX groups_context ON groups (context_id, context);
CREATE TABLE memberships (
    id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL, user_id INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'accepted', sis_import_id INTEGER, stuck TEXT NOT NULL DEFAULT '');
CREATE INDEX memberships_group ON memberships (group_id, user_id);
CREATE INDEX memberships_user ON memberships (user_id);
CREATE TABLE institutional_tag_categories (
    id INTEGER PRIMARY KEY, sis_id TEXT UNIQUE, name TEXT, description TEXT,
    state TEXT NOT NULL DEFAULT 'active', sis_import_id INTEGER, stuck TEXT NOT NULL DEFAULT '');
CREATE TABLE institutional_tags (
    id INTEGER PRIMARY KEY, sis_id TEXT UNIQUE, category_id INTEGER, name TEXT, description TEXT,
    state TEXT NOT NULL DEFAULT 'active', sis_import_id INTEGER, stuck TEXT NOT NULL DEFAULT '');
CREATE TABLE institutional_tag_associations (
    id INTEGER PRIMARY KEY, tag_id INTEGER NOT NULL, user_id INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'active', sis_import_id INTEGER, stuck TEXT NOT NULL DEFAULT '',
    UNIQUE (tag_id, user_id));
CREATE TABLE observers (
    id INTEGER PRIMARY KEY, observer_id INTEGER NOT NULL, student_id INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'active', sis_import_id INTEGER, stuck TEXT NOT NULL DEFAULT '',
    UNIQUE (observer_id, student_id));
CREATE TABLE providers (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE roll_back (
    id INTEGER PRIMARY KEY, import_id INTEGER NOT NULL, kind TEXT NOT NULL, row_id INTEGER NOT NULL,
    before TEXT NOT NULL, after TEXT NOT NULL, batch_mode INTEGER NOT NULL DEFAULT 0);
CREATE INDEX roll_back_import ON roll_back (import_id);
"""

KIND_OF = MappingProxyType(
    {
        "accounts": "Account",
        "terms": "EnrollmentTerm",
        "abstract_courses": "AbstractCourse",
        "courses": "Course",
        "sections": "CourseSection",
        "group_categories": "GroupCategory",
        "groups": "Group",
        "logins": "Pseudonym",
        "channels": "CommunicationChannel",
        "enrollments": "Enrollment",
        "memberships": "GroupMembership",
        "observers": "UserObserver",
        "admins": "AccountUser",
        "institutional_tag_categories": "InstitutionalTagCategory",
        "institutional_tags": "InstitutionalTag",
        "institutional_tag_associations": "InstitutionalTagAssociation",
    }
)
"""Canvas's class name of what a table holds, in the order in which Canvas restores states."""

TABLE_OF = MappingProxyType({kind: table for table, kind in KIND_OF.items()})

ALWAYS_IN_STATISTICS = tuple(KIND_OF.values())[:13]
"""The classes that `data.statistics` names even when nothing of theirs changed."""

STICKY = MappingProxyType(
    {
        "accounts": (("name",), ("parent_id",)),
        "terms": (("name",), ("start_at", "end_at")),
        "abstract_courses": (("name",), ("short_name",), ("term_id",)),
        "courses": (
            ("name",),
            ("course_code",),
            ("account_id",),
            ("term_id",),
            ("start_at", "conclude_at"),
            ("state",),
            ("grade_passback_setting",),
        ),
        "sections": (("name",), ("course_id",), ("start_at", "end_at")),
        "users": (("name",), ("sortable_name",), ("short_name",), ("pronouns",)),
        "logins": (("unique_id", "unique_key"), ("state",)),
        "enrollments": (("start_at", "end_at"),),
        "groups": (("name",),),
    }
)
"""Fields that an edit in Canvas's pages protects from later imports; those in one pair of brackets go together."""

BUILT_IN_ROLES = (
    (1, "AccountAdmin", "AccountMembership"),
    (2, "AccountMembership", "AccountMembership"),
    (3, "StudentEnrollment", "StudentEnrollment"),
    (4, "TeacherEnrollment", "TeacherEnrollment"),
    (5, "TaEnrollment", "TaEnrollment"),
    (6, "DesignerEnrollment", "DesignerEnrollment"),
    (7, "ObserverEnrollment", "ObserverEnrollment"),
)
"""Id, name and base type of the roles every Canvas has."""
