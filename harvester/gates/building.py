"""Gates from a recipe's settings, and the account of them that help and documentation show."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import Field, dataclass, fields
from typing import Any, cast, get_type_hints

from harvester.errors import RecipeError
from harvester.gates.borders import Borders
from harvester.gates.colour import Coloured
from harvester.gates.compression import Compression
from harvester.gates.finish import Depicted, Finished
from harvester.gates.framing import Framed
from harvester.gates.interface import Interface
from harvester.gates.kind import Decodable, Format, Still
from harvester.gates.layout import Layout
from harvester.gates.lettering import Lettering
from harvester.gates.minors import Minors
from harvester.gates.outfit import Outfit
from harvester.gates.people import Alone
from harvester.gates.rating import DEFAULT, Rated
from harvester.gates.real_people import RealPeople
from harvester.gates.sharpness import Sharp
from harvester.gates.size import Aspect, Bytes, Pixels, ShortSide
from harvester.gates.source import DoNotPost, Edited, Flagged, Forgotten, MachineMade, Status
from harvester.gates.upscaled import Upscaled
from harvester.model import MEASURED, Facts, Media, Rating, Verdict
from harvester.pixels import Pixels as Seen
from harvester.ports import Gate

GATES: tuple[type[Gate], ...] = (
    Minors,
    RealPeople,
    DoNotPost,
    Forgotten,
    Rated,
    Still,
    Format,
    Decodable,
    Status,
    MachineMade,
    Edited,
    Flagged,
    Interface,
    Layout,
    Lettering,
    Framed,
    Alone,
    Outfit,
    Depicted,
    Coloured,
    Finished,
    ShortSide,
    Pixels,
    Bytes,
    Aspect,
    Borders,
    Sharp,
    Upscaled,
    Compression,
)
"""All gates in the order that decides which reject is told: what must never be, what is not wanted, what is too poor."""

ALWAYS = frozenset({"minors", "real_people", "do_not_post", "forgotten", "rating", "decodable"})
"""Gates that no setting switches off."""

KINDS: Mapping[str, frozenset[str]] = {
    "character": frozenset(),
    # ink and pencil are styles
    "style": frozenset({"framing", "people", "outfit", "depiction", "colour", "finish"}),
    # an emblem, a map, an item may be the very thing that is wanted
    "other": frozenset({"framing", "people", "outfit", "depiction", "interface", "lettering"}),
}
"""Which gates are off for a kind of subject, unless the recipe sets them."""


_SEEN = frozenset(fact.name for fact in fields(Seen))
_CLAIMED = Facts(width=1000, height=1000, media=Media.STILL)
"""As much as a site can say of what is also measured."""


@dataclass(frozen=True, slots=True)
class Row:
    """One gate's key as help shows it; a gate without keys has one row whose `field` is empty."""

    name: str
    field: str
    default: str
    doc: str
    needs: tuple[str, ...]
    phase: str
    off: tuple[str, ...]


def build(
    settings: Mapping[str, object],
    *,
    kind: str = "character",
    ratings: Collection[Rating] = DEFAULT,
    where: str = "[gates]",
) -> tuple[Gate, ...]:
    """The gates of a recipe. `short_side = 720` sets a gate's first key, a table sets several, `false` switches it off.

    A gate that is off for this kind is on when the recipe names it. `where` opens every complaint.
    """
    _known(kind, KINDS, f"{where} kind")
    for name in settings:
        _known(name, [gate.name for gate in GATES if gate is not Rated], f"{where} gate")
    if not ratings:
        raise RecipeError(f"{where} no rating is left to accept; name at least one")
    gates: list[Gate] = []
    for gate in GATES:
        setting = settings.get(gate.name, gate.name not in KINDS[kind])
        if gate is Rated:
            gates.append(Rated(tuple(sorted(set(ratings), key=lambda rating: rating.strictness))))
        elif setting is not False:
            gates.append(_made(gate, setting, where))
        elif gate.name in ALWAYS:
            raise RecipeError(f"{where} {gate.name} cannot be switched off; remove the line")
    return tuple(gates)


def describe() -> tuple[Row, ...]:
    """Every key of every gate, in the order of `GATES`."""
    return tuple(row for gate in GATES for row in _rows(gate))


