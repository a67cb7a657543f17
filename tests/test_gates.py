"""One set of gates, judged on claims before download and on measurements after it."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester import gates, vocabulary
from harvester.errors import RecipeError
from harvester.gates.finish import Depicted, Finished
from harvester.gates.framing import Framed
from harvester.gates.interface import Interface
from harvester.gates.kind import Decodable, Format, Still
from harvester.gates.layout import Layout
from harvester.gates.lettering import Lettering
from harvester.gates.outfit import Outfit
from harvester.gates.people import Alone
from harvester.gates.rating import Rated
from harvester.gates.size import Aspect, Bytes, Pixels, ShortSide
from harvester.gates.source import DoNotPost, Edited, Flagged, MachineMade, Status
from harvester.model import Facts, Media, People, Rating, Ruling, Verdict, Word
from harvester.ports import Gate

PASS, REJECT, UNKNOWN = Verdict.PASS, Verdict.REJECT, Verdict.UNKNOWN
EVERY = gates.build({gate.name: True for gate in gates.GATES if gate.name != "rating"})

MARKS = sorted(
    {
        *("default_outfit", "other_outfits", "said", "coarse_rating"),
        *(
            name
            for table in vocabulary.standard().tables.values()
            for group, name in table.entries
            if group == "sets"
        ),
    }
)

tag_tables = st.dictionaries(
    st.sampled_from(["general", "meta"]),
    st.lists(
        st.sampled_from(
            ["comic", "solo", "child", "nude", "ugoira", "cosplay", "close-up", "lowres"]
        )
    ).map(tuple),
)
TOLD: dict[str, st.SearchStrategy[Any]] = {
    "width": st.none() | st.integers(0, 9_000),
    "height": st.none() | st.integers(0, 9_000),
    "format": st.sampled_from([None, "jpeg", "JPG", "gif", "zip"]),
    "tags": st.none() | tag_tables,
    "uses": st.none() | st.integers(0, 500),
    "status": st.frozensets(st.sampled_from(["deleted", "pending", "banned"])),
    "frames": st.none() | st.integers(1, 50),
    "marks": st.none() | st.dictionaries(st.sampled_from(MARKS), st.just(("tag",))),
}
"""Facts of which not just any value tells gates apart."""

OF_TYPE: dict[object, st.SearchStrategy[Any]] = {
    int: st.integers(0, 2**32),
    float: st.floats(0, 1_000, allow_nan=False),
    datetime: st.datetimes(timezones=st.just(UTC)),
}


def drawn(name: str, kind: object) -> st.SearchStrategy[Any]:
    """Values of a fact: unknown, or any of its type. A fact that is new in the model is drawn by itself."""
    if name in TOLD:
        return TOLD[name]
    parts = get_args(kind)
    known: list[st.SearchStrategy[Any]] = [OF_TYPE.get(each, st.from_type(each)) for each in parts]
    return st.one_of(known)


facts_strategy = st.builds(
    Facts, **{name: drawn(name, kind) for name, kind in get_type_hints(Facts).items()}
)


def tagged(*tags: str, **known: Any) -> Facts:
    return vocabulary.read(Facts(tags={"general": tags}, **known), family="danbooru")


def verdict(gate: Gate, facts: Facts) -> Verdict:
    return gate.judge(facts).verdict


@given(facts_strategy, facts_strategy)
def test_a_gate_looks_at_nothing_but_what_it_says_it_needs(facts: Facts, other: Facts) -> None:
    for gate in EVERY:
        kept = {name: getattr(facts, name) for name in gate.needs}

        assert gate.judge(replace(other, **kept)) == gate.judge(facts), gate.name


@given(facts_strategy)
def test_judging_changes_nothing_and_says_the_same_again(facts: Facts) -> None:
    before = repr(facts)
    first = gates.judge(EVERY, facts)

    assert gates.judge(EVERY, facts) == first
    assert repr(facts) == before


@given(st.permutations(["comic", "solo", "2girls", "cosplay", "close-up", "lowres", "full_body"]))
def test_rulings_do_not_depend_on_the_order_of_tags(names: list[str]) -> None:
    assert gates.judge(EVERY, tagged(*names)) == gates.judge(EVERY, tagged(*sorted(names)))


@given(facts_strategy, st.randoms())
def test_rulings_do_not_depend_on_the_order_or_on_being_asked_before(
    facts: Facts, chance: Any
) -> None:
    shuffled = list(EVERY)
    chance.shuffle(shuffled)
    first = {ruling.gate: ruling for ruling in gates.judge(shuffled, facts)}

    assert {ruling.gate: ruling for ruling in gates.judge(EVERY, facts)} == first


@given(facts_strategy)
def test_every_ruling_has_a_sentence_and_its_gates_name(facts: Facts) -> None:
    for gate, ruling in zip(EVERY, gates.judge(EVERY, facts), strict=True):
        assert ruling.gate == gate.name
        assert ruling.reason


def test_what_a_gate_needs_are_names_of_facts() -> None:
    names = {field.name for field in fields(Facts)}

    assert all(gate.needs <= names for gate in gates.GATES)


def test_a_gate_rules_only_on_what_is_known() -> None:
    assert verdict(ShortSide(768), Facts(width=900)) is UNKNOWN


def test_a_measured_size_overrules_a_claimed_one() -> None:
    claimed = Facts(width=2000, height=3000, rating=Rating.GENERAL)

    facts = claimed.measured(Facts(width=500, height=750))

    assert facts.rating is Rating.GENERAL
    assert verdict(ShortSide(768), facts) is REJECT


def test_the_short_side_counts_and_equal_is_enough() -> None:
    assert verdict(ShortSide(720), Facts(width=720, height=3000)) is PASS
    assert ShortSide(720).judge(Facts(width=3000, height=719)) == Ruling(
        "short_side", REJECT, "the short side has 719 pixels; 720 are wanted", 719, 720
    )


@pytest.mark.parametrize(("size", "expected"), [(9, REJECT), (10, PASS), (20, PASS), (21, REJECT)])
def test_bounds_are_included(size: int, expected: Verdict) -> None:
    assert verdict(Bytes(10, 20), Facts(bytes=size)) is expected
    assert verdict(Pixels(10, 20), Facts(width=size, height=1)) is expected


def test_a_long_strip_is_rejected_either_way_round() -> None:
    assert verdict(Aspect(), Facts(width=301, height=100)) is REJECT
    assert verdict(Aspect(), Facts(width=100, height=300)) is PASS
    assert verdict(Aspect(), Facts(width=0, height=100)) is UNKNOWN


def test_an_unrated_picture_is_not_taken_on_trust() -> None:
    assert verdict(Rated(), Facts()) is REJECT
    assert verdict(Rated(), Facts(rating=Rating.SENSITIVE)) is PASS
    assert verdict(Rated(), Facts(rating=Rating.QUESTIONABLE)) is REJECT


def test_moving_pictures_are_rejected_by_file_by_claim_and_by_tag() -> None:
    assert verdict(Still(), Facts(media=Media.VIDEO)) is REJECT
    assert verdict(Still(), Facts(media=Media.STILL, frames=2)) is REJECT
    assert verdict(Still(), tagged("ugoira")) is REJECT
    assert verdict(Still(), tagged("solo")) is UNKNOWN
    assert verdict(Still(), Facts(media=Media.STILL, frames=1)) is PASS


def test_jpg_is_another_name_of_jpeg() -> None:
    assert verdict(Format(), Facts(format="JPG")) is PASS
    assert verdict(Format(("jpg",)), Facts(format="jpeg")) is PASS
    assert verdict(Format(), Facts(format="tiff")) is REJECT


def test_whether_a_file_is_whole_is_unknown_until_it_is_measured() -> None:
    assert verdict(Decodable(), Facts()) is UNKNOWN
    assert verdict(Decodable(), Facts(decodable=False)) is REJECT


@pytest.mark.parametrize(
    ("gate", "tag"),
    [
        (Layout(), "comic"),
        (Layout(), "multiple_views"),
        (MachineMade(), "AI-generated"),
        (Edited(), "third-party_edit"),
        (Flagged(), "duplicate"),
        (DoNotPost(), "banned_artist"),
        (Finished(), "lineart"),
        (Finished(), "unfinished"),
        (Depicted(), "chibi"),
        (Lettering(), "speech_bubble"),
        (Lettering(), "Sample_Watermark"),
    ],
)
def test_a_tag_of_its_set_makes_a_gate_reject_and_its_absence_pass(gate: Gate, tag: str) -> None:
    assert gate.judge(tagged("solo", tag)).value == tag
    assert verdict(gate, tagged("solo")) is PASS
    assert verdict(gate, Facts()) is UNKNOWN


def test_tags_nobody_read_into_marks_are_unknown() -> None:
    assert verdict(Layout(), Facts(tags={"general": ("solo",)})) is UNKNOWN


def test_a_layout_can_be_let_through() -> None:
    assert verdict(Layout(("turnaround",)), tagged("turnaround")) is PASS
    assert verdict(Layout(("turnaround",)), tagged("turnaround", "comic")) is REJECT


@pytest.mark.parametrize(
    "tags",
    [
        ("signature", "artist_name", "twitter_username", "dated"),
        ("watermark", "web_address", "copyright_notice", "patreon_logo"),
        ("english_text", "copyright_name", "logo", "cover_page"),
        ("translated", "translation_request", "text_focus", "bar_censor"),
    ],
)
def test_what_most_pictures_carry_is_no_reason_to_go_without_them(tags: tuple[str, ...]) -> None:
    assert verdict(Lettering(), tagged(*tags)) is PASS


@pytest.mark.parametrize(
    ("allow", "tags", "expected"),
    [
        (("speech",), ("speech_bubble", "thought_bubble"), PASS),
        (("speech",), ("speech_bubble", "sample_watermark"), REJECT),
        (("watermarks",), ("sample_watermark",), PASS),
        (("speech", "watermarks"), ("speech_bubble", "sample_watermark"), PASS),
        (("Speech bubble",), ("speech_bubble",), PASS),
        (("speech_bubble",), ("speech_bubble", "subtitled"), REJECT),
    ],
)
def test_writing_is_let_through_by_tag_or_by_sort(
    allow: tuple[str, ...], tags: tuple[str, ...], expected: Verdict
) -> None:
    assert verdict(Lettering(allow=allow), tagged(*tags)) is expected


def test_what_is_written_over_a_picture_is_told_by_its_tags() -> None:
    ruling = Lettering().judge(tagged("speech_bubble", "subtitled", "signature"))

    assert ruling == Ruling(
        "lettering", REJECT, "written over: speech_bubble, subtitled", "speech_bubble"
    )


@pytest.mark.parametrize(
    ("gate", "facts", "expected"),
    [
        (Lettering(), tagged("solo", letters=14.4), PASS),
        (Lettering(), tagged("solo", letters=14.6), REJECT),
        (Lettering(), tagged("solo", letters=0.0), PASS),
        (Lettering(), Facts(letters=30.0), REJECT),
        (Lettering(), Facts(letters=3.0), PASS),
        (Lettering(), Facts(), UNKNOWN),
        (Lettering(), tagged("speech_bubble", letters=0.0), REJECT),
        (Lettering(40), tagged("solo", letters=30.0), PASS),
        (Lettering(allow=("speech",)), tagged("solo", letters=90.0), PASS),
        (Lettering(allow=("speech",)), tagged("sample_watermark", letters=90.0), REJECT),
        (Lettering(allow=("speech",)), Facts(letters=90.0), UNKNOWN),
        (Lettering(allow=("watermarks",)), tagged("sample_watermark", letters=90.0), REJECT),
    ],
)
def test_letters_that_stand_over_a_picture_are_counted(
    gate: Gate, facts: Facts, expected: Verdict
) -> None:
    assert verdict(gate, facts) is expected


def test_counted_letters_are_told_with_the_threshold() -> None:
    assert Lettering().judge(tagged("solo", letters=31.2)) == Ruling(
        "lettering", REJECT, "31 letters in rows stand over it; 14 are accepted", 31, 14
    )


def test_a_recipe_sets_how_much_may_be_written_over_a_picture() -> None:
    assert Lettering(60) in gates.build({"lettering": 60})
    assert Lettering(allow=("speech",)) in gates.build({"lettering": {"allow": "speech"}})
    assert Lettering() in gates.build({}, kind="style")
    assert "lettering" not in {gate.name for gate in gates.build({}, kind="other")}


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        (People.ALONE, PASS),
        (People.FOCUS, PASS),
        (People.SEVERAL, REJECT),
        (People.NOBODY, REJECT),
        (None, UNKNOWN),
    ],
)
def test_the_subject_should_be_alone(people: People | None, expected: Verdict) -> None:
    assert verdict(Alone(), Facts(people=people)) is expected


@pytest.mark.parametrize(
    ("general", "characters", "value"),
    [
        (("solo", "1girl"), ("reimu",), "alone"),
        (("solo",), ("reimu", "marisa"), "alone"),
        (("solo_focus", "2girls"), ("reimu", "marisa"), "focus"),
        (("1girl",), ("reimu", "marisa"), "several"),
        (("smile",), ("reimu", "marisa"), "several"),
        (("group",), ("reimu",), "several"),
        (("1girl", "1boy"), (), "several"),
        (("no_humans",), (), "nobody"),
        (("1girl",), ("reimu",), None),
        (("1girl",), ("marisa", "reimu_(cosplay)"), None),
        (("1girl",), ("saber_(fate)", "saber_alter_(fate)"), None),
        (("smile",), (), None),
    ],
)
def test_who_is_there_is_judged_by_counts_and_by_names(
    general: tuple[str, ...], characters: tuple[str, ...], value: str | None
) -> None:
    claims = Facts(tags={"general": general, "character": characters})
    ruling = Alone().judge(vocabulary.read(claims, family="danbooru"))

    assert ruling.value == value
    assert ruling.verdict is (
        UNKNOWN if value is None else PASS if value in ("alone", "focus") else REJECT
    )


def test_a_headless_figure_is_rejected_whatever_its_framing() -> None:
    assert verdict(Framed(), tagged("full_body", "head_out_of_frame")) is REJECT
    assert verdict(Framed(), tagged("full_body")) is PASS
    assert verdict(Framed(("portrait",)), tagged("full_body")) is REJECT
    assert verdict(Framed(), tagged("solo")) is UNKNOWN


@pytest.mark.parametrize(
    ("policy", "tag", "expected"),
    [
        ("official", "alternate_costume", REJECT),
        ("official", "reimu_(cosplay)", REJECT),
        ("official", "genderswap", REJECT),
        ("official", "official_alternate_costume", PASS),
        ("canonical", "official_alternate_costume", REJECT),
        ("any", "alternate_costume", PASS),
    ],
)
def test_outfits_are_judged_by_policy(policy: str, tag: str, expected: Verdict) -> None:
    assert verdict(Outfit(policy), tagged(tag)) is expected


def shown(*words: tuple[str, str], **known: Any) -> Facts:
    """A file of a wiki, with words around it."""
    around = [Word(role, text) for role, text in words]
    return vocabulary.read(Facts(**known), family="mediawiki", words=around)


@pytest.mark.parametrize(
    ("policy", "words", "expected"),
    [
        ("official", [("tab", "Default")], PASS),
        ("canonical", [("tab", "Default")], PASS),
        ("canonical", [("tab", "Swimsuit")], REJECT),
        ("canonical", [("heading", "Skins"), ("tab", "Moonlit")], REJECT),
        ("official", [("tab", "Swimsuit")], UNKNOWN),
        ("official", [("tab", "Swimsuit"), ("heading", "Official art")], PASS),
        ("official", [("tab", "Swimsuit"), ("heading", "Fan art")], REJECT),
        ("any", [("tab", "Swimsuit"), ("heading", "Fan art")], PASS),
        ("swimsuit", [("tab", "Swimsuit")], PASS),
        ("summer", [("tab", "Summer outfit")], PASS),
        ("sum", [("tab", "Summer outfit")], REJECT),
        ("kimono", [("tab", "Swimsuit")], REJECT),
        ("kimono", [("tab", "Default")], UNKNOWN),
        ("official", [("tab", "Gallery")], UNKNOWN),
    ],
)
def test_outfits_are_judged_by_what_a_page_calls_them(
    policy: str, words: list[tuple[str, str]], expected: Verdict
) -> None:
    assert verdict(Outfit(policy), shown(*words)) is expected


def test_what_is_worn_by_tags_counts_before_a_name_that_settles_nothing() -> None:
    facts = replace(tagged("red_skirt"), outfit="Swimsuit")

    assert verdict(Outfit("official"), facts) is PASS


def test_a_tag_that_says_another_outfit_counts_before_a_default_tab() -> None:
    both = replace(tagged("cosplay"), outfit="Default")
    facts = replace(both, marks={**(both.marks or {}), "default_outfit": ("Default",)})

    assert verdict(Outfit(), facts) is REJECT


@pytest.mark.parametrize(
    ("gate", "facts", "expected"),
    [
        (Interface(), shown(("filename", "Icon Reimu.png")), REJECT),
        (Interface(), shown(("filename", "Flagship.png")), PASS),
        (Interface(), shown(("filename", "Mapo tofu.png")), PASS),
        (Interface(), shown(("filename", "Reimu.png"), uses=30), PASS),
        (Interface(), shown(("filename", "Reimu.png"), uses=31), REJECT),
        (Interface(100), shown(("filename", "Reimu.png"), uses=31), PASS),
        (Interface(), Facts(uses=400), REJECT),
        (Interface(), Facts(uses=4), PASS),
        (Interface(), Facts(), UNKNOWN),
        (Interface(), tagged("solo"), PASS),
        (Interface(), tagged("sprite"), REJECT),
        (Interface(allow=("icon",)), shown(("filename", "Icon Reimu.png")), PASS),
        (Interface(allow=("Coat of arms",)), shown(("filename", "Coat of arms.png")), PASS),
        (Interface(allow=("icon",)), shown(("filename", "Icon flag.png")), REJECT),
    ],
)
def test_parts_of_a_page_are_rejected_by_name_and_by_use(
    gate: Gate, facts: Facts, expected: Verdict
) -> None:
    assert verdict(gate, facts) is expected


def test_an_icon_is_told_as_an_icon_and_not_as_a_small_picture() -> None:
    facts = shown(("filename", "Icon.png"), rating=Rating.GENERAL, width=32, height=32)
    decided = gates.deciding(gates.judge(gates.build({}), facts))

    assert decided == Ruling(
        "interface", REJECT, "its name or category says it is a part of a page: icon", "icon"
    )


def test_how_often_a_file_is_used_is_told_with_the_threshold() -> None:
    assert Interface().judge(Facts(uses=200)) == Ruling(
        "interface", REJECT, "200 pages show it; pictures are on 30 at most", 200, 30
    )


def test_a_recipe_sets_how_many_pages_may_show_a_picture() -> None:
    assert Interface(12) in gates.build({"interface": 12})
    assert Interface(30, ("flag",)) in gates.build({"interface": {"allow": "flag"}})
    assert "interface" not in {gate.name for gate in gates.build({"interface": False})}
    assert "interface" in {gate.name for gate in gates.build({}, kind="style")}


def test_deleted_posts_are_rejected_unless_the_recipe_says_otherwise() -> None:
    deleted = Facts(status=frozenset({"deleted", "flagged"}))

    assert verdict(Status(), deleted) is REJECT
    assert verdict(Status(()), deleted) is PASS
    assert verdict(Status(), Facts(status=frozenset({"pending"}))) is PASS


def test_a_banned_post_is_an_opt_out() -> None:
    assert verdict(DoNotPost(), tagged("solo", status=frozenset({"banned"}))) is REJECT


def test_all_gates_judge_and_the_first_reject_decides() -> None:
    facts = tagged("comic", rating=Rating.EXPLICIT, width=10, height=10, bytes=1)
    rulings = gates.judge(gates.build({}), facts)

    assert len(rulings) == len(gates.GATES)
    assert [r.gate for r in rulings if r.verdict is REJECT] == [
        "rating",
        "layout",
        "short_side",
        "pixels",
        "bytes",
    ]
    assert gates.deciding(rulings) == rulings[4]


def test_the_verdict_is_the_worst_of_all() -> None:
    def told(*verdicts: Verdict) -> Verdict:
        return gates.verdict([Ruling("a gate", each, "because") for each in verdicts])

    assert told(PASS, UNKNOWN, REJECT) is REJECT
    assert told(PASS, UNKNOWN) is UNKNOWN
    assert told(PASS) is told() is PASS
    assert gates.deciding([Ruling("a gate", UNKNOWN, "because")]) is None


def test_a_scalar_sets_the_first_key_and_a_table_several() -> None:
    built = gates.build({"short_side": 900, "pixels": {"at_least": 1, "at_most": 2}, "aspect": 2})

    assert ShortSide(900) in built
    assert Pixels(1, 2) in built
    assert Aspect(2) in built


def test_a_list_sets_a_list_and_one_name_will_do() -> None:
    built = gates.build({"framing": ["portrait", "upper_body"], "people": "alone"})

    assert Framed(("portrait", "upper_body")) in built
    assert Alone(("alone",)) in built


def test_false_switches_a_gate_off() -> None:
    assert "aspect" not in {gate.name for gate in gates.build({"aspect": False})}


@pytest.mark.parametrize("kind", ["style", "other"])
def test_gates_about_a_figure_are_off_for_what_is_none(kind: str) -> None:
    off = {gate.name for gate in gates.GATES} - {gate.name for gate in gates.build({}, kind=kind)}

    about = {"framing", "people", "outfit", "depiction"}
    assert off - {"interface", "lettering", "colour", "finish"} == about
    assert Outfit("canonical") in gates.build({"outfit": "canonical"}, kind=kind)
    assert Alone() in gates.build({"people": True}, kind=kind)


def test_the_ratings_asked_for_are_the_ones_accepted() -> None:
    built = gates.build({}, ratings={Rating.EXPLICIT, Rating.GENERAL})

    assert Rated((Rating.GENERAL, Rating.EXPLICIT)) in built


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"short_sid": 720}, "short_side"),
        ({"short_side": {"pixel": 720}}, "pixels"),
        ({"short_side": "720"}, "whole number"),
        ({"short_side": 7.5}, "whole number"),
        ({"short_side": -1}, "at least 0"),
        ({"aspect": "wide"}, "number"),
        ({"people": ["alon"]}, "alone"),
        ({"people": [1]}, "names in quotes"),
        ({"outfit": "offical"}, "official"),
        ({"outfit": 1}, "a name in quotes"),
        ({"still": 1}, "nothing to set"),
        ({"rating": ["general"]}, "--rating"),
        ({"pixels": {"at_least": 3, "at_most": 2}}, "accepts nothing"),
    ],
)
def test_a_wrong_setting_is_refused_with_the_remedy(settings: dict[str, object], hint: str) -> None:
    with pytest.raises(RecipeError, match=hint):
        gates.build(settings)


def test_a_kind_nobody_knows_and_no_rating_at_all_are_refused() -> None:
    with pytest.raises(RecipeError, match="character"):
        gates.build({}, kind="charakter")
    with pytest.raises(RecipeError, match="rating"):
        gates.build({}, ratings=())


def test_minors_are_judged_first_and_names_are_single() -> None:
    names = [gate.name for gate in gates.GATES]

    assert names[0] == "minors"
    assert len(set(names)) == len(names)


def test_every_gate_is_described_with_its_keys() -> None:
    rows = gates.describe()
    pixels = [(row.field, row.default) for row in rows if row.name == "pixels"]

    assert pixels == [("at_least", "518400"), ("at_most", "100000000")]
    assert all(row.doc.endswith(".") for row in rows)


def test_the_documentation_lists_every_gate_as_it_is() -> None:
    written = Path(__file__).parent.parent.joinpath("docs", "gates.md").read_text(encoding="utf-8")

    assert written == gates.document()
