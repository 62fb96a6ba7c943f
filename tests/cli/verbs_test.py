"""Each verb does what it says, in words and in JSON."""

import hashlib
import json
import unittest

from program import HARNESS, DiskTest, drydock, run, schema

import jsonschema

BCD = "esp:\\EFI\\Microsoft\\Boot\\BCD"


class Info(DiskTest):
    def test_names_container_partitions_and_windows(self):
        info = self.json("info", "info", self.disk())
        self.assertEqual(info["container"]["format"], "vhdx")
        self.assertEqual(info["container"]["kind"], "dynamic")
        self.assertEqual(info["partition_table"], "gpt")
        kinds = [p["type"] for p in info["partitions"]]
        self.assertEqual(kinds[:3], ["esp", "msr", "basic"])
        self.assertEqual(info["partitions"][0]["file_system"], "fat32")
        self.assertEqual(info["partitions"][0]["state"], ["clean"])
        windows = info["installations"][0]
        self.assertEqual(windows["architecture"], "amd64")
        self.assertRegex(windows["build"], r"^20348\.\d+$")
        self.assertEqual(windows["bcd"], BCD)
        self.assertEqual(windows["control_sets"]["current"], 1)

    def test_the_hash_is_that_of_the_bytes_that_qemu_img_shows(self):
        disk = self.disk()
        digest = hashlib.sha256()
        with open(self.raw(disk), "rb") as raw:
            data = raw.read()
        digest.update(len(data).to_bytes(8, "little"))
        for at in range(0, len(data), 65536):
            piece = data[at:at + 65536]
            if any(piece):
                digest.update(at.to_bytes(8, "little") + piece)
        self.assertEqual(self.hash(disk), digest.hexdigest())

    def test_statistics_come_with_the_document_or_on_stderr(self):
        disk = self.disk()
        stats = self.json("info", "info", disk, "--stats")["stats"]
        self.assertGreater(stats["bytes_read"], 0)
        self.assertEqual(stats["bytes_written"], 0)
        self.assertIn("bytes", drydock("info", disk, "--stats").err)


class Check(DiskTest):
    def test_a_sound_disk_is_healthy_and_all_of_it_is_named(self):
        disk = self.disk()
        before = self.hash(disk)
        checked = self.json("check", "check", disk)
        self.assertEqual(checked["verdict"], "healthy")
        whats = " ".join(part["what"] for part in checked["parts"])
        for what in ("container (vhdx)", "partition table (gpt)", "partition 1 (fat32)",
                     "partition 3 (ntfs)", "SYSTEM", "boot store"):
            self.assertIn(what, whats)
        self.assertIn("verdict: healthy", drydock("check", disk).out)
        self.assertEqual(self.hash(disk), before)

    def test_a_torn_partition_table_is_told_and_nothing_else(self):
        checked = self.json("check", "check", self.disk("partition.gpt-torn"), code=1)
        self.assertEqual(checked["verdict"], "fault")
        faults = [part for part in checked["parts"] if part["verdict"] == "fault"]
        self.assertEqual([part["problems"][0]["rule"] for part in faults],
                         ["table.copy"])


