"""The MediaWiki family against a real MediaWiki, over real HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from urllib.request import urlopen

import pytest

from harvester import Candidate, Media, Page, Query, Rating, Refused, Request, Unexpected
from sources.mediawiki import MediaWiki
from tests.real_wiki import RealWiki, ask

pytestmark = pytest.mark.slow


def steps(wiki: MediaWiki, request: Request | None) -> Iterator[tuple[Request, Page]]:
    """Every request of a walk with its page."""
    while request:
        page = wiki.parse(request, ask(request))
        yield request, page
        assert bool(page.follow) is not page.end
        request = page.follow[0] if page.follow else None


def found(wiki: RealWiki, *names: str, start: str = "", **options: int) -> dict[str, Candidate]:
    """Every candidate of a walk by post id, from its names or from the one thing to start at."""
    family = MediaWiki(wiki.site(**options))
    query = Query((), start=start) if start else Query(names)
    pages = [page for _, page in steps(family, family.search(query))]
    return {one.post_id: one for page in pages for one in page.candidates}


def with_files(candidates: dict[str, Candidate]) -> dict[str, Candidate]:
    return {name: one for name, one in candidates.items() if one.files}


def fetched(candidate: Candidate) -> bytes:
    assert candidate.original is not None
    with urlopen(candidate.original.urls[0], timeout=60) as reply:
        body: bytes = reply.read()
    return body


@pytest.fixture(scope="module")
def reimu(real_wiki: RealWiki) -> dict[str, Candidate]:
    return found(real_wiki, "hakurei_reimu")


def test_every_file_of_the_category_is_told_with_the_servers_own_hash(
    real_wiki: RealWiki, reimu: dict[str, Candidate]
) -> None:
    truth = real_wiki.sha1s()
    claimed = {name: one.claims.sha1 for name, one in with_files(reimu).items()}

    assert len(claimed) == 165
    assert claimed == {name: truth[name] for name in claimed}


def test_forty_and_more_are_large_enough_for_a_dataset(reimu: dict[str, Candidate]) -> None:
    stills = [one.claims for one in with_files(reimu).values() if one.claims.format != "svg"]
    large = [one for one in stills if min(one.width or 0, one.height or 0) >= 720]

    assert 40 <= len(large) < len(stills)
    assert {one.format for one in large} == {"jpeg", "png"}
    assert {one.rating for one in stills} == {Rating.GENERAL}


@pytest.mark.parametrize("name", ["Reimu Hakurei", "reimu_hakurei", "Category:Reimu Hakurei"])
def test_a_name_may_be_written_in_many_ways(
    real_wiki: RealWiki, reimu: dict[str, Candidate], name: str
) -> None:
    assert found(real_wiki, name) == reimu


def test_small_pages_and_large_ones_tell_the_same(
    real_wiki: RealWiki, reimu: dict[str, Candidate]
) -> None:
    assert found(real_wiki, "Reimu Hakurei", per_page=7) == reimu


def test_a_batch_the_server_spreads_over_replies_is_told_whole(real_wiki: RealWiki) -> None:
    family = MediaWiki(real_wiki.site(per_page=200))

    walk = list(steps(family, family.search(Query((), start="Category:Reimu Hakurei"))))

    assert any(request.state.get("owed") for request, _ in walk)
    told = [one.post_id for _, page in walk for one in page.candidates]
    assert len(told) == len(set(told)) + 1  # the redirected file is told with its target
    assert {one.post_id for _, page in walk for one in page.candidates if not one.files} == {
        "Missing reimu.png"
    }


# ---- categories below categories ----------------------------------------------------------

ALICE = "Category:Alice Margatroid"
LEVELS = {0: 9, 1: 13, 2: 17, 3: 21, 4: 23, 50: 23}
"""Levels of categories below Alice's -> files in all of them; the fourth holds her own category again."""


@pytest.mark.parametrize("depth", LEVELS)
def test_categories_are_walked_to_the_depth_that_is_set(real_wiki: RealWiki, depth: int) -> None:
    assert len(with_files(found(real_wiki, start=ALICE, depth=depth))) == LEVELS[depth]


def test_categories_that_go_round_in_a_circle_are_asked_once_each(real_wiki: RealWiki) -> None:
    family = MediaWiki(real_wiki.site(depth=50, per_page=500))
    walk = [
        dict(request.params) for request, _ in steps(family, family.search(Query((), start=ALICE)))
    ]
    asked = [
        params["gcmtitle"]
        for params in walk
        if "gcmcontinue" not in params and "iicontinue" not in params
    ]

    assert sorted(asked) == sorted({*asked})
    assert len(asked) == 5
    assert {"Category:上海人形", 'Category:Alice\'s "Shanghai" doll'} <= {*asked}


