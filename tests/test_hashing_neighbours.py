"""What is made of pixels and those beside them, held against a slower way of saying the same."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter
from scipy import ndimage

from harvester.hashing.aligning import laid, warped
from harvester.hashing.neighbours import blocks, blurred, finest, gathered, sharpness, steps
from harvester.hashing.residual import core

NOISE = np.random.default_rng(8).random((2, 37, 52), dtype=np.float32) * 255


@pytest.mark.parametrize(
    ("gather", "slow"),
    [(np.maximum, ndimage.maximum_filter), (np.minimum, ndimage.minimum_filter)],
)
def test_the_most_and_the_least_of_three_by_three_pixels_are_found(
    gather: np.ufunc, slow: Callable[..., Any]
) -> None:
    expected = slow(NOISE, size=(1, 3, 3))[:, 1:-1, 1:-1]
    assert np.array_equal(gathered(NOISE, gather)[..., 1:-1], expected)


def test_means_of_three_by_three_pixels_are_those_of_a_uniform_filter() -> None:
    expected = ndimage.uniform_filter(NOISE, size=(1, 3, 3))[:, 1:-1, 1:-1]
    assert np.allclose(finest(NOISE), expected, atol=1e-3)


def test_means_of_blocks_that_overlap_by_half_are_those_of_each_block() -> None:
    found = blocks(NOISE, 8)
    assert found.shape == (2, 8, 12)
    for row, column in itertools.product(range(8), range(12)):
        block = NOISE[:, row * 4 : row * 4 + 8, column * 4 : column * 4 + 8]
        assert np.allclose(found[:, row, column], block.mean(axis=(1, 2)), atol=1e-3)


def test_what_is_thinner_than_a_block_has_blocks_all_the_same() -> None:
    assert np.allclose(blocks(np.full((4, 16), 10, dtype=np.float32), 8), 5)


def test_steps_lead_to_the_next_pixel_of_the_row_and_of_the_column() -> None:
    across, down = steps(NOISE)
    assert np.array_equal(across[..., :-1], np.diff(NOISE, axis=2)[:, :-1])
    assert np.array_equal(down, np.diff(NOISE, axis=1))


def test_blur_brings_sharpness_down_and_leaves_brightness_as_it_was() -> None:
    soft = blurred(NOISE[0], 1.5)
    assert sharpness(soft) < sharpness(NOISE[0])
    assert soft.mean() == pytest.approx(NOISE[0].mean(), abs=0.01)
    kernel = np.outer([0.2, 0.6, 0.2], [0.2, 0.6, 0.2])
    assert np.allclose(soft, ndimage.convolve(NOISE[0], kernel, mode="nearest"), atol=1e-2)


@pytest.mark.parametrize(
    "rows",
    [
        ((1, 0, 0), (0, 1, 0)),
        ((0.93, 0, 0.04), (0, 0.9, 0.06)),
        ((0.93, 0.004, 0.04), (-0.003, 0.9, 0.06)),
        ((0.9, 0.08, 0.01), (-0.08, 0.9, 0.09)),
    ],
)
def test_a_picture_is_laid_the_fast_way_as_pillow_lays_it(
    rows: tuple[tuple[float, float, float], ...],
) -> None:
    small = Image.fromarray(NOISE[0].astype(np.uint8)).resize((192, 130), Image.Resampling.BICUBIC)
    source = small.filter(ImageFilter.GaussianBlur(2))
    matrix = np.array([*rows, (0, 0, 1)], dtype=float)
    expected = np.asarray(warped(source.convert("F"), (160, 120), matrix))
    apart = np.abs(laid(source, (160, 120), matrix) - expected)[2:-2, 2:-2]
    assert apart.max() < 3  # what is slanted, unheeded, would make 12 of it
    assert apart.mean() < 0.6


@pytest.mark.parametrize("place", [(0, 0, 1, 1), (0.03, 0.11, 0.87, 1.02), (0.4, 0.4, 0.6, 0.6)])
def test_the_core_is_what_touches_neither_margins_nor_lower_corners(
    place: tuple[float, float, float, float],
) -> None:
    high, wide = 41, 63
    found = core((high, wide), place, reach=1.0)
    left, top, right, bottom = place
    beside, over = (right - left) / (wide + 1), (bottom - top) / (high + 1)
    for row, column in itertools.product(range(high), range(wide)):
        x, y = left + beside * (column + 1), top + over * (row + 1)
        aside = abs(x - 0.5) + beside
        inner = abs(y - 0.5) + over < 0.4 and aside < 0.45
        corner = y + over > 0.8 and aside > 0.17
        sure = min(abs(abs(y - 0.5) + over - 0.4), abs(aside - 0.45), abs(aside - 0.17)) > 1e-6
        if sure and abs(y + over - 0.8) > 1e-6:
            assert found[row, column] == (inner and not corner)
