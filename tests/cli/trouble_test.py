"""What goes wrong: bad command lines, bad files, full disks, two at once, kills."""

import fcntl
import json
import os
import random
import resource
import shutil
import signal
import struct
import subprocess
import time
import unittest

import jsonschema
from program import DRYDOCK, DiskTest, drydock, run, schema


class CommandLine(DiskTest):
    def test_a_wrong_command_line_is_64(self):
        for words in ([], ["nonsense"], ["info"], ["repair", "x", "--set", "novalue"],
                      ["info", "x", "--no-such-option"]):
            self.assertEqual(drydock(*words).code, 64, words)

    def test_help_and_version_are_0(self):
        self.assertIn("diagnose", self.succeed(drydock("--help")).out)
        self.assertIn("drydock", self.succeed(drydock("--version")).out)


class Sandbox(DiskTest):
    def confined(self, *words, code=0):
        ran = drydock(*words, "--sandbox")
        if "seccomp" in ran.err:
            self.skipTest("this host can't confine a worker")
        return self.succeed(ran, code)

    def test_a_disk_is_read_changed_and_put_back_in_it(self):
        disk = self.disk("bcd.default-missing")
        self.confined("diagnose", disk, code=1)
        self.confined("repair", disk)
        self.confined("history", disk)
        self.confined("undo", disk)
        self.confined("get", disk, "C:\\Windows\\System32\\ntdll.dll", self.folder / "n.dll")
        self.confined("put", disk, self.folder / "n.dll", "C:\\n.dll")

    def test_a_chain_is_made_read_and_merged_in_it(self):
        disk = self.disk()
        child = self.folder / "child.avhdx"
        self.confined("image", "snapshot", disk, child)
        self.confined("bcdedit", child, "/set", "{default}", "safeboot", "minimal")
        self.confined("image", "compare", disk, child, code=1)
        self.confined("image", "merge", child)

    def test_a_parent_elsewhere_is_reached_where_it_is_named(self):
        disk = self.disk()
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        child = elsewhere / "child.avhdx"
        self.confined("image", "create", "-f", "vhdx", "-b", disk, child)
        self.confined("info", child, code=2)
        self.confined("info", child, "--parent", disk)

    def test_a_file_that_is_no_image_is_no_parent(self):
        disk = self.disk()
        child = self.folder / "child.avhdx"
        self.confined("image", "snapshot", disk, child)
        disk.write_bytes(b"a secret of the host's")
        self.assertNotIn("secret", drydock("info", child, "--sandbox").err)

    def test_without_it_the_answer_is_the_same(self):
        disk = self.disk()
        self.assertEqual(self.confined("info", disk).out,
                         self.succeed(drydock("info", disk, "--no-sandbox")).out)


