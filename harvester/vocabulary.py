"""What tags and words say about framing, people, outfits, officialness, defects, age; read from tables, per family."""

from __future__ import annotations

import difflib
import functools
import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from urllib.parse import unquote

from harvester import sayings
from harvester.errors import RecipeError
from harvester.folders import FAMILY as FOLDER
from harvester.model import Facts, Framing, People, Rating, Tags, Word
from harvester.sayings import plain, spelled_out

GROUPS: Mapping[str, frozenset[str]] = {
    "framing": frozenset(Framing),
    "people": frozenset({*People, "one"}),
    "rating": frozenset(Rating),
}
"""The groups whose names are fixed by the model; the names under the other groups are the tables' own."""

FROM_TEXTS = ("minors", "age", "nudity", "real_people")
"""Sets that captions, file names, titles and categories are searched for as well as tags."""

FORGOTTEN = "forgotten"
"""The mark of what a person had removed, beside those that tags make: a sentence that says of what and when."""

OFFICIALNESS = frozenset(sayings.OFFICIALNESS)

PRESENCE = (People.FOCUS, People.SEVERAL, People.ALONE, People.NOBODY)
"""Of several things told of who is there the first in this order counts, whether one site tells them or two: somebody
who sees more people has looked closer, and "in focus" says that there are others."""

Side = tuple[str, str]
"""A group and a name in it: ("framing", "portrait"), ("sets", "comic")."""
Entries = Mapping[Side, tuple[str, ...]]

_OPERATORS = "-~+!^*?\"'=<>@#&."


@functools.lru_cache(maxsize=65_536)
def fold(tag: str) -> str:
    """A tag as it is compared: one case, one width, runs of blanks, hyphens and underscores as one `_`."""
    told = plain(tag)
    return re.sub(r"[\s_-]+", "_", told).strip("_") or told.strip()


class Table:
    """One family's entries, its own and those it extends, ready to match."""

    def __init__(self, entries: Entries) -> None:
        self.entries = entries
        self._known: dict[str, tuple[Side, ...]] = {}

    # Most commands read the tags of one or two families, so that nothing is made ready before it is used.

    @functools.cached_property
    def _tagged(self) -> tuple[Mapping[str, set[Side]], Sequence[tuple[re.Pattern[str], Side]]]:
        """Whole tags with their sides, and the patterns of sides that have any."""
        whole: dict[str, set[Side]] = defaultdict(set)
        patterns: list[tuple[re.Pattern[str], Side]] = []
        for side, tags in self.entries.items():
            if side[0] in ("words", "said"):
                continue
            for tag in tags:
                if "*" not in tag:
                    whole[fold(tag)].add(side)
            patterns += _patterns(side, tags, self.entries.get(("words", side[1]), ()))
        return whole, patterns

    @functools.cached_property
    def _texts(self) -> Mapping[str, re.Pattern[str]]:
        return {name: _phrases(self.entries, name) for name in FROM_TEXTS}

    @functools.cached_property
    def coarse(self) -> bool:
        """Where `s` is the mildest of three ratings, it holds what a scale of four calls sensitive as well."""
        return ("rating", Rating.GENERAL.value) in self.sides("s")

    @functools.cached_property
    def said(self) -> sayings.Phrases:
        """What words say; made when a family that has words is first read."""
        return sayings.Phrases(
            {name: phrases for (group, name), phrases in self.entries.items() if group == "said"}
        )

    def sides(self, tag: str) -> tuple[Side, ...]:
        """Every side this tag stands on, whatever its case and spacing."""
        folded = fold(tag)
        found = self._known.get(folded)
        if found is None:
            whole, patterns = self._tagged
            sides = set(whole.get(folded, ()))
            sides.update(side for pattern, side in patterns if pattern.fullmatch(folded))
            found = tuple(sorted(sides))
            if len(self._known) < 200_000:  # sites have fewer tags than that worth remembering
                self._known[folded] = found
        return found

    def texts(self, text: str) -> Iterable[tuple[str, str]]:
        """The (set, words) that a caption or file name contains as whole words."""
        words = spelled_out(text)
        for name, pattern in self._texts.items():
            for match in pattern.finditer(words):
                yield name, match.group()


