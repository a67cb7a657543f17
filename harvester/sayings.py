"""What the words around a picture say of it: framing, official or fan, the outfit's name, part of a page's furniture."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harvester.model import Framing, Word

NEAREST = ("caption", "tab", "filename", "description", "heading", "category")
"""Roles of words, those that stand nearest to the picture first: of what they say the nearest counts."""
LABELS = frozenset({"tab", "filename", "category"})
"""Roles whose texts name what they stand at. Others may be sentences, which tell of other things too."""
LABEL = 6
"""So many words make a text a label; of a longer one only its beginning is believed."""
LABEL_SIGNS = 20
"""The same in signs, for what is written without blanks."""

OUTFITS = frozenset({"tab", "caption", "heading"})
"""Roles that may name an outfit."""
FURNITURE = frozenset({"filename", "category"})
"""Roles that may call a picture a part of the page."""
MADE = ("chibi", "unfinished", "layout")
"""How a picture is made: each of them stands for itself, whatever else is said."""
OFFICIALNESS = ("fan", "official")
"""Where one text says both, as "fan-made key visual" does, the first counts."""

_ARTICLES = frozenset({"a", "an", "the"})
_UNSPACED = re.compile("[\u3005-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_KATAKANA = "[\u30a1-\u30fa\u30fc-\u30ff]"
_WORN = re.compile(r"^.*\b(?:in|wearing)\s+(?:(?:her|his|their|its|an?|the)\s+)?", re.IGNORECASE)
_OWNED = re.compile(r"^[^'’]*['’]s\s+")


def plain(text: str) -> str:
    """One case, one width, no invisible letters."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if unicodedata.category(letter) != "Cf")


