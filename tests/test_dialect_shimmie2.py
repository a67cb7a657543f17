"""The sandbox as a Shimmie2: XML that is none, three terms for visitors, pages that lead to the only post."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from harvester import vocabulary
from harvester.demo.dialects import Answer, Rules
from harvester.demo.dialects.shimmie2 import Dialect
from harvester.demo.dialects.shimmie2_pages import escaped
from harvester.demo.vault import Vault
from harvester.demo.world import World
from harvester.model import Facts, Framing, People

FIXTURES = Path(__file__).parent / "fixtures" / "shimmie2"
BASE = "http://place.test"
AGENT = {"user-agent": "harvest/0.1 (+mailto:me@example.org)"}
Shown = tuple[str, dict[str, str]]


@pytest.fixture(scope="module")
def vault(drawings: Path) -> Vault:
    return Vault(World(240), drawings)


@pytest.fixture
def site(vault: Vault) -> Dialect:
    return Dialect(vault)


def get(site: Dialect, path: str, **params: object) -> Answer:
    return site.answer(f"{path}?{urlencode(params)}", AGENT, BASE)


class Elements(HTMLParser):
    """The elements of a text with their attributes, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[Shown] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def elements(text: str, name: str) -> list[dict[str, str]]:
    return [told for tag, told in Elements(text).found if tag == name]


def found(site: Dialect, tags: str, **params: object) -> list[dict[str, str]]:
    answer = get(site, "/api/danbooru/find_posts", tags=tags, **params)
    assert answer.status == 200, answer.body
    return elements(answer.body.decode(), "tag")


def ids(site: Dialect, tags: str, **params: object) -> list[int]:
    return [int(row["id"]) for row in found(site, tags, **params)]


def listed(site: Dialect, tags: str, page: int = 1) -> list[int]:
    text = get(site, f"/post/list/{quote(tags, safe='')}/{page}").body.decode()
    return [int(number) for number in re.findall(r"data-post-id='(\d+)'", text)]


# ---- the shape of what is told ------------------------------------------------------------


def test_posts_are_written_as_the_software_writes_them(site: Dialect) -> None:
    known = elements((FIXTURES / "recorded-find-posts-last.xml").read_text("utf-8"), "tag")
    rows = found(site, "*")

    assert {(*row,) for row in rows} <= {(*row,) for row in known}
    assert {row["rating"] for row in rows} == {"?"}
    assert {row["score"] for row in rows} == {"0"}


def test_letters_go_by_their_names_in_xml_too() -> None:
    assert escaped('don\'t say "réimu" & 霊') == "don&#039;t say &quot;r&eacute;imu&quot; &amp; 霊"


def test_the_list_tells_its_total_and_where_it_begins(site: Dialect) -> None:
    text = get(site, "/api/danbooru/find_posts", tags="touhou", limit=10, page=2).body.decode()

    (about,) = elements(text, "posts")
    every = len(ids(site, "touhou")) + len(ids(site, "touhou", page=2)) + len(ids(site, "touhou", page=3))  # fmt: skip
    assert about == {"count": str(every), "offset": "10"}
    assert len(elements(text, "tag")) == 10


def test_tags_are_written_as_the_software_writes_them(site: Dialect) -> None:
    known = elements((FIXTURES / "recorded-find-tags.xml").read_text("utf-8"), "tag")
    text = get(site, "/api/danbooru/find_tags", name="Solo,touhou,nothing").body.decode()

    rows = elements(text, "tag")
    assert [row["name"] for row in rows] == ["solo", "touhou"]
    assert {(*row,) for row in rows} == {(*row,) for row in known}


def test_thumbnails_are_written_as_the_software_writes_them(site: Dialect) -> None:
    known = (FIXTURES / "recorded-post-list.html").read_text("utf-8")
    text = get(site, "/post/list/touhou/1").body.decode()

    for name in ("a", "img"):
        shapes = {(*row,) for row in elements(known, name) if "data-post-id" in row or "alt" in row}
        rows = [row for row in elements(text, name) if "data-post-id" in row or "alt" in row]
        assert {(*row,) for row in rows} == shapes


