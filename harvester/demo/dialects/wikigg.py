"""wiki.gg, a MediaWiki whose files lie in one folder, with a hash behind their names."""

from __future__ import annotations

import re
from typing import ClassVar
from urllib.parse import quote

from harvester.demo.dialects import mediawiki
from harvester.demo.dialects.mediawiki import Place, stored
from harvester.demo.dialects.mediawiki_shelf import key
from harvester.demo.posts import Post


class Flat:
    """All files in one folder; the hash changes with the file, so that what is kept of it may be kept for ever."""

    def url(self, post: Post, title: str, base: str) -> str:
        return f"{base}/images/{quote(key(title.removeprefix('File:')))}?{stored(title)[2:4]}{post.id:x}"

    def thumb(self, post: Post, title: str, width: int, base: str) -> str:
        name = quote(key(title.removeprefix("File:")))
        return f"{base}/images/thumb/{name}/{width}px-{name}?{stored(title)[2:4]}{post.id:x}"


class Dialect(mediawiki.Dialect):
    """Answers GET requests over one world; knows no sockets."""

    API: ClassVar[re.Pattern[str]] = re.compile(r"(?P<script>)/api\.php")
    FILE: ClassVar[re.Pattern[str]] = re.compile(
        r"/images/(?:(?P<thumb>thumb)/)?(?P<name>[^/]+\.(?!svg)\w+)(?:/(?P<width>\d+)px-[^/]+)?"
    )
    rich: ClassVar[bool] = False

    def place(self, script: str) -> Place:
        return Flat()