@functools.lru_cache(maxsize=1_024)  # texts are long; each is asked for several times in a row
def spelled_out(text: str) -> str:
    """A caption or file name as `word_word_word`, so that whole words and phrases can be found in it."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return "_".join(re.findall(r"[^\W\d_]+|\d+", plain(apart)))


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found in a text: what it says, and whether it opens or ends the text."""

    name: str
    phrase: str
    opens: bool
    ends: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What all words say. `marks` holds, as those of tags do, set -> the phrases that say so."""

    framing: Framing | None = None
    outfit: str | None = None
    marks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Phrases:
    """The phrases of a table, ready to be found. `=phrase` must be the whole text.

    Phrases are whole words; what is written without blanks may stand anywhere. The longest that begins first is
    taken, and nothing else in its place: "official website" says nothing, so that "official" does not either.
    """

    def __init__(self, said: Mapping[str, Iterable[str]]) -> None:
        self._whole: dict[str, str] = {}
        self._spaced: dict[str, str] = {}
        self._unspaced: dict[str, str] = {}
        for name, phrases in said.items():
            for phrase in phrases:
                self._table(phrase)[spelled_out(phrase)] = name
        self._longest: dict[str, int] = {}  # first word -> words of the longest phrase
        for phrase in self._spaced:
            first, *rest = phrase.split("_")
            self._longest[first] = max(self._longest.get(first, 0), 1 + len(rest))
        longest_first = sorted(self._unspaced, key=lambda phrase: (-len(phrase), phrase))
        self._anywhere = re.compile("|".join(map(_inside, longest_first)) or r"(?!)")

    def _table(self, phrase: str) -> dict[str, str]:
        if phrase.startswith("="):
            return self._whole
        return self._unspaced if _UNSPACED.search(phrase) else self._spaced

    def find(self, text: str) -> list[Hit]:
        """Everything the text says, in its order."""
        told = spelled_out(text)
        if name := self._whole.get(told):
            return [Hit(name, told, opens=True, ends=True)]
        hits = [*self._words(told.split("_"))]
        if not text.isascii():
            hits += (
                Hit(self._unspaced[m[0]], m[0], opens=m.start() == 0, ends=m.end() == len(told))
                for m in self._anywhere.finditer(told)
            )
        return [hit for hit in hits if hit.name != "nothing"]

    def _words(self, words: Sequence[str]) -> Iterator[Hit]:
        end = 0
        for at, word in enumerate(words):
            if at < end or word not in self._longest:
                continue
            longest = min(self._longest[word], len(words) - at)
            tried = ("_".join(words[at : at + length]) for length in range(longest, 0, -1))
            if phrase := next((one for one in tried if one in self._spaced), None):
                end = at + phrase.count("_") + 1
                opens = _ARTICLES.issuperset(words[:at])
                yield Hit(self._spaced[phrase], phrase, opens=opens, ends=end == len(words))


def _inside(phrase: str) -> str:
    """A pattern for a phrase anywhere in a text; katakana are the words of their own script: ロゴ is not in プロゴルフ."""
    left = rf"(?<!{_KATAKANA})" if re.match(_KATAKANA, phrase[0]) else ""
    right = rf"(?!{_KATAKANA})" if re.match(_KATAKANA, phrase[-1]) else ""
    return f"{left}{re.escape(phrase)}{right}"


Heard = Mapping[str, Sequence[tuple[str, list[Hit]]]]
"""By role: each text with what it says."""


def read(words: Iterable[Word], phrases: Phrases, *, dressed: bool = False) -> Said:
    """What the words say, whatever order they come in. The nearest role that speaks of a matter is heard, no other.

    With `dressed` tags tell what is worn, and no outfit is looked for.
    """
    heard: dict[str, list[tuple[str, list[Hit]]]] = defaultdict(list)
    for word in words:
        heard[word.role].append((word.text, phrases.find(word.text)))
    if not heard:
        return Said()
    framing = _framing(heard)
    marks: dict[str, tuple[str, ...]] = {}
    if found := _furniture(heard):
        marks["interface"] = found
    marks |= _made(heard)
    told = _officialness(heard)
    if name := next((name for name in OFFICIALNESS if name in told), None):
        marks[name] = tuple(sorted(told[name]))
    outfits = {} if dressed else _outfits(heard, phrases)
    if len(outfits) == 1:
        [(outfit, is_default)] = outfits.items()
        marks["default_outfit" if is_default else "other_outfits"] = (outfit,)
        return Said(framing, outfit, marks)
    return Said(framing, None, marks)


def _framing(heard: Heard) -> Framing | None:
    """As of tags the widest, for "full-body portrait" shows a full body."""
    told = next(_by_role(heard, {*Framing}), {})
    return next((framing for framing in reversed(Framing) if framing in told), None)


def _officialness(heard: Heard) -> Mapping[str, set[str]]:
    return next(_by_role(heard, {*OFFICIALNESS}), {})


def _by_role(heard: Heard, names: set[str]) -> Iterator[Mapping[str, set[str]]]:
    """What each role that says any of these says of them: name -> phrases."""
    for role in NEAREST:
        told: dict[str, set[str]] = defaultdict(set)
        for text, hits in heard.get(role, ()):
            for hit in hits:
                if hit.name in names and (role in LABELS or hit.opens or _is_label(text)):
                    told[hit.name].add(hit.phrase)
        if told:
            yield told


def _furniture(heard: Heard) -> tuple[str, ...]:
    """A category says what its members are at its beginning or end: "Weapon icons", but not "Icons needed by pages"."""
    found = {
        hit.phrase
        for role in FURNITURE
        for _, hits in heard.get(role, ())
        for hit in hits
        if hit.name == "interface" and (role == "filename" or hit.opens or hit.ends)
    }
    return tuple(sorted(found))


def _made(heard: Heard) -> dict[str, tuple[str, ...]]:
    """Of a category only its beginning or end, as above; of a sentence only its beginning."""
    found: dict[str, set[str]] = defaultdict(set)
    for role in NEAREST:
        for text, hits in heard.get(role, ()):
            for hit in hits:
                label = role == "filename" or (role != "category" and _is_label(text))
                if hit.name in MADE and (label or hit.opens or (role == "category" and hit.ends)):
                    found[hit.name].add(hit.phrase)
    return {name: tuple(sorted(phrases)) for name, phrases in sorted(found.items())}


def _outfits(heard: Heard, phrases: Phrases) -> dict[str, bool]:
    """The outfits that the nearest role names, and whether each is the first one that a character has."""
    below = any(
        hit.name == "outfits"
        for role in ("heading", "tab")
        for _, hits in heard.get(role, ())
        for hit in hits
    )
    for role in (role for role in NEAREST if role in OUTFITS):
        told = [
            named
            for text, hits in heard.get(role, ())
            if (named := _outfit(text, hits, phrases, below=below and role != "heading"))
        ]
        if told:
            return dict(told)
    return {}


def _outfit(
    text: str, hits: Sequence[Hit], phrases: Phrases, *, below: bool
) -> tuple[str, bool] | None:
    """The outfit that a label names; under a heading such as "Skins" every label that says nothing else is a name."""
    if not _is_label(text):
        return None
    said = {hit.name for hit in hits}
    title, _, name = text.partition(":" if ":" in text else "：")
    if name.strip() and any(hit.name == "outfits" for hit in phrases.find(title)):
        default = any(hit.name == "default_outfit" for hit in phrases.find(name))
        return _tidy(name), default
    if "default_outfit" in said:
        return _tidy(text), True
    if "outfit" in said:
        return _tidy(_WORN.sub("", _OWNED.sub("", text), count=1)), False
    return (_tidy(text), False) if below and not said and spelled_out(text) else None


def _is_label(text: str) -> bool:
    if _UNSPACED.search(text):
        return len(text) <= LABEL_SIGNS
    return len(spelled_out(text).split("_")) <= LABEL


def _tidy(text: str) -> str:
    return " ".join(text.split())
