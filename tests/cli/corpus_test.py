"""Disks that Windows made, out of the corpus, where it is: the program sees in them
what sleuthkit sees."""

import os
import pathlib
import re
import unittest
import zipfile

from program import ROOT, DiskTest, drydock, run

CORPUS = pathlib.Path(os.environ.get("DRYDOCK_CORPUS", ROOT / ".." / "shared" / "corpus"))
# Records 0 to 15 of $MFT, and what lies in $Extend: the volume's own.
RECORD_FIRST = 16


class ServersDisk(DiskTest):
    def setUp(self):
        super().setUp()
        packed = CORPUS / "vhdx" / "velociraptor" / "test.vhdx.zip"
        if not packed.exists():
            self.skipTest(f"the corpus isn't here: {packed}")
        with zipfile.ZipFile(packed) as archive:
            archive.extractall(self.folder)
        self.image = next(self.folder.rglob("*.vhdx"))
        self.first_sector = self.partition(self.image, "basic")["offset"] // 512

    def seen_by_sleuthkit(self, raw):
        """Kind and number of each path that isn't the volume's own."""
        listed = self.succeed(run("fls", "-r", "-p", "-o", self.first_sector, raw))
        seen = {}
        for line in listed.out.splitlines():
            found = re.fullmatch(r"([rd])/[rd] (\d+)-\S+:\t(.+)", line)
            if found and int(found[2]) >= RECORD_FIRST \
                    and not found[3].startswith("$Extend/"):
                kind = "directory" if found[1] == "d" else "file"
                seen[found[3].replace("/", "\\")] = (kind, int(found[2]))
        return seen

    def test_ls_and_cat_agree_with_fls_and_icat_file_by_file(self):
        raw = self.raw(self.image)
        listed = self.json("ls", "ls", self.image, "1:\\", "--recursive")
        entries = listed["paths"][0]["entries"]
        ours = {entry["path"].removeprefix("1:\\"):
                (entry["kind"], int(entry["id"]) & (2**48 - 1)) for entry in entries}
        theirs = self.seen_by_sleuthkit(raw)
        self.assertEqual(ours, theirs)
        files = {path: record for path, (kind, record) in ours.items() if kind == "file"}
        self.assertGreaterEqual(len(files), 5)
        for path, record in files.items():
            with self.subTest(path):
                icat = self.succeed(run("icat", "-o", self.first_sector, raw, record))
                cat = self.succeed(drydock("cat", self.image, "1:\\" + path))
                self.assertGreater(len(cat.bytes), 0)
                self.assertEqual(cat.bytes, icat.bytes)


if __name__ == "__main__":
    unittest.main()
