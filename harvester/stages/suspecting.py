"""When a preview can pay and what it may conclude: rules on what sites say and on two hashes, without network or files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from harvester.catalog.previews import Preview, Sighting
from harvester.folders import is_folder
from harvester.hashing import Picture, distance, order
from harvester.model import Candidate, Facts, File, Media, Relations, State
from harvester.stages.works import work

WORTH = 2 << 20
"""Bytes of an original from which on a few kilobytes before it can pay."""

NEAR = 2
"""Bits of 64 by which a preview's hash may differ from that of the kept file."""

ENOUGH, TOO_LARGE = 150, 800
"""Pixels of the longer side that a preview has at least, and at most, where its site tells them."""

SETS = frozenset({"variant_set", "alternate_version_at_source"})
"""Tags of pictures that have others which look almost the same."""

_PAGE = re.compile(r"_p(\d+)(?=\D|$)|[?&#](?:page|big)[=_](\d+)|/photo/(\d+)/?$")


def worthwhile(one: Candidate, told: Facts, over: int = WORTH) -> File | None:
    """The preview that can pay: of a large still picture whose size and format are known; None where none can."""
    original = one.original
    if original is None or is_folder(one.page_url):
        return None
    known = told.width and told.height and told.format
    moving = told.media not in {None, Media.STILL} or told.format == "gif"
    if not known or moving or (original.bytes or told.bytes or 0) <= over:
        return None
    return _small(one.files)


def _small(files: Iterable[File]) -> File | None:
    """The smallest that is large enough; one whose size is not told before none at all."""
    found = [file for file in files if file.role == "preview" and file.urls]
    sides = [(max(file.width or 0, file.height or 0), n) for n, file in enumerate(found)]
    able = [each for each in sides if ENOUGH <= each[0] <= TOO_LARGE]
    able = able or [each for each in sides if not each[0]]
    return found[min(able)[1]] if able else None


def in_set(relations: Relations, told: Facts) -> bool:
    """Whether a post says that there are others like it, which its preview would not tell from it."""
    tags = {tag for listed in (told.tags or {}).values() for tag in listed}
    linked = relations.parent or relations.children or relations.has_children or relations.pools
    return bool(linked or tags & SETS)


def is_no_better(one: Picture, kept: Picture) -> bool:
    """Whether the second would be kept beside the first by the rules for the best copy; False where a size is unknown."""
    sizes = (one.facts.width, one.facts.height, kept.facts.width, kept.facts.height)
    return all(sizes) and order((one, kept)).copies[0] is kept


def bits_apart(seen: Preview, claimed: Facts, kept: Facts) -> int | None:
    """How many bits a preview lies from a kept file; None where hash or shape say no more than that they may differ.

    A preview that was cut square has another shape than its original claims, and speaks of no picture.
    """
    if seen.phash is None or kept.phash is None or not seen.width or not seen.height:
        return None
    shown = seen.width, seen.height
    if not all(is_shaped_as(shown, (one.width, one.height)) for one in (claimed, kept)):
        return None
    apart = distance(seen.phash, kept.phash)
    return apart if apart <= NEAR else None


def is_shaped_as(small: tuple[int, int], large: tuple[int | None, int | None]) -> bool:
    """Whether the small picture is the large one, reduced: no side is a pixel longer or shorter than it would be."""
    width, height = large
    if not width or not height:
        return False
    return (
        abs(small[1] - small[0] * height / width) <= 1
        or abs(small[0] - small[1] * width / height) <= 1
    )


@dataclass(frozen=True, slots=True)
class Suspect:
    """A member that may be the same picture, and what says so."""

    sighting: Sighting
    because: str


class Sightings:
    """Where the pictures of a harvest were seen, so that one is found again on another site."""

    def __init__(self, rows: Iterable[Sighting]) -> None:
        self._by_id = {row.candidate: row for row in rows}
        self._pages: dict[int, dict[str, int | None]] = defaultdict(dict)
        self._sites: dict[int, set[str]] = defaultdict(set)
        self._at: dict[str, set[tuple[int, str]]] = defaultdict(set)
        self._members: dict[int, list[Sighting]] = defaultdict(list)
        for row in self._by_id.values():
            self._members[row.picture].append(row)
            self._sites[row.picture].add(row.site)
            for name, page in places(row):
                before = self._pages[row.picture].get(name)
                self._pages[row.picture][name] = page if before is None else before
                self._at[name].add((row.picture, row.site))

    def __getitem__(self, candidate: int) -> Sighting:
        return self._by_id[candidate]

    def relations(self, candidate: int) -> Iterator[Relations]:
        """What is said of a picture by every post that has it."""
        yield from (one.relations for one in self._members[self._by_id[candidate].picture])

    def suspects(self, candidate: int, states: Collection[State]) -> list[Suspect]:
        """Members in these states, of another site, that are said to come from where this one does.

        Where a work has several pictures on a site, nothing tells which of them another site has, unless both name the
        page. A duplicate stands for the one that is kept in its place.
        """
        mine = self._by_id[candidate].picture
        found: dict[int, Suspect] = {}
        for name in sorted(self._pages[mine]):
            for picture in sorted({other for other, _ in self._at[name]} - {mine}):
                if not self._is_alone(name, mine, picture):
                    continue
                for one in map(self._kept, self._members[picture]):
                    apart = one.picture != mine and not self._sites[one.picture] & self._sites[mine]
                    if apart and one.state in states:
                        found.setdefault(one.candidate, Suspect(one, f"both are from {name}"))
        return [found[number] for number in sorted(found)]

    def _is_alone(self, name: str, mine: int, other: int) -> bool:
        """Whether neither picture has another of its site beside it that may as well be meant."""
        if self._sites[mine] & self._sites[other]:
            return False
        pages = self._pages[mine][name], self._pages[other][name]
        told = None not in pages
        if told and pages[0] != pages[1]:
            return False
        sites = self._sites[mine] | self._sites[other]
        here = {
            self._root(picture)
            for picture, site in self._at[name]
            if site in sites and (not told or self._pages[picture][name] == pages[0])
        }
        return len(here - {self._root(mine), self._root(other)}) == 0

    def _root(self, picture: int) -> int:
        """The picture that is kept in the place of one."""
        return self._kept(self._members[picture][0]).picture

    def _kept(self, one: Sighting) -> Sighting:
        """What is kept in the place of a duplicate; what only a preview said is no ground for another conclusion."""
        seen = {one.candidate}
        while one.state is State.DUPLICATE and one.kept in self._by_id and one.kept not in seen:
            if one.stage == "preview":
                break
            one = self._by_id[one.kept]
            seen.add(one.candidate)
        return one


def places(one: Sighting) -> Iterator[tuple[str, int | None]]:
    """The works and pages that a post is of or says to be from, with the page of a work where its address names one."""
    for address in (one.page, *one.relations.sources):
        if name := _work(address) or _address(address):
            yield name, _page(address)


def _work(address: str) -> str:
    """As `work`, but for servers without a name: two of them may count their posts alike."""
    try:
        ip_address(urlsplit(address).hostname or "")
    except ValueError:
        return work(address)
    return ""


def _address(text: str) -> str:
    """An address as far as it says which page or file is meant; empty for a home page."""
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        return ""
    host, path = parts.netloc.lower().removeprefix("www."), parts.path.rstrip("/")
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{path}{query}" if host and (path or query) else ""


def _page(address: str) -> int | None:
    """Which picture of a work an address names, counted from 0."""
    found = _PAGE.search(address)
    if found is None:
        return None
    counted, named, photo = found.groups()
    return int(photo) - 1 if photo else int(counted or named)
