"""Questions to try on the sample document that comes with Recto, by the document's name."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, ...]] = {
    "recto-sample.pdf": (
        "How much did revenue rise in 2025?",
        "How many people work at Lantern Instruments?",
        "潮位计的保修期是多久？",
    ),
}
