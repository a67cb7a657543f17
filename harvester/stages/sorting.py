"""Judges the pictures of folders as a harvest judges its own: which are copies, which is the best, which are variants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from harvester.catalog.likenesses import Pair
from harvester.catalog.looked import Look, Looked, Stamp
from harvester.engine.local import LocalEngine
from harvester.hashing import (
    Group,
    Kind,
    Likeness,
    Likenesses,
    Picture,
    group,
    pairs,
    weights_version,
)
from harvester.hashing.groups import islands
from harvester.measure import Measurement
from harvester.model import Facts, Media
from harvester.sketch import unpacked
from harvester.stages.alike import read, written
from harvester.stages.gathering import Filed, Skipped, gathered, pictures
from harvester.stages.shop import Progress
from harvester.stages.tasks import Comparison, Measuring, compared, looked, results

_AT_ONCE = 100  # results remembered in one transaction
_TOGETHER = 100  # pictures that one task compares with another: a second or two

Tell = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture with what was measured of it."""

    file: Filed
    facts: Facts


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the kept one: whether by the very bytes or by its looks, and by which rule the kept one is better."""

    shown: Shown
    same_bytes: bool
    distance: float
    evidence: str
    because: str


@dataclass(frozen=True, slots=True)
class Variant:
    """A picture that lies well over this one and differs: kept as well."""

    shown: Shown
    distance: float
    evidence: str


@dataclass(frozen=True, slots=True)
class Same:
    """One picture: the file of it that is best, its copies, and its variants, the likest first."""

    kept: Shown
    copies: tuple[Copy, ...]
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """Every picture of the folders, in the order of the kept files; and what was skipped."""

    found: tuple[Same, ...]
    skipped: tuple[Skipped, ...]

    @property
    def files(self) -> int:
        """How many pictures were looked at."""
        return sum(1 + len(one.copies) for one in self.found)

    @property
    def spare(self) -> int:
        """Bytes on the disk that copies take; links to one file take none."""
        freed = 0
        for one in self.found:
            held = {one.kept.file.inode}
            for copy in one.copies:
                freed += copy.shown.file.bytes if copy.shown.file.inode not in held else 0
                held.add(copy.shown.file.inode)
        return freed


def judged(
    folders: Sequence[Path],
    engine: LocalEngine,
    memory: Looked,
    tell: Tell = lambda _: None,
    apart: Collection[Pair] = frozenset(),
) -> Judged:
    """Sketch, compare and group the pictures of these folders; nothing in them is changed.

    The same files always give the same answer. An interrupted call has remembered what it measured and compared.
    `apart` names files, by SHA-256, that are no copies whatever they look like.
    """
    files, skipped = gathered(folders)
    looks = _measured(files, _Work(engine, memory, tell))
    skipped += [Skipped(one.path, why) for one in files if (why := looks[one.path].note)]
    shown = [Shown(one, _facts(looks[one.path])) for one in files if not looks[one.path].note]
    known = _compared(shown, _Work(engine, memory, tell))
    listed = [Picture(_KEY.format(n), n, one.facts) for n, one in enumerate(shown)]
    groups = group(listed, known, apart)
    found = _sames(sorted(groups, key=lambda one: one.kept.rank), shown, known)
    return Judged(tuple(found), tuple(sorted(skipped, key=lambda one: str(one.path))))


_KEY = "{:09d}"


@dataclass(frozen=True, slots=True)
class _Work:
    """Where it is done, what is known already, and who is told."""

    engine: LocalEngine
    memory: Looked
    tell: Tell


def _measured(files: Sequence[Filed], work: _Work) -> dict[Path, Look]:
    stamps = {one.path: Stamp(one.path.absolute(), one.bytes, one.modified) for one in files}
    known = work.memory.find(stamps.values())
    found = {path: known[stamp.path] for path, stamp in stamps.items() if stamp.path in known}
    new, foreign = pictures(one for one in files if one.path not in found)
    found |= {one.path: Look(Facts(), one.why) for one in foreign}
    if new:
        work.tell(Progress("assess", total=len(new)))
    fresh: dict[Stamp, Look] = {}
    try:
        tasks = [Measuring("", one.path) for one in new]
        for done, outcome in enumerate(work.engine.run(looked, tasks, lane=lambda _: ""), start=1):
            look = _look(outcome.result, outcome.lost)
            found[outcome.task.path] = look
            if look.facts.sha256:  # what could not be read at all is tried again
                fresh[stamps[outcome.task.path]] = look
            if len(fresh) >= _AT_ONCE:
                work.memory.put(fresh)
                fresh.clear()
            work.tell(Progress("assess", done=done, total=len(new)))
    finally:
        work.memory.put(fresh)
    return found


def _look(result: object, lost: str | None) -> Look:
    if not isinstance(result, Measurement):
        return Look(Facts(), str(result or lost))
    return Look(result.facts, result.note)


def _facts(look: Look) -> Facts:
    """A moving picture is only the same as the very same file, whatever its first frame shows."""
    if look.facts.media is Media.ANIMATION:
        return replace(look.facts, phash=None, sketch=None)
    return look.facts


def _compared(shown: Sequence[Shown], work: _Work) -> Likenesses:
    """What files that may be copies are to each other, by SHA-256; of the same bytes one is looked at."""
    first = {one.facts.sha256 or "": one for one in reversed(shown) if one.facts.sketch}
    names = sorted(first)
    near = pairs([unpacked(first[name].facts.sketch or b"") for name in names])
    wanted = [(names[one], names[other]) for one, other in near]
    version = weights_version()
    told = work.memory.told(wanted, version)
    known = {pair: read(row) for pair, row in told.items()}
    tasks = _comparisons(names, near, known.keys(), first)
    if tasks:
        work.tell(Progress("compare", total=len(tasks)))
    fresh: dict[Pair, Likeness] = {}
    try:
        for done, outcome in enumerate(
            work.engine.run(compared, tasks, lane=lambda _: ""), start=1
        ):
            fresh |= results(outcome.task, outcome.result)
            if len(fresh) >= _AT_ONCE:
                known |= fresh
                work.memory.tell(written(fresh), version)
                fresh.clear()
            work.tell(Progress("compare", done=done, total=len(tasks)))
    finally:
        work.memory.tell(written(fresh), version)
    return known | fresh


def _comparisons(
    names: Sequence[str],
    near: Sequence[tuple[int, int]],
    known: Collection[Pair],
    first: Mapping[str, Shown],
) -> list[Comparison]:
    """What hangs together one after the other, so that a worker has most of the thumbnails at hand."""
    others: dict[str, list[tuple[str, Path]]] = defaultdict(list)
    for one, other in near:
        if (names[one], names[other]) not in known:
            others[names[one]].append((names[other], first[names[other]].file.path))
    order = [names[place] for places in islands(len(names), near) for place in places]
    return [
        Comparison((one, first[one].file.path), tuple(others[one][at : at + _TOGETHER]))
        for one in order
        if one in others
        for at in range(0, len(others[one]), _TOGETHER)
    ]


def _sames(groups: Sequence[Group], shown: Sequence[Shown], known: Likenesses) -> list[Same]:
    home = {
        shown[picture.rank].facts.sha256: n
        for n, one in enumerate(groups)
        for picture in (one.kept, *(member.picture for member in one.members))
    }
    kept = {shown[one.kept.rank].facts.sha256 for one in groups}
    likest: dict[int, dict[int, _Seen]] = defaultdict(dict)
    for (left, right), likeness in sorted(known.items()):
        one, other = home[left], home[right]
        if likeness.kind is Kind.VARIANT and one != other:
            seen = _Seen(
                (left not in kept) + (right not in kept), likeness.distance, likeness.evidence
            )
            for here, there in ((one, other), (other, one)):
                likest[here][there] = min(likest[here].get(there, seen), seen)
    return [_same(one, shown, _variants(groups, shown, likest[n])) for n, one in enumerate(groups)]


class _Seen(NamedTuple):
    """How two groups are variants. What was seen of the kept files counts before what was of copies of them."""

    copies: int
    distance: float
    evidence: str


def _variants(
    groups: Sequence[Group], shown: Sequence[Shown], likest: Mapping[int, _Seen]
) -> tuple[Variant, ...]:
    ordered = sorted(likest.items(), key=lambda item: (item[1].distance, item[0]))
    return tuple(
        Variant(shown[groups[place].kept.rank], seen.distance, seen.evidence)
        for place, seen in ordered
    )


def _same(found: Group, shown: Sequence[Shown], variants: tuple[Variant, ...]) -> Same:
    kept = shown[found.kept.rank]
    copies = []
    for member in found.members:
        one = shown[member.picture.rank]
        same = one.facts.sha256 == kept.facts.sha256
        copies.append(Copy(one, same, member.distance, member.evidence, member.because))
    return Same(kept, tuple(copies), variants)
