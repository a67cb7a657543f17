"""What an extension says of a file: its format, and whether it moves."""

from __future__ import annotations

from collections.abc import Iterable

from harvester import Media

_FORMATS = {"jpg": "jpeg", "jpe": "jpeg", "jfif": "jpeg"}
_MOVING = {
    "mp4": Media.VIDEO,
    "webm": Media.VIDEO,
    "swf": Media.FLASH,
    "zip": Media.ANIMATION,  # frames of an ugoira
}
_ANIMATED = frozenset({"animated", "animated_gif", "animated_png"})


def picture_format(extension: str | None) -> str | None:
    """A file's format as Pillow names it, by its extension; None when there is none."""
    plain = _plain(extension)
    return _FORMATS.get(plain, plain) or None


def media(
    extension: str | None, tags: Iterable[str] = (), *, gifs_say_so: bool = True
) -> Media | None:
    """What kind of file this is, by its extension and by tags that say it moves; None without an extension.

    Where nobody tags it (`gifs_say_so` is False), a GIF without such a tag may move all the same: unknown.
    """
    plain = _plain(extension)
    if not plain:
        return None
    found = _MOVING.get(plain, Media.STILL if _ANIMATED.isdisjoint(tags) else Media.ANIMATION)
    return None if plain == "gif" and found is Media.STILL and not gifs_say_so else found


def _plain(extension: str | None) -> str:
    return (extension or "").lower().lstrip(".")
