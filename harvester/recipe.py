"""What the user wants, as frozen values; from TOML or options. Every complaint names file, key and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, cast

from harvester import folders, limits
from harvester.errors import QueryRefused, RecipeError
from harvester.export import FORMATS
from harvester.model import Framing, Rating
from harvester.tables import check_keys, read_toml

KINDS = {"character": 50, "style": 100, "other": 50}
"""Kind of subject -> how many pictures a trainer wants of it."""

MOST = 100_000
"""No trainer takes more pictures of one subject."""

HEAVIEST = 100
"""No site counts for more than so many times another one."""

POOL = 8
"""How many candidates that pass the screen are looked for, per picture of the target, before any is fetched."""

FRAMINGS = (
    Framing.CLOSE_UP,
    Framing.PORTRAIT,
    Framing.UPPER_BODY,
    Framing.COWBOY_SHOT,
    Framing.FULL_BODY,
)


def wish(default: Any, says: str, example: object = None) -> Any:
    """A key of a recipe with its default, what help says of it, and what it may look like when it is given."""
    return field(default=default, metadata={"says": says, "example": example})


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of the target by framing; they add up to at most 1. `strict` leaves a place empty rather than give it away."""

    close_up: float = wish(0.10, "Share of faces that fill the picture.")
    portrait: float = wish(0.20, "Share of head and shoulders.")
    upper_body: float = wish(0.25, "Share of figures down to the waist.")
    cowboy_shot: float = wish(0.20, "Share of figures down to the thighs.")
    full_body: float = wish(0.25, "Share of whole figures.")
    strict: bool = wish(False, "Leave a place empty rather than give it to another framing.")

    def share(self, framing: Framing) -> float:
        """The share of one framing; what is not one of the five has none."""
        return float(getattr(self, framing.value, 0.0))


MIXES = {
    "balanced": Mix(),
    "faces": Mix(0.20, 0.35, 0.25, 0.10, 0.10),
    "figures": Mix(0.05, 0.10, 0.20, 0.25, 0.40),
    "any": Mix(0.0, 0.0, 0.0, 0.0, 0.0),
}
"""Mixes by the name `harvest init` knows them by; of "any" the best pictures are taken, however they are framed."""


@dataclass(frozen=True, slots=True)
class Caps:
    """Upper shares of the target. All but `variants` give way, last and by report, before the target is missed."""

    artist: float = wish(0.10, "Share that one artist may have; one picture at least.")
    unknown: float = wish(0.30, "Share of unknown framing, as long as known ones fill the rest.")
    wide: float = wish(0.10, "Share of figures that are small in the picture, likewise.")
    site: float = wish(0.60, "Share that one site may have, where there are two or more.")
    character: float = wish(0.20, "Share that one character may have; for a style.")
    series: float = wish(0.50, "Share that one series may have; for a style.")
    variants: int = wish(2, "Pictures of one set of variants (same work, parent and children).")


@dataclass(frozen=True, slots=True)
class Export:
    """How a finished dataset is written into the library's `exports/` after a run; "none" writes nothing."""

    format: str = wish("plain", "Layout of the finished folder; none writes no folder.")


@dataclass(frozen=True, slots=True)
class Recipe:
    """One harvest's wishes. `tag` holds the names of the one subject, the first being its own."""

    tag: tuple[str, ...] = field(metadata={"says": "Names of the one subject, its own first."})
    kind: str = wish("character", "What the subject is: character, style or other.")
    target: int = wish(50, "How many accepted, distinct pictures; 100 for a style.")
    sites: tuple[str, ...] = wish(
        (),
        "Sites to ask, or folders and ZIPs of your own; all enabled sites if none.",
        ["danbooru"],
    )
    weights: Mapping[str, float] = field(
        default_factory=dict,
        metadata={
            "says": "What a site's pictures count for when they are ranked; 1 where none is given.",
            "example": {"danbooru": 1.5},
        },
    )
    want: tuple[str, ...] = wish((), "Further tags a picture must have.", ["solo"])
    avoid: tuple[str, ...] = wish((), "Tags a picture must not have.", ["comic"])
    ratings: tuple[Rating, ...] = wish(
        (Rating.GENERAL, Rating.SENSITIVE), "Ratings that are let through."
    )
    pool: int = wish(
        POOL, "Candidates to look at per picture of the target; 0 takes all there are."
    )
    relax: bool = wish(False, "When short, loosen thresholds step by step; docs/choice.md.")
    gates: Mapping[str, Any] = field(default_factory=dict)
    mix: Mix = Mix()
    caps: Caps = Caps()
    export: Export = Export()

    @property
    def subject(self) -> str:
        """The name a harvest goes by: the first tag, lower-cased, blanks as underscores."""
        return folded(self.tag[0])


