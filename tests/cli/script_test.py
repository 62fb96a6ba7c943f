"""drydock script: an article's commands, from text to a changed disk, judged by
hivexget, sleuthkit, fsck.fat and mtools."""

import unittest

from program import DiskTest, drydock, run

ARTICLE = r"""
reg load HKLM\BROKENSYSTEM F:\windows\system32\config\SYSTEM
REM a comment
REG ADD "HKLM\BROKENSYSTEM\ControlSet001\Control\CrashControl" /v NMICrashDump /t REG_DWORD /d 1 /f
REG ADD "HKLM\BROKENSYSTEM\ControlSet002\Control\CrashControl" /v NMICrashDump /t REG_DWORD /d 1 /f
reg unload HKLM\BROKENSYSTEM
bcdedit /store F:\boot\bcd /set {<BOOT LOADER IDENTIFIER>} bootlog yes
md F:\Windows\servicing\Packages
echo a catalog> F:\Windows\servicing\Packages\one.cat
xcopy F:\Windows\servicing\Packages\*.Cat F:\Windows\System32\CatRoot\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}
ren F:\Windows\System32\drivers\disk.sys old_disk.sys
"""
FILLED = ["--drive", "F:", "--set", "BOOT LOADER IDENTIFIER={default}"]
CATALOG = r"\Windows\System32\CatRoot\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}\one.cat"


class Script(DiskTest):
    def script(self, disk, text, *words, code=0):
        path = self.folder / "article.cmd"
        path.write_text(text)
        return self.succeed(drydock("script", disk, path, *words), code)

    def test_runs_from_text_to_disk_and_back(self):
        disk = self.disk()
        before = self.hash(disk)
        planned = self.script(disk, ARTICLE, *FILLED, "--dry-run")
        self.assertIn("dry run", planned.out)
        self.assertEqual(self.hash(disk), before)

        done = self.script(disk, ARTICLE, *FILLED)
        self.assertIn("ControlSet002 isn't there", done.out)
        self.assertIn("the store of this Windows is meant", done.out)
        self.assertIn("`drydock undo` takes them back", done.out)
        self.judge(disk)
        self.look_from_outside(disk)
        listed = self.succeed(drydock("bcdedit", disk, "/enum", "{default}")).out
        self.assertRegex(listed, r"bootlog +Yes")

        self.succeed(drydock("undo", disk))
        self.assertEqual(self.hash(disk), before)

    def look_from_outside(self, disk):
        """hivexget and sleuthkit find what the article asks for."""
        hive = self.folder / "SYSTEM"
        self.succeed(drydock("get", disk, r"C:\Windows\System32\config\SYSTEM", hive))
        value = run("hivexget", hive, r"ControlSet001\Control\CrashControl", "NMICrashDump")
        self.assertEqual(self.succeed(value).out.strip(), "1")
        raw = self.raw(disk)
        offset = self.partition(disk, "basic")["offset"] // 512
        names = self.succeed(run("fls", "-r", "-p", "-o", offset, raw)).out
        self.assertIn(CATALOG[1:].replace("\\", "/"), names)
        self.assertIn("Windows/System32/drivers/old_disk.sys", names)
        self.assertNotIn("drivers/disk.sys\n", names)
        record = next(line.split()[1].split("-")[0] for line in names.splitlines()
                      if line.endswith("one.cat") and "CatRoot" in line)
        content = self.succeed(run("icat", "-o", offset, raw, record)).bytes
        self.assertEqual(content, b"a catalog\r\n")

    def test_stops_before_anything_is_written(self):
        disk = self.disk()
        before = self.hash(disk)
        for text, words in [
            (ARTICLE, "<BOOT LOADER IDENTIFIER>"),
            ("echo x> F:\\a.txt\nbcdedti /enum\n", "is bcdedit meant?"),
            ("echo x> F:\\a.txt\nren F:\\nothing.txt x.txt\n", "nothing.txt"),
            ("echo x> F:\\a.txt\nreg add HKLM\\NONE\\k /v v /d d /f\n", "no hive is loaded"),
            ("echo x> F:\\a.txt\ndir F:\\ | find \"x\"\n", "line 2"),
        ]:
            failed = self.script(disk, text, "--drive", "F:", code=3)
            self.assertIn(words, failed.err)
            self.assertRegex(failed.err, r"line \d")
            self.assertEqual(self.hash(disk), before)
        self.succeed(drydock("script", disk, "-", "--drive", "9:", stdin=b"pause"), 64)

    def test_tells_each_line_in_json(self):
        disk = self.disk()
        path = self.folder / "article.cmd"
        path.write_text("echo hello\nreg add HKLM\\SYSTEM\\Setup /v V /d d /f\n")
        document = self.json("script", "script", disk, path, "--dry-run")
        self.assertEqual(document["state"], "planned")
        self.assertEqual([line["line"] for line in document["lines"]], [1, 2])
        self.assertEqual(document["lines"][0]["output"], "hello\n")
        self.assertEqual(document["lines"][1]["edits"][0]["edit"], "registry.set")
        self.assertEqual(len(document["edits"]), 1)

    def test_reads_standard_input_and_other_drives(self):
        disk = self.disk()
        text = b"echo hello > C:\\hello.txt\ncopy C:\\hello.txt G:\\EFI\\hello.txt\n"
        self.succeed(drydock("script", disk, "-", "--drive", "C:", "--drive", "G:=esp",
                             stdin=text))
        self.assertEqual(drydock("cat", disk, r"esp:\EFI\hello.txt").bytes, b"hello \r\n")
        self.judge(disk)


if __name__ == "__main__":
    unittest.main()
