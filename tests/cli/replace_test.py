"""Drivers that nobody signed any more, and believed copies in their place."""

import shutil
import unittest

from program import CORPUS, HARNESS, DiskTest, drydock, run

DRIVERS = "C:\\Windows\\System32\\drivers"
# The files that the live example renames and copies: sixteen, and one below UMDF.
RENAMED = ["BasicDisplay.sys", "BasicRender.sys", "cdrom.sys", "CmBatt.sys",
           "CompositeBus.sys", "fdc.sys", "flpydisk.sys", "i8042prt.sys", "intelppm.sys",
           "kdnic.sys", "monitor.sys", "NdisVirtualBus.sys", "rdpbus.sys", "umbus.sys",
           "vmgencounter.sys", "WUDFRd.sys", "UMDF\\WpdFs.dll"]


class ReplaceTest(DiskTest):
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
        return self.json("change" if code < 3 else "error", "drivers", disk, "replace",
                         *words, "--trust", self.root, code=code)

    def wreck(self, disk, name):
        """The driver with one byte changed, as a file of its own; what it was."""
        path = f"{DRIVERS}\\{name}"
        content = self.succeed(drydock("cat", disk, path)).bytes
        changed = bytearray(content)
        changed[0x400] ^= 1
        self.json("change", "put", disk, "-", path, stdin=bytes(changed))
        return content

    def unsigned(self, disk):
        """What `drivers verify` says so of, or that it is bad."""
        return {name for name, verdict in self.verdicts(disk, 1).items()
                if verdict in ("unsigned", "bad")}


class Replace(ReplaceTest):
    def test_the_sixteen_and_the_one_of_umdf_come_from_a_donor_at_once(self):
        disk = self.disk()
        donor = self.folder / "donor.vhdx"
        shutil.copyfile(disk, donor)
        content = {name: self.wreck(disk, name) for name in RENAMED}
        before = self.hash(disk)
        self.assertEqual(self.unsigned(disk),
                         {name.rsplit("\\", 1)[-1].lower() for name in RENAMED})
        done = self.replace(disk, "--all-unsigned", "--donor", donor)
        self.assertEqual(len(done["edits"]), 17)
        self.verdicts(disk, 0)
        for name, was in content.items():
            self.assertEqual(drydock("cat", disk, f"{DRIVERS}\\{name}").bytes, was)
        self.judge(disk)
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)

    def test_where_the_catalogs_are_gone_a_donors_files_are_no_better(self):
        disk = self.disk("signature.catalog-store", "--set", "name=~")
        donor = self.folder / "donor.vhdx"
        self.succeed(run(HARNESS, "build", "--size", "512MiB", "--output", donor))
        before = self.hash(disk)
        lost = self.unsigned(disk)
        self.assertLessEqual({name.rsplit("\\", 1)[-1].lower() for name in RENAMED}, lost)
        done = self.replace(disk, "--all-unsigned", "--donor", donor, code=1)
        self.assertEqual(done["edits"], [])
        self.assertEqual(len(done["notes"]), len(lost))
        for note in done["notes"]:
            self.assertIn("it bears no signature, and no catalog has its hash", note)
        self.assertEqual(self.hash(disk), before)
        self.json("change", "catalogs", disk, "restore")
        self.verdicts(disk, 0)

    def test_a_copy_must_be_believed_and_keeps_owner_and_times(self):
        disk = self.disk()
        path = f"{DRIVERS}\\cdrom.sys"
        good = self.folder / "cdrom.sys"
        good.write_bytes(self.wreck(disk, "cdrom.sys"))
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
        other = self.folder / "cdrom.sys"
        shutil.copyfile(virtio / "viostor.sys", other)
        path = f"{DRIVERS}\\cdrom.sys"
        error = self.replace(disk, path, "--from", other, code=3)
        self.assertIn("100.93.104.24000", error["error"]["what"])
        self.replace(disk, path, "--from", other, "--version", "100.93.104.24000")

    def test_what_is_another_driver_by_both_of_its_names_is_no_copy(self):
        disk = self.disk()
        virtio = CORPUS / "drivers" / "virtio-win-0.1.240" / "viostor" / "w10" / "amd64"
        if not virtio.is_dir():
            self.skipTest("no corpus: DRYDOCK_CORPUS or ../shared/corpus")
        path = f"{DRIVERS}\\disk.sys"
        self.json("change", "put", disk, "-", path, stdin=b"")
        error = self.replace(disk, path, "--from", virtio / "viostor.sys", code=3)
        self.assertIn("it is viostor.sys, and disk.sys is wanted", error["error"]["what"])

    def test_a_hive_is_no_driver(self):
        hive = "C:\\Windows\\System32\\config\\SYSTEM"
        donor = self.folder / "donor.vhdx"
        shutil.copyfile(self.disk(), donor)
        error = self.replace(self.disk(), hive, "--donor", donor, code=3)
        self.assertIn("no program by its name", error["error"]["what"])

    def test_another_windows_has_no_copy_of_what_tells_no_version(self):
        disk, donor = self.disk(), self.folder / "older.vhdx"
        self.succeed(run(HARNESS, "build", "--windows", "server-2019", "--size", "400MiB",
                         "--output", donor))
        path = f"{DRIVERS}\\pci.sys"
        self.json("change", "put", disk, "-", path, stdin=b"")
        error = self.replace(disk, "pci", "--donor", donor, code=3)["error"]["what"]
        self.assertIn("this Windows has files of build 20348", error)
        self.assertIn("older.vhdx: C:\\Windows", error)
        self.replace(disk, "pci", "--donor", donor, "--version", "10.0.17763.5206")

    def test_a_donor_that_is_not_there_is_told_of(self):
        error = self.replace(self.disk(), "cdrom", "--donor", self.folder / "no", code=3)
        self.assertEqual(error["error"]["code"], "not_found")

    def test_words_that_cannot_be_meant_are_refused(self):
        disk = self.disk()
        self.succeed(drydock("drivers", disk, "replace"), 64)
        self.succeed(drydock("drivers", disk, "replace", "cdrom", "--all-unsigned"), 64)
        self.replace(disk, "nothing", code=3)
        error = self.replace(disk, "--all-unsigned", "--from", self.root, code=3)
        self.assertIn("no copy of them all", error["error"]["what"])
        self.replace(disk, "cdrom", "--version", "ten", code=3)