KEYS = {"with": "want", "without": "avoid", "rating": "ratings"}
"""Keys of a recipe file that have another name in code."""


def folded(name: str) -> str:
    """A name as subjects are compared: lower case, blanks as underscores."""
    return "_".join(name.lower().split())


def load(path: Path) -> Recipe:
    """The recipe in a TOML file."""
    return parse(read_toml(path), where=str(path), base=path.parent)


def parse(
    table: Mapping[str, Any], *, where: str = "the command line", base: Path | None = None
) -> Recipe:
    """A recipe from a table as TOML gives it; unknown keys and odd values are errors.

    Folders among the sites are meant from `base` on, or from where the program was started.
    """
    known = {KEYS.get(key, key): value for key, value in table.items()}
    names = [item.name for item in fields(Recipe)]
    renamed = {code: key for key, code in KEYS.items()}
    check_keys(table, [*(renamed.get(name, name) for name in names), "limits"], where=where)
    limits.parse(table.get("limits", {}), where=where)  # checked here, kept by the run alone
    if not known.get("tag"):
        raise RecipeError(
            f"{where}: key 'tag' is missing; say whom to collect, e.g. tag = \"hakurei_reimu\""
        )
    kind = known.get("kind", "character")
    if not isinstance(kind, str) or kind not in KINDS:
        raise RecipeError(f"{where}: kind = {kind!r}; it is one of {', '.join(KINDS)}")
    recipe = Recipe(
        tag=_texts(known["tag"], "tag", where),
        kind=kind,
        target=_target(known.get("target", KINDS[kind]), where),
        sites=_sites(known.get("sites", ()), where, base or Path()),
        weights=_weights(known.get("weights", {}), where),
        want=_texts(known.get("want", ()), "with", where),
        avoid=_texts(known.get("avoid", ()), "without", where),
        ratings=_ratings(known.get("ratings", ()), where),
        pool=_pool(known.get("pool", POOL), where),
        relax=_flag(known.get("relax", False), "relax", where),
        gates=_table(known.get("gates", {}), "gates", where),
        mix=_shares(Mix(), known.get("mix", {}), "mix", where),
        caps=_shares(Caps(), known.get("caps", {}), "caps", where),
        export=_export(known.get("export", {}), where),
    )
    return checked(recipe, where=where)


def table_of(recipe: Recipe) -> dict[str, Any]:
    """The recipe as a file holds it, with every key; the inverse of `parse`."""
    renamed = {code: key for key, code in KEYS.items()}
    return {renamed.get(key, key): _plain(value) for key, value in asdict(recipe).items()}


