"""bcdedit's commands on disks, stores in other places, and files of the host."""

import lzma
import re
import shutil
import unittest

from program import CORPUS, HARNESS, DiskTest, by_reglookup, drydock, run, unescaped

BCD = "esp:\\EFI\\Microsoft\\Boot\\BCD"
RECOVERY = "esp:\\EFI\\Microsoft\\Recovery\\BCD"
GUID = r"\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}"


class Store(DiskTest):
    def entries(self, *words):
        return {entry["id"]: entry
                for entry in self.json("bcdedit-enum", "bcdedit", *words)["objects"]}

    def value(self, entry, element_id):
        found = [e["value"] for e in entry["elements"] if e["id"] == element_id]
        return found[0] if found else None

    def made(self, document):
        """The id of the entry that a change made."""
        made = [edit for edit in document["edits"] if edit["edit"] == "bcd.create"]
        self.assertEqual(len(made), 1, document)
        return re.search(GUID, made[0]["where"]).group()

    def hivex(self, disk, where, key, value="Element"):
        """What hivex reads in the store at `where`."""
        store = self.folder / "read"
        self.succeed(drydock("get", disk, where, store))
        ran = self.succeed(run("hivexget", store, key, value))
        store.unlink()
        return ran.out.strip()


class Entries(Store):
    def test_a_copy_is_on_the_menu_and_may_become_the_default(self):
        disk = self.disk()
        before = self.hash(disk)
        new = self.made(self.json("change", "bcdedit", disk, "/copy", "{default}", "/d",
                                  "Before the update"))
        entry = self.entries(disk, "/enum", new)[new]
        self.assertEqual(self.value(entry, "0x12000004"), "Before the update")
        self.json("change", "bcdedit", disk, "/default", new)
        menu = self.entries(disk)
        self.assertIn(new, menu)
        self.assertEqual(menu[new]["alias"], "{default}")
        self.assertEqual(
            self.hivex(disk, BCD, f"\\Objects\\{new}\\Elements\\12000004"),
            "Before the update")
        self.judge(disk)
        self.json("undo", "undo", disk)
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)

    def test_an_entry_is_made_put_on_the_menu_and_deleted(self):
        disk = self.disk()
        new = self.made(self.json("change", "bcdedit", disk, "/create", "/d", "Other",
                                  "/application", "osloader"))
        self.json("change", "bcdedit", disk, "/set", new, "device", "partition=C:")
        self.json("change", "bcdedit", disk, "/displayorder", new, "/addlast")
        out = self.succeed(drydock("bcdedit", disk)).out
        self.assertRegex(out, r"(?m)^description +Other$")
        removed = self.json("change", "bcdedit", disk, "/delete", new)
        self.assertEqual([edit["edit"] for edit in removed["edits"]],
                         ["bcd.set", "bcd.remove"])
        self.assertNotIn(new, self.entries(disk, "/enum", "all"))
        self.judge(disk)

    def test_a_dry_run_writes_nothing(self):
        disk = self.disk()
        before = disk.read_bytes()
        self.made(self.json("change", "bcdedit", disk, "/copy", "{default}", "/d", "x",
                            "--dry-run"))
        self.assertEqual(disk.read_bytes(), before)

    def test_what_is_well_known_is_deleted_with_f_only(self):
        disk = self.disk()
        self.assertIn("/f", self.succeed(
            drydock("bcdedit", disk, "/delete", "{bootmgr}"), 3).err)