def _patterns(
    side: Side, tags: Iterable[str], words: Iterable[str]
) -> list[tuple[re.Pattern[str], Side]]:
    alternatives = [re.escape(fold(tag)).replace(r"\*", ".*") for tag in tags if "*" in tag]
    if words:
        either = "|".join(re.escape(fold(word)) for word in words)
        alternatives.append(rf"(?:.*[^a-z])?(?:{either})(?:[^a-z].*)?")
    return [(re.compile("|".join(alternatives)), side)] if alternatives else []


def _phrases(entries: Entries, name: str) -> re.Pattern[str]:
    tags = [tag for tag in entries.get(("sets", name), ()) if "*" not in tag]
    phrases = {spelled_out(tag) for tag in (*tags, *entries.get(("words", name), ()))} - {""}
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    either = "|".join(map(re.escape, longest_first))
    return re.compile(rf"(?<![^_])(?:{either})(?![^_])") if either else re.compile(r"(?!)")


@dataclass(frozen=True, eq=False, slots=True)
class Vocabulary:
    """The tables of all families. A family nobody wrote a table for is read with `common`."""

    tables: Mapping[str, Table]

    def table(self, family: str) -> Table:
        """The table of a family."""
        return self.tables.get(family) or self.tables["common"]

    def read(self, facts: Facts, *, family: str, words: Sequence[Word] = ()) -> Facts:
        """The facts with framing, people, outfit and marks as their tags and words tell them; None where nothing is told.

        Tags were given to this very picture, words stand around it: of framing and officialness words are heard
        only where no tag tells, of outfits only where there are no tags. The mark `said` names what they alone tell.
        """
        if facts.tags is None and not words:
            return replace(facts, framing=None, people=None, outfit=None, marks=None)
        table = self.table(family)
        found = _found(table, facts.tags or {})
        for word in words:
            for name, phrase in table.texts(word.text):
                found["sets", name].add(phrase)
        told = sayings.read(words, table.said, dressed=facts.tags is not None)
        framing, marks = _framing(found), _marks(found)
        said: tuple[str, ...] = () if framing or not told.framing else ("framing",)
        if not marks.keys() & OFFICIALNESS and told.marks.keys() & OFFICIALNESS:
            said += ("officialness",)
        for name, phrases in told.marks.items():
            if name not in OFFICIALNESS or "officialness" in said:
                marks[name] = tuple(sorted({*marks.get(name, ()), *phrases}))
        if said:
            marks["said"] = said
        if table.coarse and "age" in marks:
            marks["coarse_rating"] = ("safe",)
        if family == FOLDER:
            marks |= _named(table, words)
        return replace(
            facts,
            framing=framing or told.framing,
            people=_people(found, facts.tags or {}),
            outfit=told.outfit,
            marks=marks,
        )

    def terms(self, family: str, by: str, value: str = "") -> tuple[str, ...]:
        """The family's own spellings for a narrowing, the most used first: alternatives, not to be demanded together.

        `by` is a group with one of its names as `value`, or a set of its own: ("framing", "portrait"), ("official", "").
        """
        side = (by, value) if by in GROUPS else ("sets", by)
        return tuple(tag for tag in self.table(family).entries.get(side, ()) if "*" not in tag)

    def rating(self, family: str, word: str) -> Rating | None:
        """What a family's word for a rating means on our scale."""
        for group, name in self.table(family).sides(word):
            if group == "rating":
                return Rating(name)
        return None

    def forbidden(self, name: str, *, avoided: bool = False) -> str | None:
        """Why this query word is never asked for, or None. Operators, quotes, namespaces and wildcards hide nothing.

        A word to *avoid* may name anything, but may carry no operator that turns it round.
        """
        apart = unicodedata.normalize("NFKD", unquote(unquote(name)))
        told = plain(
            "".join(letter for letter in apart if not "\u0300" <= letter <= "\u036f")
        ).strip()
        if avoided and told[:1].isalnum() and not re.search(r"[\s,|()*]", told):
            return None
        if any(self._names_minors(part) for part in (told, *re.split(r"[\s,|;()\[\]{}]+", told))):
            return f"{name!r} names or could match sexualised minors"
        return None

    def _names_minors(self, part: str) -> bool:
        common = self.tables["common"]
        bare = part.strip(_OPERATORS)
        spellings = {part, bare, bare.rpartition(":")[2].strip(_OPERATORS)} - {""}
        if any(("sets", "minors") in common.sides(spelling) for spelling in spellings):
            return True
        if not re.search(r"[*?]", part):
            return False
        return _could_match(part.rpartition(":")[2], common.entries)


