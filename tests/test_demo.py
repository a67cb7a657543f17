"""The sandbox site speaks the documented dialect, over real HTTP."""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from harvester.demo import Faults, Options, Rules, Sandbox, World, start_process

DOCUMENTED = Path(__file__).parent / "fixtures/danbooru/documented-post.json"
SHEET = Path(__file__).parents[2] / "shared/facts/sites.md"
NULLABLE = {"approver_id", "parent_id", "pixiv_id", "duration"}
TAG = "hakurei_reimu"


@dataclass(frozen=True)
class Got:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def get(url: str, agent: str = "harvest/0.1 (by nobody)", **headers: str) -> Got:
    sent = {"User-Agent": agent} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    try:
        with urllib.request.build_opener(_Stay).open(
            urllib.request.Request(url, headers=sent)
        ) as reply:
            return Got(reply.status, dict(reply.headers), reply.read())
    except urllib.error.HTTPError as error:
        with error:
            return Got(error.code, dict(error.headers), error.read())


@pytest.fixture(scope="module")
def sandbox(drawings: Path) -> Iterator[Sandbox]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARVEST_CACHE", str(drawings))
        with Sandbox(World(240)) as running:
            yield running


def posts(sandbox: Sandbox, tags: str = "", **params: object) -> Any:
    return listing(sandbox, tags, **params).json


def listing(sandbox: Sandbox, tags: str = "", **params: object) -> Got:
    more = "".join(f"&{name}={value}" for name, value in params.items())
    return get(f"{sandbox.url}/posts.json?tags={quote(tags)}{more}")


