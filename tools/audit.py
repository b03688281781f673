"""Ask `pip-audit` whether a package of this environment has a known vulnerability; CI's word on it.

    python tools/audit.py

Ends with 1 when one has, or when the audit itself is broken. The vulnerability service (PyPI's) may be out of reach,
or behind a mirror that does not know it: then one line says how many packages nobody vouches for, and it ends with 0.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

NOT_OURS = {
    "pip": "comes with Python; nothing of sisdrop uses it once it is installed",
    "setuptools": "comes with Python; the build uses hatchling",
}
"""Packages whose vulnerabilities are not ours to mend, and why."""
ACCEPTED: dict[str, str] = {}
"""Vulnerabilities by their id (CVE-…, PYSEC-…, GHSA-…) that do no harm here, and why; remove one with its cause."""
UNREACHABLE = ("Could not connect to PyPI", "PyPI is not redirecting", "requests.exceptions.", "ServiceError")
"""What pip-audit says when there is no service; it has no exit code of its own for that."""


def main() -> int:
    """Run pip-audit in this environment, print the verdict, return the exit code."""
    command = [sys.executable, "-m", "pip_audit", "--skip-editable", "--progress-spinner=off", "--format=json"]
    # Our own interpreter and fixed words.
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    lines, code = verdict(ended.stdout, ended.stderr)
    print("\n".join(lines))  # noqa: T201 - a tool for people
    return code


def verdict(printed: str, errors: str) -> tuple[list[str], int]:
    """The lines to show and the exit code for what pip-audit printed on its two streams."""
    last = (errors.strip().splitlines() or ["nothing was said"])[-1]
    unreachable = [line for line in errors.splitlines() if any(word in line for word in UNREACHABLE)]
    try:
        packages: list[dict[str, Any]] = json.loads(printed)["dependencies"]
    except (ValueError, KeyError, TypeError):
        if unreachable:
            why = unreachable[-1].strip()
            return [f"The vulnerability service cannot be reached ({why}): nothing was audited; going on."], 0
        return [f"pip-audit did not work: {last}"], 1
    ours = [package for package in packages if package["name"] not in NOT_OURS and package["name"] != "sisdrop"]
    lines = [
        f"{package['name']} {package['version']}: {vulnerability['id']}, {_mended(vulnerability)}"
        for package in ours
        for vulnerability in package.get("vulns", ())
        if not {vulnerability["id"], *vulnerability.get("aliases", ())} & ACCEPTED.keys()
    ]
    if lines:
        return [*lines, f"{len(lines)} known vulnerabilities; one that does no harm goes into ACCEPTED, with why."], 1
    audited = sum("skip_reason" not in package for package in ours)
    if audited < len(ours):
        missing = f"The vulnerability service knows {audited} of {len(ours)} packages here"
        return [f"{missing} (is it a mirror?): the others were not audited; going on."], 0
    return [f"No known vulnerability in {audited} packages."], 0


def _mended(vulnerability: dict[str, Any]) -> str:
    versions = ", ".join(vulnerability.get("fix_versions", ()))
    return f"mended in {versions}" if versions else "mended nowhere yet"


if __name__ == "__main__":
    sys.exit(main())
