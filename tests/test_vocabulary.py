"""Tags and words are read into framing, people and marks, whatever their case and spacing."""

from __future__ import annotations

import tomllib
from importlib import resources
from itertools import combinations
from pathlib import Path

import pytest

from harvester import sayings, vocabulary
from harvester.errors import RecipeError
from harvester.model import Facts, Framing, People, Rating, Word

VIEWS = (
    "front",
    "three_quarter",
    "side",
    "behind",
    "above",
    "below",
    "own_eyes",
    "tilted",
    "distorted",
)
EXCLUSIVE = (
    ("official", "fan"),
    ("official_outfits", "outfit_changes"),
    ("official_outfits", "identity_changes"),
    ("official", "screenshots"),
    ("minors", "age"),
    ("age", "nudity"),
    ("housekeeping", "defects"),
    ("speech", "watermarks", "signed", "text", "defects", "edited", "layout"),
    tuple(f"view_{view}" for view in VIEWS),
)
"""Sets of which one tag can be in one only."""

WRITTEN: dict[str, dict[str, dict[str, list[str]]]] = tomllib.loads(
    resources.files("harvester").joinpath("vocabulary.toml").read_text("utf-8")
)
FAMILIES = sorted(vocabulary.standard().tables)
UNWANTED = {
    "minors",
    "real_people",
    "do_not_post",
    "machine_made",
    "edited",
    "animation",
    "cut",
    "layout",
    "flagged",
    "interface",
    "speech",
    "watermarks",
    "fan",
    "outfit_changes",
    "identity_changes",
    "cosplay",
    "nudity",
}


def read(*tags: str, family: str = "danbooru", category: str = "general") -> Facts:
    return vocabulary.read(Facts(tags={category: tags}), family=family)


def texts(*words: str) -> Facts:
    told = [Word("caption", text) for text in words]
    return vocabulary.read(Facts(), family="mediawiki", words=told)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_tag_stands_on_two_sides_of_framing_people_or_rating(family: str) -> None:
    entries = vocabulary.standard().table(family).entries
    for group in ("framing", "people", "rating"):
        sides = [set(map(vocabulary.fold, tags)) for (g, _), tags in entries.items() if g == group]

        assert not any(left & right for left, right in combinations(sides, 2)), group


@pytest.mark.parametrize("family", sorted(WRITTEN))
def test_no_table_puts_one_tag_on_two_sides_of_a_group(family: str) -> None:
    """As it is written: where tables are laid together, the nearer one wins, which would hide it."""
    for group in ("framing", "people", "rating", "said"):
        sides: dict[str, str] = {}
        for name, tags in WRITTEN[family].get(group, {}).items():
            for tag in tags:
                assert sides.setdefault(vocabulary.fold(tag), name) == name, (group, tag)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_tag_is_in_two_sets_that_exclude_each_other(family: str) -> None:
    table = vocabulary.standard().table(family)
    tags = {
        tag for (group, _), listed in table.entries.items() if group == "sets" for tag in listed
    }
    for tag in tags:
        names = {name for group, name in table.sides(tag.replace("*", "x")) if group == "sets"}
        for sets in EXCLUSIVE:
            assert len(names.intersection(sets)) < 2, (tag, names)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_phrase_says_two_things(family: str) -> None:
    said: dict[str, str] = {}
    for (group, name), phrases in vocabulary.standard().table(family).entries.items():
        for phrase in phrases if group == "said" else ():
            told = ("=" if phrase[0] == "=" else "") + sayings.spelled_out(phrase)

            assert told.strip("="), phrase
            assert said.setdefault(told, name) == name, phrase


@pytest.mark.parametrize("family", FAMILIES)
def test_every_phrase_says_what_it_stands_under(family: str) -> None:
    table = vocabulary.standard().table(family)
    for (group, name), phrases in table.entries.items():
        for phrase in phrases if group == "said" else ():
            expected = [] if name == "nothing" else [name]
            text = phrase[1:] if phrase[0] == "=" else f"{phrase} 7"

            assert [hit.name for hit in table.said.find(text)] == expected, phrase


@pytest.mark.parametrize("family", FAMILIES)
def test_no_list_names_a_tag_twice(family: str) -> None:
    for side, tags in vocabulary.standard().table(family).entries.items():
        folded = [vocabulary.fold(tag) for tag in tags]

        assert len({*tags}) == len(tags), side
        assert side[0] != "said" or len({*folded}) == len(folded), side


