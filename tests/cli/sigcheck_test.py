"""Who signed files: real drivers and boot loaders, by themselves and in a guest with
their catalogs; osslsigncode and openssl are asked, too."""

import pathlib
import re
import shutil
import unittest

from program import CORPUS, HARNESS, DiskTest, drydock, run

VIRTIO = CORPUS / "drivers" / "virtio-win-0.1.240"
STORE = "C:\\Windows\\System32\\CatRoot\\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}"
DRIVERS = "C:\\Windows\\System32\\drivers"
SHIM = pathlib.Path("/usr/lib/shim/shimx64.efi.signed")


def sha256(path):
    return run("openssl", "dgst", "-sha256", "-r", path).out.split()[0]


@unittest.skipUnless(VIRTIO.is_dir(), "no corpus: DRYDOCK_CORPUS or ../shared/corpus")
class RealDrivers(DiskTest):
    def check(self, *words, code=0):
        return self.json("sigcheck", "sigcheck", *words, code=code)["files"]

    def test_a_driver_with_its_own_signature_tells_of_its_chain(self):
        path = VIRTIO / "viostor" / "w10" / "amd64" / "viostor.sys"
        file, = self.check("--host", path)
        self.assertEqual((file["verified"], file["by"]), ("signed", "embedded"))
        self.assertEqual(file["chain"][-1], "Microsoft Root Certificate Authority 2010")
        self.assertEqual(file["hashes"]["sha256"], sha256(path))
        said = run("osslsigncode", "verify", path).out
        digest = re.search(r"Calculated message digest\s*: ([0-9A-F]+)", said).group(1)
        self.assertEqual(file["hashes"]["authenticode_sha256"], digest.lower())
        self.assertEqual(file["file_version"], "100.93.104.24000")

    def test_one_flipped_byte_is_enough(self):
        path = VIRTIO / "viostor" / "w10" / "amd64" / "viostor.sys"
        changed = self.folder / "viostor.sys"
        content = bytearray(path.read_bytes())
        content[0x800] ^= 1
        changed.write_bytes(content)
        file, = self.check("--host", changed, code=1)
        self.assertEqual((file["verified"], file["by"]), ("bad", "bad"))
        self.assertIn("changed", file["why"])

    def test_a_catalog_is_judged_by_its_own_signature(self):
        catalog = CORPUS / "drivers/virtio-win-0.1.240/vioscsi/w10/amd64/vioscsi.cat"
        out = self.succeed(drydock("sigcheck", "--host", catalog)).out
        self.assertIn("Verified:       Signed", out)
        changed = bytearray(catalog.read_bytes())
        changed[len(changed) // 4] ^= 1
        copy = self.folder / "changed.cat"
        copy.write_bytes(changed)
        out = self.succeed(drydock("sigcheck", "--host", copy), 1).out
        self.assertNotIn("Verified:       Signed", out)

    def test_a_driver_that_was_cut_is_not_one_without_a_signature(self):
        driver = CORPUS / "drivers/virtio-win-0.1.240/vioscsi/w10/amd64/vioscsi.sys"
        cut = self.folder / "cut.sys"
        cut.write_bytes(driver.read_bytes()[:32768])
        out = self.succeed(drydock("sigcheck", "--host", cut), 1).out
        self.assertIn("but the file ends at 0x8000", out)

    def test_all_words_that_the_test_sets_name_bad_are_bad(self):
        files = self.check("--host", "-r", CORPUS / "drivers" / "uthenticode", code=1)
        verdicts = {pathlib.Path(file["path"]).name: file["verified"] for file in files}
        self.assertEqual(verdicts["A_SSLippery_Slope.exe"], "bad")
        self.assertEqual(verdicts["YourPhone.exe"], "bad")
        self.assertEqual(verdicts["pegoat.exe"], "unsigned")

    def test_a_driver_without_a_signature_is_known_by_the_guests_catalog(self):
        folder = VIRTIO / "vioscsi" / "w10" / "amd64"
        bare = self.folder / "vioscsi.sys"
        shutil.copyfile(folder / "vioscsi.sys", bare)
        stripped = self.folder / "stripped.sys"
        self.succeed(run("osslsigncode", "remove-signature", bare, stripped))
        disk = self.disk()
        target = DRIVERS + "\\vioscsi.sys"
        self.json("change", "put", disk, stripped, target)
        file, = self.check(disk, target, code=1)
        self.assertEqual((file["verified"], file["catalog"]), ("unsigned", None))
        self.json("change", "mkdir", "-p", disk, STORE)
        self.json("change", "put", disk, folder / "vioscsi.cat", STORE + "\\oem1.cat")
        file, = self.check(disk, target)
        self.assertEqual((file["verified"], file["by"]), ("signed", "catalog"))
        self.assertEqual((file["catalog"], file["path"]), ("oem1.cat", target))
        text = self.succeed(drydock("sigcheck", disk, DRIVERS + "\\vioscsi.*")).out
        self.assertRegex(text, r"Verified: +Signed")
        self.assertRegex(text, r"Catalog: +oem1.cat")
        # A catalog whose list was changed signs nothing.
        content = bytearray((folder / "vioscsi.cat").read_bytes())
        content[content.rindex("vioscsi.inf".encode("utf-16-le"))] ^= 1
        self.json("change", "put", disk, "-", STORE + "\\oem1.cat", stdin=bytes(content))
        file, = self.check(disk, target, code=1)
        self.assertEqual(file["verified"], "bad")

    @unittest.skipUnless(SHIM.is_file(), "shim-signed isn't installed")
    def test_what_firmware_starts_is_judged_by_what_firmware_knows(self):
        file, = self.check("--host", SHIM)
        self.assertEqual(file["verified"], "signed")
        self.assertIn("UEFI CA 20", " ".join(file["chain"]))

    def test_a_root_that_a_person_trusts_is_trusted(self):
        key, cert = self.folder / "key.pem", self.folder / "cert.pem"
        self.succeed(run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                         "-keyout", key, "-out", cert, "-subj", "/CN=our own",
                         "-addext", "extendedKeyUsage=codeSigning"))
        signed = self.folder / "signed.efi"
        bare = CORPUS / "drivers" / "authenticode-rs" / "tiny64.efi"
        self.succeed(run("osslsigncode", "sign", "-certs", cert, "-key", key, "-in",
                         bare, "-out", signed))
        file, = self.check("--host", signed, code=1)
        self.assertEqual(file["verified"], "bad")
        file, = self.check("--host", "--trust", cert, signed)
        self.assertEqual((file["verified"], file["signer"]), ("signed", "our own"))
        self.succeed(drydock("sigcheck", "--host", "--trust", bare, signed), 2)

    def test_what_cannot_be_read_is_named_and_the_rest_is_checked(self):
        good = VIRTIO / "viostor" / "w10" / "amd64" / "viostor.sys"
        files = self.check("--host", self.folder / "nothing.sys", good, code=2)
        self.assertEqual([file["verified"] for file in files],
                         ["could_not_tell", "signed"])
        self.succeed(drydock("sigcheck", self.folder), 64)