def kinds(value: Any) -> Any:
    """The shape of a JSON value: keys and types, lists by their first element."""
    if isinstance(value, dict):
        return {key: kinds(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [kinds(value[0])] if value else []
    return type(value).__name__


def agrees(shown: Any, documented: Any, path: str = "") -> None:
    for key, value in documented.items():
        assert key in shown, f"{path}{key} is missing"
        if isinstance(value, dict):
            agrees(shown[key], value, f"{path}{key}.")
        elif key not in NULLABLE:
            assert kinds(shown[key]) == kinds(value), f"{path}{key}"


def test_a_post_has_the_documented_keys_and_types(sandbox: Sandbox) -> None:
    documented = json.loads(DOCUMENTED.read_text())

    for shown in posts(sandbox, "filetype:png -status:banned", limit=5):
        if "md5" in shown:
            agrees(shown, documented)
            assert set(shown) == set(documented)
            assert set(shown["media_asset"]) == set(documented["media_asset"])


def test_the_fixture_says_what_the_facts_sheet_says(sandbox: Sandbox) -> None:
    if not SHEET.is_file():
        pytest.skip("the facts sheet is not here")
    section = SHEET.read_text(encoding="utf-8").split("### 1.6")[1].split("### 1.7")[0]
    example = json.loads(re.findall(r"```json\n(.*?)```", section, re.S)[0])[0]

    shown = posts(sandbox, "filetype:png -status:banned", limit=5)

    agrees(json.loads(DOCUMENTED.read_text()), example)
    agrees(next(row for row in shown if "md5" in row), example)


def test_times_carry_the_eastern_offset_and_milliseconds(sandbox: Sandbox) -> None:
    moment = posts(sandbox, limit=1)[0]["created_at"]

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}-05:00", moment)


def test_a_hidden_post_lacks_its_file_keys_rather_than_having_null(sandbox: Sandbox) -> None:
    hidden = next(post for post in sandbox.world.posts if post.hidden)

    shown = get(f"{sandbox.url}/posts/{hidden.id}.json").json

    assert not {"md5", "file_url", "large_file_url", "preview_file_url"} & set(shown)
    assert not {"md5", "file_key", "variants"} & set(shown["media_asset"])
    assert shown["file_size"] > 0


@pytest.mark.parametrize(
    ("asked", "rows"), [("", 20), ("&limit=7", 7), ("&limit=0", 1), ("&limit=1000", 200)]
)
def test_limits_are_clamped(sandbox: Sandbox, asked: str, rows: int) -> None:
    assert len(get(f"{sandbox.url}/posts.json?only=id{asked}").json) == rows


def test_a_third_term_is_refused(sandbox: Sandbox) -> None:
    answer = listing(sandbox, f"{TAG} solo order:score")

    assert answer.status == 422
    assert answer.json["error"] == "PostQuery::TagLimitError"
    assert set(answer.json) == {"success", "error", "message", "backtrace"}


def test_free_metatags_do_not_count_as_terms(sandbox: Sandbox) -> None:
    free = "rating:g width:>=700 -status:deleted filetype:jpg,png,webp score:>1"

    shown = posts(sandbox, f"{TAG} solo {free}", limit=10)

    assert shown
    assert {row["rating"] for row in shown} == {"g"}
    assert all(row["image_width"] >= 700 and row["score"] > 1 for row in shown)


def test_a_thousand_pages_and_no_more(sandbox: Sandbox) -> None:
    assert listing(sandbox, TAG, page=1000).json == []
    assert listing(sandbox, TAG, page=1001).status == 410
    assert listing(sandbox, TAG, page=1001).json["error"].endswith("PaginationError")


def test_before_hands_back_lower_ids_newest_first(sandbox: Sandbox) -> None:
    first = [row["id"] for row in posts(sandbox, TAG, limit=5, only="id")]
    second = [row["id"] for row in posts(sandbox, TAG, limit=5, only="id", page=f"b{first[-1]}")]
    both = [row["id"] for row in posts(sandbox, TAG, limit=10, only="id")]

    assert first + second == both == sorted(both, reverse=True)


def test_after_hands_back_the_nearest_higher_ids_still_descending(sandbox: Sandbox) -> None:
    known = [post.id for post in sandbox.world.posts if TAG in post.words]

    shown = [row["id"] for row in posts(sandbox, TAG, limit=5, only="id", page=f"a{known[10]}")]

    assert shown == known[11:16][::-1]


def test_keyset_paging_ignores_the_order(sandbox: Sandbox) -> None:
    edge = sandbox.world.posts[-1].id + 1

    shown = posts(sandbox, f"{TAG} order:score", limit=9, only="id", page=f"b{edge}")

    assert shown == posts(sandbox, TAG, limit=9, only="id")


def test_order_by_score_holds_on_numbered_pages(sandbox: Sandbox) -> None:
    scores = [row["score"] for row in posts(sandbox, f"{TAG} order:score", limit=20, only="score")]

    assert scores == sorted(scores, reverse=True)


def test_deleted_posts_are_listed_unless_refused(sandbox: Sandbox) -> None:
    everything = get(f"{sandbox.url}/counts/posts.json?tags={TAG}").json["counts"]["posts"]
    alive = get(f"{sandbox.url}/counts/posts.json?tags={TAG}+-status:deleted").json["counts"][
        "posts"
    ]

    assert everything > alive > 100


def test_dates_ids_and_wildcards_narrow_a_search(sandbox: Sandbox) -> None:
    days = posts(sandbox, f"{TAG} date:2020-01-01..2020-12-31", limit=50, only="created_at")
    edge = sandbox.world.posts[100].id

    assert days
    assert {row["created_at"][:4] for row in days} == {"2020"}
    assert all(row["id"] < edge for row in posts(sandbox, f"id:<{edge}", only="id"))
    assert posts(sandbox, "kirisame*", only="id") == posts(sandbox, "kirisame_marisa", only="id")


def test_a_broken_query_and_an_unknown_tag_find_nothing(sandbox: Sandbox) -> None:
    assert posts(sandbox, "no_such_character") == []
    assert posts(sandbox, "score:much") == []


def test_aliases_are_resolved_in_searches_and_told_on_request(sandbox: Sandbox) -> None:
    alias = get(
        f"{sandbox.url}/tag_aliases.json?search[antecedent_name]=reimu_hakurei&search[status]=active"
    ).json

    assert posts(sandbox, "reimu_hakurei", only="id") == posts(sandbox, TAG, only="id")
    assert [row["consequent_name"] for row in alias] == [TAG]


def test_tags_answer_by_name_pattern_and_likeness(sandbox: Sandbox) -> None:
    tags = f"{sandbox.url}/tags.json?search"
    exact = get(f"{tags}[name]={TAG}").json[0]

    assert (exact["category"], exact["post_count"]) == (4, sandbox.world.tag_counts[TAG])
    assert set(exact) == {
        "id",
        "name",
        "post_count",
        "category",
        "created_at",
        "updated_at",
        "is_deprecated",
        "words",
    }
    assert {row["name"] for row in get(f"{tags}[name_comma]={TAG},solo").json} == {TAG, "solo"}
    assert TAG in {
        row["name"] for row in get(f"{tags}[name_matches]=*reimu&search[category]=4").json
    }
    assert TAG in {row["name"] for row in get(f"{tags}[name_or_alias_matches]=reimu_h*").json}
    assert (
        get(f"{tags}[fuzzy_name_matches]=hakurei_remu&search[order]=similarity").json[0]["name"]
        == TAG
    )


def test_suggestions_name_what_was_typed(sandbox: Sandbox) -> None:
    ask = f"{sandbox.url}/autocomplete.json?search[type]=tag_query&limit=10&search[query]="

    assert get(f"{ask}hakurei").json[0]["value"] == TAG
    assert get(f"{ask}reimu_h").json[0]["antecedent"] == "reimu_hakurei"
    assert get(ask + quote("博麗")).json[0]["value"] == TAG


def test_blank_search_parameters_are_redirected_away(sandbox: Sandbox) -> None:
    answer = get(f"{sandbox.url}/tags.json?search[name]=&search[category]=4")

    assert (answer.status, answer.headers["Location"]) == (302, "/tags.json?search%5Bcategory%5D=4")


def test_a_post_is_found_by_id_and_by_md5_as_one_object(sandbox: Sandbox) -> None:
    shown = posts(sandbox, "filetype:jpg", limit=1)[0]

    assert get(f"{sandbox.url}/posts/{shown['id']}.json").json == shown
    assert get(f"{sandbox.url}/posts.json?md5={shown['md5']}").json == shown
    assert get(f"{sandbox.url}/posts/1.json").status == 404


def test_only_selects_fields_also_nested_ones(sandbox: Sandbox) -> None:
    shown = posts(sandbox, limit=1, only="id,media_asset[variants[type]]")[0]

    assert set(shown) == {"id", "media_asset"}
    assert shown["media_asset"]["variants"][-1] == {"type": "original"}


@pytest.mark.parametrize(
    "agent", ["", "Mozilla/5.0 (X11)", "python-requests/2.32", "Python-urllib/3.11"]
)
def test_agents_in_disguise_meet_a_challenge(sandbox: Sandbox, agent: str) -> None:
    answer = get(f"{sandbox.url}/posts.json", agent=agent)

    assert (answer.status, answer.headers["cf-mitigated"]) == (403, "challenge")


def sound(sandbox: Sandbox) -> Any:
    found = posts(sandbox, f"{TAG} filetype:jpg -status:banned", limit=20)
    return next(
        row for row in found if "md5" in row and not sandbox.world.by_id[row["id"]].truth.defect
    )


def test_a_file_is_what_its_post_claims(sandbox: Sandbox) -> None:
    shown = sound(sandbox)

    answer = get(shown["file_url"])

    assert md5(answer.body).hexdigest() == shown["md5"]
    assert len(answer.body) == shown["file_size"] == int(answer.headers["Content-Length"])
    assert {"ETag", "Last-Modified", "Accept-Ranges"} <= set(answer.headers)
    assert get(shown["preview_file_url"]).headers["Content-Type"] == "image/jpeg"
    assert get(shown["large_file_url"]).status == 200


def test_ranges_are_served_while_the_file_is_the_same(sandbox: Sandbox) -> None:
    url = sound(sandbox)["file_url"]
    whole = get(url)

    part = get(url, Range="bytes=1000-", If_Range=whole.headers["ETag"])
    other = get(url, Range="bytes=1000-", If_Range='"another"')
    beyond = get(url, Range=f"bytes={len(whole.body)}-")

    assert (part.status, part.body) == (206, whole.body[1000:])
    assert part.headers["Content-Range"] == f"bytes 1000-{len(whole.body) - 1}/{len(whole.body)}"
    assert (other.status, other.body) == (200, whole.body)
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(whole.body)}")
    assert get(url, Range="bytes=-10").body == whole.body[-10:]


