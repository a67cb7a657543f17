"""Whether the subject looks as it officially does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from harvester.errors import RecipeError
from harvester.gates.ruling import Unmarked, marked
from harvester.model import Facts, Ruling, Verdict
from harvester.ports import Gate
from harvester.profile import Profile, conformity
from harvester.vocabulary import fold

POLICIES = ("canonical", "official", "any")
_OTHERS = ("cosplay", "identity_changes")
_SETS: dict[str, tuple[str, ...]] = {
    "canonical": (*_OTHERS, "outfit_changes", "official_outfits"),
    "official": (*_OTHERS, "outfit_changes"),
}
_MAKERS = ("official", "official_outfits")
SAID = 4
"""So many tags are named in a reason."""


@dataclass(frozen=True, slots=True)
class Outfit(Unmarked):
    """Reject outfits and looks that are not the subject's own, by tags that say so and, from 30 posts on, by the usual looks; `any` takes all, `canonical` only the first outfit, the name of an outfit (`harvest tags --profile NAME`) only that one."""

    name: ClassVar[str] = "outfit"
    needs: ClassVar[frozenset[str]] = frozenset({"marks", "tags", "outfit"})
    finding: ClassVar[str] = "another outfit or look"

    policy: str = field(default="official", metadata={"choices": POLICIES, "names": True})
    least: float = 0.25
    profile: Profile | None = field(default=None, metadata={"key": False})

    def judge(self, facts: Facts) -> Ruling:
        """`official` lets official alternative outfits through, for captions to name, and what the makers drew."""
        if self.policy == "any":
            return self.ruling(True, reason="any outfit is accepted")
        told = self.marks(facts, sets=_SETS.get(self.policy, _OTHERS))
        if marked(facts, *_SETS.get(self.policy, _OTHERS)):
            return told
        if self.policy not in _SETS:
            return self._named(facts)
        said = self._said(facts)
        if said and (facts.tags is None or said.verdict is not Verdict.UNKNOWN):
            return said
        if facts.tags is None:
            return told
        theirs = self.policy == "official" and marked(facts, *_MAKERS)
        return told if self.profile is None or theirs else self._usual(facts, told)

    def _usual(self, facts: Facts, told: Ruling) -> Ruling:
        """Hold the picture against the profile, which knows outfits that nobody tagged as another one."""
        found = conformity(self.profile or Profile(), worn(facts))
        if found.value is None:
            return told
        ok = found.value >= self.least
        tags = ", ".join((found.agrees if ok else found.differs)[:SAID])
        reason = f"as usual: {tags}" if ok else f"unlike the usual looks: {tags}"
        return self.ruling(ok, reason=reason, value=found.value, threshold=self.least)

    def _said(self, facts: Facts) -> Ruling | None:
        """By the name that the words of a page give the outfit; None where they give none that settles it."""
        if facts.outfit is None:
            return None
        if marked(facts, "default_outfit"):
            reason = f"the page calls the outfit {facts.outfit!r}"
            return self.ruling(True, reason=reason, value=facts.outfit)
        if self.policy == "canonical":
            reason = f"the page calls the outfit {facts.outfit!r}, which is not the first one"
            return self.ruling(False, reason=reason, value=facts.outfit)
        if marked(facts, "official", "fan"):
            ok = not marked(facts, "fan")
            reason = f"{facts.outfit!r} is an outfit {'by the makers' if ok else 'that fans made'}"
            return self.ruling(ok, reason=reason, value=facts.outfit)
        return self.unknown(f"whether {facts.outfit!r} is an outfit by the makers is")

    def _named(self, facts: Facts) -> Ruling:
        """By the tag itself, by the clothes that belong to the outfit of that name, or by what a page calls it.

        A page's name for the first outfit ("Default") does not tell whether it is the one asked for.
        """
        wanted, tags = fold(self.policy), worn(facts)
        shown = conformity(self.profile or Profile(), tags).outfit
        called = f"_{fold(facts.outfit or '')}_"
        if wanted in tags or shown == wanted or f"_{wanted}_" in called:
            return self.ruling(True, reason=f"shows {wanted}", value=wanted, threshold=wanted)
        if shown is None and marked(facts, "other_outfits"):
            shown = facts.outfit
        if shown is None:
            return self.unknown("the outfit is")
        reason = f"shows {shown}, asked for {wanted}"
        return self.ruling(False, reason=reason, value=shown, threshold=wanted)


def worn(facts: Facts) -> frozenset[str]:
    """The tags that may tell of looks, folded."""
    tags = facts.tags or {}
    return frozenset(fold(tag) for kind in ("general", "unknown") for tag in tags.get(kind, ()))


def knowing(
    gates: Sequence[Gate], profile: Profile | None, *, where: str = "[gates]"
) -> tuple[Gate, ...]:
    """The gates with what is known of the subject's looks. RecipeError when an outfit that is asked for is unknown."""
    return tuple(
        _knowing(gate, profile, where) if isinstance(gate, Outfit) else gate for gate in gates
    )


def _knowing(gate: Outfit, profile: Profile | None, where: str) -> Outfit:
    wanted = fold(gate.policy)
    if profile is not None and gate.policy not in POLICIES:
        outfits = [one.name for one in profile.outfits]
        if wanted not in outfits and wanted not in profile.tags:
            told = ", ".join((*POLICIES, *outfits))
            raise RecipeError(f"{where} outfit: nobody draws {gate.policy!r}; there are: {told}")
    return replace(gate, profile=profile)
