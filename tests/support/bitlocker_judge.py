#!/usr/bin/env python3
"""Decrypts a volume that BitLocker encrypted, to judge what drydock writes: an
independent reader, by the cryptography module.  Slow, and as plain as can be.

bitlocker_judge.py VOLUME OUT [--password TEXT | --recovery DIGITS]
Without either, the volume has a clear key."""

import argparse
import hashlib
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM


def entries(data):
    """Yields (role, type, bytes)."""
    while len(data) >= 8:
        size, role, kind, _ = struct.unpack_from("<HHHH", data)
        if size < 8:
            return
        yield role, kind, data[8:size]
        data = data[size:]


def unwrap(key, data):
    """The key in an entry of type 5, without its header and method."""
    return AESCCM(key).decrypt(data[:12], data[28:] + data[12:28], None)[12:]


def stretch(hashed, salt):
    last = bytes(32)
    for number in range(0x100000):
        last = hashlib.sha256(last + hashed + salt + struct.pack("<Q", number)).digest()
    return last


def master_key(protectors, password, recovery):
    if recovery:
        groups = [int(group) for group in recovery.split("-")]
        secret = b"".join(struct.pack("<H", group // 11) for group in groups)
        wanted, hashed = 0x800, hashlib.sha256(secret).digest()
    elif password:
        wanted = 0x2000
        hashed = hashlib.sha256(
            hashlib.sha256(password.encode("utf-16-le")).digest()).digest()
    else:
        wanted, hashed = 0, None
    for data in protectors:
        if struct.unpack_from("<H", data, 26)[0] != wanted:
            continue
        parts = {kind: part for _, kind, part in entries(data[28:])}
        key = parts[1][4:] if wanted == 0 else stretch(hashed, parts[3][4:20])
        return unwrap(key, parts[5])
    raise SystemExit("no such protector")


def diffuse_back(sector):
    words = list(struct.unpack(f"<{len(sector) // 4}I", sector))
    count = len(words)
    for cycles, rotations, sign in ((3, (0, 10, 0, 25), 1), (5, (9, 0, 13, 0), -1)):
        for _ in range(cycles):
            for i in range(count):
                far = words[(i + 5 * sign) % count]
                by = rotations[i % 4]
                far = (far << by | far >> (32 - by)) & 0xFFFFFFFF
                words[i] = (words[i] + (words[(i + 2 * sign) % count] ^ far)) & 0xFFFFFFFF
    return struct.pack(f"<{count}I", *words)


class Sectors:
    def __init__(self, method, key, size):
        self.method, self.key, self.size = method, key, size
        length = {0x8000: 16, 0x8001: 32}.get(method, len(key))
        self.aes, self.tweak = key[:length], key[32:32 + length]

    def ecb(self, key, block):
        return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)

    def decrypt(self, offset, sector):
        if self.method >= 0x8004:
            number = struct.pack("<QQ", offset // self.size, 0)
            return Cipher(algorithms.AES(self.key), modes.XTS(number)).decryptor().update(
                sector)
        place = struct.pack("<QQ", offset, 0)
        vector = self.ecb(self.aes, place)
        plain = Cipher(algorithms.AES(self.aes), modes.CBC(vector)).decryptor().update(
            sector)
        if self.method >= 0x8002:
            return plain
        pad = self.ecb(self.tweak, place) + self.ecb(self.tweak, place[:15] + b"\x80")
        plain = diffuse_back(plain)
        return bytes(a ^ b for a, b in zip(plain, pad * (self.size // 32)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("volume")
    parser.add_argument("out")
    parser.add_argument("--password")
    parser.add_argument("--recovery")
    words = parser.parse_args()
    volume = open(words.volume, "rb").read()
    base = 0xA0 if volume[3:11] == b"-FVE-FS-" else 0x1A8
    first, = struct.unpack_from("<Q", volume, base + 16)
    size, = struct.unpack_from("<H", volume, 11)
    state_offset, = struct.unpack_from("<Q", volume, first + 16)
    copies = struct.unpack_from("<QQQ", volume, first + 32)
    set_size, = struct.unpack_from("<I", volume, first + 64)
    method, = struct.unpack_from("<H", volume, first + 100)
    held = list(entries(volume[first + 112:first + 64 + set_size]))
    master = master_key([data for _, kind, data in held if kind == 8], words.password,
                        words.recovery)
    key = next(unwrap(master, data) for role, kind, data in held if role == 3)
    head, head_size = next(
        struct.unpack_from("<QQ", data) for _, kind, data in held if kind == 15)
    own = [(copy, 65536) for copy in copies] + [(head, head_size)]
    sectors = Sectors(method, key, size)
    with open(words.out, "wb") as out:
        for at in range(0, len(volume), size):
            if any(start <= at < start + length for start, length in own):
                out.write(bytes(size))
                continue
            target = head + at if at < head_size else at
            sector = volume[target:target + size]
            if target < state_offset:
                sector = sectors.decrypt(target, sector)
            out.write(sector)


main()
