"""What pixels tell of a picture's quality: blur, enlargement, compression, borders and colour, told apart from style."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFilter

from harvester import gates
from harvester.measure import measure
from harvester.measure.grey import ENOUGH, FINE, fine, working
from harvester.model import Facts, Verdict

GATES = gates.build({})
JUDGED = frozenset({"borders", "sharpness", "upscaled", "compression", "colour"})
Spoil = Callable[[Image.Image], Image.Image]


def drawn(width: int = 512, height: int = 640, *, seed: int = 1) -> Image.Image:
    """Flat colours and lines with soft steps at their edges, as a drawing program leaves them."""
    chance = random.Random(seed)
    picture = Image.new("RGB", (width * 2, height * 2), "white")
    pen = ImageDraw.Draw(picture)
    for number in range(60):
        x, y = chance.randrange(-width // 4, width * 2), chance.randrange(-height // 4, height * 2)
        size = chance.randrange(width // 6, width)
        colour = tuple(chance.randrange(256) for _ in range(3))
        if number % 3:
            pen.ellipse((x, y, x + size, y + size * 2 // 3), fill=colour, outline="black", width=4)
        else:
            pen.line((x, y, x + size, y + size // 2), fill=colour, width=chance.randrange(3, 12))
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def saved(folder: Path, picture: Image.Image, kind: str = "png", **options: Any) -> Facts:
    path = folder / f"a.{kind}"
    picture.save(path, **options)
    return measure(path).facts


def rejecting(facts: Facts) -> set[str]:
    """The gates of quality that reject."""
    rulings = gates.judge(GATES, facts)
    return {ruling.gate for ruling in rulings if ruling.verdict is Verdict.REJECT} & JUDGED


def enlarged(picture: Image.Image, factor: float, by: Image.Resampling) -> Image.Image:
    small = (round(picture.width / factor), round(picture.height / factor))
    return picture.resize(small, Image.Resampling.LANCZOS).resize(picture.size, by)


def moved(picture: Image.Image) -> Image.Image:
    return picture.filter(ImageFilter.BoxBlur((5, 0)))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("kind", "options"), [("png", {}), ("jpg", {"quality": 90})])
def test_flat_drawn_art_passes(
    tmp_path: Path, seed: int, kind: str, options: dict[str, Any]
) -> None:
    assert rejecting(saved(tmp_path, drawn(seed=seed), kind, **options)) == set()


BLURRED: dict[str, Spoil] = {
    "out of focus": lambda picture: picture.filter(ImageFilter.BoxBlur(2)),
    "strongly blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(6)),
    "moved sideways": moved,
    "moved upwards": lambda picture: moved(picture.transpose(Image.Transpose.ROTATE_90)),
    "bilinear ×2": lambda picture: enlarged(picture, 2, Image.Resampling.BILINEAR),
    "bicubic ×3": lambda picture: enlarged(picture, 3, Image.Resampling.BICUBIC),
    "lanczos ×4": lambda picture: enlarged(picture, 4, Image.Resampling.LANCZOS),
}


@pytest.mark.parametrize("spoil", BLURRED.values(), ids=BLURRED)
@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_blur_and_smooth_enlargement_show_in_the_width_of_edges(
    tmp_path: Path, spoil: Spoil, kind: str
) -> None:
    before = saved(tmp_path, drawn(), kind)
    after = saved(tmp_path, spoil(drawn()), kind)

    assert (before.edges or 9) < 1.6 < (after.edges or 0)
    assert "sharpness" in rejecting(after)


def test_a_soft_background_does_not_make_a_sharp_figure_blurred(tmp_path: Path) -> None:
    picture = drawn(900, 1100).filter(ImageFilter.GaussianBlur(8))
    picture.paste(drawn(360, 700, seed=2), (270, 300))

    assert rejecting(saved(tmp_path, picture)) == set()


def test_a_dark_picture_is_as_sharp_as_a_bright_one(tmp_path: Path) -> None:
    dark = drawn().point([value // 4 for value in range(256)] * 3)

    assert rejecting(saved(tmp_path, dark)) == set()


def test_line_art_is_sharp(tmp_path: Path) -> None:
    lines = drawn().convert("L").filter(ImageFilter.FIND_EDGES).point(lambda v: 255 - v)

    assert rejecting(saved(tmp_path, lines)) == {"colour"}


@pytest.mark.parametrize("colour", [0, 90, 255])
def test_a_picture_without_any_edge_is_not_called_blurred(tmp_path: Path, colour: int) -> None:
    facts = saved(tmp_path, Image.new("RGB", (300, 300), (colour, colour // 2, colour)))

    assert (facts.edges, facts.repeats, facts.blockiness) == (None, None, None)


@pytest.mark.parametrize("side", [1, 3, 63])
def test_a_picture_too_small_to_tell_is_not_judged(tmp_path: Path, side: int) -> None:
    facts = saved(tmp_path, drawn(64, 64).resize((side, side)))

    assert (facts.decodable, facts.edges, facts.inner_width) == (True, None, side)


@pytest.mark.parametrize("factor", [2, 2.5, 3, 4])
@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_repeated_pixels_are_seen(tmp_path: Path, factor: float, kind: str) -> None:
    larger = enlarged(drawn(640, 640), factor, Image.Resampling.NEAREST)
    options = {"quality": 92} if kind == "jpg" else {}

    assert "upscaled" in rejecting(saved(tmp_path, larger, kind, **options))


def test_drawings_with_hard_edges_are_not_taken_for_repeated_pixels(tmp_path: Path) -> None:
    hard = drawn().quantize(8, dither=Image.Dither.NONE).convert("RGB")

    assert "upscaled" not in rejecting(saved(tmp_path, hard))


@pytest.mark.parametrize("quality", [10, 20, 35, 50, 75, 90, 95])
def test_the_quality_of_a_jpeg_is_read_from_its_tables(tmp_path: Path, quality: int) -> None:
    assert saved(tmp_path, drawn(), "jpg", quality=quality).jpeg_quality == quality


def test_other_formats_have_no_jpeg_quality(tmp_path: Path) -> None:
    assert saved(tmp_path, drawn(), "webp", quality=10).jpeg_quality is None


def again(folder: Path, first_quality: int, kind: str, **options: Any) -> Facts:
    """A JPEG of this quality, saved once more."""
    path = folder / "first.jpg"
    drawn().save(path, quality=first_quality)
    with Image.open(path) as first:
        return saved(folder, first, kind, **options)


@pytest.mark.parametrize(("kind", "options"), [("png", {}), ("webp", {"quality": 90})])
def test_the_blocks_of_a_bad_jpeg_are_seen_whatever_it_is_saved_as(
    tmp_path: Path, kind: str, options: dict[str, Any]
) -> None:
    bad, good = again(tmp_path, 15, kind, **options), again(tmp_path, 92, kind, **options)

    assert (bad.blockiness or 0) > 6 * max(good.blockiness or 0, 0.05)
    assert kind == "webp" or rejecting(bad) == {"compression"}, "WebP blurs blocks a little"
    assert rejecting(good) == set()


def test_a_worse_jpeg_has_more_blocks(tmp_path: Path) -> None:
    told = [again(tmp_path, quality, "png").blockiness or 0 for quality in (25, 60, 80, 92)]

    assert told == sorted(told, reverse=True)


def framed(across: int, down: int, colour: str = "black") -> Image.Image:
    picture = Image.blend(drawn(400, 300), Image.new("RGB", (400, 300), "orange"), 0.6)
    whole = Image.new("RGB", (400 + 2 * across, 300 + 2 * down), colour)
    whole.paste(picture, (across, down))
    return whole


@pytest.mark.parametrize(("across", "down"), [(0, 60), (90, 0), (25, 25)])
@pytest.mark.parametrize("colour", ["black", "white", "#305070"])
@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_the_size_within_bars_and_frames_is_measured(
    tmp_path: Path, across: int, down: int, colour: str, kind: str
) -> None:
    facts = saved(tmp_path, framed(across, down, colour), kind)

    assert facts.inner_width == pytest.approx(400, abs=3)
    assert facts.inner_height == pytest.approx(300, abs=3)


def test_the_size_within_is_that_after_orientation(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    facts = saved(tmp_path, framed(0, 60), "jpg", quality=95, exif=exif)

    assert (facts.width, facts.height) == (420, 400)
    assert facts.inner_width == pytest.approx(300, abs=3)
    assert facts.inner_height == 400


def figure(colours: Image.Image) -> Image.Image:
    ImageDraw.Draw(colours).ellipse((150, 60, 330, 640), fill="brown", outline="black", width=6)
    return colours


def test_a_plain_background_is_no_border(tmp_path: Path) -> None:
    facts = saved(tmp_path, figure(Image.new("RGB", (480, 700), "white")))

    assert (facts.inner_width, facts.inner_height) == (480, 700)


def test_a_background_that_changes_slowly_is_no_border(tmp_path: Path) -> None:
    sky = Image.linear_gradient("L").resize((480, 700)).convert("RGB")
    facts = saved(tmp_path, figure(sky))

    assert (facts.inner_width, facts.inner_height) == (480, 700)


@pytest.mark.parametrize("kind", ["png", "jpg", "webp"])
def test_colour_is_the_share_of_pixels_that_are_not_grey(tmp_path: Path, kind: str) -> None:
    grey = drawn().convert("L").convert("RGB")
    spot = grey.copy()
    spot.paste((220, 30, 40), (0, 0, 256, 320))

    assert (saved(tmp_path, grey, kind).colour or 0) < 0.002
    assert saved(tmp_path, spot, kind).colour == pytest.approx(0.25, abs=0.05)
    assert (saved(tmp_path, drawn(), kind).colour or 0) > 0.5


def test_a_grey_jpeg_has_no_colour(tmp_path: Path) -> None:
    assert saved(tmp_path, drawn().convert("L"), "jpg").colour == 0


def test_transparent_parts_have_no_edges_or_colours_of_their_own(tmp_path: Path) -> None:
    picture = drawn().convert("RGBA")
    picture.putalpha(0)
    facts = saved(tmp_path, picture)

    assert (facts.edges, facts.colour) == (None, 0)


@pytest.mark.parametrize("kind", ["jpg", "png"])
@pytest.mark.parametrize(("held", "expected"), [(900, set()), (300, {"sharpness"})])
def test_a_large_picture_is_as_sharp_as_in_the_size_that_trainers_see(
    tmp_path: Path, kind: str, held: int, expected: set[str]
) -> None:
    """Nine megapixels with the detail of one, as a camera's; and with that of a tenth."""
    larger = drawn(held, held * 10 // 9).resize((2700, 3340), Image.Resampling.BICUBIC)
    facts = saved(tmp_path, larger, kind)

    assert (facts.width, facts.inner_height) == (2700, 3340)
    assert facts.blockiness is None, "the copy that is looked at has no pixel of the file"
    assert rejecting(facts) == expected


@pytest.mark.parametrize("size", [(10, 10), (2000, 1000), (3000, 3000), (9000, 5000)])
def test_copies_are_bounded(size: tuple[int, int]) -> None:
    copy, factor = fine(Image.new("L", size))

    assert copy.width * copy.height <= FINE
    assert working(copy).width * working(copy).height <= ENOUGH
    assert (factor == 1) == (copy.size == size)


# ---- real art -----------------------------------------------------------------------------

ART = Path("/usr/share")
DRAWINGS = (
    "games/wesnoth/1.16/data/core/images/portraits/elves/captain.png",
    "games/wesnoth/1.16/data/core/images/portraits/humans/bowman.png",
    "games/wesnoth/1.16/data/core/images/portraits/undead/ghoul.png",
    "games/renpy/the_question/game/images/sylvie green smile.png",
    "lxqt/wallpapers/triangles.png",
)
PHOTOGRAPHS = ("backgrounds/mate/nature/Dune.jpg", "backgrounds/mate/nature/GreenMeadow.jpg")


def art(name: str) -> Image.Image:
    """A real picture of a Debian package, on white, at a megapixel at most."""
    path = ART / name
    if not path.is_file():
        told = pytest.fail if os.environ.get("HARVEST_REQUIRE_PROGRAMS") else pytest.skip
        told(f"{path} is not there; `scripts/real-wiki install` installs it")
    with Image.open(path) as picture:
        layer = picture.convert("RGBA")
    whole = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    factor = max(1.0, (whole.width * whole.height / 1_000_000) ** 0.5)
    return whole.resize((round(whole.width / factor), round(whole.height / factor)))


@pytest.mark.parametrize("name", [*DRAWINGS, *PHOTOGRAPHS])
def test_real_art_passes_as_it_is(tmp_path: Path, name: str) -> None:
    assert rejecting(saved(tmp_path, art(name))) == set()
    assert rejecting(saved(tmp_path, art(name), "jpg", quality=88)) == set()


SPOILED: dict[str, tuple[Spoil, str]] = {
    "blur": (lambda picture: picture.filter(ImageFilter.GaussianBlur(2.5)), "sharpness"),
    "smooth": (lambda picture: enlarged(picture, 3, Image.Resampling.BICUBIC), "sharpness"),
    "nearest": (lambda picture: enlarged(picture, 3, Image.Resampling.NEAREST), "upscaled"),
}


@pytest.mark.parametrize("way", SPOILED)
@pytest.mark.parametrize("name", [*DRAWINGS, *PHOTOGRAPHS])
def test_real_art_is_rejected_once_it_is_spoiled(tmp_path: Path, name: str, way: str) -> None:
    spoil, gate = SPOILED[way]

    assert gate in rejecting(saved(tmp_path, spoil(art(name))))


@pytest.mark.parametrize("name", [*DRAWINGS, *PHOTOGRAPHS])
def test_real_art_is_rejected_once_it_was_a_bad_jpeg(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bad.jpg"
    art(name).save(path, quality=15)

    assert "compression" in rejecting(measure(path).facts)
    with Image.open(path) as bad:
        assert "compression" in rejecting(saved(tmp_path, bad))
