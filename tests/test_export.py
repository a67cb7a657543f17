"""A dataset in a folder: one caption a picture, only our own files replaced, names no path hides in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from harvester.boundary import hook
from harvester.errors import UsageError
from harvester.export import FORMATS, exporter
from harvester.export.captions import caption
from harvester.export.plain import CREDITS, MANIFEST
from harvester.model import Candidate, Credit, Facts
from harvester.ports import Exporter, Item, Origin
from harvester.stages.deliver import safe

TEXT = st.text(max_size=12)


def tagged(*general: str, **others: tuple[str, ...]) -> Candidate:
    return Candidate("booru", "1", "", claims=Facts(tags={"general": general, **others}))


def said(candidate: Candidate, **marks: tuple[str, ...]) -> str:
    return caption("hakurei reimu", Facts(tags=candidate.claims.tags, marks=marks))


def item(folder: Path, name: str, form: str = "png", text: str = "hakurei reimu") -> Item:
    """A picture lying in a store, to be exported."""
    path = folder / f"{name}.{form}"
    folder.mkdir(exist_ok=True)
    Image.new("RGB", (8, 8), "red").save(path, form, lossless=True)
    return Item(path, name, text, Candidate("booru", name, ""), Facts(format=form))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "dataset"


@pytest.fixture(params=sorted(FORMATS))
def form(request: pytest.FixtureRequest) -> Exporter:
    """Every exporter there is: a new one is covered by being registered."""
    return exporter(request.param)


@pytest.fixture
def killed() -> Iterator[None]:
    """Whatever is exported dies before the old files are removed."""

    def die(name: str) -> None:
        if name == "export.written":
            raise KeyboardInterrupt

    before, hook.call = hook.call, die
    yield
    hook.call = before


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != MANIFEST)


# ---- captions -----------------------------------------------------------------------------


def test_a_caption_begins_with_the_subject_and_its_count() -> None:
    assert said(tagged("smile", "1girl", "bow", "solo")) == "hakurei reimu, 1girl, solo, bow, smile"


def test_a_caption_is_never_empty() -> None:
    assert said(Candidate("booru", "1", "")) == "hakurei reimu"


def test_blanks_stand_for_underscores_except_in_faces() -> None:
    assert said(tagged("red_bow", "^_^", ">_<")) == "hakurei reimu, >_<, ^_^, red bow"


def test_only_what_is_shown_is_said() -> None:
    candidate = tagged("bow", artist=("someone",), meta=("highres",), copyright=("touhou",))

    assert said(candidate) == "hakurei reimu, bow"


def test_tags_of_no_known_category_are_said() -> None:
    candidate = Candidate("booru", "1", "", claims=Facts(tags={"unknown": ("bow",)}))

    assert said(candidate) == "hakurei reimu, bow"


@pytest.mark.parametrize("name", ["official", "defects", "rating", "animation", "size"])
def test_what_speaks_of_the_file_is_left_out(name: str) -> None:
    assert said(tagged("bow", "of_the_file"), **{name: ("of_the_file",)}) == "hakurei reimu, bow"


def test_the_subject_is_said_once() -> None:
    assert said(tagged("hakurei_reimu", "bow", "bow")) == "hakurei reimu, bow"


@settings(deadline=None)
@given(general=st.lists(TEXT, max_size=5).map(tuple))
def test_a_caption_is_one_line_whose_commas_divide_tags(general: tuple[str, ...]) -> None:
    found = said(tagged(*general))

    assert len(found.splitlines()) == 1
    assert found.startswith("hakurei reimu")
    assert all(part.strip() == part and part for part in found.split(", "))


# ---- names --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        "booru:../../etc/passwd",
        "booru:..\\..\\x",
        "../..",
        "/etc/passwd",
        "a\x00b",
        "CON:1",
        "..",
        "",
    ],
)
def test_no_path_hides_in_a_name(key: str, tmp_path: Path) -> None:
    name = safe(key)

    assert name
    assert (tmp_path / name).parent.resolve() == tmp_path.resolve()
    assert (tmp_path / name).resolve().parent == tmp_path.resolve()


@settings(deadline=None)
@given(key=st.text(max_size=200))
def test_a_name_is_short_plain_and_never_hidden(key: str) -> None:
    name = safe(key)

    assert 1 <= len(name) <= 60
    assert name.isascii()
    assert not set(name) & set('/\\:*?"<>|\0 \n')
    assert not name.startswith(".")


# ---- a folder -----------------------------------------------------------------------------


def test_pictures_lie_beside_their_captions(form: Exporter, store: Path, folder: Path) -> None:
    form.write([item(store, "0001_a"), item(store, "0002_b", "jpeg")], folder)

    assert files(folder) == ["0001_a.png", "0001_a.txt", "0002_b.jpg", "0002_b.txt"]
    assert (folder / "0001_a.txt").read_text("utf-8") == "hakurei reimu\n"
    assert (folder / "0001_a.png").read_bytes() == (store / "0001_a.png").read_bytes()


@pytest.mark.parametrize("made", ["webp", "gif", "bmp"])
def test_what_trainers_may_not_read_becomes_png(
    form: Exporter, store: Path, folder: Path, made: str
) -> None:
    form.write([item(store, "0001_a", made)], folder)

    with Image.open(folder / "0001_a.png") as picture:
        assert (picture.format, picture.size) == ("PNG", (8, 8))
        assert picture.convert("RGB").getpixel((4, 4)) == (255, 0, 0)


def test_a_transparent_picture_stays_transparent(form: Exporter, store: Path, folder: Path) -> None:
    glass = item(store, "0001_a", "webp")
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(glass.path, "webp", lossless=True)

    form.write([glass], folder)

    with Image.open(folder / "0001_a.png") as picture:
        assert picture.mode == "RGBA"


def test_an_earlier_export_is_replaced(form: Exporter, store: Path, folder: Path) -> None:
    form.write([item(store, "0001_a"), item(store, "0002_b")], folder)

    form.write([item(store, "0001_b", text="other")], folder)

    assert files(folder) == ["0001_b.png", "0001_b.txt"]


def test_files_of_others_are_never_touched(form: Exporter, store: Path, folder: Path) -> None:
    form.write([item(store, "0001_a")], folder)
    (folder / "notes.txt").write_text("mine", "utf-8")

    form.write([item(store, "0001_b")], folder)

    assert files(folder) == ["0001_b.png", "0001_b.txt", "notes.txt"]
    assert (folder / "notes.txt").read_text("utf-8") == "mine"


def test_a_folder_of_others_is_refused(form: Exporter, store: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / "mine.png").write_bytes(b"mine")

    with pytest.raises(UsageError, match="no export wrote; name an empty or a new folder"):
        form.write([item(store, "0001_a")], folder)

    assert files(folder) == ["mine.png"]


def test_a_file_is_no_folder(form: Exporter, store: Path, folder: Path) -> None:
    folder.write_bytes(b"")

    with pytest.raises(UsageError, match="is a file; name a folder"):
        form.write([item(store, "0001_a")], folder)


def test_the_same_export_again_changes_nothing(form: Exporter, store: Path, folder: Path) -> None:
    form.write([item(store, "0001_a")], folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    form.write([item(store, "0001_a")], folder)

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_an_export_that_was_killed_is_cleaned_by_the_next(
    form: Exporter, store: Path, folder: Path, killed: None
) -> None:
    with pytest.raises(KeyboardInterrupt):
        form.write([item(store, "0001_a")], folder)
    hook.call = lambda name: None

    form.write([item(store, "0001_b")], folder)

    assert files(folder) == ["0001_b.png", "0001_b.txt"]


def test_the_manifest_is_written_before_any_picture(
    form: Exporter, store: Path, folder: Path
) -> None:
    lost = replace(item(store, "0001_a"), path=store / "lost.png")

    with pytest.raises(OSError, match=r"lost\.png"):
        form.write([lost], folder)

    assert "0001_a.png" in json.loads((folder / MANIFEST).read_text("utf-8"))


def test_an_export_killed_while_it_wrote_its_first_manifest_goes_on(
    form: Exporter, store: Path, folder: Path
) -> None:
    folder.mkdir()
    (folder / f"{MANIFEST}.part").write_text('["0001_a', "utf-8")

    form.write([item(store, "0001_a")], folder)

    assert files(folder) == ["0001_a.png", "0001_a.txt"]


@pytest.mark.parametrize("written", ["", "{", "5", "[5]", '{"a": 1}'])
def test_a_damaged_manifest_is_told_and_nothing_is_removed(
    form: Exporter, store: Path, folder: Path, written: str
) -> None:
    form.write([item(store, "0001_a")], folder)
    (folder / MANIFEST).write_text(written, "utf-8")

    with pytest.raises(UsageError, match="is damaged"):
        form.write([item(store, "0001_b")], folder)

    assert files(folder) == ["0001_a.png", "0001_a.txt"]


@pytest.mark.parametrize("name", ["../outside.txt", "/tmp/outside.txt", "..", "sub/file.txt"])
def test_a_manifest_names_nothing_outside_its_folder(
    form: Exporter, store: Path, folder: Path, name: str
) -> None:
    outside = folder.parent / "outside.txt"
    outside.write_text("mine", "utf-8")
    form.write([item(store, "0001_a")], folder)
    (folder / MANIFEST).write_text(json.dumps([name]), "utf-8")

    form.write([item(store, "0001_b")], folder)

    assert outside.read_text("utf-8") == "mine"


# ---- credits ------------------------------------------------------------------------------


def credited(folder: Path) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads((folder / CREDITS).read_text("utf-8"))
    return found


def test_credits_say_of_each_picture_what_is_known_of_it_in_the_order_of_the_selection(
    form: Exporter, store: Path, folder: Path
) -> None:
    licence = Credit("ZUN", "CC BY 4.0", "https://cc.example/by")
    origin = Origin(("https://booru/2", "https://wiki/b"), ("zun",), ("https://a/1",), (licence,))
    shown = replace(item(store, "0002_b"), origin=Origin(pages=("https://booru/1",)))

    form.write([replace(item(store, "0009_a", "webp"), origin=origin), shown], folder)

    by = {"author": "ZUN", "licence": "CC BY 4.0", "licence_url": "https://cc.example/by"}
    assert list(credited(folder)) == ["0009_a.png", "0002_b.png"]
    assert credited(folder) == {
        "0009_a.png": {
            "pages": ["https://booru/2", "https://wiki/b"],
            "artists": ["zun"],
            "sources": ["https://a/1"],
            "credits": [by],
        },
        "0002_b.png": {"pages": ["https://booru/1"]},
    }


def test_credits_are_gone_with_the_pictures_they_spoke_of(
    form: Exporter, store: Path, folder: Path
) -> None:
    form.write([replace(item(store, "0001_a"), origin=Origin(artists=("zun",)))], folder)
    assert CREDITS in files(folder)

    form.write([item(store, "0001_a")], folder)

    assert files(folder) == ["0001_a.png", "0001_a.txt"]


def test_any_text_may_stand_in_credits(form: Exporter, store: Path, folder: Path) -> None:
    """Half a letter, which JSON of a site may hold, has no place in UTF-8."""
    form.write([replace(item(store, "0001_a"), origin=Origin(artists=("靈夢\ud83d",)))], folder)

    assert credited(folder) == {"0001_a.png": {"artists": ["靈夢\ud83d"]}}
    assert "靈夢" in (folder / CREDITS).read_text("utf-8")


def test_an_unknown_format_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="unknown export format 'zip'; known: plain"):
        exporter("zip")