def document() -> str:
    """The text of docs/gates.md."""
    lines = [
        "# Gates",
        "",
        "Each gate is one quality rule. All of them judge twice: what a site says, before anything is",
        "downloaded, and the file, once it is there. Each answers *pass*, *reject* or *unknown*; the first",
        "reject in the order of this table is the reason you are told.",
        "",
        "In a recipe, `short_side = 900` under `[gates]` sets a gate's first key, `pixels = { at_least =",
        "1000000 }` sets keys by name, `false` switches a gate off. Gates marked *always on* cannot be",
        "switched off. `rating` follows `--rating` and the recipe's `ratings`.",
        "",
        "| gate | what it does | keys and defaults | judged on | off for |",
        "|---|---|---|---|---|",
    ]
    for gate in GATES:
        rows = _rows(gate)
        keys = ", ".join(f"`{row.field} = {row.default}`" for row in rows if row.field) or "–"
        off = "always on" if gate.name in ALWAYS else ", ".join(rows[0].off) or "–"
        lines.append(f"| `{gate.name}` | {rows[0].doc} | {keys} | {rows[0].phase} | {off} |")
    lines += ["", "## Why these defaults", ""]
    lines += [f"- `{gate.name}`: {why}" for gate in GATES if (why := _reasons(gate))]
    return "\n".join(lines) + "\n"


def _reasons(gate: type[Gate]) -> str:
    """What a gate's docstring says behind its first paragraph, on one line."""
    _, _, rest = inspect.cleandoc(gate.__doc__ or "").partition("\n\n")
    return " ".join(rest.split())


def _rows(gate: type[Gate]) -> list[Row]:
    doc = (gate.__doc__ or "").strip().splitlines()[0]
    off = tuple(kind for kind, names in KINDS.items() if gate.name in names)
    needs = tuple(sorted(gate.needs))
    keys = [(key.name, _toml(key.default)) for key in _keys(gate)] or [("", "")]
    return [Row(gate.name, key, default, doc, needs, _phase(gate), off) for key, default in keys]


def _phase(gate: type[Gate]) -> str:
    tagged = "marks" in gate.needs
    if not tagged and gate.needs & _SEEN and gate().judge(_CLAIMED).verdict is Verdict.UNKNOWN:
        return "the file"
    return "claims, then the file" if gate.needs & {*MEASURED, *_SEEN, "frames"} else "claims"


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _keys(gate: type[Gate]) -> tuple[Field[Any], ...]:
    """The fields that a recipe sets."""
    return tuple(key for key in fields(cast("Any", gate)) if key.metadata.get("key", True))


def _made(gate: type[Gate], setting: object, where: str) -> Gate:
    make = cast("Callable[..., Gate]", gate)
    if setting is True:
        return make()
    here = f"{where} {gate.name}"
    keys = {key.name: key for key in _keys(gate)}
    if not keys:
        raise RecipeError(f"{here} has nothing to set; write `{gate.name} = true` or leave it out")
    table = setting if isinstance(setting, Mapping) else {next(iter(keys)): setting}
    types = get_type_hints(gate)
    values = {}
    for name, value in table.items():
        _known(name, keys, f"{here} key")
        values[name] = _checked(value, types[name], keys[name], f"{here}.{name}")
    made = make(**values)
    low, high = getattr(made, "at_least", 0), getattr(made, "at_most", 0)
    if low > high:
        raise RecipeError(f"{here} accepts nothing: at_least {low} is more than at_most {high}")
    return made


def _checked(value: object, kind: object, key: Field[Any], here: str) -> object:
    """The value as the gate holds it, or a complaint that says what belongs there."""
    shown = f"{here} is {value!r}"
    if kind in (int, float):
        whole = isinstance(value, int) and not isinstance(value, bool)
        if (
            not (whole or (kind is float and isinstance(value, float)))
            or not cast("float", value) >= 0
        ):
            noun = "whole number" if kind is int else "number"
            raise RecipeError(f"{shown}; a {noun} of at least 0 belongs there")
        return value
    several = kind is not str
    told = list(value) if several and isinstance(value, list | tuple) else [value]
    if not all(isinstance(each, str) for each in told):
        raise RecipeError(f"{shown}; {'names' if several else 'a name'} in quotes belong there")
    for each in told:
        choices = key.metadata.get("choices")
        if choices and not (key.metadata.get("names") and _is_name(str(each), choices)):
            _known(str(each), choices, here)
    return tuple(told) if several else value


def _is_name(text: str, choices: Iterable[str]) -> bool:
    """A name of the subject's own world, and no slip of the pen for one of the choices."""
    return bool(text.strip()) and not difflib.get_close_matches(text, [*choices], n=1, cutoff=0.75)


def _known(name: str, names: Iterable[str], where: str) -> None:
    known = [*names]
    if name in known:
        return
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}"
    extra = " (ratings are set by `ratings` or --rating)" if name == Rated.name else ""
    raise RecipeError(f"{where}: {name!r} is not known{extra}; {hint}")
