"""What follows from a change of state: enrollments of a deleted course, group memberships of a dropped student.

Room: the database. Source: Canvas's public source (its batch deletions and their roll-back data).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from canvas_sandbox.engine.database import Database
from canvas_sandbox.engine.records import RecordWriter
from canvas_sandbox.sqlite import Record


def course_changed(records: RecordWriter, course_id: int, state: str, *, batch_mode: bool = False) -> None:
    """A course was deleted or completed: so are its enrollments."""
    sql = "SELECT id, state, user_id, course_id FROM enrollments WHERE course_id = ?"
    if state == "deleted":
        living = records.db.all(f"{sql} AND state <> 'deleted'", (course_id,))
        drop_enrollments(records, living, batch_mode=batch_mode)
    elif state == "completed":
        # Only the active ones: who is inactive in a course that ends stays inactive.
        records.set_state("enrollments", records.db.all(f"{sql} AND state = 'active'", (course_id,)), "completed")


def section_deleted(records: RecordWriter, section_id: int, *, batch_mode: bool = False) -> None:
    """A section was deleted: so are its enrollments."""
    sql = "SELECT id, state, user_id, course_id FROM enrollments WHERE section_id = ? AND state <> 'deleted'"
    drop_enrollments(records, records.db.all(sql, (section_id,)), batch_mode=batch_mode)


def drop_enrollments(records: RecordWriter, enrollments: Sequence[Record], *, batch_mode: bool = False) -> int:
    """Delete enrollments, and the memberships in their courses' groups of users who have no other left there."""
    count = records.set_state("enrollments", enrollments, "deleted", batch_mode=batch_mode)
    sql = """SELECT memberships.id, memberships.state FROM memberships JOIN groups ON groups.id = group_id
             WHERE user_id = ? AND context = 'c' AND context_id = ? AND memberships.state <> 'deleted'"""
    for user_id, course_id in {(row["user_id"], row["course_id"]) for row in enrollments}:
        memberships = records.db.all(sql, (user_id, course_id))
        # Another enrollment, as teacher or in another section, keeps the user in the course and so in its groups.
        if memberships and not is_enrolled(records.db, user_id, course_id):
            records.set_state("memberships", memberships, "deleted", batch_mode=batch_mode)
    return count


def is_enrolled(db: Database, user_id: int, course_id: int) -> bool:
    """Whether the user has an enrollment in the course that is not deleted."""
    sql = "SELECT 1 FROM enrollments WHERE user_id = ? AND course_id = ? AND state <> 'deleted' LIMIT 1"
    return db.first(sql, (user_id, course_id)) is not None


def group_deleted(records: RecordWriter, group_id: int) -> None:
    """A group or tag was deleted: so are its memberships."""
    sql = "SELECT id, state FROM memberships WHERE group_id = ? AND state <> 'deleted'"
    records.set_state("memberships", records.db.all(sql, (group_id,)), "deleted")


def last_login_deleted(records: RecordWriter, user_id: int) -> None:
    """A user's last active login is being deleted: enrollments, group memberships and admin roles go with it."""
    db = records.db
    for table in ("enrollments", "memberships", "admins"):
        sql = f"SELECT id, state FROM {table} WHERE user_id = ? AND state <> 'deleted'"  # noqa: S608 - our own names
        records.set_state(table, db.all(sql, (user_id,)), "deleted")


def move_enrollments(db: Database, section_ids: Iterable[int], course_id: int) -> None:
    """Sections went to another course: their enrollments go with them."""
    sql = "UPDATE enrollments SET course_id = ? WHERE section_id = ?"
    db.many(sql, [(course_id, section_id) for section_id in section_ids])


def default_section(db: Database, course_id: int) -> Record:
    """The course's default section, made when there is none; one that was cross-listed away will do."""
    section = db.first(
        """SELECT * FROM sections WHERE state <> 'deleted'
           AND ((course_id = ?1 AND is_default = 1) OR nonxlist_course_id = ?1)
           ORDER BY course_id = ?1 AND is_default = 1 DESC, id LIMIT 1""",
        (course_id,),
    )
    if section is not None:
        return section
    # Without `sis_import_id`: Canvas makes it, SIS does not, so batch mode never deletes it.
    name = db.value("SELECT name FROM courses WHERE id = ?", (course_id,))
    made = db.insert("sections", {"course_id": course_id, "name": name, "is_default": 1, "state": "active"})
    return db.existing("sections", made)