def _could_match(wildcard: str, entries: Entries) -> bool:
    """Whether a wildcard could stand for a forbidden tag, as a whole or by one of its words."""
    words = entries["words", "minors"]
    tags = {fold(tag.replace("*", "")) for tag in (*entries["sets", "minors"], *words)}
    pieces = [
        piece for piece in wildcard.split("_") if re.search(r"[*?]", piece) and piece.strip("*?")
    ]
    return any(fnmatchcase(tag, fold(wildcard)) for tag in tags) or any(
        fnmatchcase(word, piece) for word in words for piece in pieces
    )


def _found(table: Table, tags: Tags) -> dict[Side, set[str]]:
    found: dict[Side, set[str]] = defaultdict(set)
    for names in tags.values():
        for tag in names:
            for side in table.sides(tag):
                found[side].add(tag)
    return found


def _framing(found: Mapping[Side, set[str]]) -> Framing | None:
    """The widest of the framings told: a close-up inset does not make a full figure smaller."""
    told = [framing for framing in Framing if ("framing", framing) in found]
    return told[-1] if told else None


def _marks(found: Mapping[Side, set[str]]) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(sorted(tags))
        for (group, name), tags in sorted(found.items())
        if group == "sets"
    }


def _named(table: Table, words: Iterable[Word]) -> dict[str, tuple[str, ...]]:
    """Which folders' names say what is rejected, under `age_by_folder` and so on, so that a person can be told.

    A phrase that runs over several names is told with all of them.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for path in (word.text for word in words if word.role == "filename"):
        *folders, file = path.split("/")
        own = {name for name, _ in table.texts(file)}
        for name in {name for name, _ in table.texts(path)}:
            saying = [one for one in folders if any(name == told for told, _ in table.texts(one))]
            found[f"{name}_by_folder"].update(saying or ([] if name in own else [path]))
    return {name: tuple(sorted(folders)) for name, folders in found.items() if folders}


def _people(found: Mapping[Side, set[str]], tags: Tags) -> People | None:
    told = {name for group, name in found if group == "people"} - {"one"}
    if len({fold(tag).rstrip("s") for tag in found.get(("people", "one"), ())}) > 1:
        told.add(People.SEVERAL)
    if not told - {People.NOBODY} and _characters(tags, found.get(("sets", "cosplay"), ())) > 1:
        told.add(People.SEVERAL)
    return next((people for people in PRESENCE if people in told), None)


def _characters(tags: Tags, costumes: Iterable[str]) -> int:
    """How many the character tags name. `x_(cosplay)` is a costume; what only adds words to another name is a form
    of the same: saber_(fate) and saber_alter_(fate)."""
    others = {*costumes}
    bare = {
        frozenset(re.sub(r"_?\([^()]*\)", "", fold(tag)).split("_"))
        for tag in tags.get("character", ())
        if tag not in others
    }
    return sum(1 for name in bare if not any(other < name for other in bare))


@functools.cache
def standard() -> Vocabulary:
    """The vocabulary that ships with the program, read once."""
    return _built(_shipped())


def extended(*paths: Path) -> Vocabulary:
    """The shipped vocabulary with the tags of the user's own files added; such a file can take nothing away."""
    tables = {family: dict(entries) for family, entries in _shipped().items()}
    for path in paths:
        try:
            written = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RecipeError(f"{path}: the vocabulary cannot be read: {error}") from error
        for family, entries in _parsed(written, str(path)).items():
            _known(family, tables, f"{path}: family")
            for side, tags in entries.items():
                if side[0] == "extends":
                    raise RecipeError(
                        f"{path}: [{family}] `extends` stands only in the shipped vocabulary"
                    )
                names = GROUPS.get(side[0]) or {
                    name for group, name in _sides(tables) if group == side[0]
                }
                _known(side[1], names, f"{path}: [{family}.{side[0]}]")
                tables[family][side] = (*tables[family].get(side, ()), *tags)
    return _built(tables)


