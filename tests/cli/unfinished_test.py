"""Disks of crashed machines: what waits in their logs is shown and, once it is
asked for, put in its place; other programs judge what comes out."""

import unittest

from program import DiskTest, HARNESS, drydock, run

SYSTEM = r"C:\Windows\System32\config\SYSTEM"
NOTE = r"HKLM\SYSTEM\Unwritten"


class UnfinishedTest(DiskTest):
    def crashed(self, *faults):
        disk = self.disk()
        for fault in faults or ("hive.replay-logs", "ntfs.log-unfinished",
                                "image.log-pending"):
            self.succeed(run(HARNESS, "break", disk, *fault.split()))
        return disk

    def cat(self, disk, path, *words):
        return self.succeed(drydock("cat", disk, path, *words)).out

    def state(self, disk):
        for partition in self.json("info", "info", disk)["partitions"]:
            if partition["type"] == "basic":
                return partition

    def volume(self, disk):
        """The Windows volume alone, for programs that read volumes."""
        raw, windows = self.raw(disk), self.partition(disk, "basic")
        volume = self.folder / "volume"
        self.succeed(run("dd", f"if={raw}", f"of={volume}", "bs=1M", "conv=sparse",
                         "iflag=skip_bytes,count_bytes", "status=none",
                         f"skip={windows['offset']}", f"count={windows['size']}"))
        return volume


class AllThreeLogs(UnfinishedTest):
    def test_readers_show_the_disk_after_all_of_them_and_write_nothing(self):
        disk = self.crashed()
        before = disk.read_bytes()
        files = sorted(path.name for path in self.folder.iterdir())

        info = self.json("info", "info", disk)
        self.assertEqual(info["container"]["log"], "pending")
        self.assertEqual(info["container"]["log_entries"], 1)
        windows = self.state(disk)
        self.assertEqual(windows["state"], ["log-unfinished"])
        self.assertTrue(windows["replay"]["done"])
        self.assertEqual(windows["replay"]["version"], "2.0")
        self.assertEqual(windows["replay"]["unfinished_transactions"], 1)
        self.assertIn("UpdateResidentValue", windows["replay"]["operations"])
        self.assertEqual([(hive["path"], hive["recovery"]["entries"])
                          for hive in info["installations"][0]["unfinished_hives"]],
                         [(SYSTEM, 3)])
        self.assertIn("finished.txt", drydock("ls", disk, "C:\\").out)
        self.assertEqual(self.cat(disk, r"C:\finished.txt"), "FFFFFFFFF")
        self.assertEqual(self.cat(disk, r"C:\unfinished.txt"), "as it was")
        said = drydock("stat", disk, r"C:\finished.txt").err
        self.assertIn("its own log replayed in memory: 1 entries", said)
        self.assertIn("its log replayed in memory: log 2.0: 7 records", said)
        query = self.json("reg-query", "reg", disk, "query", NOTE)
        self.assertIn({"name": "Note", "type": "REG_SZ", "data": "in the logs"},
                      query["values"])
        self.json("bcdedit-enum", "bcdedit", disk, "/enum")
        found = self.json("diagnose", "diagnose", disk, code=1)
        self.assertEqual({one["recipe"] for one in found["findings"]},
                         {"image.log-pending", "ntfs.log-unfinished", "hive.replay-logs"})
        self.assertFalse(any(one["stops_boot"] for one in found["findings"]))
        self.json("recover", "recover", disk, "--dry-run")

        self.assertEqual(disk.read_bytes(), before)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), files)

    def test_recover_puts_all_in_place_and_others_find_it_sound(self):
        disk = self.crashed()
        hash_before = self.hash(disk)
        # What Windows would not have seen: the volume as it lies.
        self.assertEqual(self.cat(disk, r"C:\unfinished.txt", "--unclean", "discard"),
                         "UUUUUUUUU")
        done = self.json("recover", "recover", disk)
        self.assertEqual({edit["edit"] for edit in done["edits"]},
                         {"image.replay", "volume.replay", "hive.replay"})
        self.assertEqual(done["notes"], [])
        self.judge(disk)
        self.assertEqual(self.state(disk)["state"], ["clean"])
        volume = self.volume(disk)
        # Neither takes a volume with an unfinished log.
        self.succeed(run("ntfsinfo", "-m", volume))
        for name, content in (("finished.txt", "FFFFFFFFF"), ("unfinished.txt", "as it was")):
            self.assertEqual(self.succeed(run("ntfscat", volume, name)).out, content)
        hive = self.folder / "SYSTEM"
        hive.write_bytes(self.succeed(
            run("ntfscat", volume, "/Windows/System32/config/SYSTEM")).bytes)
        # hivex knows no logs.
        self.assertEqual(run("hivexget", hive, r"\Unwritten", "Note").out.strip(),
                         "in the logs")
        self.assertIn("nothing was left unfinished", drydock("recover", disk).out)
        self.succeed(drydock("diagnose", disk))
        self.succeed(drydock("undo", disk))
        self.assertEqual(self.hash(disk), hash_before)
        self.assertEqual(self.state(disk)["state"], ["log-unfinished"])

    def test_a_change_finishes_what_it_writes_on_and_says_so(self):
        disk = self.crashed()
        done = self.json("change", "reg", disk, "add", NOTE, "/v", "Edited", "/d", "yes",
                         "/f")
        self.assertEqual([edit["edit"] for edit in done["edits"]],
                         ["volume.replay", "hive.replay", "registry.set"])
        self.judge(disk)
        # The boot store's volume was not touched, nor anything else on it.
        self.assertEqual(self.cat(disk, r"C:\finished.txt"), "FFFFFFFFF")


