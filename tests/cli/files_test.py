"""Files whole: streams, folders, owners, copies from image to image, and finding."""

import hashlib
import re
import shutil
import unittest

from program import DRYDOCK, DiskTest, drydock, run

DRIVERS = "C:\\Windows\\System32\\drivers"
ADMINISTRATORS = "O:BAG:SYD:PAI(A;;FA;;;BA)(A;;0x1200a9;;;BU)"


class Streams(DiskTest):
    def test_a_stream_goes_in_and_out_by_its_name(self):
        disk = self.disk()
        before = self.hash(disk)
        path = "C:\\Windows\\System32\\ntoskrnl.exe"
        content = drydock("cat", disk, path).bytes
        self.json("change", "put", disk, "-", path + ":note", stdin=b"a stream")
        self.assertEqual(drydock("cat", disk, path + ":note").bytes, b"a stream")
        self.assertEqual(drydock("cat", disk, path).bytes, content)
        stat = self.json("stat", "stat", disk, path)["files"][0]
        self.assertEqual([(s["name"], s["size"]) for s in stat["streams"]], [("note", 8)])
        self.judge(disk)
        self.json("change", "rm", disk, path + ":note")
        self.assertEqual(self.json("stat", "stat", disk, path)["files"][0]["streams"], [])
        self.succeed(drydock("cat", disk, path + ":note"), 3)
        self.json("undo", "undo", disk)
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)


class Folders(DiskTest):
    def test_what_put_r_takes_get_r_gives_back(self):
        disk = self.disk()
        before = self.hash(disk)
        source = self.folder / "in"
        (source / "b" / "c").mkdir(parents=True)
        (source / "empty").mkdir()
        files = {"a.txt": b"a", "b/long name of a file.bin": bytes(range(256)) * 999,
                 "b/c/deep": b""}
        for name, content in files.items():
            (source / name).write_bytes(content)
        (source / "link").symlink_to("/etc/passwd")
        put = self.json("change", "put", "-r", disk, source, "C:\\put here")
        self.assertIn("folder.make", [edit["edit"] for edit in put["edits"]])
        self.assertIn("left out", " ".join(put["notes"]))
        target = self.folder / "out"
        get = self.json("get", "get", "-r", disk, "C:\\put here", target)
        self.assertEqual((get["files"], get["folders"], get["problems"]), (3, 3, []))
        found = {str(path.relative_to(target)): path.read_bytes()
                 for path in target.rglob("*") if path.is_file()}
        self.assertEqual(found, files)
        self.assertTrue((target / "empty").is_dir())
        self.judge(disk)
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)

    def test_what_memory_does_not_hold_is_refused_in_words(self):
        disk = self.disk()
        before = self.hash(disk)
        source = self.folder / "in"
        source.mkdir()
        for name in ("a", "b"):
            with open(source / name, "wb") as file:
                file.truncate((1 << 29) + 1)  # holes
        ran = self.succeed(drydock("put", "-r", disk, source, "C:\\big"), 3)
        self.assertIn("1073741826 bytes would be put into the image at once", ran.err)
        self.assertIn("1073741824 are the most", ran.err)
        with open(source / "a", "r+b") as file:
            file.truncate((1 << 30) + 1)
        ran = self.succeed(drydock("put", disk, source / "a", "C:\\big"), 3)
        self.assertIn("1073741824 are the most", ran.err)
        self.assertEqual(self.hash(disk), before)

    @unittest.skipUnless(shutil.which("strace"), "no strace here")
    def test_get_r_flushes_once_and_before_it_replaces(self):
        disk = self.disk()
        source = self.folder / "in"
        source.mkdir()
        for i in range(20):
            (source / f"{i}.txt").write_text(str(i))
        self.json("change", "put", "-r", disk, source, "C:\\many")
        target = self.folder / "out"

        def calls():
            trace = self.folder / "trace"
            traced = run("strace", "-f", "-e", "trace=fsync,fdatasync,syncfs,rename",
                         "-o", trace, DRYDOCK, "get", "-r", disk, "C:\\many", target)
            if "ptrace" in traced.err:
                self.skipTest(traced.err)
            self.succeed(traced)
            return re.findall(r" (fsync|fdatasync|syncfs|rename)\(", trace.read_text())
        self.assertEqual(calls(), ["rename"] * 20 + ["syncfs"])
        for file in target.iterdir():
            file.write_text("old")
        self.assertEqual(calls(), ["fdatasync", "rename"] * 20 + ["syncfs"])
        self.assertEqual({file.name: file.read_text() for file in target.iterdir()},
                         {f"{i}.txt": str(i) for i in range(20)})

    def test_a_hostile_name_writes_nowhere_else(self):
        disk = self.disk()
        self.succeed(drydock("mkdir", disk, "C:\\hostile"))
        for name in ("QWQWQWQW", "good"):
            self.succeed(drydock("put", disk, "-", "C:\\hostile\\" + name, stdin=b"x"))
        image = disk.read_bytes()
        old, new = "QWQWQWQW".encode("utf-16le"), "../../xy".encode("utf-16le")
        self.assertIn(old, image)
        disk.write_bytes(image.replace(old, new))
        target = self.folder / "deep" / "er"
        target.parent.mkdir()
        get = self.json("get", "get", "-r", disk, "C:\\hostile", target, code=2)
        self.assertEqual(get["files"], 1)
        self.assertIn("left out", get["problems"][0])
        self.assertEqual([path.name for path in target.rglob("*")], ["good"])
        self.assertFalse((self.folder / "xy").exists())

    def test_get_r_follows_no_link_of_the_host_below_its_target(self):
        disk = self.disk()
        self.succeed(drydock("mkdir", "-p", disk, "C:\\a\\b"))
        self.succeed(drydock("put", disk, "-", "C:\\a\\b\\file", stdin=b"x"))
        outside = self.folder / "outside"
        outside.mkdir()
        target = self.folder / "target"
        target.mkdir()
        (target / "b").symlink_to(outside)
        self.succeed(drydock("get", "-r", disk, "C:\\a", target), 2)
        self.assertEqual(list(outside.iterdir()), [])

    def test_host_names_that_cannot_be_looked_at_are_refused_in_words(self):
        disk = self.disk()
        before = self.hash(disk)
        loop = self.folder / "loop"
        loop.symlink_to(loop)
        hive = "C:\\Windows\\System32\\config\\SYSTEM"
        for name, words in ((loop, "Too many levels"),
                            (self.folder / ("n" * 300), "File name too long")):
            ran = self.succeed(drydock("get", disk, hive, name), 3)
            self.assertIn(words, ran.err)
            self.succeed(drydock("get", "-r", disk, "C:\\Windows", name), 3)
            ran = self.succeed(drydock("put", "-r", disk, name, "C:\\put"), 3)
            self.assertIn("-r is of a folder", ran.err)
        self.assertTrue(loop.is_symlink())
        self.assertEqual(self.hash(disk), before)

    def test_mkdir_and_mv_make_and_move(self):
        disk = self.disk()
        before = self.hash(disk)
        self.succeed(drydock("mkdir", disk, "C:\\one\\two"), 3)
        self.json("change", "mkdir", "-p", disk, "C:\\one\\two", "esp:\\EFI\\new")
        self.json("change", "put", disk, "-", "C:\\file", stdin=b"moved")
        self.json("change", "mv", disk, "C:\\file", "C:\\one\\two")
        self.json("change", "mv", disk, "C:\\one\\two\\file", "C:\\one\\other name")
        self.assertEqual(drydock("cat", disk, "C:\\one\\other name").bytes, b"moved")
        self.succeed(drydock("mv", disk, "C:\\one\\other name", "esp:\\x"), 3)
        self.judge(disk)
        again = self.json("change", "mkdir", disk, "C:\\one")
        self.assertEqual(again["state"], "nothing_to_do")
        for _ in range(4):
            self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)


