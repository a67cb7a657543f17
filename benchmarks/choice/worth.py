"""How good chosen pictures are by the sandbox's truth, whatever their tags say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from harvester.demo import Post, World
from harvester.demo.posts import STILLS
from harvester.demo.tagging import FRAMING_TAGS
from harvester.recipe import FRAMINGS, Mix
from harvester.selection import quotas


@dataclass(frozen=True, slots=True)
class Worth:
    """Of `size` chosen pictures: how many are wrong and by what, and how far their framings are from the mix.

    `misplaced` counts pictures in a place that the mix gives to another framing, or to none.
    """

    size: int
    outfit: int
    people: int
    blur: int
    duplicates: int
    jpeg: int
    variants: int
    wrong: int
    misplaced: int

    @property
    def mix_error(self) -> float:
        """Share of the pictures whose framing is one too many."""
        return self.misplaced / self.size if self.size else 0.0


def lacking(world: World, *, target: int) -> int:
    """Places of the mix for which the site has no picture that is good and says its framing: nobody can fill them."""
    there: dict[str, set[int]] = {framing: set() for framing in FRAMING_TAGS}
    for post in world.posts:
        truth, tags = post.truth, post.tags["general"]
        tagged = any(tag in tags for tag in FRAMING_TAGS.get(truth.framing or "", ("",))[:1])
        fine = truth.people == 1 and truth.subject and not truth.costume and not truth.defect
        shown = not (post.hidden or post.forbidden or post.status) and post.rating in {"g", "s"}
        if (
            tagged
            and fine
            and shown
            and post.format in STILLS
            and min(post.width, post.height) >= 720
        ):
            there[truth.framing or ""].add(truth.twins)
    return sum(max(0, n - len(there[f.value])) for f, n in quotas(target, Mix()).items())


def worth(posts: Sequence[Post], *, target: int) -> Worth:
    """What these posts show, told by what was drawn."""
    bad: dict[str, set[int]] = {name: set() for name in ("outfit", "people", "blur", "again")}
    twins: set[int] = set()
    sets: Counter[int] = Counter()
    for post in posts:
        truth = post.truth
        shows_clothes = (
            truth.framing != "close_up"
        )  # of a face that fills the picture nobody can tell them
        if (truth.costume and shows_clothes) or not truth.subject:
            bad["outfit"].add(post.id)
        if truth.people != 1:
            bad["people"].add(post.id)
        if truth.defect in {"blur", "lowres", "truncated"}:
            bad["blur"].add(post.id)
        if truth.twins in twins:
            bad["again"].add(post.id)
        twins.add(truth.twins)
        sets[truth.variant_of or truth.twins] += 1
    framings = Counter(post.truth.framing for post in posts)
    wanted = quotas(target, Mix())
    right = sum(min(framings[f.value], wanted[f]) for f in FRAMINGS)
    return Worth(
        size=len(posts),
        outfit=len(bad["outfit"]),
        people=len(bad["people"]),
        blur=len(bad["blur"]),
        duplicates=len(bad["again"]),
        jpeg=sum(post.truth.defect == "jpeg" for post in posts),
        variants=sum(max(0, number - 2) for number in sets.values()),
        wrong=len(set().union(*bad.values())),
        misplaced=len(posts) - right,
    )
