"""Which column a name may mean that Canvas does not know.

Room: pure. Aliases are what other systems and languages call the same thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from canvas_sis_csv.types.csv_type import CsvType

_JUNK = re.compile(r"[\s\u00a0\u200b-\u200f\u2060\ufeff\"']+")
_PREFIXES = ("sis", "canvas", "lms", "the")

_ALIASES: dict[str, tuple[str, ...]] = {
    "user_id": ("userid", "user", "id", "personid", "pupilid", "studentid", "staffid", "studentnumber", "usernumber"),
    "login_id": (
        "login",
        "loginname",
        "username",
        "userlogin",
        "uniqueid",
        "account",
        "loginid",
        "netid",
        "benutzername",
    ),
    "first_name": ("firstname", "givenname", "forename", "vorname", "prenom", "nombre"),
    "last_name": ("lastname", "surname", "familyname", "nachname", "nom", "apellido", "apellidos"),
    "full_name": ("fullname", "displayname", "name"),
    "email": ("mail", "emailaddress", "mailaddress", "useremail", "e_mail"),
    "status": ("state", "workflowstate", "enrollmentstatus", "enrollmentstate", "userstatus", "coursestatus"),
    "role": ("rolename", "rolle", "usertype", "enrollmentrole", "enrollmenttype"),
    "course_id": ("courseid", "course", "coursenumber", "courseref", "kurs", "kursid", "classid"),
    "section_id": ("sectionid", "section", "sectionnumber", "crn"),
    "short_name": ("shortname", "coursecode", "code"),
    "long_name": ("longname", "coursename", "coursetitle", "title"),
    "term_id": ("termid", "term", "termcode", "semester"),
    "account_id": ("accountid", "account", "department", "departmentid", "schoolid"),
    "parent_account_id": ("parentid", "parentaccount", "parent"),
    "name": ("title", "sectionname", "termname", "groupname", "accountname"),
    "group_id": ("groupid", "group"),
    "observer_id": ("observer", "parentid", "guardianid"),
    "student_id": ("student", "observeeid", "childid"),
}
_CLOSE = 0.84
"""Lets one wrong letter in seven pass, and keeps user_id and course_id apart."""


def tidy_name(name: str) -> str:
    """A column name as it was probably meant: `User ID` is user_id."""
    return re.sub(r"[\s\u00a0-]+", "_", _JUNK.sub(" ", name).strip().lower())


def near_columns(names: Iterable[str], type_: CsvType) -> dict[str, str]:
    """Which column of the type each name that it does not have may mean, where it can be told; each column once."""
    written = list(dict.fromkeys(names))
    absent = type_.column_names - set(map(tidy_name, written))
    meant: dict[str, str] = {}
    for name in written:
        column = _near(name, absent - set(meant.values())) if tidy_name(name) not in type_.column_names else None
        if column:
            meant[name] = column
    return meant


def _near(name: str, columns: set[str] | frozenset[str]) -> str | None:
    squashed = re.sub(r"[\W_]+", "", name).lower()
    for prefix in _PREFIXES:
        plain = squashed.removeprefix(prefix)
        for column in sorted(columns):
            if plain == column.replace("_", "") or plain in _ALIASES.get(column, ()):
                return column
    # What a thing belongs to is often part of its name: enrollment_course_id.
    endings = [column for column in columns if tidy_name(name).endswith(f"_{column}")]
    if endings:
        return max(endings, key=len)
    close = get_close_matches(tidy_name(name), sorted(columns), n=1, cutoff=_CLOSE)
    return close[0] if close else None
