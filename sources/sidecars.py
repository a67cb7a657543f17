"""Reads what people and programs write beside a picture: tags, a sentence, or the JSON of a downloader."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harvester import Credit, Rating
from sources import reading

CATEGORIES = ("artist", "character", "copyright", "general", "meta", "species")
RATINGS = {
    **dict.fromkeys(("g", "general"), Rating.GENERAL),
    # Where `s` means safe, it holds what a scale of four calls sensitive as well.
    **dict.fromkeys(("s", "safe", "sensitive"), Rating.SENSITIVE),
    **dict.fromkeys(("q", "questionable", "suggestive"), Rating.QUESTIONABLE),
    **dict.fromkeys(("e", "explicit", "nsfw", "r-18", "r18", "r-18g", "x"), Rating.EXPLICIT),
}
"""What downloaders and taggers write for a rating; of two readings the stricter one."""
BARE = {name: RATINGS[name] for name in ("nsfw", "explicit", "questionable", "r-18")}
"""Tags that are a rating without saying so. No tag makes a picture milder."""

LONGEST = 5
"""Words that one tag may have; where the middle one of several pieces has more, they are a sentence."""
SENTENCE = frozenset(
    {"a", "an", "the", "is", "are", "and", "she", "he", "her", "his", "their", "who"}
)
"""Words that sentences have and tags seldom do."""


@dataclass(slots=True)
class Told:
    """What all texts beside one picture say. `rated` without a rating: there is one that nobody here understands."""

    tags: dict[str, tuple[str, ...]] | None = None
    words: list[str] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    odd: bool = False
    sources: tuple[str, ...] = ()
    credits: tuple[Credit, ...] = ()

    @property
    def rated(self) -> bool:
        """Does anything say how revealing the picture is?"""
        return self.odd or bool(self.ratings)

    @property
    def rating(self) -> Rating | None:
        """The strictest of what is said; None when some of it is not understood."""
        return None if self.odd else max(self.ratings, key=lambda one: one.strictness, default=None)

    def add(self, names: Iterable[str], category: str = "unknown") -> None:
        """More tags; one that is a rating is taken as such."""
        found = []
        for name in names:
            label, colon, value = name.partition(":")
            if label == "rating" and colon:
                self.rate(value.strip("_"))
            elif name in BARE:
                self.ratings.append(BARE[name])
                found.append(name)
            elif name:
                found.append(name)
        before = self.tags or {}
        merged = dict.fromkeys((*before.get(category, ()), *found))
        self.tags = {**before, category: tuple(merged)} if merged else before

    def rate(self, word: str) -> None:
        """One more rating in somebody's words."""
        known = RATINGS.get(word.strip().lower())
        self.odd = self.odd or known is None
        self.ratings += [known] if known else []


def read(texts: Mapping[str, str]) -> Told:
    """What the texts beside a picture say, by their names."""
    told = Told()
    for name, text in sorted(texts.items()):
        if name.lower().endswith(".json"):
            _json(told, text)
        elif tags := tags_of(text):
            told.add(tags)
            told.words += _free(text)
        elif text.strip():
            told.words.append(text.strip())
    return told


def tags_of(text: str) -> list[str]:
    """A text as tags: with commas or lines between them, or blanks as boorus write; empty for a sentence."""
    plain = text.replace("\\(", "(").replace("\\)", ")")
    pieces = [piece.strip() for piece in re.split(r"[,\n\r]+", plain) if piece.strip()]
    if len(pieces) == 1 and not _is_sentence(pieces):
        words = pieces[0].split()
        if len(words) == 1 or any(
            re.search(r"_|^\d+\+?(?:girl|boy|other)s?$", word) for word in words
        ):
            return [reading.underscored(word) for word in words]
    if len(pieces) < 2 or _is_sentence(pieces):
        return []
    return [reading.underscored(piece) for piece in pieces]


def _free(text: str) -> list[str]:
    """Pieces of several words: they may be anybody's own, and what must not be missed is looked for in words."""
    pieces = [piece.strip() for piece in re.split(r"[,\n\r]+", text)]
    several = [piece for piece in pieces if " " in piece]
    return ["\n".join(several)] if several else []


def _is_sentence(pieces: Sequence[str]) -> bool:
    lengths = sorted(len(piece.split()) for piece in pieces)
    ends = any(piece.endswith(".") and len(piece.split()) > 2 for piece in pieces)
    spoken = sum(bool(SENTENCE & {*piece.lower().split()}) for piece in pieces)
    long = len(pieces) > 1 and lengths[len(lengths) // 2] > LONGEST
    return ends or long or spoken * 2 > len(pieces)


def _json(told: Told, text: str) -> None:
    """What gallery-dl and boorus write of a post; anything else says nothing."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(found, dict):
        return
    for category in CATEGORIES:
        for key in (f"tags_{category}", f"tag_string_{category}"):
            told.add(_names(found.get(key)), category)
    known = {name for names in (told.tags or {}).values() for name in names}
    for key in ("tags", "tag_string"):
        told.add(name for name in _names(found.get(key)) if name not in known)
    if isinstance(found.get("tags"), dict):
        for category, names in found["tags"].items():
            told.add(_names(names), category if category in CATEGORIES else "unknown")
    rating = found.get("rating")
    if isinstance(rating, str) and rating.strip():
        told.rate(rating)
    told.sources = tuple(url for url in map(_address, reading.many(found.get("source"))) if url)
    author = found.get("artist") or found.get("author")
    if isinstance(author, str):
        told.credits = (Credit(author=author[:200], source=next(iter(told.sources), None)),)
    told.words += [
        said.strip()
        for key in ("title", "caption", "description")
        if isinstance(said := found.get(key), str) and said.strip()
    ]


def _names(found: Any) -> list[str]:
    """Tags as a list, or as one text with blanks or commas between them."""
    if isinstance(found, list):
        return [reading.underscored(name) for name in found if isinstance(name, str)]
    if not isinstance(found, str):
        return []
    return [
        reading.underscored(name) for name in (found.split(",") if "," in found else found.split())
    ]


def _address(found: object) -> str | None:
    return reading.address("", found) if isinstance(found, str) else None
