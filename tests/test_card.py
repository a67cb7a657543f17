"""The character card: what it says, what an editor may do to it, and what it never loses."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.card import Card, card_text, dump, load, parse, place
from harvester.errors import QueryRefused, RecipeError
from harvester.profile import Outfit, Profile

CARD = Card(
    "hakurei_reimu",
    aliases=("reimu",),
    lookalikes=("hakurei_reimu_(cosplay)",),
    names={"booru": {"hakurei_reimu": "hakurei_reimu"}, "wiki": {"hakurei_reimu": "Reimu Hakurei"}},
)
PLAIN = {"subject": "hakurei_reimu", "kind": "character"}


def reparsed(text: str) -> Card:
    return parse(tomllib.loads(text), where="card.toml")


def test_a_card_reads_as_it_was_written() -> None:
    assert reparsed(dump(CARD)) == CARD


texts = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)


@given(texts, texts, texts)
def test_any_name_survives_the_file(site: str, asked: str, name: str) -> None:
    card = Card("hakurei_reimu").named(site, asked, name)

    assert tomllib.loads(dump(card))["names"][site] == card.names[site]


def test_a_card_says_what_may_be_done_to_it() -> None:
    lines = dump(CARD).splitlines()

    assert lines[0].startswith("# What each site calls this subject")
    assert lines[lines.index("aliases = [") - 1].startswith("# Further names")
    assert lines[lines.index("[names.booru]") - 1].startswith("# Name as it was typed")
    assert not lines[lines.index("[names.wiki]") - 1].startswith("#")


def test_comments_of_the_users_stay_where_they_stood() -> None:
    before = dump(CARD).replace("[names.wiki]", "# asked in German\n[names.wiki]")
    before = before.replace("# Further names", "# mine\n# Further names") + "# the end\n"

    after = dump(CARD.named("third", "hakurei_reimu", "reimu"), before=before)

    assert "# asked in German\n[names.wiki]" in after
    assert "# mine\n# Further names" in after
    assert after.endswith("# the end\n")
    assert after.count("# Name as it was typed") == 1


def test_a_comment_that_was_taken_out_stays_out() -> None:
    before = "\n".join(line for line in dump(CARD).splitlines() if not line.startswith("#"))

    assert "#" not in dump(CARD, before=before)


def test_writing_again_changes_nothing() -> None:
    assert dump(CARD, before=dump(CARD)) == dump(CARD)


def test_what_a_card_says_is_never_written_over() -> None:
    card = CARD.named("wiki", "Hakurei Reimu", "somebody else")

    assert card.name("wiki", "hakurei_reimu") == "Reimu Hakurei"


def test_a_name_left_empty_is_known_and_not_asked() -> None:
    card = reparsed('subject = "a"\nkind = "character"\n[names.booru]\na = ""\n')

    assert (card.name("booru", "a"), card.name("wiki", "a")) == ("", None)


def test_a_site_may_have_its_one_name_without_a_table() -> None:
    card = parse({**PLAIN, "names": {"wiki": "Category:Reimu"}}, where="card.toml")

    assert card.name("wiki", "Hakurei Reimu") == "Category:Reimu"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({**PLAIN, "alias": []}, "unknown key 'alias'; did you mean 'aliases'"),
        ({"kind": "character"}, "subject"),
        ({**PLAIN, "aliases": "reimu"}, "aliases"),
        ({**PLAIN, "lookalikes": [""]}, "lookalikes"),
        ({**PLAIN, "names": []}, "names"),
        ({**PLAIN, "names": {"wiki": {"a": 1}}}, "names.wiki"),
    ],
)
def test_a_mistake_is_told_with_file_and_key(table: dict[str, object], words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse(table, where="card.toml")

    assert words in str(caught.value)
    assert str(caught.value).startswith("card.toml: ")


@pytest.mark.parametrize("table", [{"aliases": ["loli"]}, {"names": {"booru": {"x": "loli"}}}])
def test_no_card_asks_for_what_is_never_asked(table: dict[str, object]) -> None:
    with pytest.raises(QueryRefused):
        parse({**PLAIN, **table}, where="card.toml")


def test_a_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    (tmp_path / "card.toml").write_text("names = [")

    with pytest.raises(RecipeError, match="not valid TOML"):
        load(tmp_path / "card.toml")


def test_there_may_be_no_card_yet(tmp_path: Path) -> None:
    assert load(tmp_path / "card.toml") is None


@pytest.mark.parametrize(
    "subject", ["../../etc/passwd", "rem_(re:zero)", "a/b\\c", "..", "nul\0", "霊夢", "x" * 500]
)
def test_every_subject_has_a_file_of_its_own_in_its_folder(subject: str, tmp_path: Path) -> None:
    path = place(tmp_path, "character", subject)
    path.parent.mkdir(parents=True)
    path.write_text("")

    assert path.resolve().parent == (tmp_path / "cards" / "character").resolve()
    assert path != place(tmp_path, "character", f"{subject}_")
    assert path != place(tmp_path, "style", subject)


def test_a_card_is_shown_a_line_a_site() -> None:
    assert card_text(CARD.named("other", "hakurei_reimu", "")).splitlines() == [
        "booru  hakurei_reimu",
        "wiki   Reimu Hakurei",
        "other  not asked",
        "also   reimu",
        "never  hakurei_reimu_(cosplay)",
    ]


PROFILE = Profile(
    52,
    40,
    {"red_skirt": 0.8, "brown_hair": 1.0},
    (Outfit("red_skirt", 0.7, ("red_skirt", "sash")),),
)


def test_the_usual_looks_read_as_they_were_written() -> None:
    assert reparsed(dump(replace(CARD, profile=PROFILE))) == replace(CARD, profile=PROFILE)


def test_a_correction_of_the_looks_keeps_its_comment() -> None:
    before = dump(replace(CARD, profile=PROFILE)).replace(
        "red_skirt = 0.8", "# no, she does not\nred_skirt = 0.0"
    )
    after = dump(reparsed(before), before=before)

    assert "# no, she does not\nred_skirt = 0.0" in after
    assert after.count("# How the subject usually looks") == 1


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("profile = 5", "must be a table"),
        ("[profile]\nmaker = 3", "makers"),
        ("[profile]\nposts = -1", "at least 0"),
        ('[profile.tags]\nred_skirt = "much"', "shares from 0 to 1"),
        ("[profile.tags]\nred_skirt = 7", "shares from 0 to 1"),
        ("[profile]\noutfits = 3", "[[profile.outfits]]"),
        ("[[profile.outfits]]\nshare = 0.5", "each has a name"),
        ('[[profile.outfits]]\nname = "kimono"\ntags = "kimono"', "list of names"),
    ],
)
def test_odd_looks_are_told(written: str, told: str) -> None:
    with pytest.raises(RecipeError, match=re.escape(told)):
        reparsed(f'subject = "hakurei_reimu"\nkind = "character"\n{written}\n')
