"""What happens to one picture on its way through the net: every kind of copy, as files."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

Change = Callable[[Image.Image, random.Random], Image.Image]
SOFT = Image.Resampling.LANCZOS


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of copy: what it does to the pixels, how it is saved; `group` is the row of the report."""

    name: str
    group: str
    change: Change
    format: str = "jpeg"
    quality: int = 90


def flat(picture: Image.Image, colour: str | tuple[int, int, int] = "white") -> Image.Image:
    """RGB, transparent parts on one colour."""
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    ground = Image.new("RGBA", picture.size, colour)
    return Image.alpha_composite(ground, picture).convert("RGB")


def as_is(picture: Image.Image, chance: random.Random) -> Image.Image:
    return flat(picture)


def longest(side: int) -> Change:
    def change(picture: Image.Image, chance: random.Random) -> Image.Image:
        scale = min(side / max(picture.size), 0.9)
        return flat(picture).resize(_scaled(picture, scale), SOFT)

    return change


def _scaled(picture: Image.Image, scale: float) -> tuple[int, int]:
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def doubled(picture: Image.Image, chance: random.Random) -> Image.Image:
    return flat(picture).resize(_scaled(picture, 2), Image.Resampling.BICUBIC)


def cropped(share: float) -> Change:
    """`share` of the width and height in all is cut off, at sides left to chance."""

    def change(picture: Image.Image, chance: random.Random) -> Image.Image:
        width, height = picture.size
        left, top = (round(size * share * chance.random()) for size in picture.size)
        kept = (round(width * (1 - share)), round(height * (1 - share)))
        return flat(picture).crop((left, top, left + kept[0], top + kept[1]))

    return change


def cropped_each(share: float) -> Change:
    """`share` is cut off at every side."""

    def change(picture: Image.Image, chance: random.Random) -> Image.Image:
        x, y = (round(size * share) for size in picture.size)
        return flat(picture).crop((x, y, picture.width - x, picture.height - y))

    return change


def bordered(picture: Image.Image, chance: random.Random) -> Image.Image:
    wide = round(max(picture.size) * chance.uniform(0.03, 0.12))
    colour = chance.choice(["white", "black", "#808080", "#b03040", "#203060"])
    return ImageOps.expand(flat(picture), wide, colour)


