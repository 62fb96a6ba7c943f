"""A machine with a BIOS: an MBR disk whose active partition holds the boot store."""

import re
import unittest

from program import DiskTest, drydock, run

BCD = "esp:\\Boot\\BCD"
SIGNATURE = "0x1a2b3c4d"


class MbrDisk(DiskTest):
    def mbr_disk(self):
        """A built disk with its table replaced by an MBR over the same partitions,
        and its boot store where a BIOS' boot manager looks for it."""
        disk = self.disk()
        partitions = self.json("info", "info", disk)["partitions"]
        store = self.folder / "BCD"
        self.succeed(drydock("get", disk, "esp:\\EFI\\Microsoft\\Boot\\BCD", store))
        raw = self.raw(disk)
        self.succeed(run("sgdisk", "--zap-all", raw))
        script = f"label: dos\nlabel-id: {SIGNATURE}\nunit: sectors\n"
        for partition, words in zip(partitions, ("type=c, bootable", None, "type=7")):
            if words is None:
                continue  # what is reserved for GPT's own uses
            script += (f"{partition['number']} : start={partition['offset'] // 512}, "
                       f"size={partition['size'] // 512}, {words}\n")
        self.succeed(run("sfdisk", "-q", raw, stdin=script.encode()))
        volume = f"{raw}@@{partitions[0]['offset']}"
        self.succeed(run("mmd", "-i", volume, "::/Boot"))
        self.succeed(run("mcopy", "-i", volume, store, "::/Boot/BCD"))
        self.succeed(run("mdeltree", "-i", volume, "::/EFI"))
        return raw

    def test_info_says_signature_types_and_which_is_active(self):
        info = self.json("info", "info", self.mbr_disk())
        self.assertEqual(info["partition_table"], "mbr")
        self.assertEqual(info["disk_id"], SIGNATURE)
        self.assertEqual([(p["number"], p["mbr_type"], p["active"], p["type"])
                          for p in info["partitions"]],
                         [(1, "0x0c", True, "basic"), (3, "0x07", False, "basic")])
        windows = info["installations"][0]
        self.assertEqual(windows["bcd"], BCD)
        words = self.succeed(drydock("info", self.mbr_disk())).out
        self.assertIn(f"MBR, disk {SIGNATURE}", words)

    def test_bcdedit_names_partitions_by_signature_and_offset(self):
        disk = self.mbr_disk()
        before = self.hash(disk)
        self.json("change", "bcdedit", disk, "/set", "{default}", "osdevice",
                  "partition=C:")
        offset = self.json("info", "info", disk)["partitions"][1]["offset"]
        store = self.json("bcdedit-enum", "bcdedit", disk, "/enum", "{default}")
        device = [element["value"] for element in store["objects"][0]["elements"]
                  if element["id"] == "0x21000001"][0]
        self.assertEqual(device["disk_id"], SIGNATURE)
        self.assertEqual(device["partition_id"], str(offset))
        words = self.succeed(drydock("bcdedit", disk, "/enum", "{default}")).out
        self.assertTrue(re.search(r"(?m)^osdevice +partition=C:$", words), words)
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)

    def test_a_copy_joins_the_menu_of_the_active_partition(self):
        disk = self.mbr_disk()
        before = self.hash(disk)
        changed = self.json("change", "bcdedit", disk, "/copy", "{default}", "/d", "Two")
        self.assertTrue(changed["edits"][0]["where"].startswith(BCD), changed)
        words = self.succeed(drydock("bcdedit", disk)).out
        self.assertRegex(words, r"(?m)^description +Two$")
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)

    def test_store_of_a_windows_that_is_its_own_system_partition(self):
        disk = self.mbr_disk()
        store = self.folder / "BCD"
        self.succeed(run("sfdisk", "-q", "--activate", disk, "3"))
        self.succeed(drydock("mkdir", disk, "C:\\Boot"))
        self.succeed(drydock("put", disk, store, "C:\\Boot\\BCD"))
        self.succeed(drydock("rm", disk, "1:\\Boot\\BCD"))
        self.succeed(drydock("bcdedit", disk, "/set", "{bootmgr}", "device",
                             "partition=C:"))
        self.succeed(drydock("bcdedit", disk, "/store", "C:\\Boot\\BCD", "/timeout", "3"))
        words = self.succeed(drydock("bcdedit", disk, "/enum", "{bootmgr}")).out
        self.assertRegex(words, r"(?m)^device +partition=C:$")
        self.assertRegex(words, r"(?m)^timeout +3$")
        # Another reader finds the file, on NTFS, and in it the element.
        windows = self.json("info", "info", disk)["partitions"][1]["offset"] // 512
        listing = run("fls", "-r", "-o", windows, disk).out
        inode = re.search(r"(?m)r/r (\S+):\s+BCD$", listing).group(1)
        read = self.folder / "read"
        read.write_bytes(run("icat", "-o", windows, disk, inode).bytes)
        stored = run("hivexget", read, "\\Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
                     "\\Elements\\25000004", "Element")
        self.assertEqual(self.succeed(stored).bytes[:8], bytes([3] + 7 * [0]))

    def test_files_are_put_on_it_and_others_read_them(self):
        disk = self.mbr_disk()
        self.json("change", "put", disk, "-", "C:\\put.txt", stdin=b"put there")
        windows = self.json("info", "info", disk)["partitions"][1]["offset"]
        listing = run("fls", "-o", windows // 512, disk).out
        inode = [line.split()[1].rstrip(":") for line in listing.splitlines()
                 if line.endswith("put.txt")][0]
        self.assertEqual(run("icat", "-o", windows // 512, disk, inode).bytes,
                         b"put there")
        self.assertIn("BCD", self.succeed(drydock("ls", disk, "esp:\\Boot")).out)


if __name__ == "__main__":
    unittest.main()