def test_completions_tell_aliases_of_other_beginnings(site: Dialect) -> None:
    told = json.loads(get(site, "/api/internal/autocomplete", s="reimu", limit=5).body)
    own = json.loads(get(site, "/api/internal/autocomplete", s="hakurei").body)

    assert told["reimu"]["newtag"] == told["reimu_hakurei"]["newtag"] == "hakurei_reimu"
    assert own["hakurei_reimu"]["newtag"] is None
    assert json.loads(get(site, "/api/internal/autocomplete", s="zzz").body) == []
    assert json.loads(get(site, "/api/internal/autocomplete", s="h" * 33).body) == []


# ---- searching ----------------------------------------------------------------------------


def test_terms_are_joined_and_negated(site: Dialect) -> None:
    every = ids(site, "solo outdoors")

    with_smile, without = ids(site, "solo outdoors smile"), ids(site, "solo outdoors -smile")
    assert len(every) < 100
    assert sorted(with_smile + without) == sorted(every) != []
    assert every == sorted(every, reverse=True)


def test_ratings_are_known_to_the_search_alone(site: Dialect, vault: Vault) -> None:
    safe, rest = ids(site, "touhou rating=s"), ids(site, "touhou -rating=s")

    assert {vault.world.by_id[number].rating for number in safe} <= {"g", "s"}
    assert {vault.world.by_id[number].rating for number in rest} <= {"q", "e"}
    assert ids(site, "touhou rating:safe") == safe
    assert ids(site, "touhou -rating=sqe") == []
    assert ids(site, "touhou rating=x") == []  # no rating, and no post has such a tag


@pytest.mark.parametrize("term", ["id<5000100", "width>=1000", "posted>=2023-01-01", "ext=png", "source=any"])  # fmt: skip
def test_terms_compare_what_posts_have(site: Dialect, term: str) -> None:
    every = ids(site, "touhou", limit=100)
    within, rest = ids(site, f"touhou {term}", limit=100), ids(site, f"touhou -{term}", limit=100)

    assert within
    assert rest
    assert not {*within} & {*rest}
    assert {*every} <= {*within} | {*rest}


def test_wildcards_and_orders(site: Dialect) -> None:
    assert {*ids(site, "hakurei_re*")} >= {*ids(site, "hakurei_reimu")}
    assert ids(site, "touhou order=id_asc", limit=5) == sorted(ids(site, "touhou order:id_asc", limit=5))  # fmt: skip


def test_an_alias_is_searched_as_what_it_stands_for(site: Dialect) -> None:
    assert ids(site, "reimu_hakurei") == ids(site, "hakurei_reimu") != []


def test_artists_stand_with_their_prefix(site: Dialect) -> None:
    tags = {tag for row in found(site, "touhou") for tag in row["tags"].split()}
    artist = sorted(tag for tag in tags if tag.startswith("artist:"))[0]

    assert ids(site, artist)
    assert ids(site, artist.removeprefix("artist:")) == []


def test_a_post_is_found_by_its_id_and_by_its_hash(site: Dialect) -> None:
    first, second = found(site, "touhou", limit=2)

    assert ids(site, "", id=f"{first['id']},{second['id']},7") == [int(first["id"]), int(second["id"])]  # fmt: skip
    assert ids(site, "", md5=first["md5"].upper()) == [int(first["id"])]


# ---- limits -------------------------------------------------------------------------------


def test_visitors_search_for_three_terms_and_an_edge(site: Dialect) -> None:
    refused = get(site, "/api/danbooru/find_posts", tags="a b c d")

    assert (refused.status, refused.breach) == (403, "4 terms")
    assert b"search for up to 3 tags at a time" in refused.body
    assert get(site, "/api/danbooru/find_posts", tags="a b c id<5 order:id_desc").status == 200
    assert get(site, "/post/list/a%20b%20c%20d/1").breach == "4 terms"


def test_a_page_has_a_hundred_posts_at_most(site: Dialect) -> None:
    answer = get(site, "/api/danbooru/find_posts", tags="*", limit=320)

    assert len(elements(answer.body.decode(), "tag")) == 100
    assert answer.breach == "limit over 100"


