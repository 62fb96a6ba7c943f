"""Drivers that nobody signed any more, and believed copies in their place."""

import shutil
import unittest

from program import CORPUS, HARNESS, DiskTest, drydock, run

DRIVERS = "C:\\Windows\\System32\\drivers"
# The files that the live example renames and copies, and the one below UMDF aside.
RENAMED = ["BasicDisplay", "BasicRender", "cdrom", "CmBatt", "CompositeBus", "fdc",
           "flpydisk", "i8042prt", "intelppm", "kdnic", "monitor", "NdisVirtualBus",
           "rdpbus", "umbus", "vmgencounter", "WUDFRd"]


class Replace(DiskTest):
    def setUp(self):
        super().setUp()
        self.root = self.folder / "root.pem"
        self.succeed(run(HARNESS, "root", "-o", self.root))

    def verdicts(self, disk, code):
        found = self.json("drivers-verify", "drivers", disk, "verify", "--trust",
                          self.root, code=code)
        return {entry["path"].rsplit("\\", 1)[-1].lower(): entry["signature"]
                for entry in found["drivers"] if entry["path"]}

    def replace(self, disk, *words, code=0):
        return self.json("change" if code == 0 else "error", "drivers", disk, "replace",
                         *words, "--trust", self.root, code=code)

    def wreck(self, disk, name):
        """The driver with one byte changed, as a file of its own; what it was."""
        path = f"{DRIVERS}\\{name}.sys"
        content = self.succeed(drydock("cat", disk, path)).bytes
        changed = bytearray(content)
        changed[0x400] ^= 1
        self.json("change", "put", disk, "-", path, stdin=bytes(changed))
        return content

    def test_every_driver_that_nobody_signed_comes_from_a_donor_at_once(self):
        disk = self.disk()
        donor = self.folder / "donor.vhdx"
        shutil.copyfile(disk, donor)
        there = [name for name in RENAMED
                 if drydock("stat", disk, f"{DRIVERS}\\{name}.sys").code == 0]
        self.assertGreater(len(there), 4)
        content = {name: self.wreck(disk, name) for name in there}
        before = self.hash(disk)
        verdicts = self.verdicts(disk, 1)
        for name in there:
            self.assertIn(verdicts[name.lower() + ".sys"], ("unsigned", "bad"))
        done = self.replace(disk, "--all-unsigned", "--donor", donor)
        self.assertEqual(len(done["edits"]), len(there))
        self.verdicts(disk, 0)
        for name, was in content.items():
            path = f"{DRIVERS}\\{name}.sys"
            self.assertEqual(drydock("cat", disk, path).bytes, was)
        self.judge(disk)
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)

    def test_a_copy_must_be_believed_and_keeps_owner_and_times(self):
        disk = self.disk()
        path = f"{DRIVERS}\\cdrom.sys"
        good = self.folder / "cdrom.sys"
        good.write_bytes(self.wreck(disk, "cdrom"))
        before = self.json("stat", "stat", disk, path)["files"][0]
        bad = self.folder / "bad.sys"
        bad.write_bytes(b"no driver")
        error = self.replace(disk, "cdrom", "--from", bad, code=3)
        self.assertIn("no program", error["error"]["what"])
        self.replace(disk, "cdrom", "--from", good, "--keep-old")
        after = self.json("stat", "stat", disk, path)["files"][0]
        for fact in ("sddl", "created", "modified"):
            self.assertEqual(after[fact], before[fact])
        self.succeed(drydock("stat", disk, f"{DRIVERS}\\old_cdrom.sys"))
        self.verdicts(disk, 0)

    def test_another_version_is_taken_only_where_it_is_named(self):
        disk = self.disk()
        virtio = CORPUS / "drivers" / "virtio-win-0.1.240" / "viostor" / "w10" / "amd64"
        if not virtio.is_dir():
            self.skipTest("no corpus: DRYDOCK_CORPUS or ../shared/corpus")
        error = self.replace(disk, f"{DRIVERS}\\cdrom.sys", "--from",
                             virtio / "viostor.sys", code=3)
        self.assertIn("100.93.104.24000", error["error"]["what"])
        self.replace(disk, f"{DRIVERS}\\cdrom.sys", "--from", virtio / "viostor.sys",
                     "--version", "100.93.104.24000")

    def test_words_that_cannot_be_meant_are_refused(self):
        disk = self.disk()
        self.succeed(drydock("drivers", disk, "replace"), 64)
        self.succeed(drydock("drivers", disk, "replace", "cdrom", "--all-unsigned"), 64)
        self.replace(disk, "nothing", code=3)
        error = self.replace(disk, "--all-unsigned", "--from", self.root, code=3)
        self.assertIn("no copy of them all", error["error"]["what"])
        self.replace(disk, "cdrom", "--version", "ten", code=3)


if __name__ == "__main__":
    unittest.main()