def test_a_file_says_in_which_categories_it_was_found(real_wiki: RealWiki) -> None:
    deep = found(real_wiki, start=ALICE, depth=3)["Alice landscape-hills-02.jpg"]

    assert "上海人形" in {word.text for word in deep.words if word.role == "category"}


# ---- more files than one request is answered with -----------------------------------------


@pytest.mark.parametrize("per_page", [100, 500])
def test_more_than_five_hundred_files_are_told_once_each(
    real_wiki: RealWiki, per_page: int
) -> None:
    family = MediaWiki(real_wiki.site(per_page=per_page))
    start = Query((), start="Category:Patchouli Knowledge")
    walk = list(steps(family, family.search(start)))
    told = [one for _, page in walk for one in page.candidates]
    truth = real_wiki.sha1s()

    assert len(told) == len({one.post_id for one in told}) == 524
    assert {one.post_id: one.claims.sha1 for one in told} == {
        one.post_id: truth[one.post_id] for one in told
    }
    onward = {dict(request.params).get("gcmcontinue") for request, _ in walk}
    assert len(onward) == -(-524 // per_page)
    assert len(walk) > len(onward)  # and the data of one batch in several replies


# ---- what happens to files ----------------------------------------------------------------


def test_of_a_file_with_two_revisions_the_newer_one_is_told(real_wiki: RealWiki) -> None:
    [page] = real_wiki.api(
        titles="File:Alice in two revisions.jpg", prop="imageinfo", iiprop="sha1", iilimit="5"
    )["query"]["pages"]
    newer, older = (row["sha1"] for row in page["imageinfo"])
    one = found(real_wiki, start=ALICE)["Alice in two revisions.jpg"]

    assert newer != older
    assert one.claims.sha1 == newer == hashlib.sha1(fetched(one)).hexdigest()


def test_a_deleted_file_is_in_no_category_and_without_an_address_on_a_page(
    real_wiki: RealWiki,
) -> None:
    assert "Alice deleted.jpg" not in found(real_wiki, start=ALICE)
    assert found(real_wiki, start="Yukari Yakumo")["Alice deleted.jpg"].files == ()


def test_formats_are_told_by_the_server_not_by_the_name(real_wiki: RealWiki) -> None:
    alice = found(real_wiki, start=ALICE)
    told = {name: (one.claims.format, one.claims.media) for name, one in alice.items()}

    assert told["Alice oceans.svg"][0] == "svg"
    assert told["Alice wood-d.webp"] == ("webp", Media.STILL)
    assert told["Alice waltz.gif"] == ("gif", Media.STILL)
    assert told["Alice dance.gif"] == ("gif", Media.ANIMATION)


# ---- a page and the pages below it --------------------------------------------------------


@pytest.fixture(scope="module")
def yukari(real_wiki: RealWiki) -> dict[str, Candidate]:
    return found(real_wiki, "Yukari Yakumo")


def test_a_page_is_read_with_the_galleries_below_it(yukari: dict[str, Candidate]) -> None:
    own = {name for name in with_files(yukari) if name.startswith("Yukari")}

    assert len(own) == 13
    assert yukari.keys() - own == {
        "Flag of Gensokyo.png",
        "Icon spell card.png",
        "Alice deleted.jpg",
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Yukari Wood.jpg", {("caption", "Yukari in Perfect Cherry Blossom")}),
        (
            "Yukari GreenMeadow.jpg",
            {("heading", "Official art"), ("caption", "Full body, in her usual dress")},
        ),
        ("Yukari Aqua.jpg", {("heading", "Official art"), ("caption", "A portrait & a fan")}),
        (
            "Yukari drop.png",
            {("heading", "Official art"), ("heading", "Winter dress"), ("caption", "Close-up")},
        ),
        ("Yukari LadyBird.jpg", {("heading", "Fan art"), ("caption", "By a friend")}),
        ("Yukari simple blue widescreen.png", {("heading", "Fan art"), ("tab", "Summer dress")}),
        ("Yukari TwoWings.jpg", {("caption", "Official")}),
    ],
)
def test_what_stands_around_a_picture_is_kept(
    yukari: dict[str, Candidate], name: str, words: set[tuple[str, str]]
) -> None:
    around = {"heading", "caption", "tab"}
    told = {(word.role, word.text) for word in yukari[name].words if word.role in around}

    assert told == words


@pytest.mark.parametrize("name", ["cirno", "Cirno", "Chirno"])
def test_without_a_category_the_page_is_read_also_through_a_redirect(
    real_wiki: RealWiki, name: str
) -> None:
    candidates = found(real_wiki, name, per_page=5)

    assert len(candidates) == 16
    assert all(name.startswith("Ice ") for name in candidates)