def test_missing_files_and_forbidden_ones_are_never_handed_out(sandbox: Sandbox) -> None:
    missing = next(
        post for post in sandbox.world.posts if post.truth.defect == "missing" and not post.hidden
    )
    banned = [post for post in sandbox.world.posts if post.forbidden]

    shown = [get(f"{sandbox.url}/posts/{post.id}.json").json for post in (missing, *banned)]
    statuses = [get(row["file_url"]).status for row in shown]

    assert statuses == [404, 500, 500, 500]
    assert get(shown[1]["preview_file_url"]).status == 500
    assert [entry.post for entry in sandbox.requests if entry.forbidden][:3] == [
        post.id for post in banned
    ]


def test_faults_hit_a_request_once_and_leave_a_resumable_file(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    row = sound(sandbox)
    log = tmp_path / "log.jsonl"
    faults = Faults(busy=1, dropped=frozenset({row["id"]}), drop_after=500)
    with Sandbox(sandbox.world, faults=faults, log=log) as faulty:
        busy, again = (listing(faulty, TAG, limit=1) for _ in range(2))
        url = row["file_url"].replace(sandbox.url, faulty.url)
        with pytest.raises(http.client.IncompleteRead) as broken:
            get(url)
        rest = get(url, Range="bytes=500-")
        faulty.faults = Faults(down=True)
        with pytest.raises(OSError):
            get(faulty.url)

    assert (busy.status, busy.headers["Retry-After"], again.status) == (503, "1", 200)
    assert len(broken.value.partial) == 500
    assert rest.status == 206
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    # an entry is written when its answer has been sent: the next one may be quicker
    ended = {(e["status"], e["aborted"]): (e["bytes"], e["range"]) for e in entries}
    assert ended.keys() == {(503, False), (200, False), (200, True), (206, False), (0, True)}
    assert ended[200, True] == (500, None)
    assert ended[206, False] == (row["file_size"] - 500, "bytes=500-")


def test_a_rate_limit_answers_429(sandbox: Sandbox) -> None:
    with Sandbox(sandbox.world, rules=Rules(rate=2)) as strict:
        answers = [get(f"{strict.url}/tag_aliases.json") for _ in range(5)]

    assert [answer.status for answer in answers][:3] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "1"


def test_the_sandbox_runs_as_a_process_and_serves_real_pictures(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARVEST_CACHE", str(tmp_path / "cache"))
    picture = get(sound(sandbox)["file_url"]).body
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(picture)
    (folder / "a.txt").write_text("1girl, solo, upper body")
    (folder / "b.jpg").write_bytes(picture + b" ")

    with start_process(Options(pictures=folder)) as process:
        shown = get(f"{process.url}/posts.json?tags={TAG}").json
        served = get(shown[1]["file_url"]).body

    assert process.handle.returncode == 0
    assert [row["tag_string_general"] for row in shown] == ["1girl solo", "1girl solo upper_body"]
    assert served == picture
