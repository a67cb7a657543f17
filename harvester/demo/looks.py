"""Who can be drawn, and in which clothes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harvester.demo.canvas import WHITE, Colour


@dataclass(frozen=True, slots=True)
class Look:
    """How a character is told from another: hair, eyes, headgear and her usual clothes."""

    hair: Colour
    eyes: Colour
    headgear: str
    top: Colour
    sleeves: Colour
    skirt: Colour
    trim: Colour
    accent: Colour
    hair_length: float = 2.4


LOOKS: dict[str, Look] = {
    "hakurei_reimu": Look(
        (92, 52, 46),
        (176, 48, 44),
        "bow",
        (206, 38, 48),
        WHITE,
        (206, 38, 48),
        WHITE,
        (244, 208, 84),
    ),
    "kirisame_marisa": Look(
        (240, 208, 104), (208, 168, 40), "hat", (44, 42, 52), WHITE, (44, 42, 52), WHITE, WHITE, 3.4
    ),
    "izayoi_sakuya": Look(
        (198, 204, 218),
        (92, 110, 186),
        "headband",
        (64, 84, 150),
        WHITE,
        (64, 84, 150),
        WHITE,
        (72, 148, 96),
        1.5,
    ),
    "kochiya_sanae": Look(
        (96, 190, 122),
        (72, 160, 104),
        "clip",
        WHITE,
        WHITE,
        (60, 98, 190),
        (90, 120, 200),
        (70, 110, 200),
        4.2,
    ),
    "yakumo_yukari": Look(
        (246, 222, 130),
        (150, 84, 170),
        "mob_cap",
        (120, 74, 150),
        (244, 236, 246),
        (120, 74, 150),
        WHITE,
        (214, 60, 90),
        4.4,
    ),
}

# top, sleeves, skirt, trim, accent
COSTUMES: dict[str, tuple[Colour, Colour, Colour, Colour, Colour]] = {
    "school_uniform": (WHITE, WHITE, (42, 54, 98), (42, 54, 98), (200, 50, 60)),
    "kimono": ((90, 70, 150), (90, 70, 150), (90, 70, 150), (240, 200, 110), (240, 200, 110)),
    "maid": ((36, 36, 46), (36, 36, 46), (36, 36, 46), WHITE, WHITE),
    "santa_costume": ((200, 30, 40), (200, 30, 40), (200, 30, 40), WHITE, (230, 190, 60)),
    "casual": ((110, 140, 120), (110, 140, 120), (70, 92, 140), (230, 226, 214), (190, 90, 60)),
}


def dressed(look: Look, costume: str) -> Look:
    """The look in another costume or in another character's clothes, or as it is for none."""
    if costume in LOOKS:
        other = LOOKS[costume]
        return replace(other, hair=look.hair, eyes=look.eyes, hair_length=look.hair_length)
    if costume not in COSTUMES:
        return look
    top, sleeves, skirt, trim, accent = COSTUMES[costume]
    return Look(
        look.hair, look.eyes, look.headgear, top, sleeves, skirt, trim, accent, look.hair_length
    )
