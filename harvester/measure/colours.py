"""How much of a picture is not grey."""

from __future__ import annotations

import numpy as np
from PIL import Image

_GREY = 8  # of the 0 to 128 that chroma spans: what scanning and JPEG make of grey


def share(small: Image.Image) -> float:
    """The share of pixels that carry colour; 0 for a grey picture, and little for a spot of colour in one."""
    if small.mode == "L":
        return 0.0
    chroma = np.asarray(small.convert("YCbCr"), np.float32)[..., 1:] - 128
    return float((np.hypot(chroma[..., 0], chroma[..., 1]) > _GREY).mean())
