"""Captures made by code: TCP connections as packets, in pcap and pcapng files of every order, link type and family."""

import random
import socket
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
ETHERNET, RAW, NULL, COOKED, COOKED_2 = 1, 101, 0, 113, 276


def tcp(
    source: tuple[str, int], target: tuple[str, int], sequence: int, acknowledged: int, flags: int, payload: bytes = b""
) -> bytes:
    """An IP packet with one TCP segment."""
    header = struct.pack(
        ">HHIIBBHHH", source[1], target[1], sequence & 0xFFFFFFFF, acknowledged & 0xFFFFFFFF, 8 << 4, flags, 65_535, 0, 0
    )
    return packet(source[0], target[0], 6, header + b"\x01" * 12 + payload)


def packet(source: str, target: str, protocol: int, content: bytes, fragment: int = 0) -> bytes:
    if ":" in source:
        head = struct.pack(">IHBB", 6 << 28, len(content), protocol, 64)
        return head + socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, target) + content
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(content), 1, fragment, 64, protocol, 0)
    return head + socket.inet_aton(source) + socket.inet_aton(target) + content


def framed(link: int, content: bytes, tags: int = 0) -> bytes:
    kind = 0x86DD if content[0] >> 4 == 6 else 0x0800
    vlans = b"".join(struct.pack(">HH", 0x8100, 7 + number) for number in range(tags))
    if link == ETHERNET:
        return b"\x02" * 12 + vlans + struct.pack(">H", kind) + content + b"\0" * max(0, 46 - len(content))
    if link == COOKED:
        return struct.pack(">HHH8sH", 0, 1, 6, b"\x02" * 8, kind) + content
    if link == COOKED_2:
        return struct.pack(">HHIHBB8s", kind, 0, 1, 1, 0, 6, b"\x02" * 8) + content
    if link == NULL:
        return struct.pack("<I", 2) + content
    return content


@dataclass
class Wire:
    """One connection that writes its packets down. `packets`: (time, IP packet)."""

    client: tuple[str, int] = ("10.0.0.1", 40_000)
    server: tuple[str, int] = ("10.0.0.2", 80)
    started: float = 1_700_000_000.0
    first: tuple[int, int] = (0xFFFFFF00, 0x7FFFFFF0)  # initial sequence numbers; the first one wraps soon
    size: int = 1_460
    packets: list[tuple[float, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.time = self.started
        self.next = [self.first[0] + 1, self.first[1] + 1]

    def _add(self, side: int, sequence: int, acknowledged: int, flags: int, payload: bytes = b"") -> None:
        ends = (self.client, self.server) if side == 0 else (self.server, self.client)
        self.time += 0.001
        self.packets.append((self.time, tcp(*ends, sequence, acknowledged, flags, payload)))

    def open(self) -> "Wire":
        self._add(0, self.first[0], 0, SYN)
        self._add(1, self.first[1], self.next[0], SYN | ACK)
        self._add(0, self.next[0], self.next[1], ACK)
        return self

    def say(self, side: int, octets: bytes, acknowledge: bool = True) -> "Wire":
        for at in range(0, len(octets), self.size):
            part = octets[at : at + self.size]
            self._add(side, self.next[side], self.next[1 - side], ACK | PSH, part)
            self.next[side] += len(part)
        if acknowledge:
            self._add(1 - side, self.next[1 - side], self.next[side], ACK)
        return self

    def ask(self, octets: bytes, answer: bytes) -> "Wire":
        return self.say(0, octets).say(1, answer)

    def close(self) -> "Wire":
        for side in (0, 1):
            self._add(side, self.next[side], self.next[1 - side], FIN | ACK)
            self.next[side] += 1
        self._add(0, self.next[0], self.next[1], ACK)
        return self

    def reset(self, side: int = 1) -> "Wire":
        self._add(side, self.next[side], self.next[1 - side], RST | ACK)
        return self


Packets = Sequence[tuple[float, bytes]]


def pcap(packets: Packets, link: int = ETHERNET, order: str = "<", nano: bool = False, snap: int = 0, tags: int = 0) -> bytes:
    magic, unit = (0xA1B23C4D, 1e9) if nano else (0xA1B2C3D4, 1e6)
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262_144, link)]
    for time, content in packets:
        octets = framed(link, content, tags)
        kept = octets[:snap] if snap else octets
        seconds = int(time)
        parts.append(struct.pack(order + "IIII", seconds, int((time - seconds) * unit), len(kept), len(octets)) + kept)
    return b"".join(parts)


def block(kind: int, content: bytes, order: str = "<") -> bytes:
    content += b"\0" * (-len(content) % 4)
    size = struct.pack(order + "I", len(content) + 12)
    return struct.pack(order + "I", kind) + size + content + size


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link: int, order: str = "<", options: Iterable[tuple[int, bytes]] = ()) -> bytes:
    written = b"".join(
        struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4) for code, value in options
    )
    return block(1, struct.pack(order + "HHI", link, 0, 0) + written + (b"\0" * 4 if written else b""), order)


def pcapng(packets: Packets, link: int = ETHERNET, order: str = "<", exponent: int = 6, offset: int = 0) -> bytes:
    options = [(9, bytes([exponent])), (14, struct.pack(order + "q", offset))]
    parts = [section(order), interface(link, order, options), block(0x0BAD, b"somebody's own", order)]
    unit = 2 ** (exponent & 0x7F) if exponent & 0x80 else 10**exponent
    for time, content in packets:
        octets = framed(link, content)
        ticks = int((time - offset) * unit)
        head = struct.pack(order + "IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(octets), len(octets))
        parts.append(block(6, head + octets, order))
    return b"".join(parts)


def shuffled(packets: Packets, seed: int, distance: int = 4) -> list[tuple[float, bytes]]:
    """Each packet at most so many places from where it was; times stay where they are."""
    chance = random.Random(seed)
    order = sorted(range(len(packets)), key=lambda place: place + chance.random() * distance)
    return [packets[place] for place in order]
