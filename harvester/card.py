"""The character card: what each site calls a subject, kept as a TOML file that its user may edit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from harvester import vocabulary
from harvester.errors import QueryRefused, RecipeError
from harvester.profile import Outfit, Profile
from harvester.recipe import folded
from harvester.tables import check_keys, read_toml

FOLDER = "cards"
LONGEST = 120
"""Characters of a file's stem; a longer subject is cut and told apart by its hash."""

COMMENTS = {
    "subject": (
        "# What each site calls this subject. Made on first use, and yours to edit: the next run asks",
        "# for what stands here, and looks up only what does not.",
    ),
    "aliases": (
        "# Further names of the same subject; they are looked up and asked on every site.",
    ),
    "lookalikes": (
        "# Tags that are spelled alike and mean something else; never taken for the name.",
    ),
    "[names": ('# Name as it was typed = name on that site; "" is not asked there.',),
    "[profile]": (
        "# How the subject usually looks, by the tags of so many makers; the gate `outfit` holds pictures against",
        "# it. Correct what is wrong: the next run judges by it. Delete all of it, and it is learned anew.",
    ),
}
"""What a card says of its parts, by the line it stands above."""


@dataclass(frozen=True, slots=True)
class Card:
    """`names` holds site -> name as it was typed, folded -> name there; an empty one is not asked."""

    subject: str
    kind: str = "character"
    aliases: tuple[str, ...] = ()
    lookalikes: tuple[str, ...] = ()
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    profile: Profile | None = None

    def name(self, site: str, asked: str) -> str | None:
        """What this site calls it; "" where it is not to be asked, None where that is not known."""
        return self.names.get(site, {}).get(folded(asked))

    def named(self, site: str, asked: str, name: str) -> Card:
        """The card with one name more. What it says already stays."""
        if self.name(site, asked) is not None:
            return self
        known = {**self.names.get(site, {}), folded(asked): name}
        return replace(self, names={**self.names, site: known})

    def also(self, *, aliases: Iterable[str] = (), lookalikes: Iterable[str] = ()) -> Card:
        """The card with these added, each once."""
        more = dict.fromkeys((*self.aliases, *aliases))
        alike = dict.fromkeys((*self.lookalikes, *lookalikes))
        return replace(self, aliases=tuple(more), lookalikes=tuple(alike))


def place(library: Path, kind: str, subject: str) -> Path:
    """Where the card of a subject lies: under its name, as far as file systems take it."""
    stem = re.sub(r"[^\w()!'+,.~-]", lambda sign: quote(sign[0], safe=""), subject)
    if len(stem) > LONGEST:
        stem = f"{stem[:LONGEST]}~{hashlib.sha256(subject.encode()).hexdigest()[:8]}"
    return library / FOLDER / kind / f"{stem}.toml"


def load(path: Path) -> Card | None:
    """The card in a file; None when there is none. RecipeError names file, key and remedy."""
    return parse(read_toml(path), where=str(path)) if path.exists() else None


def parse(table: Mapping[str, Any], *, where: str) -> Card:
    """A card from a table as TOML gives it."""
    check_keys(table, [item.name for item in fields(Card)], where=where)
    for key in ("subject", "kind"):
        if not isinstance(table.get(key), str) or not table[key]:
            raise RecipeError(
                f"{where}: {key} = {table.get(key)!r}; it must be a text, or delete the file "
                "and it is made anew"
            )
    card = Card(
        folded(table["subject"]),
        table["kind"],
        _texts(table.get("aliases", []), "aliases", where),
        _texts(table.get("lookalikes", []), "lookalikes", where),
        _names(table.get("names", {}), folded(table["subject"]), where),
        _profile(table["profile"], f"{where}: [profile]") if "profile" in table else None,
    )
    for name in (*card.aliases, *(name for told in card.names.values() for name in told.values())):
        if name and (refused := vocabulary.forbidden(name)):
            raise QueryRefused(f"{where}: {refused}; this program never asks for it")
    return card


def dump(card: Card, *, before: str = "") -> str:
    """The card as TOML. Comments that stand above a line of `before`, the file as it is, stay there."""
    import tomli_w

    kept, tail = _comments(before)
    lines: list[str] = []
    told: set[str] = set()
    table = ""
    for line in tomli_w.dumps(_table(card)).splitlines():
        table, anchor = _anchor(line, table)
        part = "[names" if anchor.startswith("[names") else anchor
        if anchor in kept:
            lines += kept[anchor]
        elif part in COMMENTS and part not in told and not (kept and part == "[names"):
            lines += COMMENTS[part]
        told.add(part)
        lines.append(line)
    return "\n".join([*lines, *tail, ""])