class Files(DiskTest):
    def test_ls_lists_folders_of_both_file_systems(self):
        disk = self.disk()
        boot = self.json("ls", "ls", disk, "esp:\\EFI\\Microsoft\\Boot")
        self.assertIn("BCD", [e["name"] for e in boot["paths"][0]["entries"]])
        config = self.json("ls", "ls", disk, "c:/windows/system32/config")
        names = [e["name"].upper() for e in config["paths"][0]["entries"]]
        self.assertIn("SYSTEM", names)
        everything = self.json("ls", "ls", disk, "C:\\", "--recursive")
        self.assertGreater(len(everything["paths"][0]["entries"]), 50)
        self.assertIn("drivers\\", drydock("ls", disk, "C:\\Windows\\System32").out)

    def test_stat_and_cat_describe_and_print(self):
        disk = self.disk()
        stat = self.json("stat", "stat", disk, BCD)["files"][0]
        self.assertEqual(stat["kind"], "file")
        cat = self.json("cat", "cat", disk, BCD)["files"][0]
        self.assertEqual(cat["size"], stat["size"])
        self.assertEqual(drydock("cat", disk, BCD).bytes.hex(), cat["data"])
        self.assertTrue(cat["data"].startswith(b"regf".hex()))

    def test_what_put_stores_get_gives_back_and_others_read(self):
        disk = self.disk()
        before = self.hash(disk)
        content = bytes(range(256)) * 700
        self.json("change", "put", disk, "-", "C:\\Windows\\Temp file.bin",
                  stdin=content)
        self.json("change", "put", disk, "-", "esp:\\EFI\\Long name of a file.efi",
                  stdin=content)
        copy = self.folder / "copy"
        self.json("get", "get", disk, "C:\\windows\\TEMP FILE.BIN", copy)
        self.assertEqual(copy.read_bytes(), content)
        raw = self.raw(disk)
        windows = self.partition(disk, "basic")["offset"] // 512
        listing = run("fls", "-r", "-p", "-o", windows, raw).out
        inode = [line.split()[1].rstrip(":") for line in listing.splitlines()
                 if line.endswith("Windows/Temp file.bin")][0]
        self.assertEqual(run("icat", "-o", windows, raw, inode).bytes, content)
        esp = self.partition(disk, "esp")["offset"]
        copied = run("mtype", "-i", f"{raw}@@{esp}", "::/EFI/Long name of a file.efi")
        self.assertEqual(copied.bytes, content)
        self.judge(disk)
        self.json("undo", "undo", disk)
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)

    def test_put_keeps_the_old_file_where_asked(self):
        disk = self.disk()
        old = drydock("cat", disk, "C:\\Windows\\System32\\ntoskrnl.exe").bytes
        self.succeed(drydock("put", disk, "-", "C:\\Windows\\System32\\ntoskrnl.exe",
                             "--keep-old", stdin=b"new"))
        self.assertEqual(
            drydock("cat", disk, "C:\\Windows\\System32\\ntoskrnl.exe").bytes, b"new")
        self.assertEqual(
            drydock("cat", disk, "C:\\Windows\\System32\\old_ntoskrnl.exe").bytes, old)

    def test_rm_removes_and_undo_brings_back(self):
        disk = self.disk()
        path = "C:\\Windows\\System32\\ntoskrnl.exe"
        content = drydock("cat", disk, path).bytes
        before = self.hash(disk)
        self.json("change", "rm", disk, path, BCD)
        self.succeed(drydock("stat", disk, path), 3)
        self.succeed(drydock("stat", disk, BCD), 3)
        self.judge(disk)
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)
        self.assertEqual(drydock("cat", disk, path).bytes, content)