class Places(Store):
    def test_store_is_a_path_in_the_image(self):
        disk = self.disk()
        store = self.folder / "BCD"
        self.succeed(drydock("bcdedit", disk, "/export", store))
        self.succeed(drydock("mkdir", disk, "esp:\\EFI\\Microsoft\\Recovery"))
        self.succeed(drydock("put", disk, store, RECOVERY))
        changed = self.json("change", "bcdedit", disk, "/store", RECOVERY, "/timeout", "7")
        self.assertIn(RECOVERY, changed["edits"][0]["where"])
        timeouts = [self.value(entry, "0x25000004")
                    for where in (BCD, RECOVERY)
                    for entry in self.entries(disk, "/store", where, "/enum",
                                              "{bootmgr}").values()]
        self.assertNotEqual(timeouts[0], 7)
        self.assertEqual(timeouts[1], 7)
        self.succeed(drydock("bcdedit", disk, "/store", "esp:\\none", "/enum"), 3)

    def test_a_store_in_the_recovery_partition_is_one_too(self):
        disk = self.folder / "disk.vhdx"
        self.succeed(run(HARNESS, "build", "--spec",
                         "{windows: server-2022, size: 512MiB, recovery: 32MiB}",
                         "--output", disk))
        number = self.partition(disk, "recovery")["number"]
        where = f"{number}:\\Recovery\\BCD"
        store = self.folder / "BCD"
        self.succeed(drydock("bcdedit", disk, "/export", store))
        self.succeed(drydock("mkdir", disk, f"{number}:\\Recovery"))
        self.succeed(drydock("put", disk, store, where))
        before = self.hash(disk)
        self.json("change", "bcdedit", disk, "/store", where, "/set", "{default}",
                  "device", f"partition={number}")
        shown = self.succeed(drydock("bcdedit", disk, "/store", where)).out
        self.assertIn(f"\\Device\\HarddiskVolume{number}\n", shown)
        default = self.hivex(
            disk, where,
            "\\Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\Elements\\23000003")
        self.assertIn(default, self.entries(disk, "/store", where, "/enum", "/v"))
        self.judge(disk)
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)

    def test_an_export_is_imported_whole(self):
        disk = self.disk()
        store = self.folder / "BCD"
        written = self.json("bcdedit-store", "bcdedit", disk, "/export", store)
        self.assertEqual(written["size"], store.stat().st_size)
        before = self.entries(disk, "/enum", "all")
        self.assertEqual(self.entries("--store", store, "/enum", "all"), before)
        self.json("change", "bcdedit", disk, "/delete", "{default}")
        self.json("change", "bcdedit", disk, "/import", store)
        self.assertEqual(self.entries(disk, "/enum", "all"), before)
        self.judge(disk)
        self.json("undo", "undo", disk)
        self.assertNotEqual(self.entries(disk, "/enum", "all"), before)

    def test_an_export_replaces_no_file(self):
        store = self.folder / "BCD"
        store.write_text("mine")
        self.succeed(drydock("bcdedit", self.disk(), "/export", store), 3)
        self.assertEqual(store.read_text(), "mine")

    def test_what_is_no_store_is_not_imported(self):
        disk = self.disk()
        before = disk.read_bytes()
        hive = self.folder / "hive"
        self.succeed(drydock("get", disk, "C:\\Windows\\System32\\config\\SYSTEM", hive))
        self.succeed(drydock("bcdedit", disk, "/import", hive), 3)
        self.assertEqual(disk.read_bytes(), before)

    def test_a_store_from_nothing_is_filled_and_read_by_others(self):
        store = self.folder / "BCD"
        self.json("bcdedit-store", "bcdedit", "/createstore", store)
        self.assertIn("There are no matching objects",
                      self.succeed(drydock("bcdedit", "--store", store)).out)
        self.succeed(drydock("bcdedit", "--store", store, "/create", "{bootmgr}", "/d",
                             "Windows Boot Manager"))
        self.succeed(drydock("bcdedit", "/store", store, "/set", "{bootmgr}", "device",
                             "boot"))
        key = "\\Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\Elements\\12000004"
        self.assertEqual(self.succeed(run("hivexget", store, key, "Element")).out.strip(),
                         "Windows Boot Manager")
        if shutil.which("reglookup"):
            self.assertIn("KeyName,SZ,BCD00000000", self.succeed(
                run("reglookup", store)).out)

    def test_a_bare_store_has_no_other_in_it(self):
        store = self.folder / "BCD"
        self.succeed(drydock("bcdedit", "/createstore", store))
        self.succeed(drydock("bcdedit", "--store", store, "/store", "x", "/enum"), 64)
        self.succeed(drydock("bcdedit", "--store", store, "/import", store), 64)


class CorpusStores(Store):
    """What /enum shows of stores that Windows wrote, element by element."""

    def bytes_of(self, kind, value):
        """What lies in the hive, as reglookup would have it."""
        if kind == "device":
            return bytes.fromhex(value["raw"])
        if kind == "boolean":
            return bytes([value])
        if kind in ("objectlist", "object", "string"):
            return "|".join([value] if isinstance(value, str) else value).encode()
        numbers = value if isinstance(value, list) else [value]
        return b"".join(int(number).to_bytes(8, "little") for number in numbers)

    def test_enum_shows_what_reglookup_reads(self):
        compared = 0
        for name in ("ezregistry/BCD", "regipy/BCD.xz"):
            path = CORPUS / "bcd" / name
            if not path.exists():
                self.skipTest(f"the corpus isn't here: {path}")
            store = self.folder / "store"
            store.write_bytes(lzma.open(path).read() if path.suffix else path.read_bytes())
            shown = self.entries("--store", store, "/enum", "all", "/v")
            read = {path: values for path, values in by_reglookup(store) if values}
            for key, entry in shown.items():
                kind = read.pop(f"/Objects/{key}/Description")[0]
                self.assertEqual(int(kind[2], 16), int(entry["type"], 16))
                for element in entry["elements"]:
                    number = element["id"][2:]
                    theirs, = read.pop(f"/Objects/{key}/Elements/{number}")
                    ours = self.bytes_of(element["kind"], element["value"])
                    # An install medium keeps its numbers in as few bytes as they need.
                    self.assertEqual(ours.ljust(8, b"\0"),
                                     unescaped(theirs[2]).ljust(8, b"\0"), element)
                    compared += 1
            self.assertEqual(list(read), ["/Description"])
        self.assertGreater(compared, 50)


if __name__ == "__main__":
    unittest.main()
