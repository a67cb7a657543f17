"""What captions, headings, tabs, file names and categories say of a picture is read; what only looks like it is not."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester import gates, vocabulary
from harvester.model import Facts, Framing, Word

ROLES = ("caption", "tab", "filename", "description", "heading", "category")


def read(*words: tuple[str, str], tags: tuple[str, ...] | None = None) -> Facts:
    claims = Facts(tags=None if tags is None else {"general": tags})
    told = [Word(role, text) for role, text in words]
    return vocabulary.read(claims, family="danbooru" if tags else "mediawiki", words=told)


def marks(*words: tuple[str, str]) -> dict[str, tuple[str, ...]]:
    return dict(read(*words).marks or {})


@pytest.mark.parametrize(
    ("role", "text", "framing"),
    [
        ("caption", "Portrait", "portrait"),
        ("caption", "Full-body portrait", "full_body"),
        ("caption", "Official portrait", "portrait"),
        ("caption", "Half-length portrait", "upper_body"),
        ("caption", "Portrait of Reimu as she was in the games of the nineties", "portrait"),
        ("caption", "A bust of the shrine maiden by the artist of the series", "upper_body"),
        ("caption", "全身図", "full_body"),
        ("tab", "Full art", "full_body"),
        ("tab", "Bust", "upper_body"),
        ("tab", "立ち絵 上半身", "upper_body"),
        ("heading", "Full body", "full_body"),
        ("heading", "Portraits", "portrait"),
        ("filename", "Reimu_Hakurei_FullBody_2.png", "full_body"),
        ("filename", "reimu-close-up.jpg", "close_up"),
        ("filename", "博麗霊夢全身.png", "full_body"),
        ("filename", "灵梦_特写.png", "close_up"),
        ("filename", "레이무 전신.png", "full_body"),
        ("category", "Headshots", "portrait"),
        ("category", "Knees-up", "cowboy_shot"),
        ("description", "Wide shot of the shrine with everybody who ever came to it", "wide"),
    ],
)
def test_framing_is_taken_where_it_is_said(role: str, text: str, framing: str) -> None:
    facts = read((role, text))

    assert facts.framing is Framing(framing)
    assert (facts.marks or {})["said"] == ("framing",)


@pytest.mark.parametrize(
    ("role", "text"),
    [
        ("caption", "Reimu cleans the frame of a portrait that hangs beside the altar"),
        ("description", "She is drawn here beside a full body mirror of the mansion"),
        ("filename", "Portraiture.png"),
        ("filename", "Castlevania Portrait of Ruin Charlotte.png"),
        ("filename", "Busted.png"),
        ("filename", "Reimu full body suit.png"),
        ("filename", "Reimu Hakurei.png"),
        ("caption", "Screen in portrait orientation"),
        ("caption", "全身タイツ"),
        ("caption", "全身全霊"),
        ("filename", "霊夢 下半身.png"),
        ("filename", "クローズアップス.png"),
        ("caption", ""),
        ("heading", "Appearance"),
        ("heading", "Bust size"),
    ],
)
def test_what_only_looks_like_a_framing_is_none(role: str, text: str) -> None:
    assert read((role, text)).framing is None


def test_the_nearest_words_are_heard_and_tags_before_any() -> None:
    told = [("heading", "Portraits"), ("filename", "Reimu bust.png"), ("tab", "Full body")]

    assert read(*told).framing is Framing.FULL_BODY
    assert read(*told, ("caption", "Close-up")).framing is Framing.CLOSE_UP
    assert read(*told, tags=("cowboy_shot",)).framing is Framing.COWBOY_SHOT
    assert "said" not in (read(*told, tags=("cowboy_shot",)).marks or {})
    assert read(*told, tags=("solo",)).framing is Framing.FULL_BODY


@pytest.mark.parametrize(
    ("role", "text"),
    [
        ("heading", "Official art"),
        ("heading", "Official"),
        ("heading", "公式イラスト"),
        ("tab", "Key Visual"),
        ("tab", "设定图"),
        ("caption", "Promotional artwork"),
        ("caption", "Concept art of the first game, which was never sold anywhere"),
        ("filename", "Reimu Key Art.png"),
        ("filename", "灵梦官方立绘.png"),
        ("filename", "레이무 공식 일러스트.png"),
        ("category", "Official artworks"),
        ("description", "キービジュアル"),
    ],
)
def test_official_art_is_recognised(role: str, text: str) -> None:
    found = marks((role, text))

    assert "official" in found
    assert "fan" not in found
    assert found["said"] == ("officialness",)


@pytest.mark.parametrize(
    ("role", "text"),
    [
        ("heading", "Fan art"),
        ("heading", "Fanart"),
        ("tab", "Fan"),
        ("caption", "Fan-made key visual"),
        ("caption", "非公式イラスト"),
        ("filename", "Reimu fanart by somebody.png"),
        ("filename", "灵梦同人图.png"),
        ("filename", "레이무 팬아트.png"),
        ("category", "Unofficial artwork"),
        ("category", "二次創作"),
    ],
)
def test_fan_art_is_recognised(role: str, text: str) -> None:
    found = marks((role, text))

    assert "fan" in found
    assert "official" not in found


@pytest.mark.parametrize(
    ("role", "text"),
    [
        ("heading", "Official website"),
        ("heading", "Official name"),
        ("heading", "公式サイト"),
        ("heading", "官方网站"),
        ("tab", "Promotional video"),
        ("caption", "Reimu opens the official guide at the festival of the shrine"),
        ("caption", "The artist is known for official art of a quite different series"),
        ("heading", "Fans"),
        ("filename", "Infantry.png"),
        ("filename", "Stefan.png"),
        ("caption", "A fan favourite"),
        ("caption", "Officially sold"),
    ],
)
def test_what_only_looks_like_official_or_fan_is_neither(role: str, text: str) -> None:
    assert not marks((role, text)).keys() & {"official", "fan"}


def test_a_caption_knows_better_than_the_heading_above_it() -> None:
    found = marks(("heading", "Official art"), ("caption", "Fan art by a visitor"))

    assert "fan" in found
    assert "official" not in found


def test_a_tag_of_the_site_knows_better_than_words() -> None:
    told = read(("caption", "Official art"), tags=("fanart",))

    assert "official" not in (told.marks or {})
    assert (told.marks or {})["fan"] == ("fanart",)
    assert "said" not in (told.marks or {})


@pytest.mark.parametrize(
    ("words", "outfit"),
    [
        ([("tab", "Swimsuit")], "Swimsuit"),
        ([("tab", "Summer outfit")], "Summer outfit"),
        ([("heading", "Alternate costume")], "Alternate costume"),
        ([("caption", "Reimu in her school uniform")], "school uniform"),
        ([("caption", "Reimu's kimono")], "kimono"),
        ([("tab", "Skin: Moonlit Reverie")], "Moonlit Reverie"),
        ([("caption", "皮肤：月下")], "月下"),
        ([("tab", "水着")], "水着"),
        ([("heading", "Skins"), ("tab", "Moonlit Reverie")], "Moonlit Reverie"),
        ([("tab", "Costumes"), ("caption", "Crimson  Dawn")], "Crimson Dawn"),
        ([("heading", "Outfits"), ("caption", "Swimsuit"), ("tab", "Gallery")], "Swimsuit"),
    ],
)
def test_an_outfit_has_the_name_that_words_give_it(
    words: list[tuple[str, str]], outfit: str
) -> None:
    facts = read(*words)

    assert facts.outfit == outfit
    assert (facts.marks or {})["other_outfits"] == (outfit,)


@pytest.mark.parametrize(
    "words",
    [
        [("tab", "Default")],
        [("tab", "Default outfit")],
        [("caption", "Default skin")],
        [("tab", "通常")],
        [("tab", "默认皮肤")],
        [("heading", "Skins"), ("tab", "Default")],
        [("tab", "Skin: Default")],
    ],
)
def test_the_default_tab_is_the_first_outfit(words: list[tuple[str, str]]) -> None:
    facts = read(*words)

    assert facts.outfit
    assert (facts.marks or {})["default_outfit"] == (facts.outfit,)
    assert "other_outfits" not in (facts.marks or {})


@pytest.mark.parametrize(
    "words",
    [
        [("tab", "Gallery")],
        [("tab", "Anime")],
        [("heading", "Skins")],
        [("heading", "Skins"), ("tab", "Full body")],
        [("heading", "Skin")],
        [("caption", "Fair skin")],
        [("caption", "Her swimsuit was drawn by the artist who left the studio in spring")],
        [("caption", "The maid of the mansion")],
        [("caption", "Sakuya: the maid")],
        [("heading", "Costume design")],
        [("tab", "Default settings")],
        [("tab", "Swimsuit"), ("tab", "Kimono")],
        [("filename", "Reimu swimsuit.png")],
    ],
)
def test_where_no_outfit_is_named_for_sure_it_is_unknown(words: list[tuple[str, str]]) -> None:
    assert read(*words).outfit is None


@pytest.mark.parametrize(
    ("role", "text"),
    [
        ("filename", "Icon_Sword.png"),
        ("filename", "ReimuIcon2.png"),
        ("filename", "Flag of Japan.png"),
        ("filename", "Reimu sprite.png"),
        ("filename", "Wiki-wordmark.png"),
        ("filename", "World Map.jpg"),
        ("filename", "Button_Close.png"),
        ("filename", "Thumb-reimu.png"),
        ("filename", "Emblem Fire.png"),
        ("filename", "Item Potion.png"),
        ("filename", "Skill 12.png"),
        ("filename", "灵梦头像.png"),
        ("filename", "霊夢アイコン.png"),
        ("filename", "레이무 아이콘.png"),
        ("category", "Weapon icons"),
        ("category", "Sprites from the first game"),
    ],
)
def test_parts_of_a_page_are_known_by_their_names(role: str, text: str) -> None:
    assert "interface" in marks((role, text))


@pytest.mark.parametrize(
    ("role", "text"),
    [
        ("filename", "Flagship.png"),
        ("filename", "Mapo tofu.png"),
        ("filename", "Iconic pose.png"),
        ("filename", "Mapple.png"),
        ("filename", "Thumbelina.png"),
        ("filename", "Fire Emblem Marth.png"),
        ("filename", "Shigure Ui.png"),
        ("filename", "Danganronpa Fullbody Sprite 01.png"),
        ("filename", "Key visual (no logo).png"),
        ("filename", "Stitem.png"),
        ("filename", "プロゴルフの霊夢.png"),
        ("category", "Pages that need icons for weapons"),
        ("caption", "Reimu and a flag"),
        ("heading", "Map"),
    ],
)
def test_other_names_and_other_places_make_no_part_of_a_page(role: str, text: str) -> None:
    assert "interface" not in marks((role, text))


@pytest.mark.parametrize(
    ("role", "text", "gate"),
    [
        ("filename", "Reimu_chibi_2.png", "depiction"),
        ("heading", "Chibi Art", "depiction"),
        ("filename", "ちびキャラ霊夢.png", "depiction"),
        ("category", "Chibi images", "depiction"),
        ("category", "Images of chibis", "depiction"),
        ("caption", "Line art of her second outfit", "finish"),
        ("tab", "Sketch", "finish"),
        ("filename", "灵梦线稿.png", "finish"),
        ("filename", "Reimu expressions.png", "layout"),
        ("category", "Character sheets", "layout"),
        ("caption", "A manga panel", "layout"),
    ],
)
def test_how_a_picture_is_made_is_heard_before_it_is_downloaded(
    role: str, text: str, gate: str
) -> None:
    [ruling] = [one for one in gates.judge(gates.build({}), read((role, text))) if one.gate == gate]

    assert ruling.verdict.value == "reject"


@pytest.mark.parametrize(
    ("role", "text"),
    [
        ("filename", "Hidamari Sketch Yuno.png"),
        ("filename", "Reimu Sketchbook cover.png"),
        ("filename", "Chibiterasu.png"),
        ("caption", "She draws a sketch of Marisa while nobody is looking at her at all"),
        ("category", "Artists who sketch on paper"),
        ("description", "Reimu shows many different expressions over the course of the story"),
    ],
)
def test_a_sketch_that_somebody_draws_is_none(role: str, text: str) -> None:
    assert not {"chibi", "unfinished", "layout"} & marks((role, text)).keys()


def test_galleries_number_their_pictures_as_items() -> None:
    word = [Word("filename", "gallery-item-12.jpg")]

    assert "interface" not in (vocabulary.read(Facts(), family="webpage", words=word).marks or {})
    assert "interface" in (vocabulary.read(Facts(), family="mediawiki", words=word).marks or {})


def test_where_tags_tell_what_is_worn_no_outfit_is_read_out_of_words() -> None:
    facts = read(("heading", "Swimsuit"), tags=("solo", "red_bikini"))

    assert facts.outfit is None
    assert "other_outfits" not in (facts.marks or {})


def test_names_of_files_on_boorus_are_given_by_uploaders_and_say_nothing_of_pages() -> None:
    word = [Word("filename", "icon.png")]
    for family in ("danbooru", "philomena", "shimmie2", "localfolder"):
        told = vocabulary.read(Facts(tags={"general": ("solo",)}), family=family, words=word)

        assert "interface" not in (told.marks or {})


def test_what_words_say_does_not_depend_on_their_order() -> None:
    told = [
        ("heading", "Skins"),
        ("tab", "Moonlit"),
        ("caption", "Full-body portrait"),
        ("filename", "Reimu official art.png"),
        ("category", "Fan art"),
    ]
    first = read(*told)

    assert first.outfit == "Moonlit"
    assert all(read(*order) == first for order in permutations(told))


@given(st.lists(st.tuples(st.sampled_from(ROLES), st.text(max_size=60)), max_size=6))
def test_any_text_is_read_without_trouble_and_always_alike(words: list[tuple[str, str]]) -> None:
    assert read(*words) == read(*words)


@given(
    st.sampled_from(ROLES), st.text(max_size=40), st.sampled_from(["loli", "ショタ", "shotacon"])
)
def test_no_word_hides_a_forbidden_one(role: str, text: str, forbidden: str) -> None:
    told = read((role, f"{text} full body {forbidden} official website"))

    assert gates.clear(told).verdict == "reject"
