"""Philomena's tags: how names are spelled, escaped and joined to a query, and what rows of tags say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

import harvester as h
from harvester import Name, Query, Rating
from sources import reading
from sources.reading import Row

RATINGS = dict(zip(("safe", "suggestive", "questionable", "explicit"), Rating, strict=True))
MOODS = {"semi-grimdark", "grimdark", "grotesque"}  # of the rating category, but no rating of ours
STILL = ("animated:false", "-mime_type:image/svg+xml")
CATEGORIES = {
    **{"origin": "artist", "character": "character", "oc": "character", "species": "species"},
    **{"content-official": "copyright", "content-fanmade": "copyright", "body-type": "general"},
    **{"rating": "meta", "error": "meta", "spoiler": "meta"},
}
NAMESPACES = {
    **{"artist": "artist", "colorist": "artist", "editor": "artist", "photographer": "artist"},
    **{"oc": "character", "species": "species", "spoiler": "meta"},
}
"""What the part of a name before its colon tells of the tag's category."""

UNDERSCORED = ("artist:", "colorist:", "commissioner:", "editor:", "oc:", "photographer:")
_SIGNS = re.compile(r'[\\,()*?"~^&|]|^[-!]')
_SLUG = {"dash": "-", "fwslash": "/", "bwslash": "\\", "colon": ":", "dot": ".", "plus": "+"}


def spelled(name: str) -> str:
    """A name as the site writes it: lower case, blanks for underscores but where people's names may have some."""
    plain = " ".join(name.lower().split())
    return plain if plain.startswith(UNDERSCORED) else " ".join(plain.replace("_", " ").split())


def term(name: str) -> str:
    """A name as one term of a query; what is a sign there is escaped, so that it stands for itself."""
    return _SIGNS.sub(lambda sign: f"\\{sign[0]}", spelled(name))


def any_of(names: Iterable[str]) -> str:
    """A query for any of these names."""
    return " || ".join(dict.fromkeys(filter(None, map(term, names))))


def terms(query: Query) -> list[str]:
    """The whole query, for the server takes as many terms as one likes."""
    narrow = query.narrow
    sent = [term(name) for name in query.names]
    if narrow and narrow.tags:
        sent.append(_group(narrow.tags))
    sent += [term(name) for name in query.want]
    sent += [f"-{excluded}" for name in query.avoid if (excluded := term(name))]
    if 0 < len(query.ratings) < len(RATINGS):
        sent.append(_group([word for word, rating in RATINGS.items() if rating in query.ratings]))
    sent += STILL
    if narrow and narrow.by == "score":
        sent.append(f"score.gte:{narrow.value}")
    if narrow and narrow.by == "dates":
        first, _, last = narrow.value.partition("..")
        sent += [f"created_at.{way}:{day}" for way, day in (("gte", first), ("lte", last)) if day]
    if query.since:
        changed = "created_at" if query.order == "id" else "updated_at"
        sent.append(f"{changed}.gte:{query.since:%Y-%m-%d}")
    return [one for one in sent if one]


def _group(names: Iterable[str]) -> str:
    joined = any_of(names)
    return f"({joined})" if " || " in joined else joined


def by_category(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Tags by category as far as their names tell it."""
    table: dict[str, list[str]] = {}
    for name in names:
        table.setdefault(_category(name), []).append(name)
    return {category: tuple(listed) for category, listed in table.items()}


def _category(name: str) -> str:
    if name in RATINGS or name in MOODS:
        return "meta"
    namespace, colon, _ = name.partition(":")
    return NAMESPACES.get(namespace, "unknown") if colon else "unknown"


def rating(names: Iterable[str]) -> Rating | None:
    """The strictest of the rating tags among these."""
    told = [RATINGS[name] for name in names if name in RATINGS]
    return max(told, key=lambda one: one.strictness, default=None)


def tag(row: Row) -> h.Tag:
    """A row of the tag table. A tag of no category is a general one."""
    category = reading.text(row, "category")
    known = "general" if category is None else CATEGORIES.get(category, "unknown")
    name, alias = reading.needed(row, "name"), reading.text(row, "aliased_tag")
    count = reading.number(row, "images")
    return h.Tag(name, known, count, alias_of=_unslugged(alias) if alias else None)


def name(row: Row, asked: str, step: str) -> Name | None:
    """A row of the tag table or of the completions as a name; None when no image has it."""
    if step == "autocomplete":
        found, meant = reading.needed(row, "canonical"), reading.text(row, "alias") == asked
        count, how = reading.number(row, "images"), "alias" if meant else step
        return Name(found, _category(found), count, how, asked) if count != 0 else None
    told = tag(row)
    if told.alias_of:
        how = "alias" if step == "exact" else step
        return Name(told.alias_of, "unknown", how=how, asked=asked)
    return Name(told.name, told.category, told.count, step, asked) if told.count != 0 else None


def _unslugged(slug: str) -> str:
    """The name that a slug, the form names have in addresses, was made of."""
    plain = unquote(slug.replace("+", " "))
    return re.sub(f"-({'|'.join(_SLUG)})-", lambda word: _SLUG[word[1]], plain)
