"""The result of linting as `--check` shows it."""

from __future__ import annotations

from rootbuild.describe.texts import Json, encoded, filled, place, rendered
from rootbuild.errors import Location, RootbuildError, excerpt
from rootbuild.lint.check import Result
from rootbuild.records import dataclass


@dataclass(frozen=True, slots=True)
class Checked:
    """A result with the file's text; `path` is how the text form calls the file."""

    result: Result
    name: str
    path: str
    source: str

    @property
    def status(self) -> int:
        """The exit code: 1 for any warning or error."""
        return 1 if self.result.warnings or self.result.error else 0

    def text(self) -> str:
        """For people: a count, then each warning with its lines, then the error."""
        count = len(self.result.warnings)
        parts = []
        if count:
            noun = "warning has" if count == 1 else "warnings have"
            parts.append(f"Check complete, {count} {noun} been found!\n")
        for warning in self.result.warnings:
            parts.append(f"\nWARNING: {warning.rule} - {warning.url}\n{warning.message}\n")
            parts.append(self._quoted(warning.location))
        if self.result.error is None and not count:
            parts.append("Check complete, no warnings found.\n")
        return "".join(parts)

    def json(self) -> str:
        """For programs: BuildKit's `result.json`."""
        warnings: list[Json] = [
            {
                "ruleName": warning.rule,
                "description": warning.description,
                "url": warning.url,
                "detail": warning.message,
                "location": place(warning.location),
            }
            for warning in self.result.warnings
        ]
        source: Json = {
            "filename": self.name,
            "data": encoded(self.source),
            "language": "Dockerfile",
        }
        document: dict[str, Json] = {"warnings": warnings, "sources": [source]}
        if self.result.error is not None:
            document["buildError"] = _error(self.result.error)
        return rendered(document)

    def _quoted(self, location: Location) -> str:
        context = 2 if location.start == location.end else 1
        cut = excerpt(self.source, location, context).render()
        return f"{self.path}:{location.start}\n{cut}\n"


def _error(error: RootbuildError) -> Json:
    location = error.report.location
    return filled(
        message=error.report.message, location=None if location is None else place(location)
    )
