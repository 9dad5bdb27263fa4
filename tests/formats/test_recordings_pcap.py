"""Captures: files of every kind, connections with loss, repetition and disorder, and what HTTP/1.x is in them."""

import random
import struct
from collections import Counter

import pytest
from capturing import COOKED, COOKED_2, ETHERNET, NULL, RAW, Wire, block, interface, packet, pcap, pcapng, section, shuffled
from hypothesis import given, settings
from hypothesis import strategies as st

from yett.formats.capture import Stream, is_capture, read_frames, segment_of
from yett.formats.recordings import Recording
from yett.formats.recordings.conversation import Conversation
from yett.formats.recordings.pcap import read_pcap

GET = b"GET /%d HTTP/1.1\r\nHost: shop.example\r\n\r\n"
POST = b"POST /%d HTTP/1.1\r\nHost: shop.example\r\nContent-Length: %d\r\n\r\n%b"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b"


def get(number: int) -> bytes:
    return GET % number


def post(number: int, body: bytes) -> bytes:
    return POST % (number, len(body), body)


def ok(body: bytes) -> bytes:
    return OK % (len(body), body)


def read(file: bytes, **more: int) -> list[Recording]:
    return list(read_pcap([file], **more))


def summary(recordings: list[Recording]) -> list[tuple[bytes, bytes, bytes]]:
    """(target, body, response body) of all exchanges with a response, by target."""
    return sorted(
        (one.exchange.request.target, one.exchange.request.body, one.exchange.response.body)
        for one in recordings
        if one.exchange is not None and one.exchange.response is not None
    )