class Bcdedit(DiskTest):
    def element(self, disk, element_id, alias=None):
        store = self.json("bcdedit-enum", "bcdedit", disk, "/enum", "all")
        return [element["value"] for entry in store["objects"]
                for element in entry["elements"]
                if element["id"] == element_id and (alias is None or entry["alias"] == alias)]

    def test_set_writes_eight_bytes_that_hivex_reads(self):
        disk = self.disk()
        before = self.hash(disk)
        self.json("change", "bcdedit", disk, "/set", "{default}", "safeboot", "minimal")
        self.assertEqual(self.element(disk, "0x25000080"), [0])
        default = self.element(disk, "0x23000003", "{bootmgr}")[0]
        store = self.folder / "BCD"
        self.succeed(drydock("get", disk, BCD, store))
        stored = run("hivexget", store,
                     f"\\Objects\\{default}\\Elements\\25000080", "Element")
        self.assertEqual(self.succeed(stored).bytes.rstrip(b"\n"), bytes(8))
        self.judge(disk)
        self.json("change", "bcdedit", disk, "/deletevalue", "{default}", "safeboot")
        self.assertEqual(self.element(disk, "0x25000080"), [])
        self.json("undo", "undo", disk)
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)

    def test_enum_prints_as_bcdedit_does(self):
        out = self.succeed(drydock("bcdedit", self.disk(), "/enum", "all")).out
        self.assertIn("Windows Boot Manager\n--------------------", out)
        self.assertRegex(out, r"(?m)^identifier +\{bootmgr\}$")
        self.assertRegex(out, r"(?m)^osdevice +partition=C:$")

    def test_a_bare_store_is_listed_and_edited(self):
        disk = self.disk()
        store = self.folder / "BCD"
        self.succeed(drydock("get", disk, BCD, store))
        before = self.json("bcdedit-enum", "bcdedit", "--store", store, "/enum", "all")
        self.json("change", "bcdedit", "--store", store, "/set", "{bootmgr}", "timeout",
                  "5")
        after = self.json("bcdedit-enum", "bcdedit", "--store", store, "/enum", "all")
        self.assertEqual(len(before["objects"]), len(after["objects"]))
        self.succeed(run("hivexget", store,
                         "\\Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
                         "\\Elements\\25000004", "Element"))

    def test_a_wrong_word_changes_nothing(self):
        disk = self.disk()
        before = disk.read_bytes()
        ran = drydock("bcdedit", disk, "/set", "{default}", "safeboot", "sometimes")
        self.assertIn(ran.code, (3, 64))
        self.assertEqual(disk.read_bytes(), before)


class Reg(DiskTest):
    SERVICES = "HKLM\\SYSTEM\\CurrentControlSet\\Services"

    def test_query_reads_values_and_keys(self):
        disk = self.disk()
        key = self.json("reg-query", "reg", disk, "query", "HKLM\\SYSTEM\\Select")
        self.assertIn({"name": "Current", "type": "REG_DWORD", "data": 1}, key["values"])
        services = self.json("reg-query", "reg", disk, "query", self.SERVICES)
        self.assertGreater(len(services["subkeys"]), 20)
        self.assertRegex(drydock("reg", disk, "query", "HKLM\\SYSTEM\\Select").out,
                         r"Current +REG_DWORD +0x1")

    def test_add_and_delete_go_to_the_hive_and_back(self):
        disk = self.disk()
        before = self.hash(disk)
        key = self.SERVICES + "\\drydocktest"
        self.json("change", "reg", disk, "add", key, "/v", "Start", "/t", "REG_DWORD",
                  "/d", "4", "/f")
        query = self.json("reg-query", "reg", disk, "query", key)
        self.assertEqual(query["values"],
                         [{"name": "Start", "type": "REG_DWORD", "data": 4}])
        hive = self.folder / "SYSTEM"
        self.succeed(drydock("get", disk, "C:\\Windows\\System32\\config\\SYSTEM", hive))
        self.assertIn("drydocktest", run("reglookup", "-p",
                                         "/ControlSet001/Services/drydocktest", hive).out)
        self.json("change", "reg", disk, "delete", key, "/f")
        self.succeed(drydock("reg", disk, "query", key), 3)
        self.judge(disk)
        self.json("undo", "undo", disk)
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)

    def test_a_bare_hive_is_queried_and_edited(self):
        disk = self.disk()
        hive = self.folder / "SYSTEM"
        self.succeed(drydock("get", disk, "C:\\Windows\\System32\\config\\SYSTEM", hive))
        self.json("reg-query", "reg", hive, "query", "Select")
        self.json("change", "reg", hive, "add", "Select", "/v", "Extra", "/d", "text",
                  "/f")
        self.assertEqual(run("hivexget", hive, "\\Select", "Extra").out.strip(), "text")