@pytest.mark.parametrize("family", FAMILIES)
def test_no_tag_is_both_official_and_unwanted(family: str) -> None:
    table = vocabulary.standard().table(family)
    for tag in table.entries.get(("sets", "official"), ()):
        names = {name for group, name in table.sides(tag) if group == "sets"}

        assert not names & UNWANTED, tag


@pytest.mark.parametrize("family", FAMILIES)
def test_no_framing_or_count_of_people_is_a_reason_to_reject(family: str) -> None:
    table = vocabulary.standard().table(family)
    for (group, _), tags in table.entries.items():
        for tag in tags if group in ("framing", "people") else ():
            assert not {("sets", name) for name in UNWANTED} & set(table.sides(tag)), tag


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_knows_the_safety_sets(family: str) -> None:
    common = vocabulary.standard().table("common").entries
    table = vocabulary.standard().table(family)
    for name in ("minors", "age", "nudity", "do_not_post"):
        assert set(common["sets", name]) <= set(table.entries["sets", name])


def test_no_age_tag_is_forbidden_as_a_word() -> None:
    table = vocabulary.standard().table("danbooru")
    for tag in table.entries["sets", "age"]:
        assert ("sets", "minors") not in table.sides(tag), tag


def test_every_name_in_the_tables_is_one_the_program_knows() -> None:
    for family in FAMILIES:
        for group, name in vocabulary.standard().table(family).entries:
            assert name in vocabulary.GROUPS.get(group, {name})


@pytest.mark.parametrize("tag", ["upper_body", "Upper Body", "UPPER-BODY", " upper  body "])
def test_case_and_spacing_do_not_matter(tag: str) -> None:
    assert read(tag).framing is Framing.UPPER_BODY


def test_of_several_framings_the_widest_counts() -> None:
    assert read("portrait", "full_body", "close-up").framing is Framing.FULL_BODY


def test_without_a_framing_tag_the_framing_is_unknown() -> None:
    assert read("solo", "smile").framing is None


def test_without_tags_everything_is_unknown() -> None:
    facts = vocabulary.read(Facts(framing=Framing.WIDE, outfit="old"), family="danbooru")

    assert (facts.framing, facts.people, facts.outfit, facts.marks) == (None,) * 4


@pytest.mark.parametrize(
    ("tags", "people"),
    [
        (("solo", "1girl"), People.ALONE),
        (("2girls", "multiple_girls"), People.SEVERAL),
        (("1girl", "1boy"), People.SEVERAL),
        (("multiple_girls", "solo_focus"), People.FOCUS),
        (("2girls", "solo"), People.SEVERAL),
        (("no_humans",), People.NOBODY),
        (("no_humans", "solo"), People.ALONE),
        (("1girl",), None),
    ],
)
def test_people_are_counted_strictly(tags: tuple[str, ...], people: People | None) -> None:
    assert read(*tags).people is people


@pytest.mark.parametrize(
    ("tags", "characters", "people"),
    [
        ((), ("hakurei_reimu",), None),
        (("1girl",), ("hakurei_reimu",), None),
        ((), ("hakurei_reimu", "kirisame_marisa"), People.SEVERAL),
        (("1girl",), ("hakurei_reimu", "kirisame_marisa"), People.SEVERAL),
        (("solo",), ("hakurei_reimu", "kirisame_marisa"), People.ALONE),
        (("solo_focus",), ("hakurei_reimu", "kirisame_marisa"), People.FOCUS),
        (("no_humans",), ("pikachu", "eevee"), People.SEVERAL),
        ((), ("saber_(fate)", "saber_alter_(fate)"), None),
        ((), ("saber_(fate)", "saber_(swimsuit_archer)_(fate)"), None),
        ((), ("kagamine_rin", "kagamine_len"), People.SEVERAL),
        ((), ("kirisame_marisa", "hakurei_reimu_(cosplay)"), None),
        ((), ("a_(x)", "b_(x)", "a_(cosplay)"), People.SEVERAL),
        (("everyone",), ("hakurei_reimu",), People.SEVERAL),
    ],
)
def test_people_are_counted_by_names_of_characters_where_nothing_else_says_it(
    tags: tuple[str, ...], characters: tuple[str, ...], people: People | None
) -> None:
    claims = Facts(tags={"general": tags, "character": characters})

    assert vocabulary.read(claims, family="danbooru").people is people


