"""Hives whose last changes are in their logs alone, as a person meets them."""

import os
import pathlib
import shutil
import struct
import unittest

from program import ROOT, DiskTest, drydock, run

SYSTEM = "C:\\Windows\\System32\\config\\SYSTEM"
KEY = "HKLM\\SYSTEM\\Unwritten"
CORPUS = pathlib.Path(os.environ.get("DRYDOCK_CORPUS", ROOT / "../shared/corpus"))


def sequences(hive):
    return struct.unpack_from("<II", hive.read_bytes(), 4)


# The greatest sequence number in the logs of each kind that the fault lays.
LOGGED = {"new": 702, "old": 700}


class HiveTest(DiskTest):
    def dirty_disk(self, logs="new"):
        return self.disk("hive.replay-logs", "--set", f"logs={logs}")

    def take(self, disk, folder="."):
        """The hive and its logs, as they lie."""
        (self.folder / folder).mkdir(exist_ok=True)
        hive = self.folder / folder / "SYSTEM"
        for suffix in ("", ".LOG1", ".LOG2"):
            self.succeed(drydock("get", disk, SYSTEM + suffix, f"{hive}{suffix}"))
        return hive


class OnADisk(HiveTest):
    def test_shows_what_the_logs_hold_and_writes_nothing(self):
        for logs in LOGGED:
            disk = self.dirty_disk(logs)
            before = disk.read_bytes()
            query = self.json("reg-query", "reg", disk, "query", KEY)
            self.assertIn({"name": "Note", "type": "REG_SZ", "data": "in the logs"},
                          query["values"])
            self.assertEqual(query["recovery"]["state"], "recovered")
            self.assertGreater(query["recovery"]["pages"], 0)
            ran = drydock("reg", disk, "query", KEY)
            self.assertIn("replayed", ran.err)
            self.assertEqual(disk.read_bytes(), before)
            # hivex doesn't know logs: it shows that the hive itself lacks the value.
            self.assertNotEqual(run("hivexget", self.take(disk), "\\Unwritten").code, 0)

    def test_an_edit_goes_on_top_and_the_logs_never_match_again(self):
        for logs, logged in LOGGED.items():
            disk = self.dirty_disk(logs)
            hash_before = self.hash(disk)
            ran = self.succeed(drydock("reg", disk, "add", KEY, "/v", "Edited", "/d", "yes",
                                       "/f"))
            self.assertIn("replayed", ran.out + ran.err)
            hive = self.take(disk)
            # The judge reads the hive alone, without its logs.
            self.assertEqual(run("hivexget", hive, "\\Unwritten", "Note").out.strip(),
                             "in the logs")
            self.assertEqual(run("hivexget", hive, "\\Unwritten", "Edited").out.strip(),
                             "yes")
            first, second = sequences(hive)
            self.assertEqual(first, second)
            self.assertGreater(first, logged)
            self.assertIn("clean", self.succeed(drydock("recover", hive)).out)
            self.judge(disk)
            self.succeed(drydock("undo", disk))
            self.assertEqual(self.hash(disk), hash_before)

    def test_a_hive_whose_logs_are_broken_is_shown_as_it_lies_and_not_edited(self):
        disk = self.dirty_disk()
        junk = self.folder / "junk"
        junk.write_bytes(b"x" * 1024)
        for suffix in (".LOG1", ".LOG2"):
            self.succeed(drydock("put", disk, junk, SYSTEM + suffix))
        ran = self.succeed(drydock("reg", disk, "query", "HKLM\\SYSTEM\\Select"))
        self.assertIn("shown as it lies", ran.err)
        before = self.hash(disk)
        ran = drydock("reg", disk, "add", KEY, "/v", "Edited", "/d", "yes", "/f")
        self.assertEqual(ran.code, 3)
        self.assertIn("can't be applied", ran.err)
        self.assertEqual(self.hash(disk), before)