def read(facts: Facts, *, family: str, words: Sequence[Word] = ()) -> Facts:
    """`Vocabulary.read` of the shipped vocabulary."""
    return standard().read(facts, family=family, words=words)


def terms(family: str, by: str, value: str = "") -> tuple[str, ...]:
    """`Vocabulary.terms` of the shipped vocabulary."""
    return standard().terms(family, by, value)


def forbidden(name: str, *, avoided: bool = False) -> str | None:
    """`Vocabulary.forbidden` of the shipped vocabulary."""
    return standard().forbidden(name, avoided=avoided)


def _shipped() -> dict[str, dict[Side, tuple[str, ...]]]:
    source = resources.files("harvester").joinpath("vocabulary.toml")
    return _parsed(tomllib.loads(source.read_text(encoding="utf-8")), "vocabulary.toml")


def _parsed(written: Mapping[str, object], where: str) -> dict[str, dict[Side, tuple[str, ...]]]:
    tables: dict[str, dict[Side, tuple[str, ...]]] = {}
    for family, groups in written.items():
        if not isinstance(groups, dict):
            raise RecipeError(f"{where}: {family!r} must be a table such as [{family}.sets]")
        tables[family] = {}
        for group, names in groups.items():
            if group == "extends":
                tables[family]["extends", str(names)] = ()
                continue
            _known(group, (*GROUPS, "sets", "words", "said"), f"{where}: [{family}]")
            for name, tags in names.items():
                if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
                    raise RecipeError(f"{where}: [{family}.{group}] {name} must be a list of tags")
                tables[family][group, name] = tuple(tags)
    return tables


def _known(name: str, names: Iterable[str], where: str) -> None:
    known = [*names]
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1) or known[:1]
        raise RecipeError(f"{where}: {name!r} is not known; did you mean {near[0]!r}?")


def _sides(tables: Mapping[str, Entries]) -> set[Side]:
    return {side for entries in tables.values() for side in entries}


def _built(tables: Mapping[str, Entries]) -> Vocabulary:
    return Vocabulary({family: Table(_inherited(family, tables)) for family in tables})


def _inherited(family: str, tables: Mapping[str, Entries]) -> Entries:
    """A family's entries followed by those of the tables it extends.

    In a group of exclusive names the nearer table wins: Moebooru's `s` is general although Danbooru's is sensitive.
    """
    exclusive = {*GROUPS, "said"}
    entries: dict[Side, tuple[str, ...]] = {}
    nearer: dict[Side, str] = {}
    chain: str | None = family
    while chain is not None:
        following = None
        for side, tags in tables[chain].items():
            if side[0] == "extends":
                following = side[1]
                continue
            group, name = side
            kept = [
                tag
                for tag in tags
                if group not in exclusive or nearer.setdefault((group, fold(tag)), name) == name
            ]
            entries[side] = tuple(dict.fromkeys((*entries.get(side, ()), *kept)))
        chain = following
    return entries
