"""What kind of file a picture is, and whether it can be opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester.gates.ruling import Ruled, marked
from harvester.model import Facts, Media, Ruling


@dataclass(frozen=True, slots=True)
class Still(Ruled):
    """Reject animations, videos and Flash."""

    name: ClassVar[str] = "still"
    needs: ClassVar[frozenset[str]] = frozenset({"media", "frames", "marks"})

    def judge(self, facts: Facts) -> Ruling:
        """What the file or the site says about the kind of file wins over tags."""
        if facts.frames is not None and facts.frames > 1:
            return self.ruling(
                False, reason=f"the file has {facts.frames} frames", value=facts.frames, threshold=1
            )
        if facts.media is not None:
            reason = f"the file is {_ARTICLES[facts.media]}"
            return self.ruling(facts.media is Media.STILL, reason=reason, value=facts.media.value)
        if moving := marked(facts, "animation"):
            return self.ruling(
                False, reason=f"tagged as moving: {', '.join(moving)}", value=moving[0]
            )
        return self.unknown("the kind of file is")


_ARTICLES = {
    Media.STILL: "a still picture",
    Media.ANIMATION: "an animation",
    Media.VIDEO: "a video",
    Media.FLASH: "a Flash film",
}


@dataclass(frozen=True, slots=True)
class Format(Ruled):
    """Reject file formats that trainers do not read."""

    name: ClassVar[str] = "format"
    needs: ClassVar[frozenset[str]] = frozenset({"format"})

    allow: tuple[str, ...] = ("jpeg", "png", "webp", "avif")

    def judge(self, facts: Facts) -> Ruling:
        """By the format's own name; `jpg` is `jpeg`."""
        if facts.format is None:
            return self.unknown("the format is")
        told = facts.format.lower()
        allowed = ", ".join(self.allow)
        reason = f"the format is {told}; accepted: {allowed}"
        names = {"jpeg" if name == "jpg" else name for name in self.allow}
        ok = ("jpeg" if told == "jpg" else told) in names
        return self.ruling(ok, reason=reason, value=told, threshold=allowed)


@dataclass(frozen=True, slots=True)
class Decodable(Ruled):
    """Reject files that cannot be decoded to their end."""

    name: ClassVar[str] = "decodable"
    needs: ClassVar[frozenset[str]] = frozenset({"decodable"})

    def judge(self, facts: Facts) -> Ruling:
        """Known only once the file was measured."""
        if facts.decodable is None:
            return self.unknown("whether the file can be decoded is")
        end = (
            "can be decoded to its end"
            if facts.decodable
            else "is damaged, cut short or not a picture"
        )
        return self.ruling(facts.decodable, reason=f"the file {end}")