def _plain(value: Any) -> Any:
    """Of the kinds that TOML knows."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, str) else value


def checked(recipe: Recipe, *, where: str) -> Recipe:
    """The recipe, if nothing in it is refused or contradicts itself."""
    from harvester import vocabulary  # a stored recipe is read without them
    from harvester.gates import build

    for word in (*recipe.tag, *recipe.want, *recipe.avoid):
        refused = vocabulary.forbidden(word, avoided=word in recipe.avoid)
        if refused:
            raise QueryRefused(f"{where}: {refused}; this program never asks for it")
        if not word.strip() or word.strip("-~* ") == "" or "," in word:
            raise RecipeError(f"{where}: {word!r} is no tag; write one tag, e.g. hakurei_reimu")
    total = sum(recipe.mix.share(framing) for framing in FRAMINGS)
    if total > 1.0001:
        raise RecipeError(
            f"{where}: the shares under [mix] add up to {total:g}; at most 1 is possible"
        )
    build(recipe.gates, kind=recipe.kind, ratings=recipe.ratings, where=f"{where} [gates]")
    return recipe


def _texts(value: object, key: str, where: str) -> tuple[str, ...]:
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list | tuple) or not all(isinstance(item, str) for item in found):
        raise RecipeError(f"{where}: {key} must be a text or a list of texts, not {value!r}")
    return tuple(item.strip() for item in found)


def _sites(value: object, where: str, base: Path) -> tuple[str, ...]:
    """Names of sites; a folder or a ZIP that is named instead stands by its address, so that it is found from anywhere."""
    found = _texts(value, "sites", where)
    typed = [value] if isinstance(value, str) else list(cast("list[str]", value))
    return tuple(
        folders.address(path, base) if folders.is_path(path) else name
        for name, path in zip(found, typed, strict=True)
    )


def _target(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST:
        raise RecipeError(
            f"{where}: target = {value!r}; it is a whole number of pictures, from 1 to {MOST}"
        )
    return value


def _weights(value: object, where: str) -> dict[str, float]:
    table = _table(value, "weights", where)
    for site, weight in table.items():
        if (
            isinstance(weight, bool)
            or not isinstance(weight, int | float)
            or not 0 < weight <= HEAVIEST
        ):
            raise RecipeError(
                f"{where}: weights.{site} = {weight!r}; it is a number above 0, up to {HEAVIEST}"
            )
    return {site: float(weight) for site, weight in table.items()}


def _pool(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise RecipeError(
            f"{where}: pool = {value!r}; it is a whole number of candidates, or 0 for all there are"
        )
    return value


def _ratings(value: object, where: str) -> tuple[Rating, ...]:
    texts = _texts(value, "rating", where) or ("general", "sensitive")
    known = [rating.value for rating in Rating]
    for text in texts:
        if text not in known:
            raise RecipeError(f"{where}: rating {text!r}; it is one of {', '.join(known)}")
    return tuple(rating for rating in Rating if rating in texts)


def _flag(value: object, key: str, where: str) -> bool:
    if not isinstance(value, bool):
        raise RecipeError(f"{where}: {key} = {value!r}; it is true or false")
    return value


def _table(value: object, key: str, where: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise RecipeError(f"{where}: [{key}] must be a table, not {value!r}")
    return dict(value)


def _shares(default: Any, value: object, key: str, where: str) -> Any:
    """A table of shares laid over the defaults of a dataclass."""
    table = _table(value, key, where)
    check_keys(table, [item.name for item in fields(default)], where=f"{where} [{key}]")
    for name, share in table.items():
        if reason := _not_like(getattr(default, name), share):
            raise RecipeError(f"{where}: {key}.{name} = {share!r}; it is {reason}")
    shares = {f.name for f in fields(default) if isinstance(getattr(default, f.name), float)}
    given = {name: float(value) if name in shares else value for name, value in table.items()}
    return replace(default, **given)


def _not_like(default: object, value: object) -> str:
    """What a value should have been, going by the default; empty where it is that."""
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else "true or false"
    if isinstance(default, int):
        whole = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST
        return "" if whole else f"a whole number of pictures, from 1 to {MOST}"
    share = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    return "" if share else "a share from 0 to 1"


def _export(value: object, where: str) -> Export:
    table = _table(value, "export", where)
    check_keys(table, [item.name for item in fields(Export)], where=f"{where} [export]")
    formats = (*FORMATS, "none")
    if table.get("format", "none") not in formats:
        raise RecipeError(
            f"{where} [export]: format = {table['format']!r}; it is one of {', '.join(formats)}"
        )
    return Export(**table)
