"""A machine that finds nothing to start, from the deleted store to the mended disk; and
disks of a BIOS."""

import re
import unittest

from program import DiskTest, HARNESS, drydock, run

STORE = "esp:\\EFI\\Microsoft\\Boot\\BCD"
BOOTMGR = "\\Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\Elements\\"


class MissingStore(DiskTest):
    def test_is_found_made_anew_shown_and_taken_back(self):
        disk = self.disk()
        for suffix in ("", ".LOG", ".LOG1", ".LOG2"):
            self.succeed(drydock("rm", disk, STORE + suffix))
        before = self.hash(disk)
        fault = self.json("diagnose", "diagnose", disk, code=1)
        self.assertEqual([finding["recipe"] for finding in fault["findings"]],
                         ["bcd.rebuild"])
        self.assertIn("the boot store is missing", drydock("diagnose", disk).out)
        planned = self.json("repair", "repair", disk, "--dry-run")
        self.assertEqual(self.hash(disk), before)
        done = self.json("repair", "repair", disk)
        self.assertEqual(done["state"], "repaired")
        # The new store says when it was made, so that its bytes differ.
        self.assertEqual([edit["where"] for edit in done["edits"]],
                         [edit["where"] for edit in planned["edits"]])
        self.assertEqual(self.json("diagnose", "diagnose", disk)["verdict"], "healthy")
        self.judge(disk)

        words = self.succeed(drydock("bcdedit", disk, "/enum", "all")).out
        for line in (r"identifier +\{bootmgr\}", r"device +partition=C:",
                     r"osdevice +partition=C:", r"displayorder +\{",
                     r"path +\\Windows\\system32\\winload\.efi",
                     r"path +\\EFI\\Microsoft\\Boot\\memtest\.efi",
                     r"inherit +\{bootloadersettings\}", r"timeout +30",
                     r"identifier +\{emssettings\}"):
            self.assertRegex(words, "(?m)^" + line)
        self.assertNotIn("unknown", words)
        store = self.folder / "BCD"
        self.succeed(drydock("get", disk, STORE, store))
        default = run("hivexget", store, BOOTMGR + "23000003", "Element").out.strip()
        self.assertIn(default, run("reglookup", store).out)

        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)

    def test_is_not_made_over_one_that_is_damaged(self):
        disk = self.disk()
        store = self.folder / "BCD"
        self.succeed(drydock("get", disk, STORE, store))
        damaged = bytearray(store.read_bytes())
        damaged[4096 + 32:4096 + 36] = bytes([5, 0, 0, 0])
        store.write_bytes(damaged)
        self.succeed(drydock("put", disk, store, STORE))
        before = self.hash(disk)
        self.assertEqual(
            self.json("diagnose", "diagnose", disk, code=2)["verdict"], "could_not_tell")
        drydock("repair", disk)
        self.assertEqual(self.hash(disk), before)


class Bios(DiskTest):
    def bios_disk(self, more):
        disk = self.folder / "disk.vhdx"
        self.succeed(run(HARNESS, "build", "--spec",
                         f"{{ firmware: bios, size: 400MiB{more} }}", "--output", disk))
        return disk

    def test_of_two_partitions_is_edited_and_diagnosed(self):
        disk = self.bios_disk(", system_reserved: 32MiB")
        windows = self.json("info", "info", disk)["installations"][0]
        self.assertEqual((windows["boot"], windows["bcd"]), ("bios", "esp:\\Boot\\BCD"))
        self.assertEqual(self.json("diagnose", "diagnose", disk)["verdict"], "healthy")
        before = self.hash(disk)
        self.succeed(drydock("bcdedit", disk, "/set", "{default}", "safeboot", "minimal"))
        words = self.succeed(drydock("bcdedit", disk)).out
        self.assertRegex(words, r"(?m)^safeboot +Minimal$")
        self.assertRegex(words, r"(?m)^device +partition=\\Device\\HarddiskVolume1$")
        self.assertEqual(self.json("check", "check", disk)["verdict"], "healthy")
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)

    def test_of_one_partition_is_edited_and_diagnosed(self):
        disk = self.bios_disk("")
        windows = self.json("info", "info", disk)["installations"][0]
        self.assertEqual((windows["boot"], windows["bcd"]), ("bios", "C:\\Boot\\BCD"))
        self.assertEqual(self.json("diagnose", "diagnose", disk)["verdict"], "healthy")
        self.succeed(drydock("bcdedit", disk, "/timeout", "7"))
        words = self.succeed(drydock("bcdedit", disk, "/enum", "{bootmgr}")).out
        self.assertRegex(words, r"(?m)^timeout +7$")
        self.assertTrue(re.search(r"(?m)^device +partition=C:$", words), words)


if __name__ == "__main__":
    unittest.main()
