"""Makes the labelled set: each real picture as it is, and spoiled in known ways.

    python -m benchmarks.quality.making ART... --out SET

ART are folders with the packages of `art.py` (`python -m benchmarks.quality.art DIR` fetches them). What is done to
which picture follows from a hash of its name, so that the set is the same wherever it is made.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image, ImageFilter

from benchmarks.quality.art import FLAT, LINES, PAINTED, PHOTO, SMOOTH, Base, bases, digest

LARGEST = 1_500_000  # pixels of a base picture; larger ones are reduced to it
SMOOTHING = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
Box = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Made:
    """One file of the set. `spoiled` is the label; "" is clean. `inner` is the true size inside borders."""

    file: str
    base: str
    family: str
    half: str
    kind: str
    variant: str
    spoiled: str
    level: float
    saved: str
    inner: Box


@dataclass(frozen=True, slots=True)
class Variant:
    """A picture on its way to a file."""

    name: str
    spoiled: str
    level: float
    picture: Image.Image
    saved: str
    inner: Box | None = None


def prepared(base: Base) -> tuple[Image.Image, Image.Image | None]:
    """The base picture without traces of its own history, and its transparency where it has any.

    What came as JPEG or WebP is halved first, so that its own compression is gone.
    """
    picture = Image.open(base.path)
    alpha = picture.convert("RGBA").getchannel("A") if picture.has_transparency_data else None
    if alpha is not None:
        white = Image.new("RGBA", picture.size, "white")
        colours = Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")
    else:
        colours = picture.convert("RGB")
    factor = 2.0 if base.path.suffix != ".png" else 1.0
    factor = max(factor, math.sqrt(colours.width * colours.height / LARGEST))
    if factor > 1:
        size = (round(colours.width / factor), round(colours.height / factor))
        colours = colours.resize(size, Image.Resampling.LANCZOS)
        alpha = alpha.resize(size, Image.Resampling.LANCZOS) if alpha else None
    return colours, alpha


def defocused(picture: Image.Image, radius: float) -> Image.Image:
    """Out of focus: every point a disc of `radius` pixels."""
    reach = math.ceil(radius) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return _convolved(picture, np.clip(radius + 0.5 - np.hypot(x, y), 0, 1))


def moved(picture: Image.Image, length: float, angle: float) -> Image.Image:
    """Moved in front of the lens: every point a line of `length` pixels."""
    reach = math.ceil(length / 2) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along = x * math.cos(angle) + y * math.sin(angle)
    across = -x * math.sin(angle) + y * math.cos(angle)
    inside = np.clip(length / 2 + 0.5 - abs(along), 0, 1) * np.clip(1 - abs(across), 0, 1)
    return _convolved(picture, inside)


def enlarged(picture: Image.Image, factor: float, by: Image.Resampling) -> Image.Image:
    """The picture as a smaller one of it looks when enlarged by `factor` to about the same size."""
    small = (max(round(picture.width / factor), 8), max(round(picture.height / factor), 8))
    size = (round(small[0] * factor), round(small[1] * factor))
    return picture.resize(small, Image.Resampling.LANCZOS).resize(size, by)


def compressed(picture: Image.Image, quality: int) -> Image.Image:
    """The picture after JPEG of this quality."""
    held = io.BytesIO()
    picture.save(held, "JPEG", quality=quality)
    return Image.open(held).convert("RGB")


def barred(picture: Image.Image, chance: Random) -> tuple[Image.Image, Box]:
    """Behind bars above and below, beside, or in a frame; and the size inside.

    Bars have another colour than the picture's own margins: nobody could tell a white bar from a white background.
    """
    grey = np.asarray(picture.convert("L"), np.int16)
    sides = [np.median(side) for side in (grey[0], grey[-1], grey[:, 0], grey[:, -1])]
    colours = [(0, 0, 0), (0, 0, 0), (255, 255, 255), (40, 44, 60), (128, 128, 128)]
    apart = {colour: min(abs(colour[0] - side) for side in sides) for colour in colours}
    told = [colour for colour in colours if apart[colour] > 24]
    colour = chance.choice(told or [max(colours, key=apart.__getitem__)])
    across = round(picture.width * chance.uniform(0.05, 0.25)) * chance.choice([0, 1])
    down = round(picture.height * chance.uniform(0.05, 0.25)) if not across else 0
    if chance.random() < 0.3:
        across = down = round(min(picture.size) * chance.uniform(0.04, 0.15))
    whole = Image.new("RGB", (picture.width + 2 * across, picture.height + 2 * down), colour)
    whole.paste(picture, (across, down))
    return whole, picture.size


def clean(base: Base, picture: Image.Image, chance: Random) -> Iterator[Variant]:
    """Good pictures, among them hard ones: dark, and as good compression leaves them."""
    yield Variant("clean", "", 0, picture, "png")
    yield Variant("jpeg_high", "", 0, picture, f"jpeg{chance.choice([85, 88, 90, 92, 95])}")
    yield Variant("webp_high", "", 0, picture, f"webp{chance.choice([85, 90, 95])}")
    dim = chance.choice([0.2, 0.3, 0.4])
    yield Variant("dark", "", dim, picture.point([round(v * dim) for v in range(256)] * 3), "png")
    if base.kind == PHOTO:
        smaller = picture.resize(
            (round(picture.width * 0.7), round(picture.height * 0.7)), Image.Resampling.LANCZOS
        )
        yield Variant("smaller", "", 0.7, smaller, "jpeg92")
    if base.kind in (FLAT, LINES):
        sprite = picture.resize((picture.width // 8, picture.height // 8), Image.Resampling.BOX)
        few = sprite.quantize(16).convert("RGB")
        pixels = few.resize((few.width * 8, few.height * 8), Image.Resampling.NEAREST)
        yield Variant("pixel_art", "", 8, pixels, "png")


def spoiled(picture: Image.Image, chance: Random) -> Iterator[Variant]:
    """The picture in every bad way, each with one strength and one way of saving by chance."""

    def saved() -> str:
        return chance.choice(["png", "png", "jpeg92", "webp90"])

    for radius in chance.sample([1.5, 2.0, 3.0], 2):
        yield Variant("defocus", "blur", radius, defocused(picture, radius), saved())
    length, angle = chance.choice([7.0, 11.0, 15.0]), chance.uniform(0, math.pi)
    yield Variant("motion", "blur", length, moved(picture, length, angle), saved())
    sigma = chance.choice([4.0, 6.0])
    blurred = picture.filter(ImageFilter.GaussianBlur(sigma))
    yield Variant("strong_blur", "blur", sigma, blurred, saved())
    for way in chance.sample(sorted(SMOOTHING), 2):
        factor = chance.choice([2.0, 2.5, 3.0, 4.0])
        larger = enlarged(picture, factor, SMOOTHING[way])
        yield Variant(f"upscale_{way}", "upscale", factor, larger, saved())
    factor = chance.choice([2.0, 2.5, 3.0, 4.0])
    larger = enlarged(picture, factor, Image.Resampling.NEAREST)
    yield Variant("upscale_nearest", "upscale", factor, larger, saved())
    quality = chance.choice([10, 15, 20])
    yield Variant("jpeg_low", "jpeg", quality, picture, f"jpeg{quality}")
    for form in ("png", "webp90"):
        quality = chance.choice([10, 15, 20])
        yield Variant("jpeg_resaved", "jpeg", quality, compressed(picture, quality), form)


def between(picture: Image.Image, chance: Random) -> Iterator[Variant]:
    """Neither good nor bad: reported by quality, counted nowhere."""
    quality = chance.choice([30, 40, 50, 60, 70, 80])
    yield Variant("jpeg_middle", "between", quality, picture, f"jpeg{quality}")
    quality = chance.choice([30, 40, 50, 60, 70, 80])
    yield Variant("middle_resaved", "between", quality, compressed(picture, quality), "png")


def within_borders(base: Base, picture: Image.Image) -> Variant:
    """A picture whose truth is a size, not a label."""
    chance = Random(digest(f"{base.name} borders"))
    whole, inner = barred(picture, chance)
    return Variant("borders", "between", 0, whole, chance.choice(["png", "jpeg90"]), inner)


def soft_background(
    base: Base, picture: Image.Image, alpha: Image.Image, scenes: list[Base]
) -> Variant:
    """A sharp figure in front of a scene that is out of focus: clean, and hard to tell from a blurred picture."""
    own = [scene for scene in scenes if scene.half == base.half]
    scene, _ = prepared(own[digest(base.name) % len(own)])
    behind = scene.resize((picture.width * 2, picture.height * 3 // 2), Image.Resampling.LANCZOS)
    behind = behind.filter(ImageFilter.GaussianBlur(8))
    behind.paste(picture, (picture.width // 2, behind.height - picture.height), alpha)
    return Variant("soft_background", "", 8, behind, "png")


def save(variant: Variant, path: Path) -> Path:
    """The file with the ending that fits."""
    form = variant.saved.rstrip("0123456789")
    quality = int(variant.saved[len(form) :] or 0)
    path = path.with_name(f"{path.name}.{form}")
    if form == "png":
        variant.picture.save(path, compress_level=1)
    else:
        variant.picture.save(path, quality=quality)
    return path


def variants(base: Base, scenes: list[Base]) -> Iterator[Variant]:
    """Everything that is made of one base picture."""
    picture, alpha = prepared(base)
    chance = Random(digest(base.name))
    yield from clean(base, picture, chance)
    if alpha is not None and base.kind in (PAINTED, FLAT) and np.asarray(alpha).min() == 0:
        yield soft_background(base, picture, alpha, scenes)
    if base.kind == PHOTO:  # as cameras leave them, up to 12 megapixels
        yield Variant("native", "", 0, Image.open(base.path).convert("RGB"), "jpeg92")
    if base.kind != SMOOTH:
        yield from spoiled(picture, chance)
        yield from between(picture, chance)
        yield within_borders(base, picture)


def make(art: list[Path], out: Path, tell: Callable[[str], None]) -> None:
    """Write the files and `set.jsonl`, one line for each."""
    out.mkdir(parents=True, exist_ok=True)
    every = bases(art)
    scenes = [base for base in every if base.kind == PAINTED and base.path.suffix == ".jpg"]
    with (out / "set.jsonl").open("w", encoding="utf-8") as told:
        for number, base in enumerate(every, 1):
            for count, variant in enumerate(variants(base, scenes)):
                path = save(variant, out / f"{base.name}--{count:02}-{variant.name}")
                inner = variant.inner or variant.picture.size
                row = Made(
                    path.name,
                    base.name,
                    base.family,
                    base.half,
                    base.kind,
                    variant.name,
                    variant.spoiled,
                    variant.level,
                    variant.saved,
                    inner,
                )
                told.write(json.dumps(asdict(row)) + "\n")
            if number % 50 == 0:
                tell(f"{number} of {len(every)} pictures")


def _convolved(picture: Image.Image, kernel: np.ndarray) -> Image.Image:
    """By Fourier transform, edges continued as in a mirror."""
    kernel = kernel / kernel.sum()
    reach = kernel.shape[0] // 2
    planes = []
    for plane in picture.split():
        padded = np.pad(np.asarray(plane, np.float32), reach, mode="symmetric")
        shape = padded.shape
        product = np.fft.rfft2(padded) * np.fft.rfft2(kernel, shape)
        whole = np.fft.irfft2(product, shape)[2 * reach :, 2 * reach :]
        planes.append(Image.fromarray(np.clip(whole + 0.5, 0, 255).astype(np.uint8)))
    return Image.merge("RGB", planes)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("art", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    make(given.art, given.out, print)


if __name__ == "__main__":
    main()