def talk() -> Wire:
    wire = Wire().open()
    for number in range(3):
        wire.ask(post(number, b"%d" % number * 3_000), ok(b"answer %d " % number * 900))
    wire.say(0, get(3) + b"HEAD /4 HTTP/1.1\r\nHost: h\r\n\r\n" + get(5))
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n"
    wire.say(1, chunked + b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n" + ok(b"five"))
    return wire.close()


WHOLE = talk()
TALKED = [
    *((b"/%d" % number, b"%d" % number * 3_000, b"answer %d " % number * 900) for number in range(3)),
    (b"/3", b"", b"abcde"),
    (b"/4", b"", b""),
    (b"/5", b"", b"five"),
]


@pytest.mark.parametrize("link", [ETHERNET, RAW, NULL, COOKED, COOKED_2])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_link_type_in_both_orders(link: int, order: str) -> None:
    assert summary(read(pcap(WHOLE.packets, link, order))) == TALKED
    assert summary(read(pcapng(WHOLE.packets, link, order))) == TALKED


@pytest.mark.parametrize("tags", [1, 2, 3])
def test_tags_of_vlans_are_passed_over(tags: int) -> None:
    assert summary(read(pcap(WHOLE.packets, tags=tags))) == TALKED


def test_what_an_exchange_holds() -> None:
    wire = Wire(("10.1.2.3", 5_000), ("10.0.0.2", 80), 1_700_000_000.5).open()
    wire.ask(b"\r\nGET /a?b HTTP/1.0\r\nHoSt: h\r\nX:  y \r\n\r\n", b"HTTP/1.0 404 No\r\nA: b\r\n\r\nnot here")
    (found,) = read(pcapng(wire.close().packets, exponent=9, offset=1_000))
    exchange = found.exchange
    assert exchange is not None and exchange.response is not None
    assert (exchange.request.method, exchange.request.target, exchange.request.version) == ("GET", b"/a?b", "1.0")
    assert exchange.request.fields == ((b"HoSt", b"h"), (b"X", b"y"))
    assert (exchange.response.status, exchange.response.fields, exchange.response.body) == (404, ((b"A", b"b"),), b"not here")
    assert exchange.started == pytest.approx(1_700_000_000.504, abs=1e-5)
    assert exchange.duration == pytest.approx(0.002, abs=1e-5)
    assert (exchange.address, found.id, found.sensor, exchange.source) == ("10.1.2.3", "1.1", "pcap", "pcap")
    assert not exchange.response.truncated and not found.lacks and found.timed


@pytest.mark.parametrize("exponent", [3, 6, 9, 0x80 | 10, 0x80 | 20])
def test_clocks_of_any_resolution(exponent: int) -> None:
    found = read(pcapng(WHOLE.packets, exponent=exponent))
    assert found[0].exchange is not None and found[0].exchange.started == pytest.approx(1_700_000_000.004, abs=0.002)
    assert summary(found) == TALKED


def test_nanoseconds() -> None:
    found = read(pcap(WHOLE.packets, nano=True))[0].exchange
    assert found is not None and found.started == pytest.approx(1_700_000_000.004, abs=1e-6)


def test_ipv6_with_extension_headers() -> None:
    wire = Wire(("2001:db8::1", 5_000), ("::1", 80)).open().ask(get(1), ok(b"six")).close()
    extended = []
    for time, octets in wire.packets:
        options = struct.pack(">BB6x", 43, 0) + struct.pack(">BB6x", 44, 0) + struct.pack(">BBHI", 6, 0, 0, 9)
        head = octets[:4] + struct.pack(">HB", len(octets) - 40 + len(options), 0) + octets[7:40]
        extended.append((time, head + options + octets[40:]))
    for packets in (wire.packets, extended):
        (found,) = read(pcap(packets))
        assert found.exchange is not None and found.exchange.address == "2001:db8::1"


def test_mirrors_in_vxlan() -> None:
    def mirrored(content: bytes) -> bytes:
        inner = b"\x02" * 12 + b"\x08\x00" + content
        return packet(
            "10.9.9.9", "10.9.9.8", 17, struct.pack(">HHHH", 1, 4_789, 16 + len(inner), 0) + b"\x08" + b"\0" * 7 + inner
        )

    assert summary(read(pcap([(time, mirrored(octets)) for time, octets in WHOLE.packets]))) == TALKED
    nested = [(time, mirrored(mirrored(mirrored(octets)))) for time, octets in WHOLE.packets]
    assert summary(read(pcap(nested))) == []


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_disorder_changes_nothing(seed: int) -> None:
    assert summary(read(pcap(shuffled(WHOLE.packets, seed)))) == TALKED


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_repetition_changes_nothing(seed: int) -> None:
    chance = random.Random(seed)
    packets = [one for one in WHOLE.packets for _ in range(chance.choice((1, 1, 2, 3)))]
    assert summary(read(pcap(shuffled(packets, seed)))) == TALKED


def numbered(requests: int, chance: random.Random) -> Wire:
    """Requests with their number in the target and everywhere in the response; now and then several at once."""
    wire = Wire(size=chance.choice((100, 536, 1_460))).open()
    number = 0
    while number < requests:
        group = list(range(number, number + chance.choice((1, 1, 1, 1, 2, 3))))
        number = group[-1] + 1
        wire.say(0, b"".join(chance.choice((get(one), post(one, b"<%d>" % one * 60))) for one in group))
        for one in group:
            body = b"[%d]" % one * chance.choice((1, 50, 200))
            coded = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
            wire.say(1, chance.choice((ok(body), coded)))
    return wire.close()


def check_pairs(recordings: list[Recording]) -> int:
    """No response, nor a part of one, may ever stand with another request. Gives the number of whole pairs."""
    whole = 0
    for one in recordings:
        if one.exchange is None or one.exchange.response is None:
            continue
        number = one.exchange.request.target[1:]
        body, response = one.exchange.request.body, one.exchange.response
        assert body == (b"<%b>" % number * 60)[: len(body)]
        assert response.body == (b"[%b]" % number * 200)[: len(response.body)], (number, response.body[:20])
        whole += not response.truncated and not one.exchange.request.truncated
    return whole


@given(st.integers(0, 1_000_000), st.sampled_from([0.01, 0.05, 0.3]))
@settings(max_examples=150, deadline=None)
def test_loss_never_gives_a_response_to_another_request(seed: int, rate: float) -> None:
    chance = random.Random(seed)
    packets = [one for one in numbered(30, chance).packets if chance.random() >= rate]
    check_pairs(read(pcap(shuffled(packets, seed))))


def test_loss_costs_little() -> None:
    whole = total = 0
    for seed in range(20):
        chance = random.Random(seed)
        wire = numbered(50, chance)
        total += 50
        whole += check_pairs(read(pcap([one for one in wire.packets if chance.random() >= 0.01])))
    assert whole > 0.85 * total


def test_a_hole_in_a_body_leaves_its_beginning() -> None:
    wire = Wire().open().ask(get(0), ok(bytes(range(256)) * 40)).ask(get(1), ok(b"next")).close()
    lost = [one for place, one in enumerate(wire.packets) if place != 7]
    first, second = (one.exchange for one in read(pcap(lost)))
    assert first is not None and first.response is not None and first.response.truncated
    assert first.response.body and (bytes(range(256)) * 40).startswith(first.response.body)
    assert second is not None and second.response is not None and second.response.body == b"next"


def test_a_capture_that_cuts_packets_off() -> None:
    wire = Wire(size=4_000).open()
    for number in range(4):
        wire.ask(get(number), ok(b"x" * 3_000))
    found = read(pcap(wire.close().packets, snap=200))
    assert [one.exchange.response.truncated for one in found if one.exchange and one.exchange.response] == [True] * 4
    assert [one.exchange.response.status for one in found if one.exchange and one.exchange.response] == [200] * 4


def test_a_capture_that_begins_and_ends_in_the_middle() -> None:
    wire = Wire().open().ask(get(0), ok(b"a" * 5_000))
    for number in range(1, 4):
        wire.ask(get(number), ok(b"%d" % number))
    found = read(pcap(wire.packets[6:-2]))
    assert summary(found) == [(b"/1", b"", b"1"), (b"/2", b"", b"2")]
    (last,) = (one for one in found if one.exchange and one.exchange.response is None)
    assert last.lacks == (("response", "the recording has none"),)


def test_a_server_that_hangs_up() -> None:
    wire = Wire().open().say(0, get(1)).close()
    (found,) = read(pcap(wire.packets))
    assert found.exchange is not None and found.exchange.failure == "the connection ended without a response"
    (reset,) = read(pcap(Wire().open().say(0, get(1)).reset().packets))
    assert reset.exchange is not None and reset.exchange.response is None and reset.lacks


def test_the_end_of_a_connection_is_the_end_of_a_body() -> None:
    said = b"HTTP/1.1 200 OK\r\n\r\n" + b"z" * 4_000
    (whole,) = read(pcap(Wire().open().ask(get(1), said).close().packets))
    (reset,) = read(pcap(Wire().open().ask(get(1), said).reset().packets))
    assert [len(one.exchange.response.body) for one in (whole, reset) if one.exchange and one.exchange.response] == [4_000] * 2
    assert [one.exchange.response.truncated for one in (whole, reset) if one.exchange and one.exchange.response] == [
        False,
        True,
    ]


def test_ports_are_used_again() -> None:
    first = Wire().open().ask(get(1), ok(b"one")).close()
    again = Wire(first=(5, 6), started=1_700_000_100.0).open().ask(get(2), ok(b"two")).close()
    assert summary(read(pcap(first.packets + again.packets))) == [(b"/1", b"", b"one"), (b"/2", b"", b"two")]
    cut = first.packets[:-3]
    assert summary(read(pcap(cut + again.packets))) == [(b"/1", b"", b"one"), (b"/2", b"", b"two")]


def test_what_has_no_single_reading_is_refused() -> None:
    twice = b"POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"
    wire = Wire().open().ask(twice, b"HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n").ask(get(2), ok(b"2")).close()
    refused, fine, note = read(pcap(wire.packets))
    assert refused.refused == (400, "two content-length fields", "head")
    assert summary([fine]) == [(b"/2", b"", b"2")]
    assert note.error == "1 responses whose requests were not captured"


def test_a_response_without_a_single_reading_is_none() -> None:
    wire = Wire().open().ask(get(1), b"HTTP/1.1 200 OK\r\n folded\r\n\r\n").ask(get(2), ok(b"2")).close()
    bad, fine = read(pcap(wire.packets))
    assert bad.lacks == (("response", "it has no single reading: a folded field line (obs-fold)"),)
    assert summary([fine]) == [(b"/2", b"", b"2")]


def test_chunks_that_are_none() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n"
    bad, fine = read(pcap(Wire().open().ask(get(1), chunked).ask(get(2), ok(b"2")).close().packets))
    assert bad.exchange is not None and bad.exchange.response is not None and bad.exchange.response.truncated
    assert summary([fine]) == [(b"/2", b"", b"2")]


def test_early_answers_and_interim_ones() -> None:
    wire = Wire().open().say(0, b"POST /1 HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
    wire.say(1, b"HTTP/1.1 100 Continue\r\n\r\n").say(0, b"12345").say(1, ok(b"fine"))
    wire.say(0, b"POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n123").say(
        1, b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n"
    )
    one, two = read(pcap(wire.close().packets))
    assert summary([one]) == [(b"/1", b"12345", b"fine")]
    assert two.exchange is not None and two.exchange.request.truncated and two.exchange.response is not None
    assert two.exchange.response.status == 413


def test_what_follows_an_upgrade_is_not_http() -> None:
    wire = (
        Wire()
        .open()
        .ask(
            b"GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
        )
    )
    wire.say(0, get(9)).say(1, b"\x81\x05hello")
    (found,) = read(pcap(wire.close().packets))
    assert found.lacks == (("response", "the connection became another protocol's"),)


@pytest.mark.parametrize(
    ("said", "answered", "kind"),
    [
        (b"\x16\x03\x01\x02\x00\x01", b"\x16\x03\x03", "tls"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0\0\0\4", "http2"),
        (b"EHLO a\r\n", b"220 mail\r\n", "other"),
        (b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n", "other"),
        (b"A" * 50_000, b"", "other"),
    ],
)
def test_other_protocols_are_counted(said: bytes, answered: bytes, kind: str) -> None:
    counted: Counter[str] = Counter()
    wire = Wire().open().say(0, said).say(1, answered).say(0, get(1)).close()
    (note,) = read_pcap([pcap(wire.packets)], counted=counted)
    assert note.error.startswith("no HTTP/1 in ")
    assert counted[kind] == 1 and not counted["exchanges"]


def test_bodies_are_kept_up_to_a_bound() -> None:
    wire = Wire().open().ask(post(1, b"a" * 3_000), ok(b"b" * 3_000)).close()
    (found,) = read(pcap(wire.packets), kept=1_000)
    assert found.exchange is not None and found.exchange.response is not None
    assert (found.exchange.request.body, found.exchange.request.truncated) == (b"a" * 1_000, True)
    assert (found.exchange.response.body, found.exchange.response.truncated) == (b"b" * 1_000, True)


def test_connections_and_octets_are_bounded() -> None:
    wires = [Wire(("10.0.0.1", 10_000 + n)).open().say(0, post(n, b"x" * 5_000)[:4_000]) for n in range(50)]
    packets = [one for wire in wires for one in wire.packets]
    for wire in wires:
        packets += wire.say(0, b"x" * 1_100).packets[-2:]
    assert len([one for one in read(pcap(packets)) if one.exchange and not one.exchange.request.truncated]) == 50
    for few in (read(pcap(packets), connections=10), read(pcap(packets), held=20_000)):
        assert len([one for one in few if one.exchange and not one.exchange.request.truncated]) < 15
        assert len([one for one in few if one.exchange and one.exchange.request.truncated]) >= 35


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_what_is_held_is_let_go_of(seed: int) -> None:
    chance = random.Random(seed)
    packets = [one for one in shuffled(numbered(20, chance).packets, seed) if chance.random() >= 0.1]
    found: list[Recording] = []
    conversation = Conversation("1", ("10.0.0.1", "10.0.0.2"), found.append, 0)
    stream = Stream(conversation)
    for _, octets in packets:
        segment = segment_of(RAW, octets)
        assert not isinstance(segment, str)
        stream.add(segment.source[1] == 80, segment, 1.0)
    stream.finish()
    assert found and (stream.held, conversation.held) == (0, 0)


def test_a_head_that_never_ends() -> None:
    wire = Wire().open().say(0, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000)
    (found,) = read(pcap(wire.close().packets))
    assert found.refused is not None and found.refused[0] == 431


def test_more_requests_than_may_wait() -> None:
    wire = Wire().open().say(0, b"".join(get(number) for number in range(300)))
    found = read(pcap(wire.packets))
    assert len(found) == 300
    assert sum("more than 256" in one.lacks[0][1] for one in found) == 44


def test_fragments_and_other_packets_are_passed_over() -> None:
    odd = [
        packet("10.0.0.1", "10.0.0.2", 6, b"x" * 30, fragment=0x2000),
        packet("10.0.0.1", "10.0.0.2", 6, b"x" * 30, fragment=0x00FF),
        packet("::1", "::2", 44, struct.pack(">BBHI", 6, 0, 8, 9) + b"x" * 30),
        packet("10.0.0.1", "10.0.0.2", 17, b"\0\x35\0\x35\0\x10\0\0dns"),
        packet("10.0.0.1", "10.0.0.2", 1, b"ping"),
        packet("10.0.0.1", "10.0.0.2", 6, b"short"),
        packet("10.0.0.1", "10.0.0.2", 6, b"\0" * 20),
        b"\x50nothing",
        b"\x45",
    ]
    found = read(pcap([(1_700_000_000.0, one) for one in odd] + WHOLE.packets))
    assert summary(found) == TALKED
    assert found[-1].error == "3 fragments of IP packets, which are not put together"


def test_a_length_left_to_offloading() -> None:
    packets = [(time, octets[:2] + b"\0\0" + octets[4:]) for time, octets in WHOLE.packets]
    assert summary(read(pcap(packets, RAW))) == TALKED


def test_acknowledgements_without_data_are_no_connections() -> None:
    counted: Counter[str] = Counter()
    wire = Wire().open()
    list(read_pcap([pcap(wire.packets[2:])], counted=counted))
    assert counted["segments"] == 1 and not counted["other"]


# --- files ----------------------------------------------------------------------------------------------------------


def test_what_is_a_capture() -> None:
    for file in (pcap([]), pcap([], order=">"), pcap([], nano=True), pcapng([]), pcapng([], order=">")):
        assert is_capture(file[:12])
    assert not is_capture(b"") and not is_capture(b"\n\r\r\n") and not is_capture(b"GET / HTTP/1.1")
    assert list(read_frames([b"{}"])) == ["neither pcap nor pcapng: the file does not begin as one of them"]


@given(st.sampled_from([pcap(WHOLE.packets), pcapng(WHOLE.packets)]), st.integers(1, 300))
@settings(max_examples=20, deadline=None)
def test_pieces_of_any_size(file: bytes, size: int) -> None:
    assert summary(list(read_pcap(file[at : at + size] for at in range(0, len(file), size)))) == TALKED


@pytest.mark.parametrize("file", [pcap(WHOLE.packets), pcapng(WHOLE.packets)])
def test_files_that_end_too_early(file: bytes) -> None:
    for size in range(1, len(file), 61):
        found = read(file[:size])
        assert found and all(one.exchange is not None or one.error for one in found)
        assert len(summary(found)) <= len(TALKED)


def test_a_damaged_record_costs_little() -> None:
    file = bytearray(pcap(WHOLE.packets))
    place = 24 + sum(16 + struct.unpack_from("<I", file, at + 8)[0] for at in offsets(file)[:3])
    file[place + 8 : place + 12] = b"\xff" * 4
    frames = list(read_frames([bytes(file)]))
    assert frames[3] == f"after frame 3 (offset {place}): the record header is damaged"
    assert sum(not isinstance(one, str) for one in frames) == len(WHOLE.packets) - 1


def offsets(file: bytes) -> list[int]:
    found, at = [], 24
    while at < len(file):
        found.append(at)
        at += 16 + struct.unpack_from("<I", file, at + 8)[0]
    return found


@pytest.mark.parametrize("place", [0, -4])
def test_a_damaged_block_costs_little(place: int) -> None:
    parts = [section(), interface(ETHERNET)]
    blocks = [pcapng([one])[len(pcapng([])) :] for one in WHOLE.packets]
    broken = bytearray(blocks[2])
    at = 4 if place == 0 else len(broken) - 4
    broken[at : at + 4] = b"\x03\0\0\0"
    frames = list(read_frames([b"".join([*parts, *blocks[:2], bytes(broken), *blocks[3:]])]))
    assert [one for one in frames if isinstance(one, str)] == [
        f"after frame 2 (offset {len(b''.join([*parts, *blocks[:2]]))}): the block is damaged"
    ]
    assert sum(not isinstance(one, str) for one in frames) == len(WHOLE.packets) - 1


def test_other_blocks_of_pcapng() -> None:
    octets = b"\x02" * 40
    simple = block(3, struct.pack("<I", 40) + octets)
    old = block(2, struct.pack("<HHIIII", 0, 0, 0, 5_000_000, 40, 44) + octets)
    secret = block(10, b"CLIENT_RANDOM")
    unknown = block(6, struct.pack("<IIIII", 9, 0, 0, 40, 40) + octets)
    short = block(6, struct.pack("<IIIII", 0, 0, 0, 80, 80) + octets)
    large = block(0x0BAD, b"x" * 2_000_000)
    file = (
        section() + interface(ETHERNET) + simple + old + secret + unknown + short + large + section(">") + interface(RAW, ">")
    )
    frames = list(read_frames([file, block(6, struct.pack(">IIIII", 0, 0, 7, 40, 40) + octets, ">")]))
    kept = [one for one in frames if not isinstance(one, str)]
    assert [(one.time, one.link, one.length, one.number) for one in kept] == [
        (0.0, 1, 40, 1),
        (5.0, 1, 44, 2),
        (pytest.approx(7e-6), 101, 40, 3),
    ]
    assert [one.split(": ")[1] for one in frames if isinstance(one, str)] == ["a block of type 6 is damaged"] * 2


def test_damage_without_end() -> None:
    assert list(read_frames([pcap([])[:20]])) == ["the file ends within its header"]
    for file in (pcap(WHOLE.packets[:2]), pcapng(WHOLE.packets[:2])):
        frames = list(read_frames([file, b"\xff" * 100_000]))
        assert isinstance(frames[-1], str) and len(frames) == 3
    assert str(next(iter(read_frames([section(), block(0x0BAD, b"x" * 2_000_000)[:-9]])))).endswith(
        "the file ends within a block"
    )


@given(st.binary(max_size=300))
def test_any_octets_after_a_beginning(octets: bytes) -> None:
    for file in (pcap(WHOLE.packets[:3]), pcapng(WHOLE.packets[:3])):
        list(read_pcap([file, octets]))


@given(st.lists(st.tuples(st.integers(0, 1), st.binary(max_size=40)), max_size=12))
def test_any_octets_in_a_connection(said: list[tuple[int, bytes]]) -> None:
    wire = Wire().open()
    for side, octets in said:
        wire.say(side, octets)
    for one in read(pcap(wire.say(0, get(1)).say(1, ok(b"1")).close().packets)):
        assert one.error or one.refused or one.exchange
