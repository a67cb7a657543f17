"""A contact sheet: the chosen pictures small on one PNG, grouped by framing, each with its place and key."""

from __future__ import annotations

import hashlib
import warnings
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps, PngImagePlugin

from harvester.model import Framing
from harvester.ports import Item

WIDEST = 4000
"""Pixels; neither side of a sheet is longer."""

COLUMNS = (5, 6, 8, 10, 12, 16, 20, 25, 32, 40, 50)
"""Numbers of columns, tried in this order until everything has room."""

FEW = 10
"""More columns than this only when so many pictures have no room otherwise."""

LARGEST = 240
MARGIN, GAP, HEAD, TITLE = 24, 8, 48, 64
TALL = 1.3
"""Height of a thumbnail's place by its width: most pictures of people stand upright."""

PAPER, INK, SOFT, EMPTY = "#1b1c1f", "#f2f2f2", "#9aa0a6", "#2b2d31"
KEY = "harvest"
"""Name of the PNG's text that says what the sheet shows, so that the same one is not drawn again."""

Groups = list[tuple[str, Sequence[Item]]]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes of one sheet, in pixels."""

    columns: int
    cell: int
    groups: Groups

    @property
    def tall(self) -> int:
        """Height of a thumbnail's place."""
        return int(self.cell * TALL)

    @property
    def letters(self) -> int:
        """Size of the text below a thumbnail."""
        return max(9, min(18, self.cell // 13))

    @property
    def row(self) -> int:
        """Height of a row with its text and gap."""
        return self.tall + 2 * self.letters + 12 + GAP

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the sheet."""
        across = min(self.columns, max((len(items) for _, items in self.groups), default=1))
        wide = max(2 * MARGIN + across * (self.cell + GAP) - GAP, 480)
        rows = sum(-(-len(items) // self.columns) for _, items in self.groups)
        return wide, TITLE + len(self.groups) * HEAD + rows * self.row + MARGIN


def sheet(items: Sequence[Item], path: Path, *, title: str) -> int:
    """Draw the items, in their order, into a PNG at `path`; how many have room on it.

    A sheet that shows the same already is left as it is. One picture is in memory at a time.
    """
    plan = _layout(_grouped(items))
    shown = sum(len(group) for _, group in plan.groups)
    left_out = f", {shown} of them shown" if shown < len(items) else ""
    told = f"{title} · {len(items)} pictures{left_out}"
    mark = _mark(told, plan)
    if _is_drawn(path, mark):
        return shown
    canvas = Image.new("RGB", plan.size, PAPER)
    _draw(canvas, plan, told)
    about = PngImagePlugin.PngInfo()
    about.add_text(KEY, mark)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        canvas.save(part, "PNG", pnginfo=about)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return shown


def _grouped(items: Sequence[Item]) -> Groups:
    """The items by framing, closest first, unknown last; each group in the order of the selection."""
    groups: Groups = []
    for framing in (*Framing, None):
        found = [item for item in items if item.facts.framing is framing]
        if found:
            groups.append(
                (framing.value.replace("_", " ") if framing else "framing unknown", found)
            )
    return groups


def _layout(groups: Groups) -> Layout:
    """The largest thumbnails with which everything has room; else the best of each group as far as it goes."""
    for columns in COLUMNS:
        cell = min(LARGEST, (WIDEST - 2 * MARGIN + GAP) // columns - GAP)
        plan = Layout(columns, cell, groups)
        enough = plan.size[1] <= plan.size[0] or columns >= FEW
        if enough and plan.size[1] <= WIDEST:
            return plan
    plan = Layout(COLUMNS[-1], (WIDEST - 2 * MARGIN + GAP) // COLUMNS[-1] - GAP, groups)
    rows = (WIDEST - TITLE - MARGIN - len(groups) * HEAD) // plan.row
    total = sum(len(items) for _, items in groups)
    fair = [max(1, rows * len(items) // total - 1) * plan.columns for _, items in groups]
    kept = [(name, items[:most]) for (name, items), most in zip(groups, fair, strict=True)]
    return Layout(plan.columns, plan.cell, kept)


def _draw(canvas: Image.Image, plan: Layout, told: str) -> None:
    pen = ImageDraw.Draw(canvas)
    pen.text((MARGIN, 18), _plain(told), INK, _font(28))
    top = TITLE
    for name, items in plan.groups:
        pen.text((MARGIN, top + 10), f"{name}  {len(items)}", INK, _font(22))
        top += HEAD
        for number, (item, thumbnail) in enumerate(_thumbnails(items, plan)):
            row, column = divmod(number, plan.columns)
            corner = MARGIN + column * (plan.cell + GAP), top + row * plan.row
            _place(canvas, corner, plan, thumbnail)
            _label(pen, corner, plan, item)
        top += -(-len(items) // plan.columns) * plan.row


def _place(
    canvas: Image.Image, corner: tuple[int, int], plan: Layout, thumbnail: Image.Image | None
) -> None:
    """A thumbnail in the middle of its place."""
    left, top = corner
    canvas.paste(EMPTY, (left, top, left + plan.cell, top + plan.tall))
    if thumbnail is not None:
        wide, tall = thumbnail.size
        canvas.paste(thumbnail, (left + (plan.cell - wide) // 2, top + (plan.tall - tall) // 2))


def _label(pen: ImageDraw.ImageDraw, corner: tuple[int, int], plan: Layout, item: Item) -> None:
    """The place, as the exported file is numbered, and the key; cut to the width of the thumbnail."""
    left, top = corner[0], corner[1] + plan.tall + 4
    font = _font(plan.letters)
    place = item.name.split("_")[0].lstrip("0")
    pen.text((left, top), place, INK, font)
    pen.text(
        (left, top + plan.letters + 3), _cut(pen, item.candidate.key, font, plan.cell), SOFT, font
    )


@cache
def _font(size: int) -> Font:
    """Pillow's own letters, read once."""
    return ImageFont.load_default(size)


def _cut(pen: ImageDraw.ImageDraw, text: str, font: Font, wide: int) -> str:
    plain = _plain(text[: wide // 2])  # no letter that is shown is narrower
    if pen.textlength(plain, font) <= wide:
        return plain
    fits = bisect_right(
        range(len(plain)), wide, key=lambda end: ceil(pen.textlength(f"{plain[:end]}…", font))
    )
    return f"{plain[: fits - 1]}…" if fits else ""


def _plain(text: str) -> str:
    """Text of a site as one line."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _thumbnails(items: Sequence[Item], plan: Layout) -> Iterator[tuple[Item, Image.Image | None]]:
    box = plan.cell, plan.tall
    for item in items:
        yield item, _thumbnail(item.path, box)


def _thumbnail(path: Path, box: tuple[int, int]) -> Image.Image | None:
    """A picture made small, upright and opaque; None for one that cannot be shown."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # how many pixels it has was judged long before
            with Image.open(path) as picture:
                picture.draft("RGB", (2 * max(box), 2 * max(box)))
                upright = ImageOps.exif_transpose(picture)
                upright.thumbnail(box, Image.Resampling.LANCZOS, reducing_gap=2.0)
                return _opaque(upright)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _opaque(picture: Image.Image) -> Image.Image:
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer.getchannel("A"))
    return paper


def _mark(told: str, plan: Layout) -> str:
    """What a sheet shows, as a short text."""
    lines = [told, str(plan.size)]
    lines += [
        f"{name} {item.name} {item.path.name}" for name, items in plan.groups for item in items
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _is_drawn(path: Path, mark: str) -> bool:
    try:
        with Image.open(path) as picture:
            return (
                isinstance(picture, PngImagePlugin.PngImageFile) and picture.text.get(KEY) == mark
            )
    except (OSError, ValueError, SyntaxError):
        return False
