"""What a picture counts as when it is chosen: makers, sites, characters, sets of variants; by kind of subject."""

from __future__ import annotations

import pytest

from harvester.catalog.candidates import Known
from harvester.hashing import Kind, Likeness
from harvester.model import Candidate, Credit, Facts, Framing, Relations
from harvester.recipe import Recipe
from harvester.selection import Choice
from harvester.stages.terms import Terms, alike
from harvester.stages.works import variants, work

TAGS = {
    "artist": ("aka", "Reimu Hakurei"),
    "character": ("hakurei_reimu", "kirisame_marisa"),
    "copyright": ("touhou", "original"),
}


def choice(kind: str, *, sites: int = 1, own: str = "hakurei_reimu") -> Choice:
    terms = Terms(Recipe((own,), kind=kind), frozenset({own, "reimu_hakurei"}), sites)
    facts = Facts(tags=TAGS, framing=Framing.PORTRAIT)
    return terms.choice(Known(1, "danbooru", 1, Candidate("b", "1", "", facts), None), facts, 1.0)


def sets(**relations: object) -> list[str]:
    value = Candidate("b", "1", "", relations=Relations(**relations))  # type: ignore[arg-type]  # by name
    return [*variants(value, ("aka",))]


def test_of_a_character_framings_and_makers_count() -> None:
    found = choice("character")

    assert (found.framing, found.artists, found.site) == (Framing.PORTRAIT, ("aka",), "")
    assert (found.characters, found.series) == ((), ())


def test_of_a_style_characters_and_series_count_and_framings_do_not() -> None:
    found = choice("style")

    assert found.framing is None
    assert (found.characters, found.series) == (("kirisame_marisa",), ("touhou",))


def test_a_site_counts_where_there_are_two() -> None:
    assert choice("character", sites=2).site == "b"


def test_the_style_of_one_artist_is_all_his() -> None:
    assert choice("style", own="aka").artists == ()


def test_a_maker_who_is_named_twice_counts_once() -> None:
    credits = (Credit("aka"), Credit("aka"))
    known = Known(1, "mediawiki", 1, Candidate("w", "1", "", credits=credits), None)
    terms = Terms(Recipe(("reimu",)), frozenset(), 1)

    assert terms.choice(known, Facts(), 0.0).artists == ("aka",)


def test_a_parent_and_its_children_are_one_set() -> None:
    assert sets(parent="7") == ["b:7"]
    assert sets(children=("8",)) == ["b:1"]
    assert sets(has_children=True) == ["b:1"]


def test_a_pool_is_a_set_for_each_artist_in_it() -> None:
    assert sets(pools=("5",)) == ["b pool 5 by aka"]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("https://www.pixiv.net/artworks/98765432", "pixiv.net 98765432"),
        ("https://i.pximg.net/img-original/img/2020/01/02/03/04/05/98765432_p1.png", "pixiv.net 98765432"),
        ("https://www.pixiv.net/member_illust.php?mode=medium&illust_id=98765432", "pixiv.net 98765432"),
        ("https://x.com/somebody/status/1234567890123456789/photo/2", "twitter.com 1234567890123456789"),
        ("https://twitter.com/somebody/status/1234567890123456789", "twitter.com 1234567890123456789"),
        ("https://example.org/gallery/2020", ""),
        ("https://twitter.com/somebody", ""),
        ("Perfect Memento in Strict Sense, page 12345", ""),
        ("http://[broken", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_source_names_a_work_by_its_number(source: str, told: str) -> None:
    assert work(source) == told


def test_pages_of_one_work_are_one_set() -> None:
    pages = [
        sets(sources=(f"https://i.pximg.net/img/2020/01/02/98765432_p{page}.png",))
        for page in range(3)
    ]

    assert pages == [["pixiv.net 98765432"]] * 3


def likeness(kind: Kind) -> Likeness:
    return Likeness(kind, 0.5, "told by a test")


def test_what_was_found_to_be_variants_is_one_set_however_it_hangs_together() -> None:
    pairs = {("a", "b"): Kind.VARIANT, ("c", "d"): Kind.VARIANT, ("b", "d"): Kind.VARIANT}
    others = {("a", "e"): Kind.DIFFERENT, ("f", "g"): Kind.DUPLICATE}

    found = alike({pair: likeness(kind) for pair, kind in (pairs | others).items()})

    assert found == dict.fromkeys("abcd", "like a")


def test_a_file_counts_towards_the_set_it_was_found_in() -> None:
    terms = Terms(Recipe(("reimu",)), frozenset(), 1, {"ff": "like ff"})
    known = Known(1, "danbooru", 1, Candidate("b", "1", ""), "ff")

    assert terms.choice(known, Facts(), 0.0).variants == ("like ff",)
