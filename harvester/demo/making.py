"""Makes the drawn posts: who, how framed, how saved, how damaged. Each depends on (seed, number) alone."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from harvester.demo.drawing import Coding, Sketch, room, scaled
from harvester.demo.looks import COSTUMES, LOOKS
from harvester.demo.posts import FIRST_ID, STILLS, Post, TagTable, Truth, dice
from harvester.demo.scenery import BACKGROUNDS
from harvester.demo.tagging import artist_of, sized, tags_of

FRAMINGS = {
    "close_up": 4, "portrait": 11, "upper_body": 29, "cowboy_shot": 25, "full_body": 26, "wide": 5,
}  # fmt: skip
EXPRESSIONS = (
    "smile", "smile", "open_mouth", "closed_eyes", "frown", "angry", "surprised", "one_eye_closed", "expressionless",
)  # fmt: skip
DEFECTS = {
    "": 850,
    "lowres": 27,
    "blur": 27,
    "jpeg": 32,
    "truncated": 36,
    "missing": 22,
    "wrong_md5": 6,
}
FORMATS = {"png": 450, "jpg": 508, "webp": 20, "gif": 12, "zip": 4, "mp4": 6}
_FROM, _TO = datetime(2013, 1, 5, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Plan:
    """What one post shall be, before it has a number, a date and tags."""

    sketch: Sketch
    coding: Coding
    truth: Truth
    parent: int | None = None


def made_posts(count: int, seed: int, character: str) -> list[Post]:
    """`count` posts by rising id. Ids have gaps, as on a site where posts were removed."""
    posts: list[Post] = []
    bases: list[Post] = []
    forbidden = {count * part // 100: part for part in (21, 47, 83)} if count >= 100 else {}
    post_id = FIRST_ID
    for number in range(count):
        rng = dice(seed, number)
        post_id += rng.choice((1, 1, 1, 1, 2, 3, 7))
        created = _FROM + (_TO - _FROM) * ((number + rng.random() * 0.8) / count)
        if number in forbidden:
            posts.append(_forbidden(post_id, created, forbidden[number], character))
            continue
        plan = _plan(rng, f"{seed}:{number}", character, post_id, bases)
        post = _post(rng, plan, post_id, created, character)
        posts.append(post)
        alone = plan.truth.twins == post_id and not plan.truth.variant_of
        if alone and not plan.truth.defect and post.format in STILLS:
            bases.append(post)
    return posts


def _plan(
    rng: random.Random, seed: str, character: str, post_id: int, bases: Sequence[Post]
) -> Plan:
    kind = rng.random()
    if kind < 0.05 and bases:
        return _twin(rng, rng.choice(bases))
    if kind < 0.07 and bases:
        return _variant(rng, rng.choice(bases), post_id)
    cast, costume, layout = _cast(rng, character)
    width, height = _size(rng)
    framing = _weighted(rng, FRAMINGS)
    if layout == "single":
        width, height = _widened(width, height, room(framing, len(cast)))
    defect = _weighted(rng, DEFECTS)
    if defect == "lowres":
        width, height = scaled((width, height), 480 / max(width, height))
    sketch = Sketch(
        seed, width, height, framing, cast, costume,
        expression=rng.choice(EXPRESSIONS),
        background=rng.choice(tuple(BACKGROUNDS)),
        layout=layout,
        finish=_finish(rng, layout, framing),
        behind=rng.random() < 0.03,
        tilted=rng.random() < 0.06,
    )  # fmt: skip
    coding = _coding(rng, defect, width)
    if coding.format in {"gif", "zip"}:
        width, height = scaled((width, height), 500 / max(width, height))
        sketch = replace(sketch, width=width, height=height)
    truth = Truth(
        framing if layout == "single" and cast else None,
        len(cast), costume, layout, defect, character in cast, twins=post_id,
    )  # fmt: skip
    return Plan(sketch, coding, truth)


def _cast(rng: random.Random, character: str) -> tuple[tuple[str, ...], str, str]:
    """Who is there, in which clothes, in how many pictures."""
    others = [name for name in LOOKS if name != character]
    roll = rng.random()
    if roll < 0.012:
        return (), "", "single"
    if roll < 0.175:
        return tuple(rng.sample(others, 1 if roll < 0.13 else 2)), "", "single"
    if roll < 0.19:
        return (rng.choice(others),), character, "single"  # dressed up as her
    costume = rng.choice(tuple(COSTUMES)) if rng.random() < 0.17 else ""
    if roll < 0.225:
        return (character, *rng.sample(others, rng.choice((0, 1)))), costume, "comic"
    if roll < 0.245:
        return (character,), costume, "views"
    company = rng.choices((0, 1, 2), (80, 15, 5))[0]
    return (character, *rng.sample(others, company)), costume, "single"


def _size(rng: random.Random) -> tuple[int, int]:
    roll = rng.random()
    if roll < 0.015:
        width = rng.randrange(1650, 1800)
    elif roll < 0.075:
        width = rng.randrange(500, 715)
    else:
        width = 750 + int(350 * rng.random() ** 2)  # mostly about a megapixel
    height = int(width * rng.uniform(1.3, 1.5))
    shape = rng.random()
    if shape < 0.1:
        return height, width
    return (width, width) if shape < 0.15 else (width, height)


def _widened(width: int, height: int, ratio: float) -> tuple[int, int]:
    """At least so wide for its height, with about as many pixels: company must not change the framing."""
    if width / height >= ratio:
        return width, height
    height = int((width * height / ratio) ** 0.5)
    return math.ceil(height * ratio), height


def _finish(rng: random.Random, layout: str, framing: str) -> str:
    chances = (45, 45, 5, 5) if layout == "comic" else (93, 4, 1.5, 1.5 if framing != "wide" else 0)
    return rng.choices(("colour", "greyscale", "sepia", "transparent"), chances)[0]


def _coding(rng: random.Random, defect: str, width: int) -> Coding:
    kind = _weighted(rng, FORMATS)
    quality = rng.randrange(88, 93)
    if defect and kind in {"gif", "zip", "mp4"}:
        kind = "jpg"
    if defect == "blur":
        return Coding(kind, quality, blur=round(width * rng.uniform(0.004, 0.009), 1))
    if defect == "jpeg":
        return Coding("jpg", rng.randrange(10, 16))
    if defect == "truncated":
        return Coding(kind if kind != "webp" else "jpg", quality, keep=rng.uniform(0.3, 0.85))
    return Coding(kind, quality)


def _twin(rng: random.Random, base: Post) -> Plan:
    """The same picture again: smaller, saved worse, or saved as another type."""
    was, quality = base.coding, rng.randrange(82, 96)
    way = rng.choice(("smaller", "smaller", "worse", "other"))
    if way == "smaller":
        coding = Coding("jpg", quality, scale=round(rng.uniform(0.5, 0.85), 2))
    elif way == "worse":
        coding = Coding("jpg", 60)
    else:
        coding = Coding("jpg" if was.format == "png" else "png", quality)
    truth = replace(base.truth, twins=base.id)

    return Plan(base.sketch, coding, truth, base.id if rng.random() < 0.5 else None)


def _variant(rng: random.Random, base: Post, post_id: int) -> Plan:
    """The same drawing with another face: a different picture that looks almost the same."""
    moods = [mood for mood in EXPRESSIONS if mood != base.sketch.expression]
    sketch = replace(base.sketch, expression=rng.choice(moods))
    truth = replace(base.truth, twins=post_id, variant_of=base.id)
    return Plan(sketch, base.coding, truth, base.id)


def _post(rng: random.Random, plan: Plan, post_id: int, created: datetime, character: str) -> Post:
    sketch, coding = plan.sketch, plan.coding
    width, height = scaled((sketch.width, sketch.height), coding.scale)
    up = int(rng.lognormvariate(2.6, 1.1))
    rating = rng.choices("gsqe", (79, 14, 5, 2))[0]
    status = rng.choices(("", "deleted", "pending", "flagged", "banned"), (96.4, 2, 0.4, 0.4, 0.8))[
        0
    ]
    pixiv = 900_000_000 + post_id if rng.random() < 0.5 else None
    source = (
        f"https://www.pixiv.net/artworks/{pixiv}"
        if pixiv
        else f"https://example.org/works/{post_id}"
    )
    tags = tags_of(rng, plan.sketch, plan.truth, coding, (width, height), character)
    if plan.parent is not None:
        mark = "variant_set" if plan.truth.variant_of else "duplicate"
        if rng.random() < 0.6:
            tags = {**tags, "meta": tuple(sorted({*tags["meta"], mark}))}
    return Post(
        post_id, created, created + timedelta(hours=rng.uniform(1, 9000)), rating, coding.format,
        width, height, tags, plan.truth, sketch, coding,
        up=up, down=-int(up * rng.random() * 0.08), favourites=int(up * rng.uniform(0.8, 2.4)),
        source=source if rng.random() < 0.94 else "", uploader=rng.randrange(1, 900), pixiv=pixiv,
        parent=plan.parent, status=frozenset({status} - {""}),
        hidden=status == "banned" or rng.random() < 0.003,
    )  # fmt: skip


def _forbidden(post_id: int, created: datetime, part: int, character: str) -> Post:
    """A post that is metadata and nothing else: asking for its bytes is the failure a test looks for."""
    rating, marks = {21: ("q", ("loli",)), 47: ("s", ("child",)), 83: ("g", ("shota",))}[part]
    tags: TagTable = {
        "general": tuple(sorted({"1girl", "solo", "upper_body", *marks})),
        "artist": (artist_of(0),),
        "character": (character,),
        "copyright": ("touhou",),
        "meta": sized((1000, 1400)),
    }
    truth = Truth(None, None, twins=post_id)
    return Post(
        post_id, created, created, rating, "png", 1000, 1400, tags, truth,
        up=60, favourites=80, forbidden=True,
    )  # fmt: skip


def _weighted(rng: random.Random, weights: dict[str, int]) -> str:
    return rng.choices(tuple(weights), tuple(weights.values()))[0]
