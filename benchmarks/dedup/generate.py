"""Draws the labelled set: bases of two halves, their copies, and pictures that look like copies and are none.

    python -m benchmarks.dedup.generate SET [--art DIR]...

Writes SET/files/ and SET/labels.json. Everything follows from the art and one fixed seed per picture.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageStat

from benchmarks.dedup import art
from benchmarks.dedup.copies import KINDS, flat, save
from benchmarks.dedup.edits import EDITS, visible

COPIES = {"fit": 4, "test": 3}
"""Kinds of copies of each picture, beside its original: more where weights are fitted."""

EDITED = {"fit": 1, "test": 2}
"""Each so many-th portrait is also edited."""

_AT_ONCE = 64  # pictures held in memory


@dataclass(frozen=True, slots=True)
class Label:
    """One file: the picture it is a copy of, the family that picture belongs to, and what sort of picture it is."""

    file: str
    picture: str
    family: str
    half: str
    sort: str
    kind: str
    group: str


@dataclass(frozen=True, slots=True)
class Base:
    """A picture of which copies are made. Pictures of one family are variants of each other, or look alike."""

    name: str
    family: str
    half: str
    sort: str
    image: Image.Image


def seeded(*words: object) -> random.Random:
    digest = hashlib.sha256(" ".join(map(str, words)).encode()).digest()
    return random.Random(int.from_bytes(digest[:8], "big"))


def bases(roots: list[Path]) -> Iterator[Base]:
    """Every picture of the set, half by half in the order of their names."""
    seen = [work for work in art.scenes(roots) if not blank(flat(_opened(work.path, 400)))]
    scenes = {half: [work for work in seen if work.half == half] for half in ("fit", "test")}
    for work in (work for works in scenes.values() for work in works):
        yield from _of_scene(work)
    for half in ("fit", "test"):
        works = distinct([work for work in art.portraits(roots) if work.half == half])
        siblings = {
            work.family for work in works if sum(w.family == work.family for w in works) > 1
        }
        for number, work in enumerate(works):
            yield from _of_portrait(work, number, work.family in siblings, scenes[half])
        yield from _crowd(works, scenes[half], half)


def distinct(works: list[art.Work]) -> list[art.Work]:
    """Without works that nobody could tell from an earlier one of their character, by the rule that edits go by."""
    kept: list[art.Work] = []
    shown: dict[str, list[Image.Image]] = {}
    for work in works:
        picture = flat(_opened(work.path, 400))
        others = shown.setdefault(work.family, [])
        if all(other.size != picture.size or visible(other, picture) for other in others):
            kept.append(work)
            others.append(picture)
    return kept


def blank(picture: Image.Image) -> bool:
    """Whether there is nothing to see: some wallpapers are faint transparent overlays. No copy of nothing is a copy,
    and a figure before nothing is the figure on white."""
    return ImageStat.Stat(picture.convert("L")).stddev[0] < 4


def transparent(figure: Image.Image) -> bool:
    """Whether a scenery would be seen behind a figure."""
    return figure.mode == "RGBA" and ImageStat.Stat(figure.getchannel("A")).mean[0] < 230


def _opened(path: Path, longest: int) -> Image.Image:
    with Image.open(path) as file:
        picture = file.convert("RGBA") if file.has_transparency_data else file.convert("RGB")
    scale = min(longest / max(picture.size), 2.5)
    size = (round(picture.width * scale), round(picture.height * scale))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _of_scene(work: art.Work) -> Iterator[Base]:
    chance = seeded("scene", work.name)
    picture = flat(_opened(work.path, 1280))
    if chance.random() < 0.25:
        picture = ImageEnhance.Brightness(picture).enhance(0.18)
    yield Base(work.name, work.family, work.half, "scene", picture)
    if chance.random() < 0.5:
        yield from _edited(work.name, work, picture, chance)


def _of_portrait(
    work: art.Work, number: int, siblings: bool, scenes: list[art.Work]
) -> Iterator[Base]:
    """The figure as it is, or on a scenery, or as line art, or dark; expressions of one figure alike."""
    chance = seeded("portrait", work.family if siblings else work.name)
    figure = _opened(work.path, 1000)
    sort = chance.choices(["sprite", "scenery", "lines", "dark"], [5, 4, 1.5, 1.5])[0]
    scene = chance.choice(scenes)
    if sort == "scenery":
        figure = _on(figure, scene, 0)
    elif sort == "lines":
        figure = _lines(figure)
    elif sort == "dark":
        figure = ImageEnhance.Brightness(flat(figure, "#303038")).enhance(0.22)
    shown = "expression" if siblings else sort
    yield Base(work.name, work.family, work.half, shown, figure)
    if number % EDITED[work.half] == 0:
        yield from _edited(work.name, work, figure, seeded("edit", work.name))
    if number % 5 == 0 and transparent(_opened(work.path, 1000)):
        other = scenes[(scenes.index(scene) + 1) % len(scenes)]
        placed = _on(_opened(work.path, 1000), other, 0)
        yield Base(f"{work.name} elsewhere", work.family, work.half, "other scenery", placed)


def _edited(
    name: str, work: art.Work, picture: Image.Image, chance: random.Random
) -> Iterator[Base]:
    for _ in range(8):
        kind = chance.choice(sorted(EDITS))
        changed = EDITS[kind](picture, chance)
        if visible(picture, changed):
            yield Base(f"{name} {kind}", work.family, work.half, f"edit: {kind}", changed)
            return


def _crowd(works: list[art.Work], scenes: list[art.Work], half: str) -> Iterator[Base]:
    """Other figures on one scenery, and nearly flat pictures with one small thing."""
    figures = [work for work in works[::9] if transparent(_opened(work.path, 800))]
    for number, work in enumerate(figures):
        figure = _on(_opened(work.path, 800), scenes[number // 4], number)
        yield Base(
            f"{work.name} in a row", f"row {half} {number // 4}", half, "same scenery", figure
        )
    chance = seeded("flat", half)
    for number in range(20):
        family = f"flat {half} {number // 2}"
        yield Base(f"flat {half} {number}", family, half, "flat", _flat_picture(chance))


def _on(figure: Image.Image, scene: art.Work, place: int) -> Image.Image:
    ground = flat(_opened(scene.path, 1200))
    high = min(figure.height, ground.height)
    size = (round(figure.width * high / figure.height), high)
    ground = ground.crop((0, 0, min(ground.width, max(round(size[0] * 1.4), 600)), ground.height))
    placed = figure.resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    left = (ground.width - placed.width) // 2 + (place % 3 - 1) * ground.width // 12
    ground.paste(placed, (left, ground.height - placed.height), placed)
    return ground


def _lines(figure: Image.Image) -> Image.Image:
    grey = flat(figure).convert("L")
    blurred = grey.filter(ImageFilter.GaussianBlur(2))
    lines = ImageChops.subtract(blurred, grey, 0.18)
    return ImageChops.invert(lines).convert("RGB")


def _flat_picture(chance: random.Random) -> Image.Image:
    ground = tuple(chance.randrange(256) for _ in range(3))
    picture = Image.new("RGB", (900, chance.choice([600, 900, 1200])), ground)
    pen = ImageDraw.Draw(picture)
    x, y = chance.randrange(250, 650), chance.randrange(200, 400)
    size = chance.randrange(30, 90)
    ink = tuple((v + 128) % 256 for v in ground)
    chance.choice([pen.ellipse, pen.rectangle])((x - size, y - size, x + size, y + size), fill=ink)
    return picture


def written(base: Base, folder: Path, first: int) -> list[Label]:
    """The original as PNG and its copies, the kinds dealt out in turn so that each comes equally often."""
    stem = hashlib.sha256(base.name.encode()).hexdigest()[:12]
    base.image.save(folder / f"{stem}_0.png", compress_level=3)
    label = (base.name, base.family, base.half, base.sort)
    labels = [Label(f"{stem}_0.png", *label, "original", "original")]
    copies = COPIES[base.half]
    for number in range(copies):
        kind = KINDS[(first * copies + number) * 17 % len(KINDS)]
        if kind.group == "flat ground" and base.image.mode != "RGBA":
            kind = KINDS[(first * 5 + number) % 12]
        changed = kind.change(base.image, seeded(base.name, kind.name))
        path = save(changed, folder / f"{stem}_{number + 1}", kind)
        labels.append(Label(path.name, *label, kind.name, kind.group))
    return labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path)
    parser.add_argument("--art", type=Path, action="append", default=[Path("/")])
    given = parser.parse_args()
    folder = given.set / "files"
    folder.mkdir(parents=True, exist_ok=True)
    labels: list[Label] = []
    drawn = enumerate(bases(given.art))
    with ProcessPoolExecutor() as workers:
        while some := list(itertools.islice(drawn, _AT_ONCE)):
            numbers, pictures = zip(*some, strict=True)
            for each in workers.map(written, pictures, itertools.repeat(folder), numbers):
                labels.extend(each)
    text = json.dumps([asdict(label) for label in labels], indent=0, ensure_ascii=False)
    (given.set / "labels.json").write_text(text, encoding="utf-8")
    print(f"{len(labels)} files of {len({label.picture for label in labels})} pictures in {folder}")


if __name__ == "__main__":
    main()
