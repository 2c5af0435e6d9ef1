"""The library at a glance: how well the pages of its documents were read, those first that were read worst.

It knows the records and the service, and nothing of HTML or of the browser.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.auth import Principal
from app.bodies import Service
from ingest.grades import Grade
from ingest.records import Document


@dataclass(frozen=True, slots=True)
class DocumentPages:
    """A document and its pages by grade."""

    document: Document
    grades: dict[Grade, int]

    @property
    def pages(self) -> int:
        return sum(self.grades.values())

    @property
    def share_good(self) -> float:
        return self.grades.get(Grade.GOOD, 0) / self.pages if self.pages else 1.0


@dataclass(frozen=True, slots=True)
class LibraryOverview:
    """`documents` have pages, the worst read first."""

    documents: tuple[DocumentPages, ...]

    @property
    def grades(self) -> dict[Grade, int]:
        """All pages by grade."""
        return {grade: sum(one.grades.get(grade, 0) for one in self.documents) for grade in Grade}


def library_overview(service: Service, who: Principal) -> LibraryOverview:
    """Of all documents that were read, in whole or in part."""
    grades = service.page_grades(who)
    read = [DocumentPages(one, grades[one.id]) for one in service.documents(who) if one.id in grades]
    return LibraryOverview(tuple(sorted(read, key=lambda one: (one.share_good, -one.pages, one.document.name))))