class Bare(HiveTest):
    def bare(self, logs="new"):
        return self.take(self.dirty_disk(logs))

    def test_recover_tells_and_writes_nothing_unasked(self):
        hive = self.bare()
        before = hive.read_bytes()
        names = sorted(path.name for path in self.folder.iterdir())
        said = self.json("recover-hive", "recover", hive)
        self.assertEqual(said["recovery"]["state"], "recovered")
        self.assertEqual(said["recovery"]["entries"], 3)
        self.assertEqual([log["name"] for log in said["recovery"]["logs"]],
                         ["SYSTEM.LOG1", "SYSTEM.LOG2"])
        self.assertIsNone(said["output"])
        self.assertIn("nothing was written", drydock("recover", hive).out)
        self.assertEqual(hive.read_bytes(), before)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), names)

    def test_recover_writes_a_copy_that_others_read(self):
        for logs in LOGGED:
            hive = self.bare(logs)
            before = hive.read_bytes()
            copy = self.folder / "recovered"
            said = self.json("recover-hive", "recover", hive, "--output", copy)
            self.assertEqual(said["output"], str(copy))
            self.assertEqual(sequences(copy), (said["sequence"], said["sequence"]))
            self.assertEqual(run("hivexget", copy, "\\Unwritten", "Note").out.strip(),
                             "in the logs")
            self.assertIn("in the logs", run("reglookup", "-p", "/Unwritten", copy).out)
            self.assertIn("in the logs", run("regfexport", "-K", "Unwritten", copy).out)
            self.assertEqual(hive.read_bytes(), before)

    def test_recover_in_place_numbers_the_hive_above_its_logs(self):
        hive = self.bare()
        self.succeed(drydock("recover", hive, "--in-place"))
        self.assertEqual(run("hivexget", hive, "\\Unwritten", "Note").out.strip(),
                         "in the logs")
        first, second = sequences(hive)
        self.assertEqual(first, second)
        self.assertGreater(first, LOGGED["new"])
        after = hive.read_bytes()
        self.succeed(drydock("recover", hive, "--in-place"))
        self.assertEqual(hive.read_bytes(), after)

    def test_logs_are_found_in_any_case(self):
        hive = self.bare()
        for suffix in (".LOG1", ".LOG2"):
            os.rename(f"{hive}{suffix}", str(hive).replace("SYSTEM", "system") +
                      suffix.lower())
        self.assertEqual(self.json("recover-hive", "recover", hive)["recovery"]["state"],
                         "recovered")

    def test_a_query_shows_it_recovered_and_says_so(self):
        hive = self.bare()
        ran = self.succeed(drydock("reg", hive, "query", "Unwritten"))
        self.assertIn("in the logs", ran.out)
        self.assertIn("replayed 3 entries", ran.err)

    def test_an_edit_recovers_first(self):
        hive = self.bare()
        self.json("change", "reg", hive, "add", "Unwritten", "/v", "Edited", "/d", "yes",
                  "/f")
        self.assertEqual(run("hivexget", hive, "\\Unwritten", "Note").out.strip(),
                         "in the logs")
        self.assertEqual(run("hivexget", hive, "\\Unwritten", "Edited").out.strip(), "yes")
        self.assertGreater(sequences(hive)[0], LOGGED["new"])

    def test_without_its_logs_it_is_shown_as_it_lies_and_not_edited(self):
        hive = self.bare()
        for suffix in (".LOG1", ".LOG2"):
            os.unlink(f"{hive}{suffix}")
        said = self.json("recover-hive", "recover", hive, code=2)
        self.assertEqual(said["recovery"]["state"], "not_recoverable")
        self.assertIn("no log lies beside it", said["recovery"]["reason"])
        ran = self.succeed(drydock("reg", hive, "query", "Select"))
        self.assertIn("shown as it lies", ran.err)
        before = hive.read_bytes()
        self.assertEqual(drydock("reg", hive, "add", "Select", "/v", "X", "/f").code, 3)
        self.assertEqual(drydock("recover", hive, "--in-place").code, 3)
        copy = self.folder / "copy"
        self.assertEqual(drydock("recover", hive, "--output", copy).code, 3)
        self.assertFalse(copy.exists())
        self.assertEqual(hive.read_bytes(), before)

    def test_output_and_in_place_exclude_each_other(self):
        self.assertEqual(drydock("recover", "x", "--in-place", "--output", "y").code, 64)


class Stores(DiskTest):
    def test_a_boot_store_is_shown_with_what_its_log_holds(self):
        store = CORPUS / "hives/yarp/NewDirtyHive1/NewDirtyHive"
        if not store.exists():
            self.skipTest("the corpus isn't here")
        # No store, but a hive under a store's names: its log is applied all the same.
        hive = self.folder / "BCD"
        shutil.copyfile(store, hive)
        shutil.copyfile(f"{store}.LOG2", self.folder / "BCD.LOG")
        said = self.json("recover-hive", "recover", hive)
        self.assertEqual(said["recovery"]["logs"][0]["name"], "BCD.LOG")
        self.assertIn("replayed 3 entries",
                      drydock("bcdedit", "--store", hive, "/enum").err)


if __name__ == "__main__":
    unittest.main()
