"""drivers add and remove: real packages into a built Windows, and out of it again."""

import json
import shutil
import unittest

from program import CORPUS, DRYDOCK, DiskTest, drydock, run

PACKAGES = CORPUS / "drivers" / "virtio-win-0.1.240"


@unittest.skipUnless(PACKAGES.is_dir(), "the corpus isn't here")
class DriverPackages(DiskTest):
    def package(self, folder="viostor/2k22/amd64"):
        """A copy of it, so that a test may change its files."""
        copy = self.folder / folder.replace("/", "-")
        shutil.copytree(PACKAGES / folder, copy)
        for file in copy.iterdir():
            file.chmod(0o644)
        copy.chmod(0o755)
        return copy

    def test_is_added_removed_and_undone(self):
        disk = self.disk()
        before = self.hash(disk)
        inf = self.package() / "viostor.inf"
        change = self.json("change", "drivers", disk, "add", "--inf", inf)
        self.assertEqual(change["state"], "repaired")
        self.assertIn("file.put", {edit["edit"] for edit in change["edits"]})
        listed = self.json("drivers-list", "drivers", disk, "list")
        viostor = next(d for d in listed["drivers"] if d["service"] == "viostor")
        self.assertEqual((viostor["start"], viostor["group"]), ("boot", "SCSI miniport"))
        self.assertIsNotNone(viostor["file"])
        verified = json.loads(drydock("drivers", disk, "verify", "--all", "--json").out)
        verdicts = {d["service"]: d["signature"] for d in verified["drivers"]}
        self.assertIn(verdicts["viostor"], ("embedded", "catalog"))
        self.judge(disk)
        again = self.json("change", "drivers", disk, "add", "--inf", inf)
        self.assertEqual(again["state"], "nothing_to_do")
        removed = self.json("change", "drivers", disk, "remove", "viostor")
        self.assertEqual(removed["state"], "repaired")
        listed = self.json("drivers-list", "drivers", disk, "list")
        self.assertNotIn("viostor", {d["service"] for d in listed["drivers"]})
        self.judge(disk)
        self.succeed(drydock("undo", disk))
        self.succeed(drydock("undo", disk))
        self.assertEqual(self.hash(disk), before)

    def test_a_dry_run_writes_nothing_and_start_is_as_asked(self):
        disk = self.disk()
        before = self.hash(disk)
        inf = self.package("NetKVM/2k22/amd64") / "netkvm.inf"
        change = self.json("change", "drivers", disk, "add", "--inf", inf, "--start",
                           "boot", "--dry-run")
        self.assertEqual(change["state"], "planned")
        starts = [edit["after"] for edit in change["edits"]
                  if edit["where"].endswith("Services\\netkvm Start")]
        self.assertEqual(starts, ["REG_DWORD 0"])
        self.assertEqual(self.hash(disk), before)

    def test_finds_names_whatever_their_case(self):
        folder = self.package()
        (folder / "viostor.sys").rename(folder / "VIOSTOR.SYS")
        (folder / "viostor.cat").rename(folder / "Viostor.Cat")
        self.succeed(drydock("drivers", self.disk(), "add", "--inf", folder / "viostor.inf"))

    def test_refuses_what_is_unsigned_missing_or_for_another_machine(self):
        disk = self.disk()
        folder = self.package()
        driver = folder / "viostor.sys"
        data = bytearray((PACKAGES / "viostor/2k22/amd64/viostor.sys").read_bytes())
        data[len(data) // 2] ^= 1
        driver.write_bytes(data)
        ran = self.succeed(drydock("drivers", disk, "add", "--inf",
                                   folder / "viostor.inf"), 3)
        self.assertIn("doesn't list the hash of viostor.sys", ran.err)
        self.assertIn("--allow-unsigned", ran.err)
        ran = self.succeed(drydock("drivers", disk, "add", "--inf",
                                   folder / "viostor.inf", "--allow-unsigned"))
        self.assertIn("0xC0000428", ran.out)
        driver.unlink()
        self.succeed(drydock("drivers", disk, "add", "--inf", folder / "viostor.inf"), 3)
        arm = self.package("viostor/w10/ARM64") / "viostor.inf"
        ran = self.succeed(drydock("drivers", disk, "add", "--inf", arm), 3)
        self.assertIn("it is for NTARM64", ran.err)

    def test_refuses_to_remove_what_is_windows_own(self):
        ran = self.succeed(drydock("drivers", self.disk(), "remove", "storahci"), 3)
        self.assertIn("came with Windows", ran.err)


class NoPackage(DiskTest):
    def test_a_folder_that_is_gone_is_told_of(self):
        folder = self.folder / "gone"
        folder.mkdir()
        ran = run("sh", "-c", 'cd "$0" && rmdir "$0" && exec "$@"', folder, DRYDOCK,
                  "drivers", self.disk(), "add", "--inf", "viostor.inf")
        self.succeed(ran, 3)
        self.assertIn("No such file or directory", ran.err)


if __name__ == "__main__":
    unittest.main()
