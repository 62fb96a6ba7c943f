"""Volumes that BitLocker encrypts: opened by keys, changed, and never in the clear
where others could read them."""

import hashlib
import pathlib
import re
import unittest

from program import BIN, DiskTest, drydock, run

BUILDER = BIN / "bitlocker_volume"
JUDGE = pathlib.Path(__file__).resolve().parent.parent / "support" / "bitlocker_judge.py"
RECOVERY = "000011-000022-000033-000044-000055-000066-000077-000088"
VOLUME = "{10000000-2000-3000-4000-500000000000}"
MARK = b"a line that nobody may find outside of the volume\n"
MIB = 1 << 20


class Encrypted(DiskTest):
    def plain_volume(self, size=16 * MIB):
        plain = self.folder / "plain"
        plain.write_bytes(bytes(size))
        self.succeed(run("mkntfs", "-F", "-q", "-s", 512, "-p", 0, "-H", 0, "-S", 0, plain))
        return plain

    def encrypt(self, plain, *protectors, method="0x8004"):
        volume = self.folder / "volume.img"
        self.succeed(run(BUILDER, plain, volume, method, *protectors))
        return volume

    def key_file(self, *lines):
        path = self.folder / "keys"
        path.write_text("".join(line + "\n" for line in lines))
        return path

    def decrypted(self, volume, *words):
        """As a reader that isn't ours sees it."""
        out = self.folder / "decrypted"
        self.succeed(run("/usr/bin/python3", JUDGE, volume, out, *words))
        return out

    def put(self, volume, *words, **more):
        return drydock("put", volume, "-", "0:\\mark.txt", *words, stdin=MARK, **more)


class ClearKey(Encrypted):
    def test_needs_no_key_and_is_changed_and_undone(self):
        if run("/usr/bin/python3", "-c", "import cryptography").code != 0:
            self.skipTest("python3-cryptography isn't here")
        for method in ("0x8000", "0x8003", "0x8005"):
            with self.subTest(method):
                plain = self.plain_volume(2 * MIB if method == "0x8000" else 16 * MIB)
                volume = self.encrypt(plain, "clear", method=method)
                before = volume.read_bytes()
                self.succeed(self.put(volume))
                out = self.decrypted(volume)
                listed = self.succeed(run("fls", "-f", "ntfs", out)).out
                number = re.search(r"r/r (\d+)\S*:\s+mark\.txt", listed)[1]
                self.assertEqual(run("icat", "-f", "ntfs", out, number).bytes, MARK)
                journal, = self.folder.glob("volume.img.*.drydock")
                self.assertNotIn(MARK[:16], journal.read_bytes())
                self.assertNotIn(MARK[:16], volume.read_bytes())
                self.succeed(drydock("undo", volume))
                self.assertEqual(volume.read_bytes(), before)
                for left in self.folder.glob("volume.img*"):
                    left.unlink()

    def test_info_says_that_it_is_unlocked(self):
        volume = self.encrypt(self.plain_volume(), "clear", "tpm")
        info = self.json("info", "info", volume)
        part, = info["partitions"]
        self.assertEqual(part["file_system"], "ntfs")
        self.assertEqual(part["bitlocker"]["cipher"], "aes-xts-128")
        self.assertFalse(part["bitlocker"]["locked"])
        self.assertEqual([p["kind"] for p in part["bitlocker"]["protectors"]],
                         ["clear_key", "tpm"])


