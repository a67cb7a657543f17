"""When a preview can pay, and what may follow from it: rules on claims, addresses and hashes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harvester.catalog.previews import Preview, Sighting
from harvester.hashing import Picture
from harvester.model import Candidate, Facts, File, Media, Relations, State
from harvester.stages.suspecting import (
    NEAR,
    WORTH,
    Sightings,
    bits_apart,
    in_set,
    is_no_better,
    is_shaped_as,
    worthwhile,
)

CLAIMS = Facts(width=2000, height=3000, bytes=WORTH + 1, format="png", media=Media.STILL)
SMALL = File("preview", ("https://s.test/180.jpg",), 120, 180)
ORIGINAL = File("original", ("https://s.test/1.png",), 2000, 3000, WORTH + 1)
POST = Candidate("s", "1", "https://s.test/1", files=(ORIGINAL, SMALL))


def test_a_large_picture_with_a_small_preview_is_worth_a_look() -> None:
    assert worthwhile(POST, CLAIMS) == SMALL


@pytest.mark.parametrize(
    "claims",
    [
        replace(CLAIMS, width=None),
        replace(CLAIMS, height=None),
        replace(CLAIMS, format=None),
        replace(CLAIMS, format="gif"),
        replace(CLAIMS, media=Media.ANIMATION),
        replace(CLAIMS, media=Media.VIDEO),
    ],
)
def test_what_moves_or_is_of_unknown_size_or_format_is_fetched(claims: Facts) -> None:
    assert worthwhile(POST, claims) is None


@pytest.mark.parametrize("size", [None, 0, 900_000, WORTH])
def test_two_megabytes_or_less_are_fetched_at_once(size: int | None) -> None:
    claims, original = replace(CLAIMS, bytes=size), replace(ORIGINAL, bytes=None)

    assert worthwhile(replace(POST, files=(original, SMALL)), claims) is None
    assert worthwhile(POST, CLAIMS, over=WORTH + 1) is None


@pytest.mark.parametrize(
    ("previews", "taken"),
    [
        ([(50, 50), (250, 250), (720, 480)], (250, 250)),
        ([(100, 150)], (100, 150)),
        ([(100, 149)], None),
        ([(900, 1350)], None),
        ([(50, 50), (None, None)], (None, None)),
        ([(None, None), (160, 240)], (160, 240)),
        ([], None),
    ],
)
def test_the_smallest_preview_that_shows_enough_is_taken(
    previews: list[tuple[int | None, int | None]], taken: tuple[int | None, int | None] | None
) -> None:
    files = [File("preview", (f"https://s.test/{n}",), *size) for n, size in enumerate(previews)]
    sample = File("sample", ("https://s.test/s",), 850, 1275)
    found = worthwhile(replace(POST, files=(ORIGINAL, sample, *files)), CLAIMS)

    assert (found and (found.width, found.height)) == taken


def test_a_file_in_a_folder_has_no_preview_to_ask_for() -> None:
    assert worthwhile(replace(POST, page_url="file:///home/me/1.png"), CLAIMS) is None


@pytest.mark.parametrize(
    ("relations", "tags", "is_one"),
    [
        (Relations(), {}, False),
        (Relations(parent="7"), {}, True),
        (Relations(children=("8",)), {}, True),
        (Relations(has_children=True), {}, True),
        (Relations(pools=("9",)), {}, True),
        (Relations(), {"meta": ("variant_set",)}, True),
        (Relations(sources=("https://a.test/1",)), {"meta": ("highres",)}, False),
    ],
)
def test_a_picture_of_a_set_is_told_by_its_relations_and_tags(
    relations: Relations, tags: dict[str, tuple[str, ...]], is_one: bool
) -> None:
    assert in_set(relations, Facts(tags=tags)) is is_one


@pytest.mark.parametrize(
    ("claimed", "kept", "steps", "no_better"),
    [
        ((1000, 1500, "png", 3), (2000, 3000, "png", 5), (0, 0), True),
        ((2000, 3000, "jpeg", 3), (2000, 3000, "png", 5), (0, 0), True),
        ((2000, 3000, "png", 3), (2000, 3000, "png", 5), (0, 0), True),
        ((2000, 3000, "png", 5), (2000, 3000, "png", 3), (0, 0), False),
        ((2000, 3000, "png", 5), (2000, 3000, "jpeg", 3), (0, 0), False),
        ((2200, 3300, "jpeg", 3), (2000, 3000, "png", 5), (0, 0), False),
        ((1000, 1500, "png", 3), (2000, 3000, "png", 5), (0, 1), False),
        ((1000, 1500, "png", 3), (2000, 3000, "png", 5), (1, 0), True),
        ((1000, 1500, "png", 3), (None, None, "png", 5), (0, 0), False),
        ((None, None, "png", 3), (2000, 3000, "png", 5), (0, 0), False),
    ],
)
def test_what_would_be_the_better_copy_is_never_concluded_away(
    claimed: tuple[int, int, str, int],
    kept: tuple[int, int, str, int],
    steps: tuple[int, int],
    no_better: bool,
) -> None:
    one, other = (
        Picture(f"s:{n}", n, Facts(width=w, height=h, format=kind, bytes=size << 20), relaxed=step)
        for n, ((w, h, kind, size), step) in enumerate(zip((claimed, kept), steps, strict=True))
    )

    assert is_no_better(one, other) is no_better


@pytest.mark.parametrize(
    ("small", "large", "same"),
    [
        ((120, 180), (2000, 3000), True),
        ((119, 180), (2000, 3000), True),
        ((120, 179), (2000, 3000), True),
        ((117, 180), (2000, 3000), False),
        ((180, 180), (2000, 3000), False),
        ((180, 120), (2000, 3000), False),
        ((180, 180), (3000, 3000), True),
        ((180, 101), (1920, 1080), True),
        ((180, 135), (1920, 1080), False),
        ((180, 180), (None, 3000), False),
    ],
)
def test_a_thumbnail_cut_to_another_shape_is_recognised(
    small: tuple[int, int], large: tuple[int | None, int | None], same: bool
) -> None:
    assert is_shaped_as(small, large) is same


@pytest.mark.parametrize(("flipped", "found"), [(0, 0), (1, 1), (2, 2), (3, None), (20, None)])
def test_only_hashes_within_two_bits_may_be_one_picture(flipped: int, found: int | None) -> None:
    seen = Preview(1, "", b"x", 120, 180, phash=0)
    kept = Facts(width=2000, height=3000, phash=(1 << flipped) - 1)

    assert NEAR == 2
    assert bits_apart(seen, CLAIMS, kept) == found


@pytest.mark.parametrize(
    "kept",
    [
        Facts(width=2000, height=3000),
        Facts(width=2000, height=2900, phash=0),
        Facts(phash=0),
    ],
)
def test_a_kept_file_of_another_shape_or_without_a_hash_is_no_match(kept: Facts) -> None:
    assert bits_apart(Preview(1, "", b"x", 120, 180, phash=0), CLAIMS, kept) is None


def post(number: int, site: str, *sources: str, **more: object) -> Sighting:
    plain = Sighting(
        candidate=number,
        key=f"{site}:{number}",
        site=site,
        page=f"https://{site}.test/posts/{number}",
        picture=number,
        asset=None,
        state=State.ACCEPTED,
        stage="assess",
        kept=None,
        relations=Relations(sources=sources),
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # each test names real fields


PIXIV = "https://www.pixiv.net/artworks/12345678"
FILE = "https://i.pximg.net/img-original/img/2024/01/02/03/04/05/12345678_p{}.png"
TWEET = "https://twitter.com/somebody/status/1234567890123"
WANTED = {"state": State.WANTED, "stage": "screen"}


@pytest.mark.parametrize(
    ("theirs", "mine"),
    [
        ((PIXIV,), (PIXIV,)),
        ((PIXIV,), (FILE.format(0),)),
        ((FILE.format(0),), (FILE.format(0),)),
        ((PIXIV,), ("http://www.pixiv.net/member_illust.php?mode=medium&illust_id=12345678",)),
        ((TWEET,), (TWEET.replace("twitter", "x"),)),
        ((TWEET + "/photo/1",), (TWEET,)),
        ((), ("https://a.test/posts/1",)),
        (("https://me.example.org/gallery/red.png",), ("http://me.example.org/gallery/red.png",)),
    ],
)
def test_a_picture_said_to_be_from_the_same_place_is_suspected(
    theirs: tuple[str, ...], mine: tuple[str, ...]
) -> None:
    found = Sightings([post(1, "a", *theirs), post(2, "b", *mine, **WANTED)])

    assert [one.sighting.candidate for one in found.suspects(2, {State.ACCEPTED})] == [1]


@pytest.mark.parametrize(
    ("others", "mine"),
    [
        ([post(1, "a", PIXIV)], ()),
        ([post(1, "a", PIXIV)], (PIXIV.replace("8", "9"),)),
        ([post(1, "a", "https://twitter.com/")], ("https://twitter.com/",)),
        ([post(1, "b", PIXIV)], (PIXIV,)),
        ([post(1, "a", FILE.format(1))], (FILE.format(0),)),
        ([post(1, "a", TWEET + "/photo/2")], (TWEET + "/photo/1",)),
        ([post(1, "a", PIXIV), post(3, "a", PIXIV)], (PIXIV,)),
        ([post(1, "a", PIXIV), post(3, "b", PIXIV)], (PIXIV,)),
        ([post(1, "a", FILE.format(0)), post(3, "a", FILE.format(1))], (PIXIV,)),
        ([post(1, "a", PIXIV, state=State.REJECTED)], (PIXIV,)),
        ([post(1, "a", PIXIV, state=State.DUPLICATE, kept=2)], (PIXIV,)),
        ([post(1, "a", PIXIV, picture=2)], (PIXIV,)),
    ],
)
def test_a_stranger_a_page_of_a_set_and_what_is_not_kept_are_not_suspected(
    others: list[Sighting], mine: tuple[str, ...]
) -> None:
    found = Sightings([*others, post(2, "b", *mine, **WANTED)])

    assert found.suspects(2, {State.ACCEPTED}) == []


def test_pages_that_both_sites_name_are_told_apart() -> None:
    pages = [post(n, "a", FILE.format(n)) for n in range(3)]
    found = Sightings([*pages, post(11, "b", FILE.format(1), **WANTED)])

    assert [one.sighting.candidate for one in found.suspects(11, {State.ACCEPTED})] == [1]


def test_a_duplicate_stands_for_the_one_that_is_kept_in_its_place() -> None:
    copy = post(3, "c", PIXIV, state=State.DUPLICATE, kept=1)
    found = Sightings([post(1, "a"), copy, post(2, "b", PIXIV, **WANTED)])

    assert [one.sighting.candidate for one in found.suspects(2, {State.ACCEPTED})] == [1]


def test_what_only_a_preview_said_is_no_ground_for_another_conclusion() -> None:
    copy = post(3, "c", PIXIV, state=State.DUPLICATE, stage="preview", kept=1)
    found = Sightings([post(1, "a"), copy, post(2, "b", PIXIV, **WANTED)])

    assert found.suspects(2, {State.ACCEPTED}) == []


def test_servers_without_a_name_that_count_alike_are_not_taken_for_one() -> None:
    pages = ["http://127.0.0.1:80/posts/5000001", "http://127.0.0.1:81/posts/5000001"]
    found = Sightings([post(1, "a", page=pages[0]), post(2, "b", page=pages[1], **WANTED)])

    assert found.suspects(2, {State.ACCEPTED}) == []
