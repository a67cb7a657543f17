"""Draws writing over pictures: speech bubbles, captions, watermarks, signatures; and what is easily taken for it.

Each half has fonts of its own, so that no letter of one is seen in the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from benchmarks.quality.making import Variant

FONTS = Path("/usr/share/fonts/truetype")
"""Of the packages fonts-dejavu-core, -liberation, -lato, -roboto-unhinted, -droid-fallback, -motoya-l-cedar, -nanum, -adf-oldania."""

LATIN = {
    "fit": ("dejavu/DejaVuSans-Bold.ttf", "liberation/LiberationSerif-Regular.ttf"),
    "test": ("lato/Lato-Medium.ttf", "roboto/unhinted/RobotoTTF/Roboto-Bold.ttf", "adf/OldaniaADFStd-Bold.otf"),
}  # fmt: skip
EASTERN = {
    "fit": (("droid/DroidSansFallbackFull.ttf", "zh"), ("nanum/NanumGothicBold.ttf", "ko")),
    "test": (("motoya-l-cedar/MTLc3m.ttf", "ja"), ("nanum/NanumSquareRoundB.ttf", "ko")),
}
WORDS = {
    "la": (
        *("I", "you", "what", "never", "thought", "it", "would", "come", "to", "this", "Look", "out"),
        *("behind", "wait", "for", "me", "really", "that", "sword", "is", "mine", "where", "are", "they"),
    ),
    "ja": (*"どうしてここにいるのですか今日はとても寒い剣を持って行け見ろ空が赤く燃えているぞ",),
    "zh": (*"你怎么会在这里今天真的很冷快看天空变红了我们必须马上离开村子不要回头",),
    "ko": ("어디", "가는", "거야", "정말", "오늘은", "너무", "춥다", "저기", "하늘이", "붉게", "물들었어", "기다려"),
}  # fmt: skip
Colour = tuple[int, int, int]
Voice = tuple[str, str]
"""A font's path and the language of its words."""


def voice(half: str, chance: Random) -> Voice:
    """Latin three times out of five."""
    if chance.random() < 0.6:
        return chance.choice(LATIN[half]), "la"
    return chance.choice(EASTERN[half])


def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """One of the fonts at so many pixels."""
    return ImageFont.truetype(FONTS / name, size)


def sentence(language: str, letters: int, chance: Random) -> str:
    """Words of about so many letters."""
    gap, told = "" if language in ("ja", "zh") else " ", ""
    while len(told) < letters:
        told += gap + chance.choice(WORDS[language])
    return told.strip()


def lines(text: str, width: int) -> list[str]:
    """Broken into lines of at most about `width` letters; what knows no blanks breaks anywhere."""
    if " " not in text:
        return [text[at : at + width] for at in range(0, len(text), width)]
    broken = [""]
    for word in text.split():
        if broken[-1] and len(broken[-1]) + len(word) >= width:
            broken.append("")
        broken[-1] = f"{broken[-1]} {word}".strip()
    return broken


def bubbles(picture: Image.Image, half: str, chance: Random) -> Variant:
    """One to three bubbles with speech, as a page or a panel has them; of a fifth to a twentieth of the height."""
    picture = picture.copy()
    count = chance.choice([1, 1, 2, 3])
    spoken = voice(half, chance)
    for _ in range(count):
        _bubble(picture, spoken, chance)
    return Variant("bubbles", "written", count, picture, _saved(chance))