class BadFiles(DiskTest):
    def fails(self, *words, code=3):
        """Fails with words, and in JSON with the error's schema; never a crash."""
        ran = drydock(*words)
        self.assertEqual(ran.code, code, f"{words}: {ran.out} {ran.err}")
        self.assertRegex(ran.err, r"(?s)^drydock: .*\n.*  do: ")
        document = json.loads(drydock(*words, "--json").out)
        jsonschema.validate(document, schema("error"))
        return document["error"]

    def test_a_missing_file_is_named(self):
        error = self.fails("ls", self.folder / "none.vhdx", "C:\\")
        self.assertEqual(error["code"], "not_found")
        self.assertIn("none.vhdx", " ".join(error["where"]))

    def test_a_folder_is_refused(self):
        self.fails("ls", self.folder, "C:\\")
        self.fails("repair", self.folder)

    def test_a_truncated_image_is_refused_or_read_and_never_written(self):
        disk = self.disk()
        size = disk.stat().st_size
        for keep in (0, 1, 511, 65536, 300_000, 1 << 20, 3 << 20, size // 2, size - 1):
            cut = self.folder / "cut.vhdx"
            shutil.copyfile(disk, cut)
            os.truncate(cut, keep)
            before = cut.read_bytes()
            ran = drydock("repair", cut, "--json")
            self.assertIn(ran.code, (0, 2, 3), f"{keep}: {ran.err}")
            self.assertEqual(cut.read_bytes(), before, keep)

    def test_a_missing_guest_path_is_named(self):
        error = self.fails("cat", self.disk(), "C:\\Windows\\nothing")
        self.assertEqual(error["code"], "not_found")

    def test_a_read_only_file_and_a_read_only_folder_are_refused_untouched(self):
        if os.geteuid() == 0:
            self.skipTest("root may write anything")
        disk = self.disk("bcd.default-missing")
        disk.chmod(0o444)
        self.fails("repair", disk)


class Hosts(DiskTest):
    def test_an_image_that_another_program_writes_to_is_refused(self):
        disk = self.disk("bcd.default-missing")
        with open(disk, "r+b") as held:
            lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            fcntl.fcntl(held, fcntl.F_OFD_SETLK, lock)
            ran = drydock("repair", disk, "--json")
            self.assertEqual(ran.code, 3)
            self.assertEqual(json.loads(ran.out)["error"]["code"], "busy")
        self.succeed(drydock("repair", disk))

    def test_of_two_at_once_one_waits_or_gives_up_and_the_disk_is_whole(self):
        disk = self.disk("bcd.default-missing")
        both = [subprocess.Popen([DRYDOCK, "repair", disk], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL) for _ in range(2)]
        codes = sorted(one.wait() for one in both)
        self.assertEqual(codes[0], 0)
        self.assertIn(codes[1], (0, 3))
        self.assertEqual(self.json("diagnose", "diagnose", disk)["verdict"], "healthy")
        self.judge(disk)

    def test_a_full_host_disk_changes_nothing(self):
        disk = self.disk("bcd.default-missing")
        before = disk.read_bytes()

        def limit():  # The journal's first write fails as on a full disk.
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))

        ran = drydock("repair", disk, preexec_fn=limit)
        self.assertEqual(ran.code, 3, ran.err)
        self.assertEqual(disk.read_bytes(), before)
        self.assertEqual([name for name in os.listdir(self.folder)
                          if name != "disk.vhdx"], [])
        self.succeed(drydock("repair", disk))

    def recover_once_free(self, image):
        """The worker dies with the program, but may do so a moment later."""
        for _ in range(200):
            ran = drydock("recover", image)
            if "another program has this file open" not in ran.err:
                break
            time.sleep(0.05)
        return ran

    def test_a_kill_at_any_moment_ends_in_before_or_after(self):
        wounded = self.disk("bcd.default-missing")
        before = self.hash(wounded)
        copy = self.folder / "copy.vhdx"
        run("cp", "--sparse=always", wounded, copy)
        started = time.monotonic()
        self.succeed(drydock("repair", copy))
        took = time.monotonic() - started
        seed = random.randrange(1 << 32)
        print(f"seed {seed}")
        dice = random.Random(seed)
        seen = set()
        for _ in range(25):
            for name in self.folder.glob("copy.vhdx*"):
                name.unlink()
            run("cp", "--sparse=always", wounded, copy)
            child = subprocess.Popen([DRYDOCK, "repair", copy],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(dice.random() * took * 1.1)
            child.kill()
            child.wait()
            self.succeed(self.recover_once_free(copy))
            self.succeed(run("qemu-img", "check", copy))
            mended = self.hash(copy) != before
            seen.add(mended)
            if mended:  # All of it, then: healthy, and undo knows the way back.
                self.json("diagnose", "diagnose", copy)
                self.json("undo", "undo", copy)
                self.assertEqual(self.hash(copy), before)
        print(f"{len(seen)} outcomes seen")

    def test_reading_writes_nothing_anywhere(self):
        disk = self.disk("bcd.default-missing")
        disk.chmod(0o444)
        self.folder.chmod(0o555)
        self.addCleanup(self.folder.chmod, 0o755)
        before = disk.read_bytes()
        times = disk.stat().st_mtime_ns
        for words in (["info", disk, "--hash"], ["ls", disk, "C:\\", "-R"],
                      ["cat", disk, "esp:\\EFI\\Microsoft\\Boot\\BCD"],
                      ["stat", disk, "C:\\Windows"], ["bcdedit", disk, "/enum", "all"],
                      ["reg", disk, "query", "HKLM\\SYSTEM\\Select"],
                      ["history", disk], ["repair", disk, "--dry-run"]):
            self.succeed(drydock(*words))
        self.succeed(drydock("diagnose", disk), 1)
        self.assertEqual(os.listdir(self.folder), ["disk.vhdx"])
        self.assertEqual(disk.read_bytes(), before)
        self.assertEqual(disk.stat().st_mtime_ns, times)


if __name__ == "__main__":
    unittest.main()
