"""Philomena's dialect: which path answers what, what its filters hide, and how the site says no."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from harvester.demo.dialects import philomena_query as query
from harvester.demo.dialects import philomena_rows as rows
from harvester.demo.dialects.philomena_query import BadQuery
from harvester.demo.dialects.philomena_rows import SIZES, Gallery, Image
from harvester.demo.dialects.shared import (
    STRICT,
    Answer,
    Rules,
    Wanted,
    as_html,
    as_json,
    asked,
    serve,
)
from harvester.demo.vault import Vault

PER_PAGE, MOST_PER_PAGE, WINDOW = 15, 50, 10_000_000
EVERYTHING = "2"  # the filter that hides nothing; any other is the Default one
HIDDEN = {"explicit", "grimdark", "grotesque"}
TYPED, COMPLETED = 3, 10  # the fewest letters that are completed, the most completions
API = "/api/v1/json"
_FULL = re.compile(r"/img/view/\d{4}/\d+/\d+/(\d+)(?:__[^/.]*)?\.(\w+)")
_SMALLER = re.compile(r"/img/\d{4}/\d+/\d+/(\d+)/(\w+)\.(\w+)")
_TEXT = {"Content-Type": "text/plain; charset=utf-8"}


class Dialect:
    """Answers GET requests over one world; knows no sockets."""

    def __init__(self, vault: Vault, rules: Rules = STRICT) -> None:
        self._vault, self._rules = vault, rules
        self._gallery = Gallery(vault.world)
        self._routes: dict[str, Callable[[Mapping[str, str], str], Answer]] = {
            f"{API}/search/images": self._images,
            f"{API}/search/tags": self._tags,
            "/autocomplete/tags": self._autocomplete,
        }

    def is_api(self, path: str) -> bool:
        return not path.startswith("/img/")

    def overloaded(self, status: int, wait: str) -> Answer:
        body = b"Too many requests.\n" if status == 429 else b"<html>down for maintenance</html>"
        kind = "text/plain" if status == 429 else "text/html"
        return Answer(status, body, {"Content-Type": kind, "Retry-After": wait})

    def answer(self, target: str, headers: Mapping[str, str], base: str) -> Answer:
        """The answer to `GET target`; header names are lower-case, `base` is the site's own address."""
        path, params = asked(target)
        if not headers.get("user-agent"):
            return replace(as_html("<html>Forbidden</html>", 403), breach="no User-Agent")
        if path.startswith("/img/"):
            return self._file(path, target.partition("?")[2], headers)
        if path in self._routes:
            try:
                return self._routes[path](params, base)
            except BadQuery as error:
                return replace(as_json({"error": str(error)}, 400), breach="a query not to be read")
        if single := re.fullmatch(rf"{API}/images/(\d+)", path):
            return self._image(int(single[1]), base)
        if named := re.fullmatch(rf"{API}/tags/([^/]+)", path):
            return self._tag(named[1])
        return _not_found()

    def _images(self, params: Mapping[str, str], base: str) -> Answer:
        test = query.parse(params.get("q", ""), self._reads)
        per_page = _number(params.get("per_page", ""), PER_PAGE)
        size, page = (
            min(MOST_PER_PAGE, max(1, per_page)),
            max(1, _number(params.get("page", ""), 1)),
        )
        if page > self._rules.last_page(size, WINDOW // size):
            refused = as_json({"error": "Result window is too large."}, 400)
            return replace(refused, breach=f"page {page}")
        unfiltered = params.get("filter_id") == EVERYTHING
        found = [
            image
            for image in self._gallery.images.values()
            if not image.removed and (unfiltered or not HIDDEN & {*image.tags}) and test(image)
        ]
        key = SORTS.get(params.get("sf", ""), SORTS["first_seen_at"])
        found.sort(key=lambda image: (key(image), image.post.id), reverse=params.get("sd") != "asc")
        chosen = found[(page - 1) * size : page * size]
        shown = [self._row(image, base, single=False) for image in chosen]
        answer = as_json({"images": shown, "interactions": [], "total": len(found)})
        return replace(answer, breach=f"per_page {per_page}" if per_page > MOST_PER_PAGE else "")

    def _row(self, image: Image, base: str, *, single: bool) -> rows.Row:
        ticket = self._rules.ticket(image.post, single=single)
        return rows.image_row(image, self._vault, base, ticket)

    def _image(self, number: int, base: str) -> Answer:
        image = self._gallery.images.get(number)
        if image is None:
            return _not_found()
        row = rows.removed_row(image) if image.removed else self._row(image, base, single=True)
        return as_json({"image": row})

    def _tags(self, params: Mapping[str, str], _: str) -> Answer:
        test = query.parse(params.get("q", ""), self._reads_tags)
        per_page = _number(params.get("per_page", ""), PER_PAGE)
        size, page = (
            min(MOST_PER_PAGE, max(1, per_page)),
            max(1, _number(params.get("page", ""), 1)),
        )
        found = [name for name in self._gallery.names if test(name)]
        chosen = found[(page - 1) * size : page * size]
        told = [rows.tag_row(self._gallery, name) for name in chosen]
        answer = as_json({"tags": told, "total": len(found)})
        return replace(answer, breach=f"per_page {per_page}" if per_page > MOST_PER_PAGE else "")

    def _tag(self, written: str) -> Answer:
        named = {rows.slug(name): name for name in self._gallery.names}
        name = named.get(written) or named.get(unquote(written))
        return as_json({"tag": rows.tag_row(self._gallery, name)}) if name else _not_found()

    def _autocomplete(self, params: Mapping[str, str], _: str) -> Answer:
        typed, limit = params.get("term", ""), _number(params.get("limit", ""), COMPLETED)
        if len(typed) < TYPED:
            told = {"message": "Term is too short, must be at least 3 characters"}
            return replace(as_json(told, 422), breach=f"only {len(typed)} letters to complete")
        if not 0 < limit <= COMPLETED:
            told = {"message": "Limit must be an integer between 1 and 10"}
            return replace(as_json(told, 422), breach=f"limit {limit}")
        found = rows.suggestions(self._gallery, typed.lower().strip(), limit)
        return as_json({"suggestions": found})

    def _file(self, path: str, asked_with: str, headers: Mapping[str, str]) -> Answer:
        """An original under its short or its long name, or a smaller form, which is always a JPEG."""
        if whole := _FULL.fullmatch(path):
            image = self._gallery.images.get(int(whole[1]))
            format_ = image.post.format if image and image.format == whole[2] else whole[2]
            return self._serve(image, Wanted("original", format_, headers, asked_with))
        smaller = _SMALLER.fullmatch(path)
        image = self._gallery.images.get(int(smaller[1])) if smaller else None
        if smaller is None or image is None or not image.processed or smaller[2] not in SIZES:
            return Answer(404, b"not found", _TEXT)
        (most_wide, most_high), post = SIZES[smaller[2]], image.post
        scale = min(1.0, most_wide / post.width, most_high / post.height)
        side = round(max(post.width, post.height) * scale)
        return self._serve(image, Wanted(f"{side}x{side}", "jpg", headers))

    def _serve(self, image: Image | None, wanted: Wanted) -> Answer:
        there = image is not None and not image.removed
        return serve(self._vault, self._rules, image.post if image and there else None, wanted)

    def _reads(self, raw: str) -> query.Test:
        """A term about images: a field, or a tag under any of its names."""
        if (about := query.field(raw, FIELDS)) is None:
            is_meant = query.text_test(raw)
            known_as = self._gallery.known_as
            return lambda image: any(map(is_meant, known_as[image.post.id]))
        name, how, value = about
        reads, of = FIELDS[name]
        test = reads(how, value)
        return lambda image: test(of(image))

    def _reads_tags(self, raw: str) -> query.Test:
        """A term about tags: their names, or one of the fields they have."""
        about = query.field(raw, {"name": 0, "category": 0, "namespace": 0, "slug": 0, "images": 0})
        if about is None:
            return query.text_test(raw)
        name, how, value = about
        if name == "images":
            within = query.number_test(how, value)
            return lambda tag: within(self._gallery.counts[tag])
        is_meant = query.text_test(value)
        return lambda tag: is_meant(rows.tag_row(self._gallery, tag)[name] or "")


def _number(text: str, default: int) -> int:
    return int(text) if re.fullmatch(r"-?\d+", text) else default


def _not_found() -> Answer:
    return as_json({"error": "Not found"}, 404)


def _text(how: str, value: str) -> Callable[[str], bool]:
    if how != "eq":
        raise BadQuery("A range is specified for a text.")
    return query.text_test(value)


def _flag(how: str, value: str) -> Callable[[bool], bool]:
    if how != "eq":
        raise BadQuery("A range is specified for true or false.")
    return query.flag_test(value)


NUMBERS: dict[str, Callable[[Image], float]] = {
    "id": lambda image: image.post.id,
    "width": lambda image: image.post.width,
    "height": lambda image: image.post.height,
    "aspect_ratio": lambda image: image.post.width / image.post.height,
    "pixels": lambda image: image.post.width * image.post.height,
    "score": lambda image: image.post.score,
    "upvotes": lambda image: image.post.up,
    "downvotes": lambda image: -image.post.down,
    "faves": lambda image: image.post.favourites,
    "wilson_score": lambda image: rows.wilson(image.post),
    "duration": rows.duration,
    "comment_count": lambda image: 0,
    "tag_count": lambda image: len(image.tags),
}
DATES: dict[str, Callable[[Image], datetime]] = {
    "created_at": lambda image: image.post.created.replace(microsecond=0),
    "first_seen_at": lambda image: image.post.created.replace(microsecond=0),
    "updated_at": lambda image: image.post.updated.replace(microsecond=0),
}
TEXTS: dict[str, Callable[[Image], str]] = {
    "mime_type": lambda image: rows.MIMES.get(image.format, f"image/{image.format}"),
    "original_format": lambda image: image.format,
    "source_url": lambda image: image.post.source,
    "uploader": lambda image: "",
}
FLAGS: dict[str, Callable[[Image], bool]] = {
    "animated": lambda image: image.animated,
    "processed": lambda image: image.processed,
    "thumbnails_generated": lambda image: image.processed,
}
FIELDS: dict[str, tuple[Any, Callable[[Image], Any]]] = {
    **{name: (query.number_test, of) for name, of in NUMBERS.items()},
    **{name: (query.date_test, of) for name, of in DATES.items()},
    **{name: (_text, of) for name, of in TEXTS.items()},
    **{name: (_flag, of) for name, of in FLAGS.items()},
}
"""Fields of an image that a query may speak of: how its value is read, and what it is held against."""

SORTS: dict[str, Callable[[Image], Any]] = {**NUMBERS, **DATES}