def letterboxed(picture: Image.Image, chance: random.Random) -> Image.Image:
    wide = chance.random() < 0.5
    size = round(max(picture.size) * chance.uniform(1.1, 1.5))
    shape = (max(size, picture.width), picture.height) if wide else (picture.width, size)
    ground = Image.new(
        "RGB", (shape[0], max(shape[1], picture.height)), chance.choice(["black", "white"])
    )
    place = ((ground.width - picture.width) // 2, (ground.height - picture.height) // 2)
    ground.paste(flat(picture), place)
    return ground


def watermarked(picture: Image.Image, chance: random.Random) -> Image.Image:
    marked = flat(picture).convert("RGBA")
    size = round(max(marked.size) * chance.uniform(0.018, 0.035))
    text = chance.choice(["@artist_name", "example-site.net", "pixiv 123456", "© studio"])
    mask = _text(text, size)
    margin = round(max(marked.size) * 0.015)
    x = chance.choice([margin, marked.width - mask.width - margin])
    y = chance.choice(
        [margin, marked.height - mask.height - margin, marked.height - mask.height - margin]
    )
    ink = chance.choice([(255, 255, 255), (0, 0, 0), (200, 200, 200)])
    faint = mask.point(lambda value: int(value * chance.choice([0.5, 0.75, 1.0])))
    marked.paste(ink, (x, y), faint)
    return marked.convert("RGB")


def _text(text: str, size: int) -> Image.Image:
    from PIL import ImageFont

    font = ImageFont.load_default(max(8, size))
    box = font.getbbox(text)
    mask = Image.new("L", (round(box[2]) + 2, round(box[3]) + 2))
    ImageDraw.Draw(mask).text((0, 0), text, 255, font=font)
    return mask


def with_bar(picture: Image.Image, chance: random.Random) -> Image.Image:
    """A bar with text, added below or above, or laid over the lower edge."""
    plain = flat(picture)
    high = max(12, round(plain.height * chance.uniform(0.03, 0.07)))
    bar = Image.new("RGB", (plain.width, high), chance.choice(["white", "black", "#202040"]))
    mask = _text("posted on example-site.net by somebody", round(high * 0.55))
    ink = "black" if bar.getpixel((0, 0)) == (255, 255, 255) else "white"
    bar.paste(ink, (round(high * 0.3), round(high * 0.15)), mask)
    where = chance.choice(["below", "above", "over"])
    if where == "over":
        plain.paste(bar, (0, plain.height - high))
        return plain
    joined = Image.new("RGB", (plain.width, plain.height + high))
    joined.paste(plain, (0, high if where == "above" else 0))
    joined.paste(bar, (0, 0 if where == "above" else plain.height))
    return joined


def enhanced(kind: Callable[[Image.Image], ImageEnhance._Enhance], *factors: float) -> Change:
    return lambda picture, chance: kind(flat(picture)).enhance(chance.choice(factors))


def gamma(picture: Image.Image, chance: random.Random) -> Image.Image:
    power = chance.choice([0.75, 1.35])
    return flat(picture).point([round(255 * (value / 255) ** power) for value in range(256)] * 3)


def grey(picture: Image.Image, chance: random.Random) -> Image.Image:
    return flat(picture).convert("L").convert("RGB")


def sharpened(picture: Image.Image, chance: random.Random) -> Image.Image:
    return flat(picture).filter(ImageFilter.UnsharpMask(2, 150, 2))


def blurred(picture: Image.Image, chance: random.Random) -> Image.Image:
    return flat(picture).filter(ImageFilter.GaussianBlur(max(picture.size) * 0.002))


def mirrored(picture: Image.Image, chance: random.Random) -> Image.Image:
    return ImageOps.mirror(flat(picture))


def rotated(picture: Image.Image, chance: random.Random) -> Image.Image:
    """1 to 2 degrees, the corners cut off or filled with white or black."""
    angle = chance.choice([-1, 1]) * chance.uniform(1, 2)
    fill = chance.choice([None, "white", "black"])
    turned = flat(picture).rotate(angle, Image.Resampling.BICUBIC, fillcolor=fill or "black")
    if fill:
        return turned
    x, y = (round(size * 0.035) for size in turned.size[::-1])
    return turned.crop((x, y, turned.width - x, turned.height - y))


def on_another_ground(picture: Image.Image, chance: random.Random) -> Image.Image:
    """Of a transparent picture: flattened on black, grey or a colour. Of another: as it is."""
    return flat(picture, chance.choice(["black", "#808080", "#3a5f8a", "#e8d8c0"]))


def twice(picture: Image.Image, chance: random.Random) -> Image.Image:
    """PNG to JPEG to WebP, each with its own losses."""
    body = BytesIO()
    flat(picture).save(body, "JPEG", quality=chance.choice([75, 85]))
    return Image.open(BytesIO(body.getvalue())).convert("RGB")


def screenshot(picture: Image.Image, chance: random.Random) -> Image.Image:
    """Smaller, a little darker and with a thin frame."""
    small = flat(picture).resize(_scaled(picture, 0.6), SOFT)
    return ImageOps.expand(ImageEnhance.Brightness(small).enhance(0.95), 3, "#404040")


KINDS = (
    Kind("same pixels as png", "encoding", as_is, "png"),
    *(Kind(f"jpeg {q}", "encoding", as_is, "jpeg", q) for q in (95, 85, 70, 50, 30)),
    Kind("webp 75", "encoding", as_is, "webp", 75),
    Kind("avif 55", "encoding", as_is, "avif", 55),
    Kind("jpeg, then webp", "encoding", twice, "webp", 70),
    Kind("jpeg, then avif", "encoding", twice, "avif", 50),
    Kind("exif rotation", "exif rotation", as_is, "jpeg turned", 88),
    Kind("850 px sample", "resize", longest(850), "jpeg", 85),
    Kind("half size", "resize", longest(500), "png"),
    Kind("360 px thumbnail", "resize", longest(360), "webp", 80),
    Kind("180 px thumbnail", "resize", longest(180), "jpeg", 80),
    Kind("upscaled twice", "resize", doubled, "jpeg", 80),
    *(Kind(f"crop {n} %", "crop to 5 %", cropped(n / 100), "jpeg", 88) for n in (1, 2, 3, 4, 5)),
    Kind("crop 5 % a side", "crop 10 %", cropped_each(0.05), "jpeg", 88),
    Kind("crop 10 %", "crop 10 %", cropped(0.10), "jpeg", 88),
    Kind("crop 15 %", "crop 15 %", cropped(0.15), "jpeg", 88),
    Kind("crop 7.5 % a side", "crop 15 %", cropped_each(0.075), "webp", 85),
    Kind("crop 20 %", "crop 20 %", cropped(0.20), "jpeg", 88),
    Kind("border", "border", bordered, "jpeg", 88),
    Kind("border, png", "border", bordered, "png"),
    Kind("letterbox", "letterbox", letterboxed, "jpeg", 88),
    Kind("letterbox, webp", "letterbox", letterboxed, "webp", 85),
    Kind("small watermark", "watermark", watermarked, "jpeg", 88),
    Kind("small watermark, png", "watermark", watermarked, "png"),
    Kind("text bar", "text bar", with_bar, "jpeg", 88),
    Kind("brightness", "tone", enhanced(ImageEnhance.Brightness, 0.75, 0.85, 1.15, 1.25)),
    Kind("contrast", "tone", enhanced(ImageEnhance.Contrast, 0.75, 1.25, 1.35)),
    Kind("saturation", "tone", enhanced(ImageEnhance.Color, 0.6, 1.4)),
    Kind("gamma", "tone", gamma),
    Kind("grey", "grey", grey),
    Kind("sharpened", "sharpness", sharpened),
    Kind("blurred", "sharpness", blurred),
    Kind("mirror", "mirror", mirrored),
    Kind("mirror, webp", "mirror", mirrored, "webp", 80),
    Kind("rotated 1-2°", "rotation", rotated),
    Kind("other flat ground", "flat ground", on_another_ground),
    Kind("other flat ground, png", "flat ground", on_another_ground, "png"),
    Kind("screenshot", "screenshot", screenshot, "png"),
)


def save(picture: Image.Image, path: Path, kind: Kind) -> Path:
    """Write a copy in its format; the file's ending tells it."""
    if kind.format == "jpeg turned":
        exif = Image.Exif()
        exif[0x0112] = 6
        target = path.with_suffix(".jpg")
        picture.transpose(Image.Transpose.ROTATE_90).save(target, quality=kind.quality, exif=exif)
        return target
    target = path.with_suffix({"jpeg": ".jpg"}.get(kind.format, f".{kind.format}"))
    if kind.format == "png":
        picture.save(target, compress_level=3)
    elif kind.format == "webp":
        picture.save(target, quality=kind.quality, method=2)
    elif kind.format == "avif":
        picture.save(target, quality=kind.quality, speed=9)
    else:
        picture.save(target, quality=kind.quality)
    return target