@pytest.mark.parametrize(
    ("family", "tags", "people"),
    [
        ("e621", ("solo",), People.ALONE),
        ("e621", ("duo",), People.SEVERAL),
        ("e621", ("group", "solo_focus"), People.FOCUS),
        ("e621", ("zero_pictured",), People.NOBODY),
        ("e621", ("female",), None),
        ("philomena", ("solo focus", "group"), People.FOCUS),
        ("philomena", ("no pony",), People.NOBODY),
        ("gelbooru02", ("solo_female",), People.ALONE),
        ("gelbooru02", ("1girls", "1girl"), None),
        ("gelbooru02", ("1girls", "1boys"), People.SEVERAL),
        ("animepictures", ("single",), People.ALONE),
        ("zerochan", ("Solo",), People.ALONE),
        ("zerochan", ("Duo",), People.SEVERAL),
        ("moebooru", ("long_hair",), None),
        ("mediawiki", ("solo",), None),
    ],
)
def test_each_family_counts_people_in_its_own_words(
    family: str, tags: tuple[str, ...], people: People | None
) -> None:
    assert read(*tags, family=family).people is people


@pytest.mark.parametrize(
    ("family", "tag", "view"),
    [
        ("danbooru", "from_behind", "view_behind"),
        ("danbooru", "profile", "view_side"),
        ("danbooru", "from_above", "view_above"),
        ("danbooru", "straight-on", "view_front"),
        ("danbooru", "pov", "view_own_eyes"),
        ("danbooru", "dutch_angle", "view_tilted"),
        ("e621", "rear_view", "view_behind"),
        ("e621", "worm's-eye_view", "view_below"),
        ("e621", "three-quarter_view", "view_three_quarter"),
    ],
)
def test_from_where_a_figure_is_seen_is_a_mark(family: str, tag: str, view: str) -> None:
    assert read(tag, family=family).marks == {view: (tag,)}


def test_what_imitates_the_makers_hand_is_not_official() -> None:
    for tag in ("anime_coloring", "official_style", "fake_screenshot", "screenshot_redraw"):
        assert "official" not in (read(tag).marks or {})


def test_words_that_speak_of_the_site_or_the_file_are_kept_apart() -> None:
    told = read("highres", "commentary_request", "signature", "english_text").marks or {}

    assert [*told] == ["housekeeping", "signed", "size", "text"]


@pytest.mark.parametrize(
    ("family", "tag", "mark"),
    [
        ("danbooru", "speech_bubble", "speech"),
        ("danbooru", "subtitled", "speech"),
        ("danbooru", "sample_watermark", "watermarks"),
        ("danbooru", "watermark", "defects"),
        ("danbooru", "third-party_watermark", "edited"),
        ("danbooru", "twitter_username", "signed"),
        ("danbooru", "copyright_name", "text"),
        ("danbooru", "spoken_heart", "text"),
        ("danbooru", "text-only_page", "layout"),
        ("moebooru", "speech_bubble", "speech"),
        ("zerochan", "Speech Bubble", "speech"),
        ("e621", "dialogue", "speech"),
        ("e621", "english_text", "text"),
        ("e621", "url", "signed"),
        ("philomena", "image macro", "speech"),
        ("philomena", "obtrusive watermark", "watermarks"),
        ("twibooru", "speech bubble", "speech"),
    ],
)
def test_writing_is_told_by_how_much_it_spoils(family: str, tag: str, mark: str) -> None:
    assert read(tag, family=family).marks == {mark: (tag,)}


def test_marks_name_the_tags_as_the_site_wrote_them() -> None:
    assert read("Comic", "hakurei_reimu_(cosplay)", "smile").marks == {
        "layout": ("Comic",),
        "cosplay": ("hakurei_reimu_(cosplay)",),
    }


def test_tags_of_every_category_are_read() -> None:
    assert "official" in (read("official_art", category="meta").marks or {})
    assert "do_not_post" in (read("avoid_posting", family="e621", category="artist").marks or {})


def test_one_tag_may_mean_different_things_in_two_families() -> None:
    assert read("bust", family="danbooru").framing is Framing.UPPER_BODY
    assert read("three-quarter_portrait", family="e621").framing is Framing.COWBOY_SHOT
    assert vocabulary.standard().rating("danbooru", "s") is Rating.SENSITIVE
    assert vocabulary.standard().rating("e621", "s") is Rating.GENERAL
    assert vocabulary.standard().rating("moebooru", "s") is Rating.GENERAL
    assert vocabulary.standard().rating("moebooru", "no such") is None