class Policies(UnfinishedTest):
    def test_refuse_neither_reads_nor_writes(self):
        disk = self.crashed("ntfs.log-unfinished")
        before = self.hash(disk)
        ran = drydock("cat", disk, r"3:\finished.txt", "--unclean", "refuse")
        self.assertNotEqual(ran.code, 0)
        self.assertIn("$LogFile", ran.err)
        ran = drydock("put", disk, __file__, r"3:\x", "--unclean", "refuse")
        self.assertEqual(ran.code, 3)
        said = self.json("recover", "recover", disk, "--unclean", "refuse", code=1)
        self.assertIn("$LogFile", said["notes"][0])
        self.assertEqual(self.hash(disk), before)

    def test_discard_gives_the_work_up_and_leaves_the_volume_to_chkdsk(self):
        disk = self.crashed("ntfs.log-unfinished --set log=1.1")
        done = self.json("recover", "recover", disk, "--unclean", "discard")
        self.assertEqual([edit["edit"] for edit in done["edits"]], ["volume.discard"])
        self.assertIn("(finished.txt)", done["edits"][0]["after"])
        self.assertEqual(self.state(disk)["state"], ["dirty"])
        self.assertEqual(self.cat(disk, r"C:\unfinished.txt"), "UUUUUUUUU")
        self.judge(disk)
        found = self.json("diagnose", "diagnose", disk, code=1)
        self.assertEqual([(one["recipe"], one["mended_by"]) for one in found["findings"]],
                         [("volume.dirty", ["volume.dirty"])])

    def test_a_log_that_cannot_be_replayed_is_read_around_and_not_written_on(self):
        disk = self.crashed("ntfs.log-unfinished --set operation=0x17")
        state = self.state(disk)
        self.assertFalse(state["replay"]["done"])
        self.assertIn("HotFix", state["replay"]["why"])
        ran = self.succeed(drydock("cat", disk, r"C:\unfinished.txt"))
        self.assertEqual(ran.out, "UUUUUUUUU")
        self.assertIn("how it lies on the disk", ran.err)
        found = self.json("diagnose", "diagnose", disk, code=1)
        volume = next(one for one in found["examined"] if "ntfs)" in one["what"])
        self.assertEqual(volume["verdict"], "could_not_tell")
        before = self.hash(disk)
        ran = drydock("rm", disk, r"C:\finished.txt")
        self.assertEqual(ran.code, 3)
        self.assertIn("HotFix", ran.err)
        ran = drydock("cat", disk, r"3:\unfinished.txt", "--unclean", "replay")
        self.assertNotEqual(ran.code, 0)
        self.assertIn("HotFix", ran.err)
        said = self.json("recover", "recover", disk, code=1)
        self.assertIn("HotFix", said["notes"][0])
        self.assertEqual(self.hash(disk), before)
        # The other volume is nobody's prisoner.
        self.succeed(drydock("bcdedit", disk, "/set", "{default}", "safeboot", "minimal"))

    def test_hibernation_is_given_up_only_by_its_own_word(self):
        disk = self.crashed("volume.hibernated")
        self.assertEqual(self.state(disk)["state"], ["hibernated"])
        before = self.hash(disk)
        for words in ([], ["--unclean", "discard"]):
            ran = drydock("put", disk, __file__, r"C:\x", *words)
            self.assertEqual(ran.code, 3)
            self.assertIn("--discard-hibernation", ran.err)
        self.assertEqual(self.hash(disk), before)
        done = self.json("change", "put", disk, __file__, r"C:\x", "--discard-hibernation")
        self.assertEqual([edit["edit"] for edit in done["edits"]],
                         ["hibernation.discard", "file.put"])
        self.assertEqual(self.state(disk)["state"], ["clean"])
        self.judge(disk)
        self.succeed(drydock("undo", disk))
        self.assertEqual(self.hash(disk), before)

    def test_a_word_that_is_no_policy_is_a_wrong_command_line(self):
        for words in (["info", "x"], ["ls", "x", "C:\\"], ["recover", "x"]):
            self.assertEqual(drydock(*words, "--unclean", "maybe").code, 64)


if __name__ == "__main__":
    unittest.main()
