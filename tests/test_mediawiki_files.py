"""What a wiki's file becomes: size, hash, address, type, licence, and the holes servers leave."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from harvester import Credit, Gone, Media, Rating, Site, Word
from sources.mediawiki import MediaWiki
from tests.wiki_replies import WIKI, a_file, listed, one, pages, recorded, sent


def test_a_file_is_told_with_size_hash_and_address() -> None:
    candidate = listed(recorded("category-files-1.json")).candidates[0]

    assert candidate.key == "wiki:Reimu Hakurei (blue giggle).png"
    assert candidate.page_url.endswith("/wiki/File:Reimu_Hakurei_(blue_giggle).png")
    assert candidate.original is not None
    assert candidate.original.urls[0].endswith("/images/8/85/Reimu_Hakurei_%28blue_giggle%29.png")
    assert candidate.claims.sha1 == "213ea84a9e39614b3688bb70bdfce768cad35f3e"
    assert (candidate.claims.width, candidate.claims.height) == (334, 700)
    assert (candidate.claims.format, candidate.claims.media) == ("png", Media.STILL)
    assert candidate.claims.created == datetime(2026, 11, 22, 13, 21, 20, tzinfo=UTC)
    assert candidate.claims.tags is None


def test_licence_author_and_description_are_plain_text() -> None:
    candidate = listed(recorded("category-files-1.json")).candidates[0]

    assert candidate.credits == (
        Credit(
            "see package copyright",
            "Expat",
            "https://opensource.org/license/mit",
            "Debian package renpy-thequestion",
        ),
    )
    assert Word("description", "Reimu Hakurei (blue giggle)") in candidate.words
    assert Word("category", "Reimu images") in candidate.words


def test_who_uploaded_a_file_is_its_source_and_not_its_author() -> None:
    assert one(a_file(user="Keeper")).credits == (Credit(source="uploaded by Keeper"),)
    assert one(a_file()).credits == ()


def test_a_licence_is_told_without_an_author_as_well() -> None:
    told = {"UsageTerms": {"value": "Fair use"}, "LicenseUrl": {"value": "https://l.test/fu"}}

    (credit,) = one(a_file(extmetadata=told)).credits

    assert credit == Credit(licence="Fair use", licence_url="https://l.test/fu")


def test_the_category_it_was_found_in_is_a_word() -> None:
    assert Word("category", "Reimu Hakurei") in one(a_file()).words


def test_marked_up_descriptions_lose_their_marks() -> None:
    told = {"Artist": {"value": '<a href="//x">Zun</a>&nbsp;<style>p{}</style><b>&amp; co</b>'}}

    assert one(a_file(extmetadata=told)).credits[0].author == "Zun & co"


@pytest.mark.parametrize(
    "text", ["Reimu.png", "https://wiki.test", "<?xml version='1'?>a", "a & b"]
)
def test_descriptions_that_look_like_something_else_are_text(text: str) -> None:
    assert one(a_file(extmetadata={"ImageDescription": {"value": text}})).words


def test_a_rating_is_claimed_only_where_the_site_has_a_default() -> None:
    rated = MediaWiki(Site("w", "mediawiki", "https://w.test", rating_default=Rating.GENERAL))

    assert (one(a_file()).claims.rating, one(a_file()).claims.status) == (None, frozenset())
    assert one(a_file(), rated).claims.rating is Rating.GENERAL
    assert one(a_file(), rated).claims.status == {"rating_assumed"}


@pytest.mark.parametrize(
    ("mime", "more", "told"),
    [
        ("image/jpeg", {}, ("jpeg", Media.STILL)),
        ("image/svg+xml", {}, ("svg", Media.STILL)),
        ("image/gif", {"duration": 1.2}, ("gif", Media.ANIMATION)),
        ("image/x-ms-bmp", {}, ("bmp", Media.STILL)),
        ("video/webm", {}, ("webm", Media.VIDEO)),
        ("application/ogg", {"mediatype": "VIDEO"}, ("ogg", Media.VIDEO)),
        ("application/x-shockwave-flash", {}, ("shockwave-flash", Media.FLASH)),
        ("application/pdf", {}, ("pdf", None)),
    ],
)
def test_the_type_is_read_from_the_mime_type(
    mime: str, more: dict[str, Any], told: tuple[str, Media | None]
) -> None:
    claims = one(a_file(mime=mime, **more)).claims

    assert (claims.format, claims.media) == told


def test_a_redirected_file_counts_as_its_target() -> None:
    old = a_file("File:Old.png", canonicaltitle="File:New.png")

    page = listed(pages(old, a_file("File:New.png", canonicaltitle="File:New.png")))

    assert [candidate.post_id for candidate in page.candidates] == ["New.png"]


def test_the_name_space_is_left_out_in_every_language() -> None:
    assert one(a_file(canonicaltitle="ファイル:霊夢.png")).post_id == "霊夢.png"


def test_missing_files_and_pages_without_a_file_are_told_without_files() -> None:
    page = listed(recorded("file-titles.json"))

    assert {one.post_id: bool(one.files) for one in page.candidates} == {
        "Never there.png": False,
        "Marisa with a broom.png": True,
        "Missing reimu.png": False,
    }


@pytest.mark.parametrize("hole", ["filemissing", "filehidden", "suppressed"])
def test_a_file_without_an_address_is_told_without_files(hole: str) -> None:
    hidden = {"title": "File:A.png", "imageinfo": [{hole: True, "canonicaltitle": "File:A.png"}]}

    assert one(hidden).files == ()


def test_a_file_of_a_shared_repository_is_a_file() -> None:
    shared = {**a_file(), "missing": True, "known": True, "imagerepository": "shared"}

    assert one(shared).original is not None


def test_what_php_does_not_know_is_unknown() -> None:
    claims = one(a_file(sha1=False, size=False, width=0)).claims

    assert (claims.sha1, claims.bytes, claims.width) == (None, None, None)


def test_fandom_is_asked_for_the_original_bytes() -> None:
    url = "https://static.test/a/a.png/revision/latest?cb=1"

    assert one(a_file(url=url)).files[0].urls == (url + "&format=original",)


def test_fandoms_language_wikis_keep_their_prefix() -> None:
    url = "https://static.test/a/a.png/revision/latest?cb=1&path-prefix=ja"

    assert one(a_file(url=url)).files[0].urls == (url + "&format=original",)


def test_a_wiki_that_wants_a_referer_gets_it_with_every_file() -> None:
    options = {"referer": "https://wiki.biligame.com/"}
    picky = MediaWiki(Site("w", "mediawiki", "https://w.test", options=options))

    assert one(a_file(), picky).files[0].headers == (("Referer", "https://wiki.biligame.com/"),)
    assert one(a_file()).files[0].headers == ()


def test_a_file_by_itself_is_told_under_the_name_it_is_known_by() -> None:
    known = one(a_file("File:Old.png", canonicaltitle="File:Old.png"))
    request = WIKI.detail(known)
    moved = a_file("File:New.png", canonicaltitle="File:New.png")

    page = WIKI.parse(request, pages(moved))

    assert sent(request)["titles"] == "File:Old.png"
    assert [(told.post_id, told.files[0].urls) for told in page.candidates] == [
        ("Old.png", ("https://wiki.test/images/New.png",))
    ]


def test_a_file_that_is_no_more_is_gone() -> None:
    missing = {"ns": 6, "title": "File:A.png", "missing": True, "imagerepository": ""}

    with pytest.raises(Gone):
        WIKI.parse(WIKI.detail(one(a_file())), pages(missing))


def test_an_address_that_is_none_is_not_passed_on() -> None:
    candidate = one(a_file(url="file:///etc/passwd", descriptionurl="javascript:x"))

    assert candidate.files == ()
    assert candidate.page_url == "https://wiki.test/index.php?title=File:A.png"