class Twins(ReplaceTest):
    """Of a driver that WinSxS has by another name: one record, two names."""

    AFD = f"{DRIVERS}\\afd.sys"

    def twin(self, disk):
        names = self.stat(disk, self.AFD)["names"]
        self.assertEqual(len(names), 2, names)
        self.assertEqual(names[0].lower(), self.AFD.lower())
        self.assertTrue(names[1].startswith("C:\\Windows\\WinSxS\\amd64_microsoft-windows-"
                                            "winsock-core_31bf3856ad364e35_10.0."), names)
        return names[1]

    def stat(self, disk, path):
        return self.json("stat", "stat", disk, path)["files"][0]

    def content(self, disk, path):
        return self.succeed(drydock("cat", disk, path)).bytes

    def by_sleuthkit(self, disk, path):
        """All names of the file, as ifind and ffind have them."""
        raw = self.raw(disk)
        place = ("-f", "ntfs", "-o", str(self.partition(disk, "basic")["offset"] // 512))
        name = path.removeprefix("C:").replace("\\", "/")
        record = self.succeed(run("ifind", *place, "-n", name, raw)).out.strip()
        names = self.succeed(run("ffind", "-a", *place, raw, record)).out.splitlines()
        links = [line for line in run("istat", *place, raw, record).out.splitlines()
                 if line.startswith("Links: ")]
        self.assertEqual(links, [f"Links: {len(names)}"])
        return {"C:" + name.replace("/", "\\") for name in names}

    def host_file(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def other_version(self):
        """afd.sys of another Windows, which bears a signature of its own."""
        donor = self.folder / "2019.vhdx"
        self.succeed(run(HARNESS, "build", "--windows", "server-2019", "--size", "300MiB",
                         "--output", donor))
        return self.host_file("afd.sys", self.content(donor, self.AFD))

    def test_a_twin_shows_the_copy_too_where_it_is_of_the_version_that_was_there(self):
        disk = self.disk()
        twin = self.twin(disk)
        good = self.wreck(disk, "afd.sys")
        self.assertNotEqual(self.content(disk, twin), good)
        before = self.hash(disk)
        words = ("afd", "--from", self.host_file("afd.sys", good))
        planned = self.replace(disk, *words, "--dry-run")
        self.assertEqual(self.hash(disk), before)
        done = self.replace(disk, *words)
        note = (f"C:\\Windows\\system32\\drivers\\afd.sys is one file with {twin}: version "
                "10.0.20348.2159, as there is, is put there, too")
        for document in (planned, done):
            self.assertIn(note, document["notes"])
            self.assertEqual([edit["edit"] for edit in document["edits"]], ["file.put"])
            self.assertIn(f"these change with it: {twin}", document["edits"][0]["after"])
        self.assertEqual(self.content(disk, twin), good)
        self.assertEqual(self.content(disk, self.AFD), good)
        self.assertEqual(self.by_sleuthkit(disk, self.AFD), {self.AFD, twin})
        self.judge(disk)
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)

    def test_a_twin_is_parted_from_a_copy_of_another_version(self):
        disk = self.disk()
        twin = self.twin(disk)
        was = self.content(disk, twin)
        before, stat = self.hash(disk), self.stat(disk, self.AFD)
        other = self.other_version()
        words = ("afd", "--from", other, "--version", "10.0.17763.5206")
        planned = self.replace(disk, *words, "--dry-run")
        self.assertEqual(self.hash(disk), before)
        done = self.replace(disk, *words)
        note = (f"C:\\Windows\\system32\\drivers\\afd.sys is one file with {twin}: they are "
                "parted, and the old bytes stay there, as theirs is 10.0.20348.2159")
        for document in (planned, done):
            self.assertIn(note, document["notes"])
            self.assertEqual([edit["edit"] for edit in document["edits"]],
                             ["file.delete", "file.put"])
        self.assertEqual(self.content(disk, self.AFD), other.read_bytes())
        self.assertEqual(self.content(disk, twin), was)
        self.assertEqual(self.by_sleuthkit(disk, self.AFD), {self.AFD})
        self.assertEqual(self.by_sleuthkit(disk, twin), {twin})
        after = self.stat(disk, self.AFD)
        for fact in ("sddl", "created", "modified", "attributes"):
            self.assertEqual(after[fact], stat[fact])
        self.judge(disk)
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)

    def test_a_twin_is_parted_from_what_nobody_signed(self):
        disk = self.disk()
        twin = self.twin(disk)
        was = self.content(disk, twin)
        changed = bytearray(was)
        changed[0x400] ^= 1
        done = self.replace(disk, "afd", "--allow-unsigned", "--from",
                            self.host_file("bad.sys", bytes(changed)))
        self.assertTrue(any("parted" in note and "isn't believed" in note
                            for note in done["notes"]), done["notes"])
        self.assertEqual(self.content(disk, self.AFD), bytes(changed))
        self.assertEqual(self.content(disk, twin), was)

    def test_what_keep_old_leaves_is_still_the_twin(self):
        disk = self.disk()
        twin = self.twin(disk)
        good = self.wreck(disk, "afd.sys")
        bad = self.content(disk, twin)
        done = self.replace(disk, "afd", "--keep-old", "--from",
                            self.host_file("afd.sys", good))
        self.assertTrue(any("the old bytes stay there" in note for note in done["notes"]))
        self.assertEqual(self.content(disk, self.AFD), good)
        self.assertEqual(self.content(disk, twin), bad)
        old = f"{DRIVERS}\\old_afd.sys"
        self.assertEqual(self.by_sleuthkit(disk, twin), {old, twin})

    def test_the_folder_of_the_twin_says_its_version_where_the_file_cannot(self):
        disk = self.disk()
        twin = self.twin(disk)
        good = self.content(disk, twin)
        self.json("change", "put", disk, "-", self.AFD, stdin=b"")
        self.assertEqual(self.content(disk, twin), b"")
        self.replace(disk, "afd", "--from", self.host_file("afd.sys", good))
        self.assertEqual(self.content(disk, twin), good)
        self.json("undo", "undo", disk)
        other = self.other_version()
        done = self.replace(disk, "afd", "--from", other, "--version", "10.0.17763.5206")
        self.assertTrue(any("theirs is 10.0.20348.2159" in note for note in done["notes"]))
        self.assertEqual(self.content(disk, self.AFD), other.read_bytes())
        self.assertEqual(self.content(disk, twin), b"")


if __name__ == "__main__":
    unittest.main()
