"""Whether a picture was drawn to its end, and shows its subject in its own proportions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester.gates.ruling import Tunable


@dataclass(frozen=True, slots=True)
class Finished(Tunable):
    """Reject sketches, line art and unfinished pictures.

    Off for a style, which may be one of sketches. Loose lines and empty areas are learned like any other detail.
    """

    name: ClassVar[str] = "finish"
    sets: ClassVar[tuple[str, ...]] = ("unfinished",)
    finding: ClassVar[str] = "not drawn to its end"


@dataclass(frozen=True, slots=True)
class Depicted(Tunable):
    """Reject chibi and tiny figures, which have other proportions than the subject.

    Off for a style and for other subjects. A character learned from both is neither; a harvest of chibi pictures
    sets `depiction = false`.
    """

    name: ClassVar[str] = "depiction"
    sets: ClassVar[tuple[str, ...]] = ("chibi",)
    finding: ClassVar[str] = "in other proportions"
