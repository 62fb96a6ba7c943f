"""A volume as a folder of the host: cp, ls, umount and Ctrl-C work as on any other."""

import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import time
import unittest

from program import DRYDOCK, DiskTest, drydock, run, schema

import jsonschema


def host_mounts():
    return os.access("/dev/fuse", os.R_OK | os.W_OK) and \
        (os.geteuid() == 0 or shutil.which("fusermount3") is not None)


def symbolic_link(target, relative):
    """The value of a reparse point, [MS-FSCC] 2.1.2.4."""
    name = target.encode("utf-16-le")
    data = struct.pack("<HHHHI", 0, len(name), len(name), len(name), relative)
    data += name * 2
    return struct.pack("<IHH", 0xA000000C, len(data), 0) + data


@unittest.skipUnless(host_mounts(), "this host has no /dev/fuse for us")
class Mount(DiskTest):
    def mount(self, *words):
        self.point = self.folder / "point"
        self.point.mkdir(exist_ok=True)
        self.program = subprocess.Popen(
            [DRYDOCK, "mount", str(words[0]), str(self.point), *map(str, words[1:]),
             "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end)
        text = b""
        while not text.endswith(b"\n}\n"):
            line = self.program.stdout.readline()
            if not line:
                words = self.program.communicate()[1].decode()
                if "doesn't mount" in words:
                    self.skipTest("this host doesn't mount: " + words)
                self.fail("it ended: " + words)
            text += line
        document = json.loads(text)
        jsonschema.validate(document, schema("mount"))
        return document

    def end(self, how=signal.SIGINT):
        if self.program.poll() is None:
            self.program.send_signal(how)
        self.program.communicate(timeout=20)
        self.assertFalse(os.path.ismount(self.point))
        return self.program.returncode

    def test_what_is_read_there_is_what_get_gives(self):
        disk = self.disk()
        before = self.hash(disk)
        self.assertEqual(self.mount(disk)["volume"], "C:\\")
        shown = sorted(os.listdir(self.point / "Windows" / "System32" / "config"))
        listed = self.json("ls", "ls", disk, "C:\\Windows\\System32\\config")
        self.assertEqual(shown, sorted(entry["name"]
                                       for entry in listed["paths"][0]["entries"]))
        name = "Windows/System32/config/SYSTEM"
        self.succeed(drydock("get", disk, "C:\\" + name.replace("/", "\\"),
                             self.folder / "SYSTEM"))
        self.assertTrue((self.point / name).read_bytes() ==
                        (self.folder / "SYSTEM").read_bytes())
        self.assertTrue((self.point / "WINDOWS" / "SYSTEM32").is_dir())
        with self.assertRaises(OSError):
            (self.point / "new").write_text("x")
        self.assertEqual(self.end(), 0)
        self.assertEqual(self.hash(disk), before)

    def test_another_volume_may_be_named(self):
        self.assertEqual(self.mount(self.disk(), "--volume", "esp:")["volume"], "esp:\\")
        self.assertTrue((self.point / "EFI" / "Microsoft" / "Boot" / "BCD").is_file())

    def test_what_is_written_is_in_the_overlay_and_ntfs_3g_reads_it(self):
        disk = self.disk()
        before = self.hash(disk)
        child = self.folder / "child.avhdx"
        self.assertTrue(self.mount(disk, "--overlay", child)["writable"])
        folder = self.point / "a folder"
        folder.mkdir()
        content = os.urandom(300_000)
        (folder / "a file").write_bytes(content)
        with open(folder / "a file", "r+b") as file:
            file.seek(1000)
            file.write(b"changed")
            file.truncate(200_000)
        content = (content[:1000] + b"changed" + content[1007:])[:200_000]
        (folder / "a file").rename(folder / "another")
        (folder / "gone").write_text("x")
        (folder / "gone").unlink()
        shutil.copyfile(folder / "another", self.point / "copy")
        os.replace(self.point / "copy", folder / "copy")
        with self.assertRaises(OSError):
            folder.rmdir()
        self.assertEqual(self.end(signal.SIGTERM), 0)
        self.assertEqual(self.hash(disk), before)
        self.assertEqual(drydock("cat", child, "C:\\a folder\\another").bytes, content)
        raw = self.folder / "volume.raw"
        self.succeed(drydock("image", "convert", "-O", "raw", child, self.folder / "raw"))
        part = self.json("info", "info", child)["partitions"][-1]
        with open(self.folder / "raw", "rb") as whole, open(raw, "wb") as volume:
            whole.seek(part["offset"])
            volume.write(whole.read(part["size"]))
        for name in ("another", "copy"):
            read = run("ntfscat", raw, f"a folder/{name}")
            self.assertEqual(self.succeed(read).bytes, content)
        self.assertNotIn("gone", run("ntfsls", "-p", "a folder", raw).out)

    def test_free_space_is_told_as_it_is_after_each_change(self):
        self.mount(self.disk(), "--overlay", ":memory:")

        def free():
            facts = os.statvfs(self.point)
            return facts.f_bfree * facts.f_frsize
        size, some = 3_000_000, 64 << 10
        at_first = free()
        ballast = self.point / "ballast"
        ballast.write_bytes(os.urandom(size))
        self.assertAlmostEqual(free(), at_first - size, delta=some)
        os.truncate(ballast, size // 2)
        self.assertAlmostEqual(free(), at_first - size // 2, delta=some)
        ballast.unlink()
        self.assertAlmostEqual(free(), at_first, delta=some)

    def test_links_lead_where_they_may_and_never_out(self):
        if os.geteuid() != 0 or shutil.which("ntfs-3g") is None:
            self.skipTest("ntfs-3g makes the links, and needs root")
        raw = self.folder / "volume.raw"
        with open(raw, "wb") as file:
            file.truncate(16 << 20)
        self.succeed(run("mkntfs", "-F", "-q", "-s", "512", "-p", "0", "-H", "0",
                         "-S", "0", raw))
        there = self.folder / "there"
        there.mkdir()
        self.succeed(run("ntfs-3g", raw, there))
        self.addCleanup(run, "umount", "-l", there)
        (there / "sub").mkdir()
        (there / "a.txt").write_text("content")
        for name, target, relative in (("sub/in", "..\\a.txt", 1),
                                       ("sub/out", "..\\..\\etc\\passwd", 1),
                                       ("sub/far", "\\??\\C:\\Windows", 0)):
            (there / name).touch()
            os.setxattr(there / name, "system.ntfs_reparse_data",
                        symbolic_link(target, relative))
        self.succeed(run("umount", there))
        self.mount(raw)
        self.assertEqual((self.point / "sub" / "in").read_text(), "content")
        self.assertEqual(os.readlink(self.point / "sub" / "in"), "../a.txt")
        self.assertNotIn("/", os.readlink(self.point / "sub" / "out"))
        self.assertEqual(os.readlink(self.point / "sub" / "far"), "\\??\\C:\\Windows")

    def test_umount_ends_it(self):
        self.mount(self.disk())
        umount = ["umount"] if os.geteuid() == 0 else ["fusermount3", "-u"]
        self.succeed(run(*umount, self.point))
        self.assertEqual(self.program.wait(timeout=20), 0)

    def test_what_cannot_be_mounted_is_said_and_leaves_nothing(self):
        point = self.folder / "point"
        point.mkdir()
        for words in ((self.folder / "none.vhdx", point),
                      (self.disk(), self.folder / "no such folder"),
                      (self.disk(), point, "--volume", "9:")):
            self.assertEqual(drydock("mount", *words).code, 3, words)
            self.assertFalse(os.path.ismount(point))

    def test_a_killed_program_leaves_no_process(self):
        self.mount(self.disk(), "--overlay", ":memory:")
        self.program.kill()
        self.program.wait()
        umount = ["umount", "-l"] if os.geteuid() == 0 else ["fusermount3", "-uz"]
        self.succeed(run(*umount, self.point))
        for _ in range(100):
            left = run("pgrep", "-f", f"mount {self.folder}").out
            if not left:
                break
            time.sleep(0.05)
        self.assertEqual(left, "")
