"""The sandbox's pictures: the same each time, apart from one another, truly tagged."""

from __future__ import annotations

import io
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from itertools import combinations
from pathlib import Path

import imagehash
import pytest
from PIL import Image

from harvester.demo import Post, World, content, truth
from harvester.demo.drawing import draw, room

FRAMING = {"close-up", "portrait", "upper_body", "cowboy_shot", "full_body", "wide_shot"}
STILL = {"jpg", "png", "webp"}


@pytest.fixture(scope="module")
def world() -> World:
    return World(2000)


def share(world: World, tag: str) -> float:
    return world.tag_counts[tag] / len(world.posts)


def phash(body: bytes) -> imagehash.ImageHash:
    with Image.open(io.BytesIO(body)) as image:
        return imagehash.phash(image.convert("L").reduce(4))


def whole(post: Post) -> bool:
    return post.format in STILL and not post.truth.defect and not post.forbidden


def test_the_same_arguments_make_the_same_world(world: World) -> None:
    assert World(2000).posts == world.posts
    assert World(50, seed=2).posts != World(50).posts


def test_bytes_are_the_same_in_another_process() -> None:
    script = (
        "from hashlib import sha256; from harvester.demo import World, content\n"
        "print(sha256(b''.join(content(p) for p in World(20).posts if not p.forbidden)).hexdigest())"
    )
    root = Path(__file__).parents[1]
    other = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )

    assert other.stdout.strip() == sha256(b"".join(map(content, World(20).posts))).hexdigest()


def test_framing_tags_are_as_rare_as_on_the_real_site(world: World) -> None:
    tagged = sum(bool(post.words & FRAMING) for post in world.posts) / len(world.posts)

    assert 0.25 < tagged < 0.31
    assert 0.01 < share(world, "portrait") < 0.022
    assert 0.005 < share(world, "close-up") < 0.012
    assert 0.03 < share(world, "official_art") < 0.05
    assert min(share(world, tag) for tag in ("upper_body", "cowboy_shot", "full_body")) > 0.06


def test_most_posts_show_the_subject_and_all_framings_are_there(world: World) -> None:
    shown = [post for post in world.posts if "hakurei_reimu" in post.words]
    drawn = Counter(post.truth.framing for post in shown)

    assert len(shown) > 1500
    assert all(
        drawn[framing] > 40
        for framing in ("close_up", "portrait", "upper_body", "cowboy_shot", "full_body", "wide")
    )
    assert {post.rating for post in world.posts} == set("gsqe")
    assert len({artist for post in world.posts for artist in post.tags["artist"]}) == 45


def test_a_framing_tag_is_never_a_lie(world: World) -> None:
    names = {"close-up": "close_up", "wide_shot": "wide"}
    for post in world.posts:
        for tag in post.words & FRAMING if not post.forbidden else ():
            assert truth(world, post.id).framing == names.get(tag, tag)


def test_company_does_not_change_the_framing(world: World) -> None:
    for post in world.posts:
        sketch, people = post.sketch, post.truth.people or 0
        if post.truth.framing and people > 1 and max(sketch.width, sketch.height) > 500:
            assert sketch.width / sketch.height >= room(sketch.framing, people)


def test_damage_is_as_frequent_as_promised(world: World) -> None:
    defects = Counter(post.truth.defect for post in world.posts)

    assert 0.02 < defects["truncated"] / 2000 < 0.04
    assert 0.015 < defects["missing"] / 2000 < 0.03
    assert 4 <= defects["wrong_md5"] <= 16
    assert all(defects[name] > 30 for name in ("lowres", "blur", "jpeg"))


def test_ids_rise_with_gaps_and_twins_come_after_their_original(world: World) -> None:
    ids = [post.id for post in world.posts]

    assert ids == sorted(set(ids))
    assert ids[-1] - ids[0] > len(ids)
    assert all(post.truth.twins <= post.id for post in world.posts)
    assert all(post.parent is None or post.parent in world.by_id for post in world.posts)


def test_claimed_sizes_are_those_of_the_file(world: World) -> None:
    for post in filter(whole, world.posts[::40]):
        with Image.open(io.BytesIO(content(post))) as image:
            assert image.size == (post.width, post.height)


def test_broken_files_do_not_decode(world: World) -> None:
    broken = [post for post in world.posts if post.truth.defect == "truncated"][:8]
    for post in broken:
        with pytest.raises(OSError), Image.open(io.BytesIO(content(post))) as image:
            image.load()


def test_pictures_of_different_posts_look_different(world: World) -> None:
    alone = [
        post
        for post in world.posts
        if whole(post) and post.truth.twins == post.id and not post.truth.variant_of
    ]
    hashes = [
        imagehash.phash(draw(post.sketch).convert("L").reduce(4)) for post in alone[::11][:150]
    ]

    distances = [one - other for one, other in combinations(hashes, 2)]

    assert len(hashes) > 130
    assert sum(distance <= 12 for distance in distances) / len(distances) < 0.002


def test_twins_look_the_same_though_their_bytes_differ(world: World) -> None:
    twins = [post for post in world.posts if post.truth.twins != post.id][:15]
    for post in twins:
        original = content(world.by_id[post.truth.twins])

        assert content(post) != original
        assert phash(content(post)) - phash(original) <= 6


def test_a_variant_differs_only_in_a_small_part(world: World) -> None:
    variants = [post for post in world.posts if post.truth.variant_of][:8]
    for post in variants:
        base = world.by_id[post.truth.variant_of or 0]

        assert draw(post.sketch).tobytes() != draw(base.sketch).tobytes()
        assert phash(content(post)) - phash(content(base)) <= 16


def test_forbidden_posts_have_no_bytes_at_all(world: World) -> None:
    forbidden = [post for post in world.posts if post.forbidden]

    assert len(forbidden) == 3
    with pytest.raises(LookupError):
        content(forbidden[0])