class Locked(Encrypted):
    def setUp(self):
        super().setUp()
        self.volume = self.encrypt(self.plain_volume(), "recovery", "startup-key",
                                   self.folder / "one.BEK", "tpm")

    def test_is_listed_with_what_would_open_it(self):
        info = self.json("info", "info", self.volume, code=2)
        part, = info["partitions"]
        self.assertEqual(part["file_system"], "bitlocker")
        self.assertEqual(part["state"], ["locked"])
        self.assertIn("no key was given", part["problem"])
        lock = part["bitlocker"]
        self.assertEqual(lock["volume_id"], VOLUME)
        self.assertEqual(lock["state"], "encrypted")
        self.assertEqual(lock["description"], "BUILDER C: 01/02/2020")
        self.assertTrue(lock["locked"])
        self.assertEqual([p["kind"] for p in lock["protectors"]],
                         ["recovery_password", "startup_key", "tpm"])
        self.assertEqual(lock["protectors"][1]["name"], "ExternalKey")
        words = drydock("info", self.volume).out
        self.assertIn("recovery password {10000000-2000-3000-4000-500000000002}", words)

    def test_opens_by_a_file_by_standard_input_and_by_the_environment(self):
        keys = self.key_file("# a fleet", f"{VOLUME} recovery-password {RECOVERY}")
        for ran in (drydock("ls", self.volume, "0:\\", "--key-file", keys),
                    drydock("ls", self.volume, "0:\\", "--key-file", "-",
                            stdin=keys.read_bytes()),
                    drydock("ls", self.volume, "0:\\", "--key-file",
                            self.folder / "one.BEK")):
            self.succeed(ran)
        self.succeed(run("env", f"DRYDOCK_BITLOCKER_KEY_FILE={keys}", BIN / "drydock", "ls",
                         self.volume, "0:\\"))

    def test_is_changed_by_its_key(self):
        keys = self.key_file("* startup-key one.BEK")
        self.succeed(self.put(self.volume, "--key-file", keys))
        got = self.succeed(drydock("cat", self.volume, "0:\\mark.txt", "--key-file", keys))
        self.assertEqual(got.bytes, MARK)
        self.assertNotIn(MARK[:16], self.volume.read_bytes())

    def test_a_wrong_key_opens_nothing_and_is_told_nowhere(self):
        wrong = "720885-000022-000033-000044-000055-000066-000077-000088"
        keys = self.key_file(f"* recovery-password {wrong}")
        ran = drydock("info", self.volume, "--json", "--key-file", keys)
        self.assertEqual(ran.code, 2)
        self.assertIn("no key that was given opens it", ran.out)
        self.assertNotIn("720885", ran.out + ran.err)

    def test_a_key_file_that_is_not_one_is_a_wrong_word(self):
        for keys in (self.folder / "none", self.key_file("hunter2")):
            ran = drydock("info", self.volume, "--key-file", keys)
            self.assertEqual(ran.code, 64, ran.err)
            self.assertNotIn("hunter2", ran.out + ran.err)


class WholeDisk(Encrypted):
    """A Windows whose partition is encrypted."""

    def setUp(self):
        super().setUp()
        info = self.json("info", "info", self.disk())
        place = next(p for p in info["partitions"]
                     if p["number"] == info["installations"][0]["partition"])
        self.number, at = place["number"], place["offset"]
        self.raw_disk = self.folder / "disk.img"
        self.succeed(run("qemu-img", "convert", "-O", "raw", self.folder / "disk.vhdx",
                         self.raw_disk))
        plain = self.folder / "plain"
        with open(self.raw_disk, "r+b") as disk:
            disk.seek(at)
            plain.write_bytes(disk.read(place["size"]))
            volume = self.encrypt(plain, "recovery", "tpm")
            disk.seek(at)
            disk.write(volume.read_bytes())
        self.keys = self.key_file(f"{VOLUME} recovery-password {RECOVERY}")

    def test_is_found_and_changed_through_the_encryption(self):
        locked = self.json("info", "info", self.raw_disk, code=2)
        self.assertEqual(locked["installations"], [])
        info = self.json("info", "info", self.raw_disk, "--key-file", self.keys)
        self.assertEqual(info["installations"][0]["partition"], self.number)
        before = hashlib.sha256(self.raw_disk.read_bytes()).digest()
        done = self.json("change", "bcdedit", "--key-file", self.keys, self.raw_disk,
                         "/set", "{bootmgr}", "timeout", "7")
        self.assertTrue(any("recovery key" in note for note in done["notes"]), done)
        self.succeed(drydock("reg", self.raw_disk, "add", "HKLM\\SYSTEM\\Marked", "/v", "Seen",
                             "/t", "REG_SZ", "/d", "marked by a test", "/f",
                             "--key-file", self.keys))
        seen = self.json("reg-query", "reg", self.raw_disk, "query", "HKLM\\SYSTEM\\Marked",
                         "--key-file", self.keys)
        self.assertIn("marked by a test", str(seen))
        wide = "marked by a test".encode("utf-16-le")
        for file in self.folder.glob("disk.img*"):
            self.assertNotIn(wide, file.read_bytes(), file)
        self.succeed(drydock("undo", self.raw_disk))
        self.succeed(drydock("undo", self.raw_disk))
        self.assertEqual(hashlib.sha256(self.raw_disk.read_bytes()).digest(), before)


if __name__ == "__main__":
    unittest.main()