def test_a_family_without_a_table_is_read_with_the_common_one() -> None:
    assert "minors" in (read("loli", family="somebody's own").marks or {})


@pytest.mark.parametrize(
    "text", ["File:Reimu shota.png", "ReimuLoli2", "a LOLI, drawn", "Child_on_child"]
)
def test_captions_and_file_names_are_searched_for_forbidden_words(text: str) -> None:
    assert "minors" in (texts(text).marks or {})


@pytest.mark.parametrize("text", ["Gothic Lolita dress", "lollipop", "polo shirt", "Aizawa Shouta"])
def test_only_whole_words_of_a_text_count(text: str) -> None:
    assert "minors" not in (texts(text).marks or {})


def test_a_sentence_says_nothing_of_people_or_layout() -> None:
    facts = texts("a comic with several people, one of them shown as full body")

    assert (facts.framing, facts.people, facts.marks) == (None, None, {})


def test_cosplayers_are_recognised_by_the_words_around_them() -> None:
    assert "real_people" in (texts("Category:Cosplayers").marks or {})


def test_terms_are_the_familys_own_spellings_the_most_used_first() -> None:
    assert vocabulary.terms("danbooru", "framing", "close_up")[0] == "close-up"
    assert vocabulary.terms("philomena", "framing", "upper_body")[1] == "upper body"
    assert vocabulary.terms("gelbooru02", "official")[0] == "official_art"
    assert vocabulary.terms("mediawiki", "framing", "portrait") == ()
    assert vocabulary.terms("danbooru", "cosplay") == ("cosplay",)


@pytest.mark.parametrize(
    "word",
    [
        "loli", "LOLI", "oppai loli", "Oppai-Loli", "~loli", "-loli", "+loli", '"loli"', "lol*", "*oli", "l?li", "*",
        "general:loli", "tag:underage", "~underage", "(shota or loli)", "{loli}", "loli~2", "loli^3", "implied_loli",
        "%6Coli", "%256Coli", "ｌｏｌｉ", "lo\u200bli", "lóli", "ロリ", "*_focus", "reimu loli", "hakurei_lo*",
    ],
)  # fmt: skip
def test_no_form_of_a_forbidden_word_is_asked_for(word: str) -> None:
    assert vocabulary.forbidden(word)


@pytest.mark.parametrize(
    "word",
    [
        "hakurei_reimu",
        "hakurei*",
        "gothic_lolita",
        "child",
        "solo",
        "chibi",
        "lollipop",
        "saber_(fate)",
        "polo*",
    ],
)
def test_other_words_may_be_asked_for(word: str) -> None:
    assert vocabulary.forbidden(word) is None


def test_a_forbidden_word_may_be_avoided_but_not_turned_round() -> None:
    assert vocabulary.forbidden("loli", avoided=True) is None
    assert vocabulary.forbidden("-loli", avoided=True)
    assert vocabulary.forbidden("1girl ~loli", avoided=True)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "words.toml"
    path.write_text(text)
    return path


def test_a_users_file_adds_tags(tmp_path: Path) -> None:
    more = vocabulary.extended(written(tmp_path, '[danbooru.sets]\nlayout = ["triptych"]\n'))
    facts = more.read(Facts(tags={"general": ("triptych", "comic")}), family="danbooru")

    assert facts.marks == {"layout": ("comic", "triptych")}


def test_what_a_user_adds_to_common_counts_in_every_family(tmp_path: Path) -> None:
    more = vocabulary.extended(written(tmp_path, '[common.sets]\nminors = ["kodomo"]\n'))

    assert more.forbidden("kodomo")
    assert "minors" in (more.read(Facts(tags={"": ("Kodomo",)}), family="e621").marks or {})


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("[danboru.sets]\nlayout = []", "danbooru"),
        ("[danbooru.sets]\nlayot = []", "layout"),
        ("[danbooru.set]\nlayout = []", "sets"),
        ("[danbooru.sets]\nlayout = 3", "list of tags"),
        ("[danbooru]\nextends = 'e621'", "extends"),
        ("nonsense", "cannot be read"),
        ("danbooru = 1", "must be a table"),
    ],
)
def test_a_wrong_users_file_is_refused_with_the_remedy(
    tmp_path: Path, text: str, hint: str
) -> None:
    path = written(tmp_path, text)

    with pytest.raises(RecipeError, match=hint) as caught:
        vocabulary.extended(path)
    assert str(path) in str(caught.value)
