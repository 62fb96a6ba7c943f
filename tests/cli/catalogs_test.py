"""The catalogs that a Windows believes its files by: counted, lost, and put back."""

import unittest

from program import DiskTest, drydock, run

STORE = "C:\\Windows\\System32\\CatRoot\\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}"
PACKAGES = "C:\\Windows\\servicing\\Packages"
COMPONENTS = "C:\\Windows\\WinSxS\\Catalogs"


class Catalogs(DiskTest):
    def names(self, disk, folder):
        entries = self.json("ls", "ls", disk, folder)["paths"][0]["entries"]
        names = [entry["path"].rsplit("\\", 1)[1] for entry in entries]
        return sorted(name for name in names if name.endswith(".cat"))

    def check(self, disk, *words, code=0):
        return self.json("catalogs-check", "catalogs", disk, "check", *words, code=code)

    def cat(self, disk, folder, name):
        return self.succeed(drydock("cat", disk, folder + "\\" + name)).bytes

    def by_sleuthkit(self, disk, name):
        """The bytes of a catalog of the store, as icat reads them."""
        raw = self.raw(disk)
        offset = self.partition(disk, "basic")["offset"] // 512
        for line in run("fls", "-r", "-p", "-o", offset, raw).out.splitlines():
            path = line.split("\t")[-1]
            if "CatRoot/{F750" in path and path.endswith("/" + name):
                return run("icat", "-o", offset, raw, line.split()[1].rstrip(":")).bytes
        self.fail(f"fls shows no {name}")

    def test_a_sound_store_is_healthy_and_nothing_is_restored(self):
        disk = self.disk()
        before = self.hash(disk)
        found = self.check(disk)
        names = self.names(disk, STORE)
        self.assertEqual(found["verdict"], "healthy")
        self.assertEqual(found["catalog_count"], len(names))
        self.assertGreater(found["digest_count"], 50)
        self.assertEqual(found["without_copy"],
                         [n for n in names if n not in self.names(disk, PACKAGES)])
        done = self.json("change", "catalogs", disk, "restore")
        self.assertEqual((done["state"], done["edits"]), ("nothing_to_do", []))
        self.assertEqual(self.hash(disk), before)

    def test_what_is_missing_cut_or_empty_comes_back_from_the_packages(self):
        disk = self.disk()
        gone, cut, empty = self.names(disk, PACKAGES)[:3]
        good = {name: self.cat(disk, PACKAGES, name) for name in (gone, cut, empty)}
        self.json("change", "rm", disk, STORE + "\\" + gone)
        self.json("change", "put", disk, "-", STORE + "\\" + cut,
                  stdin=good[cut][:len(good[cut]) // 2])
        self.json("change", "put", disk, "-", STORE + "\\" + empty, stdin=b"")
        before = self.hash(disk)
        found = self.check(disk, code=1)
        states = {wound["name"]: wound["state"] for wound in found["wounds"]}
        self.assertEqual(states, {gone: "missing", cut: "damaged", empty: "damaged"})
        for wound in found["wounds"]:
            self.assertEqual(wound["copy"]["folder"], PACKAGES)
        self.json("change", "catalogs", disk, "restore", "--dry-run")
        self.assertEqual(self.hash(disk), before)
        done = self.json("change", "catalogs", disk, "restore")
        self.assertEqual(len(done["edits"]), 3)
        self.assertEqual(self.check(disk)["verdict"], "healthy")
        for name, content in good.items():
            self.assertEqual(self.by_sleuthkit(disk, name), content)
        self.judge(disk)
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)

    def test_a_restored_catalog_is_owned_as_its_neighbours_are(self):
        disk = self.disk()
        name = self.names(disk, PACKAGES)[0]
        before = self.json("stat", "stat", disk, STORE + "\\" + name)["files"][0]
        self.json("change", "rm", disk, STORE + "\\" + name)
        self.json("change", "catalogs", disk, "restore")
        after = self.json("stat", "stat", disk, STORE + "\\" + name)["files"][0]
        for fact in ("sddl", "size", "attributes"):
            self.assertEqual(after[fact], before[fact])

    def test_another_catalog_that_can_be_read_is_left(self):
        disk = self.disk()
        one, other = self.names(disk, PACKAGES)[:2]
        content = self.cat(disk, PACKAGES, other)
        self.json("change", "put", disk, "-", STORE + "\\" + one, stdin=content)
        self.json("change", "catalogs", disk, "restore")
        self.assertEqual(self.cat(disk, STORE, one), content)

    def test_a_store_that_is_gone_comes_back_and_what_has_no_copy_is_in_the_component_store(
            self):
        disk = self.disk()
        lost = self.names(disk, PACKAGES)[0]
        content = self.cat(disk, PACKAGES, lost)
        self.json("change", "rm", disk, PACKAGES + "\\" + lost)
        for name in self.names(disk, STORE):
            self.json("change", "rm", disk, STORE + "\\" + name)
        self.json("change", "rm", disk, STORE)
        found = self.check(disk, code=1)
        self.assertEqual(found["catalog_count"], 0)
        places = {wound["copy"]["folder"] for wound in found["wounds"]}
        self.assertEqual(places, {PACKAGES, COMPONENTS})
        self.json("change", "catalogs", disk, "restore")
        self.assertEqual(self.check(disk)["verdict"], "healthy")
        self.assertIn(content, [self.cat(disk, STORE, name)
                                for name in self.names(disk, STORE)])

    def test_a_copy_in_the_component_store_is_believed_by_its_name_alone(self):
        disk = self.disk()
        lost = self.names(disk, PACKAGES)[0]
        content = self.cat(disk, PACKAGES, lost)
        self.json("change", "rm", disk, PACKAGES + "\\" + lost)
        self.json("change", "put", disk, "-", STORE + "\\" + lost, stdin=b"")
        for name in self.names(disk, COMPONENTS):
            if self.cat(disk, COMPONENTS, name) == content:
                self.json("change", "mv", disk, COMPONENTS + "\\" + name,
                          COMPONENTS + "\\" + "0" * 64 + ".cat")
        wound, = self.check(disk, code=1)["wounds"]
        self.assertIsNone(wound["copy"])
        done = self.json("change", "catalogs", disk, "restore", code=1)
        self.assertIn(lost, " ".join(done["notes"]))

    def test_a_donor_gives_what_this_disk_has_no_more(self):
        disk = self.disk()
        folder = self.folder / "catalogs"
        self.succeed(drydock("get", "-r", disk, STORE, folder))
        healthy = self.folder / "donor.vhdx"
        run("cp", "--sparse=always", disk, healthy)
        own, = self.check(disk)["without_copy"]
        content = self.cat(disk, STORE, own)
        self.json("change", "put", disk, "-", STORE + "\\" + own, stdin=content[:-9])
        self.assertIsNone(self.check(disk, code=1)["wounds"][0]["copy"])
        for donor in (folder, healthy):
            self.json("change", "catalogs", disk, "restore", "--donor", donor)
            self.assertEqual(self.cat(disk, STORE, own), content)
            self.assertEqual(self.check(disk)["verdict"], "healthy")
            self.json("undo", "undo", disk)
        self.succeed(drydock("catalogs", disk, "restore", "--donor",
                             self.folder / "nowhere"), 3)


class OddDrivers(DiskTest):
    def add_service(self, disk, start, error_control, image_path):
        key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\odd"
        for name, kind, value in (("Type", "REG_DWORD", "1"), ("Start", "REG_DWORD", start),
                                  ("ErrorControl", "REG_DWORD", error_control),
                                  ("ImagePath", "REG_EXPAND_SZ", image_path)):
            self.succeed(drydock("reg", disk, "add", key, "/v", name, "/t", kind, "/d", value))

    def test_one_whose_file_is_a_folder_keeps_no_catalog_from_being_mended(self):
        disk = self.disk("signature.catalog-store")
        self.add_service(disk, "1", "1", "System32\\drivers")
        found = self.json("diagnose", "diagnose", disk, code=1)
        self.assertEqual([one["recipe"] for one in found["findings"]],
                         ["signature.catalog-store"])
        self.succeed(drydock("repair", disk))

    def test_one_that_stops_the_boot_and_cannot_be_found_is_never_healthy(self):
        disk = self.disk()
        self.add_service(disk, "0", "3", "\\??\\Q:\\odd.sys")
        out = self.succeed(drydock("diagnose", disk), 2).out
        self.assertIn("what signs it can't be told of odd: ", out)


if __name__ == "__main__":
    unittest.main()