class Copies(DiskTest):
    def facts(self, disk, path):
        stat = self.json("stat", "stat", disk, path)["files"][0]
        return {key: stat[key] for key in ("size", "attributes", "created", "modified",
                                           "accessed", "sddl", "owner", "streams")}

    def test_cp_keeps_owner_times_attributes_and_streams(self):
        source = self.disk()
        good = self.folder / "good.vhdx"
        source.rename(good)
        disk = self.disk()
        path = DRIVERS + "\\copied one.sys"
        self.succeed(drydock("put", good, "-", path, stdin=b"driver" * 1000))
        self.succeed(drydock("put", good, "-", path + ":zone", stdin=b"3"))
        self.succeed(drydock("sddl", good, path, ADMINISTRATORS))
        before = self.hash(disk)
        self.json("change", "cp", f"{good}:{path}", f"{disk}:C:\\Windows\\copy.sys")
        self.assertEqual(self.facts(good, path), self.facts(disk, "C:\\Windows\\copy.sys"))
        self.assertEqual(self.facts(disk, "C:\\Windows\\copy.sys")["sddl"], ADMINISTRATORS)
        self.assertEqual(drydock("cat", disk, "C:\\Windows\\copy.sys:zone").bytes, b"3")
        self.judge(disk)
        again = self.json("change", "cp", f"{disk}:C:\\Windows\\copy.sys",
                          f"{disk}:C:\\")
        self.assertEqual(again["state"], "repaired")
        self.assertEqual(self.facts(disk, "C:\\copy.sys"), self.facts(good, path))
        self.json("undo", "undo", disk)
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)

    def test_cp_r_copies_a_folder_and_refuses_to_copy_it_into_itself(self):
        disk = self.disk()
        self.json("change", "cp", "-r", f"{disk}:{DRIVERS}", f"{disk}:C:\\saved")
        names = [sorted(entry["name"] for entry in self.json("ls", "ls", disk, path)
                        ["paths"][0]["entries"]) for path in (DRIVERS, "C:\\saved")]
        self.assertEqual(names[0], names[1])
        self.succeed(drydock("cp", f"{disk}:{DRIVERS}", f"{disk}:C:\\x"), 3)
        self.succeed(drydock("cp", "-r", f"{disk}:C:\\saved", f"{disk}:C:\\SAVED\\in"), 3)
        self.succeed(drydock("cp", "C:\\x", f"{disk}:C:\\x"), 3)
        self.judge(disk)

    def test_cp_to_fat_leaves_out_what_it_cannot_hold(self):
        disk = self.disk()
        self.succeed(drydock("put", disk, "-", "C:\\a.txt:s", stdin=b"x"))
        copied = self.json("change", "cp", f"{disk}:C:\\a.txt", f"{disk}:esp:\\a.txt")
        self.assertIn("no streams", " ".join(copied["notes"]))
        self.judge(disk)