def test_pages_can_be_counted_to_the_depth_that_a_test_wants(vault: Vault) -> None:
    site = Dialect(vault, Rules(depth=48))

    answer = get(site, "/post/list/touhou/3")
    assert (answer.status, answer.breach) == (403, "page 3")
    assert b"pages of results are searchable" in answer.body
    assert listed(site, "touhou", 2)


# ---- pages --------------------------------------------------------------------------------


def test_a_list_has_twenty_four_posts_a_page(site: Dialect) -> None:
    assert listed(site, "touhou") == ids(site, "touhou", limit=24)
    assert listed(site, "touhou", 2) == ids(site, "touhou", limit=24, page=2)


def test_the_only_post_that_fits_is_shown_by_itself(site: Dialect) -> None:
    number = ids(site, "touhou", limit=1)[0]

    answer = get(site, f"/post/list/id%3D{number}/1")
    assert (answer.status, answer.headers["Location"]) == (302, f"/post/view/{number}")
    assert get(site, f"/post/list/id%3D{number}/2").status == 404


def test_carets_stand_for_what_has_a_meaning_in_addresses(site: Dialect) -> None:
    artist = next(tag for row in found(site, "touhou") for tag in row["tags"].split() if tag.startswith("artist:"))  # fmt: skip

    assert ids(site, f"{artist} -/?^") == ids(site, artist) != []
    assert listed(site, f"{artist} -^s^q^^") == ids(site, artist, limit=24)


def test_nothing_that_fits_is_not_found(site: Dialect) -> None:
    answer = get(site, "/post/list/nobody/1")

    assert answer.status == 404
    assert b"No posts Found" in answer.body


def test_the_page_of_a_post_shows_its_picture(site: Dialect) -> None:
    row = found(site, "touhou ext=png", limit=1)[0]
    text = get(site, f"/post/view/{row['id']}").body.decode()

    (picture,) = [told for told in elements(text, "img") if told.get("id") == "main_image"]
    known = elements((FIXTURES / "documented-post-view.html").read_text("utf-8"), "img")
    assert picture["src"] == row["file_url"]
    assert {*picture} == {*known[0]} - {"onerror"}


def test_what_was_deleted_is_forgotten(site: Dialect, vault: Vault) -> None:
    gone = next(post for post in vault.world.posts if post.hidden or "deleted" in post.status)

    assert get(site, f"/post/view/{gone.id}").status == 404
    assert ids(site, "", id=gone.id) == []


def test_without_its_extension_there_is_no_xml(vault: Vault) -> None:
    site = Dialect(vault, xml=False)

    assert get(site, "/api/danbooru/find_posts", tags="touhou").status == 404
    assert get(site, "/api/danbooru/find_tags", name="solo").status == 404
    assert get(site, "/api/internal/autocomplete", s="solo").status == 200


# ---- files --------------------------------------------------------------------------------


def test_files_lie_where_posts_say(site: Dialect) -> None:
    row = found(site, "touhou ext=png", limit=1)[0]

    whole, small = site.answer(row["file_url"], AGENT, BASE), site.answer(row["preview_url"], AGENT, BASE)  # fmt: skip
    named = site.answer(f"/image/{row['id']}.png", AGENT, BASE)
    assert (whole.status, whole.headers["Content-Type"]) == (200, "image/png")
    assert (small.status, small.headers["Content-Type"]) == (200, "image/jpeg")
    assert named.body == whole.body
    assert site.answer("/_images/nothing", AGENT, BASE).status == 404


def test_nobody_asks_without_saying_who_asks(site: Dialect) -> None:
    assert site.answer("/post/list/solo/1", {}, BASE).breach == "no User-Agent"


def test_the_gates_find_framing_and_people_in_the_sites_own_words(site: Dialect) -> None:
    tags = [tuple(row["tags"].split()) for page in (1, 2) for row in found(site, "*", page=page)]
    reading = [vocabulary.read(Facts(tags={"unknown": names}), family="shimmie2") for names in tags]

    assert {facts.framing for facts in reading} >= {Framing.UPPER_BODY, Framing.FULL_BODY}
    assert {facts.people for facts in reading} >= {People.ALONE, People.SEVERAL}


def test_safe_is_the_mildest_of_three_ratings_and_not_general_alone() -> None:
    assert vocabulary.standard().table("shimmie2").coarse
