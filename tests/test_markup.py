"""XML of sites is read without entities of their own, and mended where they write it badly."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester import Reply, Unexpected
from sources import markup


def reply(body: bytes | str) -> Reply:
    raw = body if isinstance(body, bytes) else body.encode()
    return Reply(200, "https://booru.test/index.php", {}, raw)


def attribute(written: str) -> str | None:
    return markup.xml(reply(f'<post tags="{written}"/>')).get("tags")


def test_a_document_is_read_as_elements() -> None:
    root = markup.xml(reply('<?xml version="1.0"?>\n<posts count="1"><post id="7"/></posts>'))

    assert (root.tag, root.get("count"), [one.attrib for one in root]) == (
        "posts",
        "1",
        [{"id": "7"}],
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a &amp; b &lt;3 &quot;x&quot; it&apos;s", 'a & b <3 "x" it\'s'),
        ("d&#039;arc &#x41;", "d'arc A"),
        ("r&eacute;imu", "réimu"),
        ("tom_&_jerry a&b=1&c;", "tom_&_jerry a&b=1&c;"),
        ("&unheard_of; &#99999999999;", "&unheard_of; &#99999999999;"),
        ("one\x01two\x0bthree", "onetwothree"),
        ("&#1;&#xD800;&#0;", "\ufffd\ufffd"),
        ("&lt;&amp;lt;", "<&lt;"),
        ("博麗霊夢 😀", "博麗霊夢 😀"),
    ],
)
def test_references_and_signs_that_xml_does_not_know_are_mended(written: str, read: str) -> None:
    assert attribute(written) == read


def test_the_bytes_are_utf8_whatever_the_document_says_of_itself() -> None:
    body = '\ufeff<?xml version="1.0" encoding="ISO-8859-1"?><a b="é"/>'

    assert markup.xml(reply(body)).get("b") == "é"


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        '<!DOC\x00TYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<?xml version="1.0"?><!-- c --><!DOCTYPE a [<!ENTITY % p SYSTEM "http://x/">%p;]><a/>',
    ],
)
def test_a_document_type_is_refused(body: str) -> None:
    with pytest.raises(Unexpected, match="body"):
        markup.xml(reply(body))


def test_entities_without_a_document_type_stay_what_was_written() -> None:
    assert attribute("&lol9;") == "&lol9;"


@pytest.mark.parametrize(
    "body", ["", " ", "<html>busy", "[]", "<a><b></a>", "<a/><b/>", "<a b='<'/>", "<a>" * 50_000]
)
def test_what_is_no_document_is_unexpected(body: str) -> None:
    with pytest.raises(Unexpected, match="body"):
        markup.xml(reply(body))


def test_a_deep_document_is_read_or_refused() -> None:
    with suppress(Unexpected):
        markup.xml(reply("<a>" * 50_000 + "</a>" * 50_000))


@given(
    st.binary(max_size=60)
    | st.text(st.sampled_from("<>&;#x!/ab='\"\x00\x1f- D"), max_size=60).map(str.encode)
)
def test_no_bytes_bring_the_reader_to_anything_but_unexpected(body: bytes) -> None:
    for whole in (body, b'<a b="' + body + b'"/>'):
        with suppress(Unexpected):
            markup.xml(reply(whole))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("d&#039;arc", "d'arc"),
        ("a&b=1&copy=2", "a&b=1&copy=2"),
        ("&amp;amp;", "&amp;"),
        ("&#" + "9" * 5000 + ";", "&#" + "9" * 5000 + ";"),
    ],
)
def test_references_of_html_are_taken_out_of_a_text(written: str, read: str) -> None:
    assert markup.unescaped(written) == read