class Paths(DiskTest):
    KERNEL = "C:\\Windows\\System32\\ntoskrnl.exe"

    def check(self, *words, code):
        files = self.json("sigcheck", "sigcheck", *words, code=code)["files"]
        return {str(file["path"]): file for file in files}

    def test_links_of_the_host_that_lead_nowhere_are_passed_over(self):
        folder = self.folder / "files"
        folder.mkdir()
        (folder / "loop").symlink_to("loop")
        (folder / "nowhere").symlink_to("nothing")
        (folder / "plain").write_bytes(b"no program")
        ran = self.succeed(drydock("sigcheck", "--host", "-r", folder), 1)
        self.assertIn("plain:", ran.out)
        self.assertIn("loop is passed over; the host says: Too many levels", ran.err)

    def test_what_is_not_there_is_named_and_the_rest_is_checked(self):
        disk = self.disk()
        root = self.folder / "root.pem"
        self.succeed(run(HARNESS, "root", "-o", root))
        files = self.check(disk, "C:\\nothing", self.KERNEL, "C:\\Windows", "--trust",
                           root, code=2)
        self.assertEqual([file["verified"] for file in files.values()],
                         ["could_not_tell", "signed", "could_not_tell"])
        self.assertIn("there is no", files["C:\\nothing"]["why"])
        self.assertIn("-r checks", files["C:\\Windows"]["why"])
        folder = self.folder / "folder"
        folder.mkdir()
        (self.folder / "file").write_bytes(b"no program")
        files = self.check("--host", folder, self.folder / "file", code=1)
        self.assertEqual(len(files), 2)

    def test_an_installation_is_named_as_it_was_asked_for(self):
        ran = self.succeed(drydock("sigcheck", self.disk(), "--installation", "7",
                                   self.KERNEL), 2)
        self.assertIn("there is no installation 7; the last is 0", ran.out)


if __name__ == "__main__":
    unittest.main()
