"""What a picture's file itself says: size, type, hashes, whether it is whole, and how good its pixels are."""

from __future__ import annotations

from harvester.measure.file import MAX_PIXELS, Measurement, measure
from harvester.measure.grey import phash

__all__ = ["MAX_PIXELS", "Measurement", "measure", "phash"]
