"""Tags of a drawn post: true of what is drawn, but as seldom given as on the real site."""

from __future__ import annotations

import random
from collections.abc import Mapping

from harvester.demo.drawing import Coding, Sketch
from harvester.demo.posts import CATEGORIES, TagTable, Truth

# framing -> its tag, and how often somebody took the trouble to write it: 28 posts of 100 carry any
FRAMING_TAGS: Mapping[str, tuple[str, float]] = {
    "close_up": ("close-up", 0.2),
    "portrait": ("portrait", 0.13),
    "upper_body": ("upper_body", 0.31),
    "cowboy_shot": ("cowboy_shot", 0.31),
    "full_body": ("full_body", 0.32),
    "wide": ("wide_shot", 0.07),
}
LOOK_TAGS: Mapping[str, tuple[str, ...]] = {
    "hakurei_reimu": ("brown_hair", "red_eyes", "bow", "hair_bow", "red_bow", "hair_tubes"),
    "kirisame_marisa": ("blonde_hair", "yellow_eyes", "hat", "witch_hat", "long_hair"),
    "izayoi_sakuya": ("grey_hair", "blue_eyes", "maid_headdress", "short_hair"),
    "kochiya_sanae": ("green_hair", "green_eyes", "frog_hair_ornament", "long_hair"),
    "yakumo_yukari": ("blonde_hair", "purple_eyes", "mob_cap", "long_hair"),
}
OWN_CLOTHES: Mapping[str, tuple[str, ...]] = {
    "hakurei_reimu": ("detached_sleeves", "red_skirt", "japanese_clothes", "red_vest"),
    "kirisame_marisa": ("black_dress", "apron"),
    "izayoi_sakuya": ("blue_dress", "apron"),
    "kochiya_sanae": ("blue_skirt", "white_shirt"),
    "yakumo_yukari": ("purple_dress",),
}
PLACE_TAGS: Mapping[str, tuple[str, ...]] = {
    "outdoors": ("outdoors", "sky", "cloud", "day"),
    "night": ("outdoors", "night", "night_sky", "moon"),
    "indoors": ("indoors", "window"),
    "shrine": ("outdoors", "torii", "shrine"),
    "forest": ("outdoors", "forest", "tree"),
    "abstract": ("abstract_background",),
    "striped": ("striped_background",),
    "tiles": ("checkered_background",),
    "rings": ("abstract_background",),
    "ocean": ("outdoors", "ocean", "beach"),
    "white": ("simple_background", "white_background"),
    "simple": ("simple_background",),
}
FACE_TAGS: Mapping[str, tuple[str, ...]] = {
    "smile": ("smile", "closed_mouth"),
    "open_mouth": ("open_mouth",),
    "closed_eyes": ("closed_eyes", "smile"),
    "frown": ("frown",),
    "angry": ("angry",),
    "surprised": ("surprised", "open_mouth"),
    "one_eye_closed": ("one_eye_closed", "open_mouth"),
    "expressionless": ("expressionless", "closed_mouth"),
}
ARTISTS = 45
_FIRST = ("aka", "kuro", "shiro", "mori", "yuki", "hana", "tsuki", "umi", "kaze")
_LAST = ("neko", "gawa", "matsu", "tori", "buta")


def artist_of(number: int) -> str:
    """The name of the n-th of 45 artists; nobody real is meant."""
    return f"{_FIRST[number % 9]}{_LAST[number // 9 % 5]}_(sandbox)"


def sized(size: tuple[int, int]) -> tuple[str, ...]:
    """The site's automatic size tags."""
    width, height = size
    if width >= 3200 or height >= 2400:
        return ("absurdres", "highres")
    if width >= 1600 or height >= 1200:
        return ("highres",)
    return ("lowres",) if width <= 500 and height <= 500 else ()