class Sddl(DiskTest):
    def test_sddl_is_set_shown_and_taken_back(self):
        disk = self.disk()
        path = DRIVERS + "\\new.sys"
        self.succeed(drydock("put", disk, "-", path, stdin=b"x"))
        before = self.json("sddl", "sddl", disk, path)
        self.json("change", "sddl", disk, path, ADMINISTRATORS)
        self.assertEqual(drydock("sddl", disk, path).out.strip(), ADMINISTRATORS)
        stat = self.json("stat", "stat", disk, path)["files"][0]
        self.assertEqual(stat["owner"], "BUILTIN\\Administrators")
        self.judge(disk)
        self.json("change", "sddl", disk, path, "O:SY")
        self.assertEqual(drydock("sddl", disk, path).out.strip(),
                         ADMINISTRATORS.replace("O:BA", "O:SY"))
        self.json("change", "sddl", disk, path, stat["security"], "--raw")
        self.assertEqual(drydock("sddl", disk, path).out.strip(), ADMINISTRATORS)
        self.succeed(drydock("sddl", disk, path, "O:NOBODY"), 3)
        for _ in range(3):
            self.json("undo", "undo", disk)
        self.assertEqual(self.json("sddl", "sddl", disk, path), before)

    def test_a_new_driver_is_trusted_installers(self):
        disk = self.disk()
        path = DRIVERS + "\\new.sys"
        self.succeed(drydock("put", disk, "-", path, stdin=b"x"))
        stat = self.json("stat", "stat", disk, path)["files"][0]
        self.assertEqual(stat["owner"], "NT SERVICE\\TrustedInstaller")


class Find(DiskTest):
    def names(self, *words):
        found = self.json("find", "find", *words)
        return sorted(entry["path"] for entry in found["entries"])

    def test_find_asks_name_size_time_and_hash(self):
        disk = self.disk()
        self.succeed(drydock("mkdir", disk, "C:\\f"))
        contents = {"small.DMP": b"x" * 10, "large.dmp": b"y" * 3_000_000, "other": b"z"}
        for name, content in contents.items():
            self.succeed(drydock("put", disk, "-", "C:\\f\\" + name, stdin=content))
        self.assertEqual(self.names(disk, "C:\\", "--name", "*.dmp"),
                         ["C:\\f\\large.dmp", "C:\\f\\small.DMP"])
        self.assertEqual(self.names(disk, "C:\\f", "--size", "+1M"), ["C:\\f\\large.dmp"])
        self.assertEqual(self.names(disk, "C:\\f", "--size", "-5"), ["C:\\f\\other"])
        self.assertEqual(self.names(disk, "C:\\f", "--size", "10"), ["C:\\f\\small.DMP"])
        digest = hashlib.sha256(contents["other"]).hexdigest()
        self.assertEqual(self.names(disk, "C:\\f", "--sha256", digest), ["C:\\f\\other"])
        self.assertEqual(self.names(disk, "C:\\f", "--newer", "2999-01-01"), [])
        self.assertEqual(len(self.names(disk, "C:\\f", "--newer", "2020-01-01")), 3)
        self.assertEqual(self.names(disk, "C:\\", "--type", "d", "--name", "f"), ["C:\\f"])
        self.succeed(drydock("find", disk, "C:\\f", "--newer", "yesterday"), 3)

    def test_the_largest_come_first_and_free_space_last(self):
        disk = self.disk()
        self.succeed(drydock("put", disk, "-", "C:\\large", stdin=b"x" * 5_000_000))
        found = self.json("find", "find", disk, "C:\\", "--largest", "3")
        sizes = [entry["size"] for entry in found["entries"]]
        self.assertEqual(len(sizes), 3)
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        self.assertIn(5_000_000, sizes)
        free = [p["free"] for p in self.json("info", "info", disk)["partitions"]
                if p["type"] == "basic"][0]
        self.assertEqual(found["free"], free)
        self.assertIn(f"{free} free", drydock("find", disk, "C:\\", "--largest", "1").out)


if __name__ == "__main__":
    unittest.main()
