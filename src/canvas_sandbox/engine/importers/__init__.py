"""One importer for each of Canvas's 22 CSV types, a file for each family.

Room: as run.py. Adding a type: an Importer with its name here, its tables in schema.py.
"""

from __future__ import annotations

from canvas_sandbox.engine.importers.admins import AdminImporter, GradePublishingImporter, UserObserverImporter
from canvas_sandbox.engine.importers.base import Importer
from canvas_sandbox.engine.importers.courses import CourseImporter
from canvas_sandbox.engine.importers.enrollments import EnrollmentImporter
from canvas_sandbox.engine.importers.groups import (
    GroupCategoryImporter,
    GroupImporter,
    GroupMembershipImporter,
    TagImporter,
    TagMembershipImporter,
    TagSetImporter,
)
from canvas_sandbox.engine.importers.institutional import (
    InstitutionalTagAssociationImporter,
    InstitutionalTagCategoryImporter,
    InstitutionalTagImporter,
)
from canvas_sandbox.engine.importers.people import LoginImporter, UserImporter
from canvas_sandbox.engine.importers.sections import SectionImporter, XlistImporter
from canvas_sandbox.engine.importers.structure import (
    AbstractCourseImporter,
    AccountImporter,
    ChangeSisIdImporter,
    TermImporter,
)

IMPORTERS: dict[str, type[Importer]] = {
    importer.type: importer
    for importer in (
        ChangeSisIdImporter,
        AccountImporter,
        TermImporter,
        AbstractCourseImporter,
        CourseImporter,
        SectionImporter,
        XlistImporter,
        UserImporter,
        LoginImporter,
        EnrollmentImporter,
        AdminImporter,
        GroupCategoryImporter,
        TagSetImporter,
        GroupImporter,
        TagImporter,
        GroupMembershipImporter,
        TagMembershipImporter,
        InstitutionalTagCategoryImporter,
        InstitutionalTagImporter,
        InstitutionalTagAssociationImporter,
        GradePublishingImporter,
        UserObserverImporter,
    )
}
"""The importer of each CSV type, in Canvas's order."""

__all__ = ["IMPORTERS", "Importer"]
