"""XML read strictly: one reading, bounded, nothing fetched."""

import time
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.bodies import BodyError, read_body
from yett.formats.xml import (
    LONGEST_PATH,
    MAX_ATTRIBUTES,
    MAX_DEPTH,
    MAX_ELEMENTS,
    Element,
    NotXML,
    XMLDocument,
    read_xml,
    xml_strings,
    xml_values,
)

SOAP = b"""<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">
  <soap:Body><m:GetPrice xmlns:m="urn:prices" m:unit="kg" id="7"><m:Item>a &amp; b</m:Item><m:Item>c<![CDATA[<d>]]></m:Item></m:GetPrice></soap:Body>
  <!-- a comment --><?target some text?>
</soap:Envelope>"""


def test_a_document() -> None:
    document = read_xml(SOAP)
    assert list(xml_values(document)) == [
        ("/Envelope/Body/GetPrice/@unit", "kg"),
        ("/Envelope/Body/GetPrice/@id", "7"),
        ("/Envelope/Body/GetPrice/Item", "a & b"),
        ("/Envelope/Body/GetPrice/Item[2]", "c<d>"),
        ("namespace", "http://schemas.xmlsoap.org/soap/envelope/"),
        ("namespace", "urn:prices"),
        ("comment", " a comment "),
        ("comment", "target some text"),
    ]
    assert {text: path for path, text, name in xml_strings(document) if name} == {
        "Envelope": "/Envelope",
        "Body": "/Envelope/Body",
        "GetPrice": "/Envelope/Body/GetPrice",
        "unit": "/Envelope/Body/GetPrice/@unit",
        "id": "/Envelope/Body/GetPrice/@id",
        "Item": "/Envelope/Body/GetPrice/Item",
    }
    body = document.root.elements[0]
    assert (body.name, body.namespace) == ("Body", "http://schemas.xmlsoap.org/soap/envelope/")
    assert body.elements[0].attributes == {"urn:prices unit": "kg", "id": "7"}
    assert repr(body) == "Element('Body')"
    assert document.root.all_text().split() == ["a", "&", "bc<d>"]


def test_comments_do_not_cut_texts() -> None:
    assert dict(xml_values(read_xml(b"<a>un<!-- -->ion<b/> select</a>")))["/a"] == "union select"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not XML: no element found"), (b"<a>", "not XML: no element found"), (b"<a/><b/>", "not XML: junk after document element"), (b"<a b='1' b='2'/>", "not XML: duplicate attribute"),
        (b"<x:a/>", "not XML: unbound prefix"), (b"<a>&x;</a>", "not XML: undefined entity"), (b"<a>\x00</a>", "not XML: not well-formed (invalid token)"), (b"<a>\xff</a>", "not UTF-8"),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "an encoding other than UTF-8"), (b"\xef\xbb\xbf<?xml version='1.0'\tencoding = 'ISO-8859-1'?><a/>", "an encoding other than UTF-8"),
        (b"<!DOCTYPE a><a/>", "a document type declaration"), (b'<!DOCTYPE a SYSTEM "http://192.0.2.1/x"><a/>', "a document type declaration"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "a document type declaration"), (b'<!DOCTYPE a [<!ENTITY % p "x"> %p;]><a/>', "a document type declaration"),
        (b"<a>" * (MAX_DEPTH + 1), f"nested deeper than {MAX_DEPTH}"), (b"<a>" + b"<b/>" * MAX_ELEMENTS + b"</a>", f"more than {MAX_ELEMENTS} elements"),
        (b"<a " + b" ".join(b"a%d=''" % number for number in range(MAX_ATTRIBUTES + 1)) + b"/>", f"more than {MAX_ATTRIBUTES} equals signs, which may be attributes"),
    ],
)  # fmt: skip
def test_what_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(NotXML) as caught:
        read_xml(content)
    assert str(caught.value) == reason
    with pytest.raises(BodyError):
        read_body(b"application/xml", content)


def test_bounds_are_reached() -> None:
    assert read_xml(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH).root.name == "a"
    assert len(read_xml(b"<a>" + b"<b/>" * (MAX_ELEMENTS - 1) + b"</a>").root.elements) == MAX_ELEMENTS - 1


@pytest.mark.parametrize(
    "content",
    [
        b"<a>" + b"<!---->" * 140_000 + b"</a>", b"<a>" + b"&lt;x" * 200_000 + b"</a>", b'<a b="' + b"&lt;" * 250_000 + b'"/>', b"<a " * 300_000, b"<a><b " * 160_000, b"<![CDATA[" * 100_000, b"<a>" + b"]]" * 400_000,
        b"<" + b"n" * 900_000 + b"/>", b"<a>" + (b"<" + b"n" * 5_000 + b">") * 100 + b"<x/>" * 5_000 + (b"</" + b"n" * 5_000 + b">") * 100 + b"</a>", b"<a xmlns:b='u'" + b" b:c" * 200_000 + b"/>",
    ],
)  # fmt: skip
def test_no_megabyte_takes_long(content: bytes) -> None:
    start = time.process_time()
    try:
        document = read_xml(content)
    except NotXML:
        pass
    else:
        assert max((len(path) for path, _ in document.root.walk()), default=0) < LONGEST_PATH + 100
        list(xml_values(document))
    assert time.process_time() - start < 1.0, "some milliseconds; seconds would mean that it is not linear"


@pytest.mark.parametrize("content_type", [b"application/xml", b"text/xml; charset=utf-8", b"application/soap+xml"])
def test_bodies_of_xml(content_type: bytes) -> None:
    assert isinstance(read_body(content_type, b"<a/>"), XMLDocument)


def test_bodies_in_other_charsets() -> None:
    with pytest.raises(BodyError) as caught:
        read_body(b"text/xml; charset=utf-16", b"<a/>")
    assert caught.value.status == 415


NAMES = st.sampled_from(["a", "b", "ns", "é"])
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8)


@st.composite
def trees(draw: st.DrawFn, depth: int = 0) -> ElementTree.Element:
    element = ElementTree.Element(draw(NAMES), draw(st.dictionaries(NAMES, TEXTS, max_size=2)))
    element.text = draw(TEXTS)
    for _ in range(draw(st.integers(0, 2)) if depth < 3 else 0):
        child = draw(trees(depth + 1))
        child.tail = draw(TEXTS)
        element.append(child)
    return element


def told(element: ElementTree.Element) -> list[object]:
    pieces: list[object] = [element.tag, dict(element.attrib), element.text or ""]
    for child in element:
        pieces += [told(child), child.tail or ""]
    return pieces


def own(element: Element) -> list[object]:
    pieces: list[object] = [element.name, element.attributes, ""]
    for child in element.children:
        if isinstance(child, str):
            pieces[-1] = f"{pieces[-1]}{child}"
        else:
            pieces += [own(child), ""]
    return pieces


@given(trees())
def test_it_reads_what_was_written(tree: ElementTree.Element) -> None:
    content = ElementTree.tostring(tree, encoding="utf-8")
    try:
        expected = ElementTree.fromstring(content)
    except ElementTree.ParseError:  # U+FFFE and U+FFFF are no characters of XML
        with pytest.raises(NotXML):
            read_xml(content)
        return
    document = read_xml(content)
    assert own(document.root) == told(expected)
    assert document.root.all_text() == "".join(expected.itertext())
    texts = {text for _, text in xml_values(document)}
    assert texts >= {value for element in expected.iter() for value in element.attrib.values()}
