"""drivers: what a Windows loads, as a table and as JSON."""

import unittest

from program import CORPUS, HARNESS, DiskTest, drydock, run

STORE = "C:\\Windows\\System32\\CatRoot\\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}\\"
DRIVERS = "C:\\Windows\\System32\\drivers\\"


class DriversList(DiskTest):
    def test_lists_boot_files_then_drivers_in_their_order(self):
        document = self.json("drivers-list", "drivers", self.disk(), "list")
        self.assertTrue(document["whole"])
        drivers = document["drivers"]
        self.assertEqual(drivers[0]["path"], "esp:\\EFI\\Microsoft\\Boot\\bootmgfw.efi")
        orders = [d["load_order"] for d in drivers if d["load_order"] is not None]
        self.assertEqual(orders, list(range(1, len(orders) + 1)))
        by_name = {d["service"]: d for d in drivers}
        self.assertEqual(by_name["ACPI"]["start"], "boot")
        self.assertTrue(by_name["ACPI"]["stops_boot"])
        self.assertEqual(by_name["ACPI"]["machine"], "x64")
        self.assertEqual(by_name["ACPI"]["company"], "Microsoft Corporation")
        self.assertEqual(by_name["FileCrypt"]["error_control"], "critical")
        self.assertEqual(by_name["FileCrypt"]["group"], "FSFilter Encryption")
        self.assertIsNone(by_name["HTTP"]["load_order"])
        self.assertEqual(by_name["udfs"]["start"], "disabled")
        self.assertNotIn("Dhcp", by_name)

    def test_says_what_each_file_is_and_which_is_missing(self):
        disk = self.disk()
        self.succeed(drydock("rm", disk, DRIVERS + "afd.sys"))
        self.succeed(drydock("put", disk, "-", DRIVERS + "beep.sys", stdin=b"no driver"))
        lines = self.succeed(drydock("drivers", disk, "list")).out.splitlines()
        self.assertEqual(lines[0].split(), ["order", "service", "start", "error", "group",
                                            "version", "company", "date", "file"])
        afd = next(line for line in lines if " AFD " in line)
        self.assertTrue(afd.endswith("C:\\Windows\\system32\\drivers\\afd.sys (missing)"), afd)
        beep = next(line for line in lines if " Beep " in line)
        self.assertIn("DOS header", beep)
        by_name = {d["service"]: d
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
        self.succeed(ran, 2)
        self.assertNotEqual(ran.err, "")


class DriversMissing(DiskTest):
    def recipes_found(self, disk, code):
        found = self.json("diagnose", "diagnose", disk, code=code)
        return [finding["recipe"] for finding in found["findings"]]

    def test_a_file_that_a_start_hangs_on_is_named_without_a_copy_too(self):
        disk = self.disk("driver.missing", "--set", "driver=filecrypt.sys",
                         "--set", "kept=no")
        found = self.json("diagnose", "diagnose", disk, code=1)["findings"]
        self.assertEqual([one["recipe"] for one in found], ["driver.missing"])
        self.assertTrue(found[0]["stops_boot"])
        self.assertIn("no other copy is on this disk", found[0]["evidence"])
        before = self.hash(disk)
        ran = drydock("repair", disk, "driver.missing")
        self.assertNotEqual(ran.code, 0)
        self.assertIn("no copy was found", ran.out + ran.err)
        self.assertEqual(self.hash(disk), before)

    def test_a_file_that_nothing_hangs_on_is_missed_where_windows_has_it(self):
        gone = self.disk("driver.missing", "--set", "driver=Beep.sys", "--set",
                         "kept=no")
        self.assertEqual(self.recipes_found(gone, 0), [])
        kept = self.disk("driver.missing", "--set", "driver=Beep.sys")
        self.assertEqual(self.recipes_found(kept, 1), ["driver.missing"])


class DriversVerify(DiskTest):
    def root(self):
        """What the harness signs its disks under."""
        path = self.folder / "root.pem"
        self.succeed(run(HARNESS, "root", "-o", path))
        return path

    def unsigned(self, disk, name):
        """Makes a driver one that nobody signed; gives a copy of it."""
        signed, bare = self.folder / "signed.sys", self.folder / "bare.sys"
        self.succeed(drydock("get", disk, DRIVERS + name, signed))
        bare.unlink(missing_ok=True)
        self.succeed(run("osslsigncode", "remove-signature", "-in", signed, "-out", bare))
        content = bytearray(bare.read_bytes())
        content[0x410] ^= 1  # behind its code; a catalog knows it no more
        bare.write_bytes(content)
        self.succeed(drydock("put", disk, bare, DRIVERS + name))
        return bare

    def signed(self, disk, name):
        """Signs a driver of the disk by a certificate of this test's own; gives that."""
        unsigned, signed = self.unsigned(disk, name), self.folder / "other.sys"
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        self.succeed(run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                         "2", "-keyout", key, "-out", certificate, "-subj", "/CN=a test",
                         "-addext", "extendedKeyUsage=codeSigning"))
        self.succeed(run("osslsigncode", "sign", "-certs", certificate, "-key", key, "-h",
                         "sha256", "-in", unsigned, "-out", signed))
        self.succeed(drydock("put", disk, signed, DRIVERS + name))
        return certificate

    def verify(self, *words, code=1):
        document = self.json("drivers-verify", "drivers", *words, code=code)
        return document, {d["service"]: d for d in document["drivers"]}

    def test_the_drivers_of_a_built_disk_are_signed(self):
        document, by_name = self.verify(self.disk(), "verify", "--trust", self.root(), code=0)
        self.assertEqual(document["verdict"], "healthy")
        self.assertEqual(by_name["ACPI"]["signature"], "embedded")
        self.assertEqual(by_name["FileCrypt"]["signature"], "catalog")
        self.assertEqual(by_name["ctsvideo"]["catalog"], "oem9.cat")

    def test_unsigned_files_are_faults_and_stop_the_boot(self):
        disk = self.disk()
        self.unsigned(disk, "acpi.sys")
        document, by_name = self.verify(disk, "verify", "--trust", self.root())
        self.assertEqual(document["verdict"], "fault")
        self.assertEqual(by_name["ACPI"]["signature"], "unsigned")
        self.assertEqual(by_name["udfs"]["signature"], "disabled")
        self.assertEqual(document["boot_stopping"], 1)
        self.assertEqual(sum(document["counts"].values()), len(document["drivers"]))

    def test_a_root_that_a_person_trusts_is_believed(self):
        disk = self.disk()
        self.unsigned(disk, "acpi.sys")
        certificate = self.signed(disk, "pci.sys")
        _, by_name = self.verify(disk, "verify")
        self.assertEqual(by_name["pci"]["signature"], "bad")
        _, by_name = self.verify(disk, "verify", "--trust", certificate)
        self.assertEqual(by_name["pci"]["signature"], "embedded")
        self.assertEqual(by_name["pci"]["signer"], "a test")
        listed = self.json("drivers-list", "drivers", disk, "list", "--signers")["drivers"]
        self.assertEqual([d["signer"] for d in listed if d["service"] == "pci"], ["a test"])
        lines = drydock("drivers", disk, "list", "--signers").out.splitlines()
        self.assertIn("  signer  ", lines[0])
        self.assertIn("  a test  ", next(line for line in lines if " pci " in line))
        out = drydock("drivers", disk, "verify", "--trust", certificate).out
        self.assertNotIn(" pci ", out)
        self.assertIn("stops the boot: unsigned: ACPI (boot, critical)", out)
        out = drydock("drivers", disk, "verify", "--trust", certificate, "--all").out
        self.assertIn("embedded: pci (boot, critical)", out)
        self.assertTrue(out.endswith("verdict: fault\n"))

    def test_a_catalog_of_the_guest_signs_what_bears_no_signature(self):
        real = CORPUS / "drivers/virtio-win-0.1.240/vioscsi/2k22/amd64"
        if not real.exists():
            self.skipTest("the corpus isn't here")
        disk = self.disk()
        stripped = self.folder / "stripped.sys"
        self.succeed(run("osslsigncode", "remove-signature", "-in", real / "vioscsi.sys",
                         "-out", stripped))
        self.succeed(drydock("put", disk, stripped, DRIVERS + "disk.sys"))
        self.succeed(drydock("put", disk, real / "vioscsi.cat",
                             "C:\\Windows\\System32\\CatRoot\\"
                             "{F750E6C3-38EE-11D1-85E5-00C04FC295EE}\\oem1.cat"))
        document, by_name = self.verify(disk, "verify", "--trust", self.root(), code=0)
        self.assertEqual(document["catalogs"], 12)
        self.assertEqual(by_name["disk"]["signature"], "catalog")
        self.assertEqual(by_name["disk"]["catalog"], "oem1.cat")

    def test_what_catalogs_hold_is_kept_for_the_next_image(self):
        disk, cache = self.disk(), self.folder / "catalogs"
        words = ("verify", "--trust", self.root(), "--all")
        plain = self.succeed(drydock("drivers", disk, *words)).out
        for _ in range(2):
            ran = drydock("drivers", disk, *words, "--catalog-cache", cache)
            self.assertEqual(self.succeed(ran).out, plain)
            self.assertEqual(ran.err, "")
        kept = cache.read_bytes()
        # One that is lost is missed all the same.
        self.succeed(drydock("rm", disk, STORE + "oem9.cat"))
        _, by_name = self.verify(disk, *words, "--catalog-cache", cache)
        self.assertEqual(by_name["ctsvideo"]["signature"], "unsigned")
        self.assertEqual(cache.read_bytes(), kept)

    def test_a_file_that_keeps_no_catalogs_is_left_alone(self):
        other = self.folder / "letter.txt"
        other.write_bytes(b"dear reader")
        ran = drydock("drivers", self.disk(), "verify", "--trust", self.root(),
                      "--catalog-cache", other)
        self.succeed(ran)
        self.assertIn("isn't what catalogs are kept in", ran.err)
        self.assertEqual(other.read_bytes(), b"dear reader")

    def test_what_cannot_be_told_ends_as_diagnose_does(self):
        disk, nothing = self.disk(), self.folder / "nothing"
        self.succeed(drydock("diagnose", nothing), 2)
        self.succeed(drydock("drivers", nothing, "list"), 2)
        self.succeed(drydock("drivers", nothing, "verify"), 2)
        self.succeed(drydock("drivers", disk, "verify", "--trust", nothing), 2)
        self.succeed(drydock("put", disk, "-", "C:\\Windows\\System32\\config\\SYSTEM",
                             stdin=b"no hive"))
        self.succeed(drydock("drivers", disk, "list"), 2)
        self.succeed(drydock("drivers", disk, "verify"), 2)


if __name__ == "__main__":
    unittest.main()