class Repair(DiskTest):
    def test_the_whole_way_and_back(self):
        disk = self.disk("bcd.default-missing")
        before = self.hash(disk)
        fault = self.json("diagnose", "diagnose", disk, code=1)
        self.assertEqual(fault["verdict"], "fault")
        self.assertEqual(fault["findings"][0]["recipe"], "bcd.default-missing")
        planned = self.json("repair", "repair", disk, "--dry-run")
        self.assertEqual(planned["state"], "planned")
        self.assertEqual(self.hash(disk), before)
        done = self.json("repair", "repair", disk)
        self.assertEqual(done["state"], "repaired")
        self.assertEqual(done["edits"], planned["edits"])
        self.assertEqual(done["diagnose_after"]["verdict"], "healthy")
        self.assertEqual(self.json("diagnose", "diagnose", disk)["verdict"], "healthy")
        self.judge(disk)
        again = self.json("repair", "repair", disk)
        self.assertEqual(again["state"], "nothing_to_do")
        self.assertEqual(self.json("history", "history", disk)["changes"][0]["state"],
                         "sealed")
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)
        self.succeed(drydock("undo", disk), 3)

    def test_a_healthy_disk_is_left_byte_for_byte(self):
        disk = self.disk()
        before = disk.read_bytes()
        self.assertEqual(self.json("repair", "repair", disk)["state"], "nothing_to_do")
        self.assertEqual(disk.read_bytes(), before)

    def test_a_driver_is_disabled_by_name(self):
        disk = self.disk("driver.disable")
        service = None
        for entry in self.json("recipes", "recipes")["recipes"]:
            if entry["id"] == "driver.disable":
                service = entry["settings"][0]["name"]
        self.assertEqual(service, "driver")
        done = self.json("repair", "repair", disk, "driver.disable", "--set",
                         "driver=cstguard")
        self.assertEqual(done["state"], "repaired")
        query = self.json("reg-query", "reg", disk, "query",
                          "HKLM\\SYSTEM\\CurrentControlSet\\Services\\cstguard")
        self.assertIn({"name": "Start", "type": "REG_DWORD", "data": 4}, query["values"])
        self.judge(disk)

    def test_drivers_disable_and_enable_are_each_others_undoing(self):
        disk = self.disk("driver.disable")
        key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\cstguard"
        done = self.json("change", "drivers", disk, "disable", "cstguard")
        self.assertEqual(done["state"], "repaired")
        self.assertEqual([edit["edit"] for edit in done["edits"]],
                         ["registry.set", "registry.set"])
        again = self.json("change", "drivers", disk, "disable", "cstguard")
        self.assertEqual(again["state"], "nothing_to_do")
        # The journal knows that it started at boot.
        self.json("change", "drivers", disk, "enable", "cstguard")
        query = self.json("reg-query", "reg", disk, "query", key)
        self.assertIn({"name": "Start", "type": "REG_DWORD", "data": 0}, query["values"])
        self.judge(disk)

    def test_drivers_of_the_boot_disk_are_disabled_by_force_alone(self):
        disk = self.disk()
        before = disk.read_bytes()
        refused = drydock("drivers", disk, "disable", "storvsc")
        self.succeed(refused, 3)
        self.assertIn("0x7B", refused.err)
        self.assertIn("--force", refused.err)
        done = self.json("change", "drivers", disk, "disable", "storvsc", "--force",
                         "--dry-run")
        self.assertEqual(done["state"], "planned")
        self.assertEqual(disk.read_bytes(), before)

    def test_a_driver_of_which_nothing_tells_how_it_started_is_not_enabled(self):
        disk = self.disk()
        self.succeed(drydock("drivers", disk, "disable", "beep"))
        for journal in self.folder.glob("*.drydock"):
            journal.unlink()
        self.assertIn("--start", self.succeed(
            drydock("drivers", disk, "enable", "beep"), 3).err)
        self.json("change", "drivers", disk, "enable", "beep", "--start", "system")

    def test_recover_finds_nothing_to_do(self):
        self.assertEqual(self.json("recover", "recover", self.disk())["settled"], [])


if __name__ == "__main__":
    unittest.main()
