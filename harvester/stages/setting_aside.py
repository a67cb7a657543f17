"""Takes copies out of the way, on request only: linked to the kept file, or moved to a folder with their captions."""

from __future__ import annotations

import errno
import filecmp
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harvester.boundary import cross
from harvester.errors import UsageError
from harvester.net.disk import reason
from harvester.stages.gathering import Filed, is_below
from harvester.stages.sorting import Judged, Same
from harvester.store.local import sync_folder

LINK, PART = ".harvest-link", ".harvest-part"
"""Endings of files under way, hidden; a killed run may leave one, which the next takes away."""

_NO_LINKS = {errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one copy: where it is now; or why it was left as it is, and whether that is a fault."""

    path: Path
    at: Path | None = None
    why: str = ""
    fault: bool = False


# ---- links --------------------------------------------------------------------------------


def linked(judged: Judged) -> Iterator[Done]:
    """Make each file of the same bytes a hard link to the best of them; every other copy stays as it is.

    A link is one file by two names: only of the same bytes is that right. May be killed anywhere: a copy is itself or
    the link.
    """
    for one in judged.found:
        kept: dict[str | None, Filed] = {one.kept.facts.sha256: one.kept.file}
        for copy in one.copies:
            file = copy.shown.file
            target = kept.setdefault(copy.shown.facts.sha256, file)
            if target is file:
                yield Done(file.path, why="other bytes than the kept file, so it is not linked")
            else:
                yield _linked(file, target)


def _linked(file: Filed, target: Filed) -> Done:
    draft = file.path.with_name(f".{file.path.name}{LINK}")
    try:
        if file.path.samefile(target.path):
            return Done(file.path, target.path, "is a link to it already")
        if why := _changed(file) or _changed(target):
            return Done(file.path, why=why, fault=True)
        if not filecmp.cmp(file.path, target.path, shallow=False):
            return Done(file.path, why="not the same bytes any more; left as it is", fault=True)
        draft.unlink(missing_ok=True)
        os.link(target.path, draft)
        cross("dedup.drafted")
        draft.replace(file.path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        why = "is on another disk" if error.errno == errno.EXDEV else reason(error)
        return Done(file.path, why=f"cannot be linked: {why}", fault=True)
    return Done(file.path, target.path)


def _changed(file: Filed) -> str:
    """Whether a file is another than the one that was judged."""
    told = file.path.stat(follow_symlinks=False)
    now = (told.st_size, told.st_mtime_ns)
    return "" if now == (file.bytes, file.modified) else "changed meanwhile; left as it is"


# ---- moves --------------------------------------------------------------------------------


def check_target(target: Path, folders: Sequence[Path]) -> None:
    """UsageError for a place that copies cannot be moved to."""
    for folder in folders:
        if is_below(target, folder):
            raise UsageError(
                f"--move-to {target} lies in {folder}, which is looked through; name a folder beside it"
            )
    if target.exists() and not target.is_dir():
        raise UsageError(f"--move-to {target} is a file; name a folder, which may be new")


def moved(judged: Judged, target: Path, folders: Sequence[Path]) -> Iterator[Done]:
    """Move every copy below `target`, keeping its path below the folder that was named, texts beside it with it.

    Nothing is overwritten. A text that a picture which stays shares stays too. May be killed anywhere: texts go before
    their picture, and what is at both places is the same; the next call goes on.
    """
    homes = _homes(folders, target)
    needed = Counter(path for one in judged.found for file in _files(one) for path in file.beside)
    for one in judged.found:
        for copy in one.copies:
            file = copy.shown.file
            texts = [path for path in file.beside if needed[path] == 1]
            needed.subtract(file.beside)
            yield _moved(file, texts, homes[file.folder].joinpath(*file.place))


def _files(one: Same) -> list[Filed]:
    return [one.kept.file, *(copy.shown.file for copy in one.copies)]


def _homes(folders: Iterable[Path], target: Path) -> Mapping[Path, Path]:
    """Where the files of each folder go: straight below the target, or of several folders below their names."""
    every = list(dict.fromkeys(folders))
    if len(every) == 1:
        return {every[0]: target}
    homes: dict[Path, Path] = {}
    for folder in every:
        homes[folder] = _free(target / (folder.resolve().name or "root"), homes.values())
    return homes


def _free(wanted: Path, taken: Iterable[Path]) -> Path:
    used = set(taken)
    names = (wanted.with_name(f"{wanted.name}_{n}") for n in range(2, len(used) + 3))
    return next(one for one in (wanted, *names) if one not in used)


def _moved(file: Filed, texts: Sequence[Path], wanted: Path) -> Done:
    try:
        if why := _changed(file):
            return Done(file.path, why=why, fault=True)
        here = [path for path in texts if path.exists()]
        target = _open_place(file.path, here, wanted)
        target.parent.mkdir(parents=True, exist_ok=True)
        for text in here:
            _move(text, _beside(target, file.path, text))
        _move(file.path, target)
    except OSError as error:
        return Done(file.path, why=f"cannot be moved: {reason(error)}", fault=True)
    return Done(file.path, target)


def _open_place(picture: Path, texts: Sequence[Path], wanted: Path) -> Path:
    """The first name at which nothing else lies: neither at the picture's nor at its texts'."""
    number = 1
    while True:
        stem = wanted.stem if number == 1 else f"{wanted.stem}_{number}"
        target = wanted.with_name(stem + wanted.suffix)
        both = [(picture, target), *((text, _beside(target, picture, text)) for text in texts)]
        if all(_is_open(source, place) for source, place in both):
            return target
        number += 1


def _beside(target: Path, picture: Path, text: Path) -> Path:
    """What a text beside the picture is called beside the target: `a.txt` or `a.png.txt`."""
    whole = text.name.lower().startswith(picture.name.lower())
    rest = text.name[len(picture.name if whole else picture.stem) :]
    return target.with_name((target.name if whole else target.stem) + rest)


def _is_open(source: Path, place: Path) -> bool:
    """Nothing is there, or what a killed run moved there already."""
    return not os.path.lexists(place) or _is_same(source, place)


def _is_same(source: Path, place: Path) -> bool:
    return place.is_file() and not place.is_symlink() and filecmp.cmp(source, place, shallow=False)


def _move(source: Path, place: Path) -> None:
    """The bytes are durable at their new place before the old name goes; never over another file."""
    if not os.path.lexists(place):
        try:
            os.link(source, place)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            _copy(source, place)
    elif not _is_same(source, place):  # somebody else was quicker
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    sync_folder(place.parent)
    cross("dedup.placed")
    source.unlink()
    cross("dedup.moved")


def _copy(source: Path, place: Path) -> None:
    """For another disk, or one without links."""
    part = place.with_name(f".{place.name}{PART}")
    try:
        shutil.copy2(source, part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        cross("dedup.copied")
        if os.path.lexists(place):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        part.replace(place)
    except OSError:
        part.unlink(missing_ok=True)
        raise