def _bubble(picture: Image.Image, spoken: Voice, chance: Random) -> None:
    name, language = spoken
    size = round(min(picture.size) * chance.uniform(0.022, 0.045))
    text = sentence(language, chance.randrange(12, 50), chance)
    if language == "la" and chance.random() < 0.6:
        text = text.upper()
    drawn = ImageFont.truetype(FONTS / name, max(size, 9))
    upright = language in ("ja", "zh") and chance.random() < 0.7
    ink = _columns(text, drawn, chance) if upright else _block(text, drawn, chance)
    around = round(size * chance.uniform(0.8, 1.6))
    wide, high = round(ink.width * 1.25) + around, round(ink.height * 1.3) + around
    left = chance.randrange(max(1, picture.width - wide))
    top = chance.randrange(max(1, round((picture.height - high) * 0.7)))
    ground = chance.choice([(255, 255, 255), (255, 255, 255), (255, 250, 235), (235, 240, 250)])
    box = (left, top, left + wide, top + high)
    _outlined(picture, box, ground, chance)
    at = (left + (wide - ink.width) // 2, top + (high - ink.height) // 2)
    picture.paste((10, 10, 14), at, ink)


def _outlined(
    picture: Image.Image, box: tuple[int, int, int, int], ground: Colour, chance: Random
) -> None:
    canvas, line = ImageDraw.Draw(picture), chance.choice([2, 3, 4])
    centre = ((box[0] + box[2]) // 2, (box[1] + box[3]) // 2)
    if chance.random() < 0.6:
        tail = (centre[0] + chance.randrange(-60, 61), box[3] + chance.randrange(20, 60))
        canvas.polygon(
            [(centre[0] - 12, centre[1]), tail, (centre[0] + 12, centre[1])], ground, (0, 0, 0)
        )
        canvas.ellipse(box, ground, (0, 0, 0), line)
    else:
        canvas.rounded_rectangle(box, chance.choice([0, 8, 24]), ground, (0, 0, 0), line)


def _block(text: str, drawn: ImageFont.FreeTypeFont, chance: Random) -> Image.Image:
    broken = lines(text, chance.randrange(7, 16))
    return _inked("\n".join(broken), drawn, chance.choice(["center", "left"]))


def _inked(text: str, drawn: ImageFont.FreeTypeFont, align: str) -> Image.Image:
    size = round(drawn.size)
    box = ImageDraw.Draw(Image.new("L", (1, 1))).multiline_textbbox(
        (0, 0), text, drawn, spacing=size // 4
    )
    ink = Image.new("L", (math.ceil(box[2]) + 2, math.ceil(box[3]) + 2))
    ImageDraw.Draw(ink).multiline_text((0, 0), text, 255, drawn, spacing=size // 4, align=align)
    return ink.crop(ink.getbbox())


def _columns(text: str, drawn: ImageFont.FreeTypeFont, chance: Random) -> Image.Image:
    """From above to below, the first column on the right."""
    columns, size = lines(text, chance.randrange(5, 11)), round(drawn.size)
    ink = Image.new(
        "L", (round(len(columns) * size * 1.3), round(max(map(len, columns)) * size * 1.08) + size)
    )
    canvas = ImageDraw.Draw(ink)
    for number, column in enumerate(reversed(columns)):
        for row, letter in enumerate(column):
            canvas.text((round(number * size * 1.3), round(row * size * 1.08)), letter, 255, drawn)
    return ink.crop(ink.getbbox())


def subtitle(picture: Image.Image, half: str, chance: Random) -> Variant:
    """One or two lines at the bottom: white with a black outline, or on a bar that shines through."""
    picture = picture.copy()
    name, language = voice(half, chance)
    size = max(round(picture.height * chance.uniform(0.035, 0.055)), 12)
    drawn = font(name, size)
    across = round(picture.width * 0.85 / (size * (0.5 if language == "la" else 1)))
    text = sentence(language, round(across * chance.uniform(0.6, 1.7)), chance)
    told = "\n".join(lines(text, max(across, 4))[:2])
    canvas = ImageDraw.Draw(picture, "RGBA")
    middle, low = picture.width / 2, picture.height * 0.97
    barred = chance.random() < 0.4
    if barred:
        box = canvas.multiline_textbbox((middle, low), told, drawn, anchor="md", align="center")
        canvas.rectangle(
            (0, box[1] - size // 3, picture.width, picture.height),
            (0, 0, 0, chance.choice([140, 190, 255])),
        )
    fill = chance.choice([(255, 255, 255), (255, 255, 255), (255, 240, 120)])
    canvas.multiline_text(
        (middle, low), told, fill, drawn, anchor="md", align="center",
        stroke_width=0 if barred else max(2, size // 14), stroke_fill=(0, 0, 0),
    )  # fmt: skip
    return Variant("subtitle", "written", size, picture, _saved(chance))


def watermark(picture: Image.Image, half: str, chance: Random) -> Variant:
    """The same words all over it, half transparent, mostly on a slant."""
    name, _ = LATIN[half][0], "la"
    size = round(min(picture.size) * chance.uniform(0.04, 0.08))
    word = chance.choice(["SAMPLE", "preview", "sample only", "artist.example", "DO NOT REPOST"])
    tile = _inked(word, font(name, size), "left")
    gap = round(size * chance.uniform(0.8, 2.5))
    side = round(math.hypot(*picture.size))
    sheet = Image.new("L", (side, side))
    for row, top in enumerate(range(0, side, tile.height + gap)):
        for left in range(-(row % 2) * tile.width // 2, side, tile.width + gap):
            sheet.paste(tile, (left, top))
    turned = sheet.rotate(chance.choice([0, 25, 30, 45, -30]), Image.Resampling.BICUBIC)
    at = ((side - picture.width) // 2, (side - picture.height) // 2)
    mask = turned.crop((*at, at[0] + picture.width, at[1] + picture.height))
    strength = chance.uniform(0.18, 0.45)
    mask = mask.point([round(value * strength) for value in range(256)])
    whole = Image.composite(
        Image.new(
            "RGB", picture.size, chance.choice([(255, 255, 255), (128, 128, 128), (0, 0, 0)])
        ),
        picture,
        mask,
    )
    return Variant("watermark", "written", round(strength, 2), whole, _saved(chance))


def signature(picture: Image.Image, half: str, chance: Random) -> Variant:
    """A name and an address in a corner, as most of what fans draw has: a clean picture."""
    picture = picture.copy()
    name = chance.choice(LATIN[half])
    size = max(round(min(picture.size) * chance.uniform(0.014, 0.026)), 9)
    text = chance.choice(
        ["@some_artist", "twitter.example/artist\n© 2024", "Artist '24", "patreon.example/artist"]
    )
    ink = _inked(text, font(name, size), "left")
    ink = ink.rotate(chance.choice([0, 0, 0, 8]), Image.Resampling.BICUBIC, expand=True)
    margin = size
    left = chance.choice([margin, picture.width - ink.width - margin])
    top = chance.choice(
        [margin, picture.height - ink.height - margin, picture.height - ink.height - margin]
    )
    grey = np.asarray(picture.convert("L").crop((left, top, left + ink.width, top + ink.height)))
    picture.paste((20, 20, 20) if grey.mean() > 110 else (240, 240, 240), (left, top), ink)
    return Variant("signature", "", size, picture, _saved(chance))


def line_art(picture: Image.Image, chance: Random) -> Variant:
    """Its outlines in ink on white, as fine as a pen draws them."""
    grey = picture.convert("L").filter(ImageFilter.GaussianBlur(1))
    near = np.asarray(grey.filter(ImageFilter.GaussianBlur(1)), np.float32)
    far = np.asarray(grey.filter(ImageFilter.GaussianBlur(1.6)), np.float32)
    ink = 255 - np.clip((far - near - 0.4) * chance.choice([30, 60]), 0, 255)
    drawn = Image.fromarray(ink.astype(np.uint8)).convert("RGB")
    return Variant("line_art", "", 0, drawn, _saved(chance))


def patterned(picture: Image.Image, alpha: Image.Image | None, chance: Random) -> Variant:
    """Before a pattern, or with one laid over its darker half as screen tones are."""
    step = chance.choice([6, 12, 20, 32, 48])
    tile = Image.new("L", (step * 4, step * 4), 255)
    canvas, kind = ImageDraw.Draw(tile), chance.choice(["dots", "checks", "crosses", "stripes"])
    for x in range(0, step * 4, step * 2):
        for y in range(0, step * 4, step * 2):
            if kind == "dots":
                canvas.ellipse((x, y, x + step, y + step), 60)
            elif kind == "checks":
                canvas.rectangle((x, y, x + step - 1, y + step - 1), 60)
                canvas.rectangle((x + step, y + step, x + 2 * step - 1, y + 2 * step - 1), 60)
            elif kind == "crosses":
                canvas.line((x, y, x + step, y + step), 60, max(2, step // 6))
                canvas.line((x + step, y, x, y + step), 60, max(2, step // 6))
            else:
                canvas.rectangle((x, 0, x + step // 2, step * 4), 60)
    behind = Image.new("L", picture.size, 255)
    for left in range(0, picture.width, tile.width):
        for top in range(0, picture.height, tile.height):
            behind.paste(tile, (left, top))
    colours = Image.merge("RGB", [behind] * 3)
    if alpha is not None and np.asarray(alpha).min() == 0:
        whole = Image.composite(picture, colours, alpha)
    else:
        dark = picture.convert("L").point([255 if value < 110 else 0 for value in range(256)])
        whole = Image.composite(ImageChops.multiply(picture, colours), picture, dark)
    return Variant("pattern", "", step, whole, _saved(chance))


def variants(
    picture: Image.Image, alpha: Image.Image | None, half: str, chance: Random
) -> Iterator[Variant]:
    """Everything that is made of one picture."""
    yield Variant("clean", "", 0, picture, _saved(chance))
    yield signature(picture, half, chance)
    yield line_art(picture, chance)
    yield patterned(picture, alpha, chance)
    yield bubbles(picture, half, chance)
    yield subtitle(picture, half, chance)
    yield watermark(picture, half, chance)


def _saved(chance: Random) -> str:
    return chance.choice(["png", "jpeg92", "jpeg80", "webp90"])