def test_without_category_and_page_the_names_of_files_are_searched(real_wiki: RealWiki) -> None:
    candidates = found(real_wiki, "sanae_kochiya", per_page=10)

    assert len(candidates) == 41
    assert all(name.startswith("Sanae Kochiya") for name in candidates)


def test_a_file_that_was_never_uploaded_is_told_without_files(real_wiki: RealWiki) -> None:
    embedded = found(real_wiki, start="Reimu")

    assert {name: bool(one.files) for name, one in embedded.items()} == {
        "Reimu Hakurei Garden.jpg": True,
        "Never uploaded.png": False,
    }


def test_a_redirected_file_is_told_under_its_new_name(reimu: dict[str, Candidate]) -> None:
    assert "Reimu Hakurei Aqua.jpg" in reimu
    assert "Reimu old name.jpg" not in reimu


def test_the_same_bytes_under_two_names_are_two_candidates_with_one_hash(
    reimu: dict[str, Candidate],
) -> None:
    twins = [reimu[name] for name in ("Reimu duplicate.jpg", "Reimu Hakurei Garden.jpg")]

    assert twins[0].claims.sha1 == twins[1].claims.sha1


def test_files_with_odd_names_can_be_fetched(reimu: dict[str, Candidate]) -> None:
    odd = [one for name, one in reimu.items() if not name.isascii() or set('"&+=') & set(name)]
    odd += [one for name, one in reimu.items() if len(name) > 200]

    assert len(odd) >= 7
    for one in odd:
        body = fetched(one)
        assert (hashlib.sha1(body).hexdigest(), len(body)) == (one.claims.sha1, one.claims.bytes)


def test_what_the_files_page_says_becomes_credit(reimu: dict[str, Candidate]) -> None:
    (credit,) = reimu["Reimu Hakurei Garden.jpg"].credits

    assert credit.source == "Debian package mate-backgrounds"
    assert credit.author == "see its copyright file"


def test_a_reply_in_the_old_format_tells_the_same(real_wiki: RealWiki) -> None:
    family = MediaWiki(real_wiki.site())
    request = family.search(Query((), start="Category:Reimu images"))
    old = replace(request, params=tuple({**dict(request.params), "formatversion": "1"}.items()))

    new_page, old_page = family.parse(request, ask(request)), family.parse(old, ask(old))

    assert len(new_page.candidates) == 8
    assert {one.key: one for one in old_page.candidates} == {
        one.key: one for one in new_page.candidates
    }


@pytest.mark.parametrize(
    ("asked", "name", "how"),
    [
        ("hakurei_reimu", "Category:Reimu Hakurei", "exact"),
        ("reimu", "Reimu Hakurei", "alias"),
        ("cirn", "Cirno", "autocomplete"),
        ("sanae", "Sanae", "fuzzy"),
    ],
)
def test_a_name_is_looked_up_step_by_step(
    real_wiki: RealWiki, asked: str, name: str, how: str
) -> None:
    family = MediaWiki(real_wiki.site())

    *_, (_, page) = steps(family, family.resolve(asked))

    assert (page.names[0].name, page.names[0].how) == (name, how)


def test_a_name_nobody_knows_ends_with_nothing(real_wiki: RealWiki) -> None:
    family = MediaWiki(real_wiki.site())

    *_, (_, page) = steps(family, family.resolve("nobody_at_all"))

    assert page.names == ()
    assert found(real_wiki, "nobody_at_all") == {}


def test_the_category_is_counted(real_wiki: RealWiki) -> None:
    family = MediaWiki(real_wiki.site())
    request = family.count(Query(("hakurei_reimu",)))

    assert family.parse(request, ask(request)).count == 167  # with the redirect and the lost file


@pytest.mark.parametrize("path", ["/wiki/Reimu_Hakurei?", "/index.php"])
def test_a_wiki_page_instead_of_the_api_is_unexpected(real_wiki: RealWiki, path: str) -> None:
    family = MediaWiki(real_wiki.site())
    request = replace(family.search(Query(("Reimu",))), url=real_wiki.url + path, params=())

    with pytest.raises(Unexpected, match="body"):
        family.parse(request, ask(request))


def test_a_wrong_path_to_the_api_says_what_to_set(real_wiki: RealWiki) -> None:
    family = MediaWiki(real_wiki.site(api="/w/api.php"))
    request = family.search(Query(("Reimu",)))

    with pytest.raises(Refused, match="set `api`"):
        family.parse(request, ask(request))