def card_text(card: Card) -> str:
    """The card for a person to read, one line a site."""
    rows = [
        (site, ", ".join(dict.fromkeys(filter(None, told.values()))) or "not asked")
        for site, told in card.names.items()
    ]
    rows.append(("also", ", ".join(card.aliases)))
    rows.append(("never", ", ".join(card.lookalikes)))
    width = max(len(label) for label, _ in rows)
    return "\n".join(f"{label:<{width}}  {text}" for label, text in rows if text)


def _table(card: Card) -> dict[str, Any]:
    return {
        "subject": card.subject,
        "kind": card.kind,
        "aliases": list(card.aliases),
        "lookalikes": list(card.lookalikes),
        "names": {site: dict(told) for site, told in card.names.items()},
        **({} if card.profile is None else {"profile": _looks(card.profile)}),
    }


def _looks(profile: Profile) -> dict[str, Any]:
    return {
        "posts": profile.posts,
        "makers": profile.makers,
        "tags": dict(profile.tags),
        "outfits": [
            {"name": one.name, "share": one.share, "tags": [*one.tags]} for one in profile.outfits
        ],
    }


def _comments(text: str) -> tuple[dict[str, list[str]], list[str]]:
    """The comment lines above each line of a file, by that line's key, and those at its end."""
    found: dict[str, list[str]] = {}
    block: list[str] = []
    table = ""
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            block.append(line)
        elif line.strip():
            table, anchor = _anchor(line, table)
            if anchor:
                found.setdefault(anchor, block)
                block = []
    return found, block


def _anchor(line: str, table: str) -> tuple[str, str]:
    """The table a line belongs to and what the line is called: `aliases`, `[names.x]`, `[names.x] key`."""
    if header := re.match(r"\[.*\]", line):
        return header[0], header[0]
    key, equals, _ = line.partition(" =")
    if not equals or line[:1].isspace():
        return table, ""
    return table, f"{table} {key}".strip()


def _texts(value: object, key: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(
        isinstance(one, str) and one.strip() for one in value
    ):
        raise RecipeError(
            f'{where}: {key} = {value!r}; it is a list of names, e.g. {key} = ["reimu"]'
        )
    return tuple(dict.fromkeys(one.strip() for one in value))


def _names(value: object, subject: str, where: str) -> dict[str, dict[str, str]]:
    """The names by site; a site with a text instead of a table has one name for the subject."""
    if not isinstance(value, Mapping):
        raise RecipeError(f"{where}: names must be tables such as [names.danbooru]")
    found: dict[str, dict[str, str]] = {}
    for site, told in value.items():
        table = {subject: told} if isinstance(told, str) else told
        if not isinstance(table, Mapping) or not all(isinstance(n, str) for n in table.values()):
            raise RecipeError(
                f'{where}: [names.{site}] holds texts only, e.g. {subject} = "{subject}"'
            )
        found[site] = {folded(asked): name.strip() for asked, name in table.items()}
    return found


def _profile(value: object, where: str) -> Profile:
    """How the subject looks, as a person may have corrected it."""
    if not isinstance(value, Mapping):
        raise RecipeError(f"{where} is {value!r}; it must be a table, or delete it")
    check_keys(value, [item.name for item in fields(Profile)], where=where)
    tags, outfits = value.get("tags", {}), value.get("outfits", [])
    if not isinstance(tags, Mapping) or not all(map(_is_share, tags.values())):
        raise RecipeError(f"{where} tags: shares from 0 to 1 belong there, e.g. red_skirt = 0.8")
    if not isinstance(outfits, list) or not all(isinstance(one, Mapping) for one in outfits):
        raise RecipeError(f"{where} outfits: tables such as [[profile.outfits]] belong there")
    return Profile(
        _count(value.get("posts", 0), f"{where} posts"),
        _count(value.get("makers", 0), f"{where} makers"),
        {vocabulary.fold(tag): float(share) for tag, share in tags.items()},
        tuple(_outfit(one, where) for one in outfits),
    )


def _outfit(table: Mapping[str, Any], where: str) -> Outfit:
    check_keys(table, [item.name for item in fields(Outfit)], where=f"{where} outfits")
    name, share = table.get("name"), table.get("share", 0.0)
    if not isinstance(name, str) or not name.strip() or not _is_share(share):
        raise RecipeError(
            f"{where} outfits: each has a name, a share from 0 to 1 and a list of tags; this is {dict(table)!r}"
        )
    tags = _texts(table.get("tags", []), f"tags of {name}", f"{where} outfits")
    return Outfit(vocabulary.fold(name), float(share), tuple(map(vocabulary.fold, tags)))


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _count(value: object, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise RecipeError(f"{where} = {value!r}; a whole number of at least 0 belongs there")
    return value