def tags_of(
    rng: random.Random,
    sketch: Sketch,
    truth: Truth,
    coding: Coding,
    size: tuple[int, int],
    character: str,
) -> TagTable:
    """All tags of a post by category, names sorted."""
    cosplay = truth.costume == character and character not in sketch.cast
    characters = {*sketch.cast, *((character,) if cosplay else ())}
    general = {*_people(sketch), *_framing(rng, truth), *PLACE_TAGS[sketch.background]}
    if cosplay:
        general |= {"cosplay", f"{character}_(cosplay)"}
    for name in sketch.cast:
        general |= set(LOOK_TAGS.get(name, ()))
    general |= _subject(rng, sketch, truth) if sketch.cast else set()
    general |= _finish(sketch)
    meta = {*sized(size), *_file(rng, coding, truth), *_origin(rng)}
    artist = artist_of(rng.choices(range(ARTISTS), [1 / (k + 1.5) for k in range(ARTISTS)])[0])
    table = {
        "general": general,
        "artist": {artist} if rng.random() < 0.94 else set(),
        "copyright": {"touhou"},
        "character": characters,
        "meta": meta,
    }
    return {category: tuple(sorted(table[category])) for category in CATEGORIES}


def _people(sketch: Sketch) -> set[str]:
    count = len(sketch.cast)
    if count == 0:
        return {"no_humans", "scenery"}
    if sketch.layout == "views":
        return {"1girl", "multiple_views"}
    tags = {"comic", "speech_bubble"} if sketch.layout == "comic" else set()
    if count == 1:
        return tags | {"1girl", "solo"}
    return tags | {f"{count}girls", "multiple_girls"}


def _framing(rng: random.Random, truth: Truth) -> set[str]:
    tag, chance = FRAMING_TAGS.get(truth.framing or "", ("", 0.0))
    return {tag} if rng.random() < chance else set()


def _subject(rng: random.Random, sketch: Sketch, truth: Truth) -> set[str]:
    """What she wears, how she looks and stands; each only where it can be seen."""
    tags = set()
    if sketch.behind:
        tags |= {"from_behind", "facing_away"}
    else:
        tags |= set(FACE_TAGS[sketch.expression])
        if rng.random() < 0.6 and sketch.expression != "closed_eyes":
            tags.add("looking_at_viewer")
    if sketch.tilted and truth.layout == "single":
        tags.add("dutch_angle")
    if sketch.framing == "close_up" and truth.layout == "single":
        return tags
    if not sketch.costume:
        return tags | set(OWN_CLOTHES.get(sketch.cast[0], ()))
    if sketch.costume in OWN_CLOTHES:
        return tags | set(OWN_CLOTHES[sketch.costume])
    if sketch.costume == "casual":
        tags |= {"pants", "shirt", "casual"}
    else:
        tags.add(sketch.costume)
    return tags | ({"alternate_costume"} if rng.random() < 0.85 else set())


def _finish(sketch: Sketch) -> set[str]:
    return {
        "greyscale": {"greyscale", "monochrome"},
        "sepia": {"monochrome", "sepia"},
        "transparent": {"transparent_background"},
    }.get(sketch.finish, set())


def _file(rng: random.Random, coding: Coding, truth: Truth) -> set[str]:
    tags = {
        "gif": {"animated", "animated_gif"},
        "zip": {"animated", "ugoira"},
        "mp4": {"animated", "video"},
    }.get(coding.format, set())
    if truth.defect == "jpeg" and rng.random() < 0.4:
        tags = {*tags, "jpeg_artifacts"}
    return tags


def _origin(rng: random.Random) -> set[str]:
    roll = rng.random()
    tags = {"commentary_request"} if rng.random() < 0.3 else set()
    if roll < 0.04:
        tags.add("official_art")
    elif roll < 0.048:
        tags.add("ai-generated")
    elif roll < 0.052:
        tags.add("photo_(medium)")
    elif roll < 0.08:
        tags.add("bad_link")
    return tags
