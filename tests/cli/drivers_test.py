"""drivers: what a Windows loads, as a table and as JSON."""

import unittest

from program import DiskTest, drydock


class DriversList(DiskTest):
    def test_lists_boot_files_then_drivers_in_their_order(self):
        document = self.json("drivers-list", "drivers", self.disk(), "list")
        self.assertTrue(document["whole"])
        drivers = document["drivers"]
        self.assertEqual(drivers[0]["path"], "esp:\\EFI\\Microsoft\\Boot\\bootmgfw.efi")
        orders = [d["order"] for d in drivers if d["order"] is not None]
        self.assertEqual(orders, list(range(1, len(orders) + 1)))
        by_name = {d["name"]: d for d in drivers}
        self.assertEqual(by_name["ACPI"]["start"], "boot")
        self.assertTrue(by_name["ACPI"]["stops_boot"])
        self.assertEqual(by_name["ACPI"]["machine"], "x64")
        self.assertEqual(by_name["ACPI"]["version"]["company_name"], "Microsoft Corporation")
        self.assertEqual(by_name["FileCrypt"]["group"], "FSFilter Encryption")
        self.assertIsNone(by_name["HTTP"]["order"])
        self.assertEqual(by_name["udfs"]["start"], "disabled")
        self.assertNotIn("Dhcp", by_name)

    def test_says_what_each_file_is_and_which_is_missing(self):
        disk = self.disk()
        folder = "C:\\Windows\\System32\\drivers\\"
        self.succeed(drydock("rm", disk, folder + "afd.sys"))
        self.succeed(drydock("put", disk, "-", folder + "beep.sys", stdin=b"no driver"))
        lines = self.succeed(drydock("drivers", disk, "list")).out.splitlines()
        self.assertEqual(lines[0].split(), ["order", "service", "start", "error", "group",
                                            "version", "company", "date", "file"])
        afd = next(line for line in lines if " AFD " in line)
        self.assertTrue(afd.endswith("C:\\Windows\\system32\\drivers\\afd.sys (missing)"), afd)
        beep = next(line for line in lines if " Beep " in line)
        self.assertIn("DOS header", beep)
        by_name = {d["name"]: d
                   for d in self.json("drivers-list", "drivers", disk, "list")["drivers"]}
        self.assertIsNone(by_name["AFD"]["file"])
        self.assertIn("DOS header", by_name["Beep"]["problem"])

    def test_start_override_has_a_star(self):
        disk = self.disk()
        self.succeed(drydock("reg", disk, "add",
                             "HKLM\\SYSTEM\\CurrentControlSet\\Services\\stornvme\\StartOverride",
                             "/v", "0", "/t", "REG_DWORD", "/d", "3"))
        out = drydock("drivers", disk, "list").out
        line = next(line for line in out.splitlines() if " stornvme " in line)
        self.assertIn(" demand* ", line)

    def test_a_disk_without_windows_is_told(self):
        disk = self.folder / "empty.raw"
        disk.write_bytes(bytes(1 << 20))
        ran = drydock("drivers", disk, "list")
        self.succeed(ran, 3)
        self.assertNotEqual(ran.err, "")


if __name__ == "__main__":
    unittest.main()
