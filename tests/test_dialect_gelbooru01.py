"""The sandbox as a Gelbooru 0.1.11: twenty rows a page, posts as pages, deleted ones forgotten, no API."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import pytest

from harvester import vocabulary
from harvester.demo.dialects import Answer, Rules
from harvester.demo.dialects.gelbooru01 import LIST, Dialect, digest
from harvester.demo.vault import Vault
from harvester.demo.world import World
from harvester.model import Facts, Framing, People

FIXTURES = Path(__file__).parent / "fixtures" / "gelbooru01"
BASE = "http://place.test"
AGENT = {"user-agent": "harvest/0.1 (+mailto:me@example.org)"}
NAMES = ("Posted: ", "By: ", "Size: ", "Source: ", "Rating: ", "Score: ")


@pytest.fixture(scope="module")
def vault(drawings: Path) -> Vault:
    return Vault(World(240), drawings)


@pytest.fixture
def site(vault: Vault) -> Dialect:
    return Dialect(vault)


def get(site: Dialect, target: str) -> Answer:
    return site.answer(target.removeprefix(BASE), AGENT, BASE)


def page(site: Dialect, **params: object) -> str:
    answer = get(site, f"/index.php?{urlencode({'page': 'post', **params})}")
    assert answer.status == 200
    return answer.body.decode()


def listed(site: Dialect, tags: str = "all", row: int = 0) -> list[int]:
    shown = page(site, s="list", tags=tags, pid=row)
    return [int(number) for number in re.findall(r'<a id="p(\d+)"', shown)]


class Elements(HTMLParser):
    """The elements of a page with the names of their attributes, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


def elements(text: str, first: str) -> list[tuple[str, tuple[str, ...]]]:
    """Those of the piece of a page that begins with `first` and ends with its line."""
    piece = text[text.index(first) :].partition("\n")[0]
    return Elements(piece).found


# ---- the shape of what is told ------------------------------------------------------------


def test_a_thumbnail_is_built_as_documented(site: Dialect) -> None:
    known = (FIXTURES / "documented-list.html").read_text("utf-8")
    shown, first = page(site, s="list", tags="all", pid=0), '<span class="thumb">'

    assert elements(shown, first) == elements(known, first)
    assert re.search(r'title=" [^"]+ score:-?\d+ rating:(Safe|Questionable|Explicit)"', shown)
    assert re.search(r"/thumbnails//\d+/thumbnail_[0-9a-f]{40}\.jpg", shown)


def test_the_page_of_a_post_is_built_as_documented(site: Dialect) -> None:
    known = (FIXTURES / "documented-post.html").read_text("utf-8")
    shown = page(site, s="view", id=listed(site)[0])

    assert elements(shown, "<textarea") == elements(known, "<textarea")
    picture = re.search(
        r'<img alt="img" src="[^"]+//images/\d+/[0-9a-f]{40}\.\w+" id="image"', shown
    )
    assert picture is not None
    assert [shown.index(name) for name in NAMES] == sorted(shown.index(name) for name in NAMES)
    assert re.search(r"Posted: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d .*Size: \d+x\d+ ", shown)


# ---- lists --------------------------------------------------------------------------------


def test_a_list_has_twenty_rows_from_the_newest_down(site: Dialect) -> None:
    first, second = listed(site), listed(site, row=20)

    assert (len(first), len(second)) == (20, 20)
    assert first + second == sorted(first + second, reverse=True)
    assert listed(site, row=10) == first[10:] + second[:10]


def test_behind_the_last_row_there_is_an_empty_page(site: Dialect) -> None:
    shown = page(site, s="list", tags="all", pid=0)
    last = max(int(row) for row in re.findall(r"pid=(\d+)", shown))

    assert 0 < len(listed(site, row=last)) <= 20
    assert listed(site, row=last + 20) == []


def test_every_tag_of_a_search_must_be_there(site: Dialect, vault: Vault) -> None:
    found = listed(site, "hakurei_reimu solo")

    assert found
    words = [vault.world.by_id[number].words for number in found]
    assert all({"hakurei_reimu", "solo"} <= one for one in words)
    assert listed(site, "no_such_tag") == []


def test_the_gates_find_framing_and_people_in_the_titles(site: Dialect) -> None:
    shown = "".join(page(site, s="list", tags="all", pid=row) for row in range(0, 240, 20))
    titles = re.findall(r'title=" ([^"]+) score:', shown)
    facts = [
        vocabulary.read(Facts(tags={"unknown": tuple(title.split())}), family="gelbooru01")
        for title in titles
    ]

    assert {one.framing for one in facts} >= {Framing.UPPER_BODY, Framing.COWBOY_SHOT}
    assert {one.people for one in facts} >= {People.ALONE, People.SEVERAL}


# ---- what is not there --------------------------------------------------------------------


def test_a_deleted_post_is_not_listed_and_leads_to_the_list(site: Dialect, vault: Vault) -> None:
    gone = next(post.id for post in vault.world.posts if "deleted" in post.status or post.hidden)
    every = [number for row in range(0, 240, 20) for number in listed(site, row=row)]

    answer = get(site, f"/index.php?page=post&s=view&id={gone}")

    assert gone not in every
    assert (answer.status, answer.headers["Location"]) == (302, LIST)


def test_there_is_no_api(site: Dialect) -> None:
    answer = get(site, "/index.php?page=dapi&s=post&q=index&tags=solo")

    assert (answer.status, answer.breach) == (404, "there is no API")


def test_a_caller_without_a_name_is_refused(site: Dialect) -> None:
    answer = site.answer(LIST, {}, BASE)

    assert (answer.status, answer.breach) == (403, "no User-Agent")


def test_an_overloaded_site_says_when_to_come_back(site: Dialect) -> None:
    answer = site.overloaded(503, "7")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "7")


# ---- files --------------------------------------------------------------------------------


def picture(site: Dialect, number: int) -> str:
    found = re.search(r'<img alt="img" src="([^"]+)"', page(site, s="view", id=number))
    assert found is not None
    return found[1]


def test_the_picture_and_its_thumbnail_are_served(site: Dialect, vault: Vault) -> None:
    number = next(n for n in listed(site) if not vault.world.by_id[n].truth.defect)
    post = vault.world.by_id[number]
    shown = page(site, s="list", tags="all", pid=0)
    thumbnail = re.search(rf'<img src="([^"]+thumbnail_{digest(post)}\.jpg)"', shown)

    assert get(site, picture(site, number)).body == vault.body(post)
    assert thumbnail is not None
    assert get(site, thumbnail[1]).body[:3] == b"\xff\xd8\xff"
    assert not site.is_api(thumbnail[1].removeprefix(BASE))


def test_the_name_of_a_file_is_no_hash_of_it(vault: Vault) -> None:
    post = vault.world.posts[0]

    assert len(digest(post)) == 40
    assert vault.claim(post).md5 not in digest(post)


def test_a_file_that_moved_is_where_the_page_of_its_post_says(vault: Vault) -> None:
    site = Dialect(vault, Rules(moved=1))
    number = next(n for n in listed(site) if not vault.world.by_id[n].truth.defect)
    url = picture(site, number)

    assert get(site, url).status == 200
    assert get(site, url.partition("?")[0]).status == 404
