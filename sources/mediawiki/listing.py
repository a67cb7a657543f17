"""The files a reply lists, each told once and whole, with the words of the place where it was found.

The server may spread the data of one batch over several replies, each of which lists all of its pages,
bare when their data came before or are to come: the titles that are still to come wait in
`state["owed"]`. Everything is told by canonical title, under which the catalog merges it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from harvester import Candidate, Site, Word
from sources import reading
from sources.mediawiki import answers, files, names
from sources.mediawiki.walks import State
from sources.reading import Row

Words = tuple[Word, ...]
LARGE = 256  # pixels; a page with nothing but icons shows nothing of its subject


@dataclass(frozen=True, slots=True)
class Listing:
    """What a reply is final about, what the next one of its batch is due for, and how that is asked for."""

    candidates: tuple[Candidate, ...]
    owed: tuple[str, ...]
    onward: dict[str, str]
    below: tuple[str, ...]  # categories in the category

    @property
    def uncounted(self) -> tuple[str, ...]:
        """Pictures that may be more than an icon, and of which it is not known how many pages use them."""
        unknown = (one for one in self.candidates if one.claims.uses is None)
        return tuple(one.post_id for one in unknown if one.files and _is_large(one))

    @property
    def shows(self) -> bool:
        """Whether a picture is among the files that may be more than an icon."""
        return any(one.files and _is_large(one) for one in self.candidates)


def read(state: State, found: Row, site: Site, api: str) -> Listing:
    """The listing of one reply."""
    onward, rows = _onward(state, found), answers.pages(found)
    pages = [page for page in rows if names.space(page) != names.CATEGORY]
    told = {
        reading.needed(page, "title"): files.candidate(page, site, api)
        for page in pages
        if page.get("imageinfo") or page.get("imagerepository") == ""
    }
    if "owed" in state:
        listed = list(state["owed"])
    else:
        listed = [reading.needed(page, "title") for page in pages]
    owed = [title for title in listed if title not in told]
    if not onward or "batchcomplete" in found:
        told |= {title: files.absent(title, site, api) for title in owed}
        owed = []
    told = _of_page(state, found, told) if "batch" in state else _of_category(state, told)
    below = (names.plain(page) for page in rows if names.space(page) == names.CATEGORY)
    return Listing(
        _single(told), tuple(owed), onward, tuple(one.partition(":")[2] for one in below)
    )


def _onward(state: State, found: Row) -> dict[str, str]:
    """The server's `continue`; none where it would only count on where files of a page are used."""
    told = answers.onward(found)
    return {} if "batch" in state and "iicontinue" not in told else told


def _of_page(state: State, found: Row, told: Mapping[str, Candidate]) -> dict[str, Candidate]:
    """A page's files in its order, with the words around them and how many articles use them."""
    moved = answers.led(found)
    words: dict[str, Words] = {}
    for name, said in state["batch"]:
        title = answers.target(f"File:{name}", moved)
        words[title] = (*words.get(title, ()), *(Word(role, text) for role, text in said))
    whole = not answers.onward(found) and "owed" not in state
    uses = {
        reading.needed(page, "title"): files.uses(page, whole=whole)
        for page in answers.pages(found)
    }
    order = {title: place for place, title in enumerate(words)}
    return {
        title: replace(
            told[title],
            claims=replace(told[title].claims, uses=uses.get(title)),
            words=_united(told[title].words, words.get(title, ())),
        )
        for title in sorted(told, key=lambda one: order.get(one, len(order)))
    }


def _of_category(state: State, told: Mapping[str, Candidate]) -> dict[str, Candidate]:
    way, title, _ = state["plan"][0]
    if way not in {"category", "subcategory"}:
        return dict(told)
    word = (Word("category", title),)
    return {name: replace(one, words=_united(one.words, word)) for name, one in told.items()}


def _united(words: Words, others: Words) -> Words:
    return tuple(dict.fromkeys((*words, *others)))


def _single(told: Mapping[str, Candidate]) -> tuple[Candidate, ...]:
    """Each file once: a redirect to it and its own title may stand in one batch, each with words of its own."""
    found: dict[str, Candidate] = {}
    for one in told.values():
        before = found.get(one.post_id)
        words = _united(before.words, one.words) if before else one.words
        found[one.post_id] = replace(one, words=words)
    return tuple(found.values())


def _is_large(one: Candidate) -> bool:
    sides = [side for side in (one.claims.width, one.claims.height) if side]
    return one.claims.format != "svg" and min(sides, default=LARGE) >= LARGE
