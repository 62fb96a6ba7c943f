"""drydock image: what is made, copied and looked into, as other programs see it."""

import json
import os
import pathlib
import random
import resource
import signal
import subprocess
import time
import unittest

from program import DRYDOCK, DiskTest, drydock, run

MIB = 1 << 20


class ImageTest(DiskTest):
    def raw_file(self, name, size, *pieces):
        """A sparse file with random bytes at each (offset, length)."""
        path = self.folder / name
        dice = random.Random(name)
        with open(path, "wb") as file:
            file.truncate(size)
            for offset, length in pieces:
                file.seek(offset)
                file.write(dice.randbytes(length))
        return path

    def mixed(self, name="mixed.raw"):
        return self.raw_file(name, 80 * MIB, (0, 5 * MIB), (33 * MIB, 4096),
                             (80 * MIB - 512, 512))

    def same_by_qemu(self, a, a_format, b, b_format):
        self.succeed(run("qemu-img", "compare", "-f", a_format, "-F", b_format, a, b))

    def space(self, path):
        return os.stat(path).st_blocks * 512

    def fails(self, *words, code=3):
        ran = drydock(*words)
        self.assertEqual(ran.code, code, f"{words}: {ran.out} {ran.err}")
        self.assertRegex(ran.err, r"(?s)^drydock: .*\n.*  do: ")
        return json.loads(drydock(*words, "--json").out)["error"]

    def nothing_is_left(self, *expected):
        names = sorted(path.name for path in self.folder.iterdir())
        self.assertEqual(names, sorted(expected))


class Create(ImageTest):
    def test_each_kind_is_what_others_take_it_for(self):
        for subformat, size in (("dynamic", "127G"), ("fixed", "40M")):
            image = self.folder / f"{subformat}.vhdx"
            made = self.json("image-create", "image", "create", "-f", "vhdx", "-o",
                             f"subformat={subformat},block_size=8M", image, size)
            self.assertEqual(made["container"]["kind"], subformat)
            self.succeed(run("qemu-img", "check", image))
            self.succeed(run("vhdiinfo", image))
            info = json.loads(run("qemu-img", "info", "--output=json", image).out)
            self.assertEqual(info["virtual-size"], made["container"]["virtual_size"])
            self.assertEqual(info["cluster-size"], 8 * MIB)

    def test_a_fixed_image_has_its_whole_length_and_takes_no_space(self):
        image = self.folder / "fixed.vhdx"
        self.succeed(drydock("image", "create", "-o", "subformat=fixed", image, "1G"))
        self.assertGreater(image.stat().st_size, 1 << 30)
        self.assertLess(self.space(image), 2 * MIB)

    def test_the_largest_is_made_at_once(self):
        image = self.folder / "large.vhdx"
        self.succeed(drydock("image", "create", "-o", "block_size=1M", image, "64T"))
        self.assertLess(self.space(image), MIB)
        self.fails("image", "create", self.folder / "larger.vhdx", "65T")

    def test_a_child_names_its_parent_by_the_way_to_it(self):
        (self.folder / "bases").mkdir()
        parent = self.folder / "bases" / "base.vhdx"
        child = self.folder / "child.avhdx"
        self.succeed(drydock("image", "create", parent, "50M"))
        made = self.json("image-create", "image", "create", "-b", parent, child)
        self.assertEqual(made["container"]["kind"], "differencing")
        self.assertEqual(made["container"]["virtual_size"], 50 * MIB)
        self.assertEqual(made["container"]["chain"][1], ".\\bases\\base.vhdx")
        self.assertRegex(run("vhdiinfo", child).out, r"(?s)Differential.*Parent ident")

    def test_a_raw_image_is_a_hole(self):
        image = self.folder / "disk.raw"
        self.json("image-create", "image", "create", "-f", "raw", image, "1.5G")
        self.assertEqual(image.stat().st_size, 3 << 29)
        self.assertEqual(self.space(image), 0)

    def test_what_is_there_is_kept_unless_forced(self):
        image = self.folder / "there"
        image.write_bytes(b"precious")
        self.assertIn("--force", self.fails("image", "create", image, "10M")["what"])
        self.assertEqual(image.read_bytes(), b"precious")
        self.succeed(drydock("image", "create", "--force", image, "10M"))
        self.succeed(run("qemu-img", "check", "-f", "vhdx", image))
        self.nothing_is_left("there")

    def test_what_cannot_be_made_leaves_nothing(self):
        image = self.folder / "none.vhdx"
        for words in (["-o", "block_size=3M", image, "10M"], [image],
                      ["-o", "subformat=odd", image, "10M"], ["-o", "x=1", image, "1M"],
                      ["-f", "qcow2", image, "10M"], [image, "ten"], [image, "1001"],
                      ["-b", self.folder / "no-parent.vhdx", image]):
            self.fails("image", "create", *words)
        self.nothing_is_left()


class Convert(ImageTest):
    def test_raw_to_vhdx_and_back_is_the_same_to_everybody(self):
        raw = self.mixed()
        vhdx = self.folder / "disk.vhdx"
        back = self.folder / "back.raw"
        made = self.json("image-convert", "image", "convert", "-f", "raw", "-O", "vhdx",
                         raw, vhdx)
        self.assertEqual(made["container"]["virtual_size"], 80 * MIB)
        self.succeed(run("qemu-img", "check", vhdx))
        self.same_by_qemu(raw, "raw", vhdx, "vhdx")
        self.json("image-convert", "image", "convert", "-O", "raw", vhdx, back)
        self.assertEqual(back.read_bytes(), raw.read_bytes())
        self.assertLess(self.space(back), 6 * MIB)
        self.assertLess(self.space(vhdx), 7 * MIB)

    def test_what_qemu_made_is_read_as_qemu_reads_it(self):
        raw = self.mixed()
        for subformat in ("dynamic", "fixed"):
            vhdx = self.folder / f"{subformat}.vhdx"
            copy = self.folder / f"{subformat}.raw"
            self.succeed(run("qemu-img", "convert", "-O", "vhdx", "-o",
                             f"subformat={subformat},block_size=1M", raw, vhdx))
            self.succeed(drydock("image", "convert", "-O", "raw", vhdx, copy))
            self.assertEqual(copy.read_bytes(), raw.read_bytes())

    def test_fixed_and_other_block_sizes_hold_the_same(self):
        raw = self.mixed()
        for options in ("subformat=fixed", "block_size=1M", "block_size=256M",
                        "logical_sector_size=512,physical_sector_size=512"):
            vhdx = self.folder / "disk.vhdx"
            self.succeed(drydock("image", "convert", "--force", "-O", "vhdx", "-o",
                                 options, raw, vhdx))
            self.succeed(run("qemu-img", "check", vhdx))
            self.same_by_qemu(raw, "raw", vhdx, "vhdx")

    def test_stored_zeros_are_left_out_and_kept_where_asked(self):
        raw = self.folder / "zeros.raw"
        raw.write_bytes(bytes(40 * MIB))
        sparse = self.folder / "sparse.raw"
        full = self.folder / "full.raw"
        self.succeed(drydock("image", "convert", "-O", "raw", raw, sparse))
        self.assertEqual(self.space(sparse), 0)
        self.succeed(drydock("image", "convert", "-O", "raw", "-S", "0", raw, full))
        self.assertGreaterEqual(self.space(full), 40 * MIB)

    def test_a_disk_goes_through_pipes(self):
        raw = self.mixed()
        vhdx = self.folder / "disk.vhdx"
        self.succeed(drydock("image", "convert", "-O", "vhdx", "-", vhdx,
                             stdin=raw.read_bytes()))
        ran = self.succeed(drydock("image", "convert", "-O", "raw", vhdx, "-"))
        self.assertEqual(ran.bytes, raw.read_bytes())
        self.nothing_is_left("mixed.raw", "disk.vhdx")
        self.fails("image", "convert", "-O", "vhdx", "-", "-")
        self.assertEqual(drydock("image", "convert", "-O", "vhdx", vhdx, "-").code, 3)

    def test_a_raw_file_of_no_whole_sectors_loses_nothing(self):
        raw = self.folder / "odd.raw"
        raw.write_bytes(b"x" * 1000)
        vhdx = self.folder / "odd.vhdx"
        self.succeed(drydock("image", "convert", "-f", "raw", "-O", "vhdx", raw, vhdx))
        ran = self.succeed(drydock("image", "convert", "-O", "raw", vhdx, "-"))
        self.assertEqual(ran.bytes, b"x" * 1000 + bytes(24))

    def test_the_format_that_is_said_is_held_to(self):
        raw = self.mixed()
        vhdx = self.folder / "disk.vhdx"
        copy = self.folder / "copy"
        self.succeed(drydock("image", "convert", "-O", "vhdx", raw, vhdx))
        self.fails("image", "convert", "-f", "vhdx", "-O", "raw", raw, copy)
        self.succeed(drydock("image", "convert", "-f", "raw", "-O", "raw", vhdx, copy))
        self.assertEqual(copy.read_bytes(), vhdx.read_bytes())

    def test_a_bad_input_leaves_no_output(self):
        whole = self.folder / "whole.vhdx"
        self.succeed(drydock("image", "convert", "-O", "vhdx", self.mixed(), whole))
        cut = self.folder / "cut.vhdx"
        cut.write_bytes(whole.read_bytes()[:3 * MIB + 5000])
        self.fails("image", "convert", "-O", "raw", cut, self.folder / "out")
        self.fails("image", "convert", "-O", "raw", self.folder / "no", "out")
        self.fails("image", "convert", "-O", "raw", self.folder, "out")
        self.fails("image", "convert", "-O", "raw", whole, self.folder)
        self.nothing_is_left("whole.vhdx", "cut.vhdx", "mixed.raw")

    def test_a_full_disk_is_told_and_leaves_no_output(self):
        raw = self.mixed()

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (6 * MIB, 6 * MIB))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        ran = drydock("image", "convert", "-O", "vhdx", raw, self.folder / "out.vhdx",
                      "--json", preexec_fn=limit)
        self.assertEqual(ran.code, 3)
        self.assertEqual(json.loads(ran.out)["error"]["code"], "no_space")
        self.nothing_is_left("mixed.raw")

    def test_ctrl_c_ends_it_and_leaves_no_output(self):
        reader, writer = os.pipe()
        work = subprocess.Popen(
            [DRYDOCK, "image", "convert", "-O", "vhdx", "-", self.folder / "out.vhdx"],
            stdin=reader, stderr=subprocess.PIPE)
        os.close(reader)
        os.write(writer, bytes(60000))
        deadline = time.time() + 10
        while not list(self.folder.iterdir()) and time.time() < deadline:
            time.sleep(0.01)
        work.send_signal(signal.SIGINT)
        # What it waits for comes; it must still know that it was asked to stop.
        for _ in range(200):
            try:
                os.write(writer, bytes(60000))
            except BrokenPipeError:
                break
        try:
            os.close(writer)
        except BrokenPipeError:
            pass
        self.assertIn("stopped by a signal", work.communicate()[1].decode())
        self.assertEqual(work.returncode, 3)
        self.nothing_is_left()


    def test_a_silent_pipe_does_not_keep_ctrl_c_waiting(self):
        reader, writer = os.pipe()
        work = subprocess.Popen(
            [DRYDOCK, "image", "convert", "-O", "vhdx", "-", self.folder / "out.vhdx"],
            stdin=reader, stderr=subprocess.PIPE)
        deadline = time.time() + 10
        while not list(self.folder.iterdir()) and time.time() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)
        work.send_signal(signal.SIGINT)
        self.assertIn("stopped by a signal", work.communicate(timeout=20)[1].decode())
        os.close(reader)
        os.close(writer)
        self.nothing_is_left()

    def test_a_terminal_sees_how_far_it_is_and_a_file_does_not(self):
        ours, theirs = os.openpty()
        reader, writer = os.pipe()
        work = subprocess.Popen(
            [DRYDOCK, "image", "convert", "-O", "vhdx", "-", self.folder / "out.vhdx"],
            stdin=reader, stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(reader)
        for _ in range(12):
            os.write(writer, bytes(60000))
            time.sleep(0.1)
        os.close(writer)
        self.assertEqual(work.wait(timeout=30), 0)
        self.assertRegex(os.read(ours, 10000).decode(), r"convert: [0-9.]+ KiB, .*KiB/s")
        os.close(ours)
        os.close(theirs)
        ran = drydock("image", "convert", "--force", "-O", "raw",
                      self.folder / "out.vhdx", self.folder / "out.raw")
        self.assertEqual(ran.err, "")


class InfoAndMap(ImageTest):
    def test_info_says_what_qemu_img_says(self):
        image = self.folder / "disk.vhdx"
        self.succeed(run("qemu-img", "create", "-f", "vhdx", "-o", "block_size=16M",
                         image, "3G"))
        info = self.json("image-info", "image", "info", image)
        self.assertEqual(info["container"]["virtual_size"], 3 << 30)
        self.assertEqual(info["container"]["block_size"], 16 * MIB)
        self.assertEqual(info["container"]["chain"], [str(image)])
        self.assertIn("QEMU", drydock("image", "info", image).out)

    def test_what_cannot_be_opened_still_says_what_it_is(self):
        parent = self.folder / "base.vhdx"
        child = self.folder / "child.avhdx"
        self.succeed(drydock("image", "create", parent, "50M"))
        self.succeed(drydock("image", "create", "-b", parent, child))
        parent.unlink()
        info = self.json("image-info", "image", "info", child, code=2)
        self.assertEqual(info["container"]["kind"], "differencing")
        self.assertIn("base.vhdx", info["refusal"])

    def test_the_map_of_a_raw_image_is_qemu_imgs(self):
        raw = self.mixed()
        ours = json.loads(drydock("image", "map", "--output=json", raw).out)
        theirs = json.loads(run("qemu-img", "map", "--output=json", "-f", "raw", raw).out)
        for run_ in theirs:
            if run_["zero"]:
                del run_["offset"]
        self.assertEqual(ours, theirs)

    def test_the_map_leads_to_the_bytes_and_leaves_out_only_zeros(self):
        raw = self.mixed()
        vhdx = self.folder / "disk.vhdx"
        self.succeed(run("qemu-img", "convert", "-O", "vhdx", "-o", "block_size=1M", raw,
                         vhdx))
        disk = raw.read_bytes()
        file = vhdx.read_bytes()
        document = self.json("image-map", "image", "map", vhdx)
        at = 0
        for run_ in document["map"]:
            self.assertEqual(run_["start"], at)
            at += run_["length"]
            piece = disk[run_["start"]:at]
            if run_["data"]:
                offset = run_["offset"]
                self.assertEqual(file[offset:offset + len(piece)], piece)
            else:
                self.assertFalse(any(piece))
        self.assertEqual(at, len(disk))
        self.assertIn("disk.vhdx", drydock("image", "map", vhdx).out)


class Vhd(ImageTest):
    def test_a_disk_goes_into_a_vhd_and_comes_out_the_same(self):
        raw = self.mixed()
        for subformat in ("dynamic", "fixed"):
            vhd = self.folder / f"{subformat}.vhd"
            made = self.json("image-convert", "image", "convert", "-O", "vpc", "-o",
                             f"subformat={subformat}", raw, vhd)
            self.assertEqual(made["container"]["kind"], subformat)
            self.same_by_qemu(raw, "raw", vhd, "vpc")
            self.assertIn("VHD (version 1)", run("vhdiinfo", vhd).out)
            ran = self.succeed(drydock("image", "convert", "-O", "raw", vhd, "-"))
            self.assertEqual(ran.bytes, raw.read_bytes())

    def test_its_map_is_qemu_imgs(self):
        # Of whole blocks: within them QEMU doesn't look at the sectors' bits.
        raw = self.raw_file("whole.raw", 80 * MIB, (0, 4 * MIB), (32 * MIB, 2 * MIB))
        vhd = self.folder / "disk.vhd"
        self.succeed(drydock("image", "convert", "-O", "vhd", raw, vhd))
        ours = json.loads(drydock("image", "map", "--output=json", vhd).out)
        theirs = json.loads(run("qemu-img", "map", "--output=json", "-f", "vpc", vhd).out)
        for run_ in ours + theirs:
            del run_["present"]  # of what is stored nowhere QEMU says that it is
        self.assertEqual(ours, theirs)

    def test_a_child_is_made_and_merged(self):
        raw = self.mixed()
        parent = self.folder / "base.vhd"
        child = self.folder / "child.vhd"
        self.succeed(drydock("image", "convert", "-O", "vhd", raw, parent))
        made = self.json("image-create", "image", "snapshot", parent, child)
        self.assertEqual(made["container"]["format"], "vhd")
        self.succeed(drydock("image", "compare", raw, child))
        self.json("image-merge", "image", "merge", "--delete", child)
        self.same_by_qemu(raw, "raw", parent, "vpc")

    def test_azures_rules_are_kept_on_request(self):
        vhd = self.folder / "azure.vhd"
        azure = ("image", "create", "-f", "vhd", "-o", "subformat=fixed,azure=on", vhd)
        self.assertIn("whole MiB", self.fails(*azure, "10241K")["what"])
        self.succeed(drydock(*azure, "10M"))
        self.assertEqual(vhd.stat().st_size, 10 * MIB + 512)
        self.assertIn("fixed", self.fails("image", "create", "-f", "vhd", "-o", "azure=on",
                                          self.folder / "dynamic.vhd", "10M")["what"])

    def test_a_footer_that_is_gone_is_told_of(self):
        vhd = self.folder / "disk.vhd"
        self.succeed(drydock("image", "create", "-f", "vhd", vhd, "10M"))
        self.assertEqual(self.json("image-info", "image", "info", vhd)["container"]["notes"],
                         [])
        with open(vhd, "r+b") as file:
            file.truncate(vhd.stat().st_size - 512)
        notes = self.json("image-info", "image", "info", vhd)["container"]["notes"]
        self.assertIn("stands in for it", notes[0])
        self.assertIn(notes[0], drydock("image", "info", vhd).out)

    def test_sectors_of_4096_bytes_do_not_fit_into_one(self):
        vhdx = self.folder / "native.vhdx"
        self.succeed(drydock("image", "create", "-o", "logical_sector_size=4k", vhdx,
                             "10M"))
        self.assertIn("4096", self.fails("image", "convert", "-O", "vhd", vhdx,
                                         self.folder / "out.vhd")["what"])


class Compare(ImageTest):
    def test_the_same_disk_in_two_containers_is_the_same(self):
        raw = self.mixed()
        vhdx = self.folder / "disk.vhdx"
        self.succeed(run("qemu-img", "convert", "-O", "vhdx", raw, vhdx))
        self.assertTrue(self.json("image-compare", "image", "compare", raw,
                                  vhdx)["identical"])

    def test_the_first_difference_is_where_it_is(self):
        raw = self.mixed()
        other = self.mixed("other.raw")
        other.write_bytes(raw.read_bytes())
        with open(other, "r+b") as file:
            file.seek(33 * MIB + 17)
            file.write(bytes([raw.read_bytes()[33 * MIB + 17] ^ 1]))
        compared = self.json("image-compare", "image", "compare", raw, other, code=1)
        self.assertEqual(compared["first_difference"], 33 * MIB + 17)
        self.assertEqual(run("qemu-img", "compare", raw, other).code, 1)

    def test_zeros_at_the_end_count_only_where_asked(self):
        raw = self.mixed()
        longer = self.folder / "longer.raw"
        longer.write_bytes(raw.read_bytes() + bytes(MIB))
        self.succeed(drydock("image", "compare", raw, longer))
        self.succeed(drydock("image", "compare", "-s", raw, longer), 1)
        self.assertEqual(run("qemu-img", "compare", "-s", raw, longer).code, 1)

    def test_what_cannot_be_read_is_not_called_different(self):
        self.fails("image", "compare", self.mixed(), self.folder / "none", code=2)


class Chains(ImageTest):
    def chain(self):
        """A parent with data, and a child that has written over some of it."""
        raw = self.mixed()
        parent = self.folder / "base.vhdx"
        child = self.folder / "child.avhdx"
        self.succeed(drydock("image", "convert", "-O", "vhdx", "-o", "block_size=1M", raw,
                             parent))
        self.json("image-create", "image", "snapshot", parent, child)
        return raw, parent, child

    def test_a_fresh_child_shows_what_its_parent_does(self):
        raw, _, child = self.chain()
        self.succeed(drydock("image", "compare", raw, child))
        info = self.json("image-info", "image", "info", child)
        self.assertEqual([pathlib.Path(p).name for p in info["container"]["chain"]],
                         ["child.avhdx", "base.vhdx"])
        self.assertEqual(info["parents"][0]["container"]["kind"], "dynamic")
        self.assertIn("parent: ", drydock("image", "info", child).out)

    def test_the_map_says_in_which_file_the_bytes_are(self):
        _, parent, child = self.chain()
        document = self.json("image-map", "image", "map", child)
        depths = {run_["depth"] for run_ in document["map"] if run_["data"]}
        self.assertEqual(depths, {1})
        self.assertEqual(document["files"], [str(child), str(parent)])

    def test_a_parent_that_was_moved_is_named_or_found_again(self):
        raw, parent, child = self.chain()
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        parent.rename(elsewhere / "moved.vhdx")
        self.assertIn("--parent", self.fails("image", "compare", raw, child, code=2)["what"])
        self.succeed(drydock("image", "compare", "-f", "raw", raw, raw))
        copy = self.folder / "copy.raw"
        self.succeed(drydock("image", "convert", "--parent", elsewhere / "moved.vhdx",
                             "-O", "raw", child, copy))
        self.assertEqual(copy.read_bytes(), raw.read_bytes())
        self.json("image-rebase", "image", "rebase", "-b", elsewhere / "moved.vhdx", child)
        info = drydock("image", "info", child, "--parent", elsewhere / "moved.vhdx").out
        self.assertIn("moved.vhdx", info)

    def test_another_parent_is_taken_only_when_that_is_said(self):
        _, _, child = self.chain()
        other = self.folder / "other.vhdx"
        self.succeed(drydock("image", "create", other, "80M"))
        before = child.read_bytes()
        self.assertIn("-u", self.fails("image", "rebase", "-b", other, child)["what"])
        self.assertEqual(child.read_bytes(), before)
        self.assertTrue(self.json("image-rebase", "image", "rebase", "-u", "-b", other,
                                  child)["another_parent"])
        self.succeed(drydock("image", "info", child))
        self.fails("image", "rebase", "-b", child, child)

    def test_what_others_stand_on_is_not_written_to(self):
        _, parent, child = self.chain()
        before = parent.read_bytes()
        self.assertIn("child.avhdx", self.fails("image", "resize", parent, "+1M")["what"])
        self.assertEqual(parent.read_bytes(), before)
        self.succeed(drydock("image", "resize", "--force", parent, "+1M"))
        self.fails("image", "convert", "-O", "raw", child, self.folder / "x")

    def test_a_merge_puts_into_the_parent_what_the_child_showed(self):
        raw, parent, child = self.chain()
        grandchild = self.folder / "grandchild.avhdx"
        self.succeed(drydock("image", "snapshot", child, grandchild))
        self.assertIn("grandchild", self.fails("image", "merge", "--delete", child)["what"])
        grandchild.unlink()
        merged = self.json("image-merge", "image", "merge", child)
        self.assertEqual(merged["parent"], str(parent))
        self.succeed(run("qemu-img", "check", parent))
        self.same_by_qemu(raw, "raw", parent, "vhdx")
        self.succeed(drydock("image", "compare", raw, child))
        self.json("image-merge", "image", "merge", "--delete", child)
        self.assertFalse(child.exists())
        self.fails("image", "merge", parent)

    def test_a_windows_in_a_child_is_repaired_there_and_merged(self):
        parent = self.disk("bcd.default-missing")
        child = self.folder / "child.avhdx"
        self.succeed(drydock("image", "snapshot", parent, child))
        before = parent.read_bytes()
        self.assertEqual(drydock("repair", parent).code, 3)
        self.json("repair", "repair", child)
        self.assertEqual(parent.read_bytes(), before)
        self.assertEqual(self.json("diagnose", "diagnose", child)["verdict"], "healthy")
        self.assertTrue((self.folder / "child.avhdx.0001.drydock").exists())
        shown = self.hash(child)
        info = self.json("info", "info", child)
        self.assertEqual([pathlib.Path(p).name for p in info["container"]["chain"]],
                         ["child.avhdx", "disk.vhdx"])
        self.json("image-merge", "image", "merge", "--delete", child)
        self.assertEqual(self.hash(parent), shown)
        self.judge(parent)

    def test_undo_of_a_child_and_of_a_parent(self):
        parent = self.disk("bcd.default-missing")
        first = self.hash(parent)
        self.json("repair", "repair", parent)
        child = self.folder / "child.avhdx"
        self.succeed(drydock("image", "snapshot", parent, child))
        self.assertEqual(drydock("undo", parent).code, 3)
        self.json("change", "put", child, "-", "C:\\new.txt", stdin=b"new")
        self.json("undo", "undo", child)
        child.unlink()
        self.json("undo", "undo", parent)
        self.assertEqual(self.hash(parent), first)


class Sizes(ImageTest):
    def test_a_disk_grows_and_shrinks_where_it_is_empty(self):
        raw = self.raw_file("disk.raw", 40 * MIB, (0, 5 * MIB))
        vhdx = self.folder / "disk.vhdx"
        self.succeed(drydock("image", "convert", "-O", "vhdx", raw, vhdx))
        for size, now in (("+60M", 100), ("50M", 50), ("-10M", 40)):
            words = [] if now == 100 else ["--shrink"]
            resized = self.json("image-resize", "image", "resize", *words, vhdx, size)
            self.assertEqual(resized["size_after"], now * MIB)
            self.succeed(run("qemu-img", "check", vhdx))
            self.assertEqual(self.json("image-check", "image", "check",
                                       vhdx)["verdict"], "healthy")
        self.same_by_qemu(raw, "raw", vhdx, "vhdx")
        self.assertIn("--shrink", self.fails("image", "resize", vhdx, "20M")["what"])
        self.fails("image", "resize", "--shrink", vhdx, "4M")
        self.fails("image", "resize", "--shrink", vhdx, "-41M")
        self.same_by_qemu(raw, "raw", vhdx, "vhdx")

    def test_the_backup_of_a_gpt_goes_where_the_disk_ends(self):
        disk = self.disk()
        before = self.json("info", "info", disk)
        for words in (["+100M"], ["--shrink", "-99M"]):
            self.assertTrue(self.json("image-resize", "image", "resize", disk,
                                      *words)["moved_gpt"])
            self.assertIn("No problems found", run("sgdisk", "-v", self.raw(disk)).out)
            after = self.json("info", "info", disk)
            self.assertEqual(after["partitions"], before["partitions"])
            self.assertEqual(after["partition_table_problem"], None)
        self.judge(disk)

    def test_a_new_place_of_the_gpt_may_cost_a_recovery_key(self):
        disk = self.raw(self.disk())
        self.assertEqual(
            self.json("image-resize", "image", "resize", disk, "+1M")["notes"], [])
        place = self.json("info", "info", disk)["partitions"][-1]
        with open(disk, "r+b") as file:
            file.seek(place["offset"] + 3)
            file.write(b"-FVE-FS-")
        resized = self.json("image-resize", "image", "resize", disk, "+1M")
        self.assertEqual(len(resized["notes"]), 1)
        self.assertIn(f"partition {place['number']} is encrypted", resized["notes"][0])
        self.assertIn("note: partition",
                      self.succeed(drydock("image", "resize", disk, "+1M")).out)

    def test_partitions_are_not_cut(self):
        disk = self.disk()
        self.assertIn("partition", self.fails("image", "resize", "--shrink", disk,
                                              "300M")["what"])

    def test_compacting_gives_back_what_holds_zeros(self):
        raw = self.mixed()
        vhdx = self.folder / "disk.vhdx"
        full = self.raw_file("full.raw", 80 * MIB, (0, 80 * MIB))
        self.succeed(run("qemu-img", "convert", "-O", "vhdx", "-o", "block_size=1M", full,
                         vhdx))
        # What is written over it leaves zeros in blocks that are there.
        self.succeed(run("qemu-io", "-f", "vhdx", "-c", "write -z 0 80M", vhdx))
        before = self.json("image-compact", "image", "compact", vhdx)
        self.assertLess(before["size_after"], before["size_before"])
        self.assertEqual(before["size_after"], vhdx.stat().st_size)
        self.succeed(run("qemu-img", "check", vhdx))
        zeros = self.raw_file("zeros.raw", 80 * MIB)
        self.same_by_qemu(zeros, "raw", vhdx, "vhdx")
        self.assertEqual(drydock("image", "compact", raw).code, 3)


class Check(ImageTest):
    def vhdx(self):
        vhdx = self.folder / "disk.vhdx"
        self.succeed(run("qemu-img", "convert", "-O", "vhdx", "-o", "block_size=1M",
                         self.mixed(), vhdx))
        return vhdx

    def test_what_qemu_made_is_healthy_to_two_readers(self):
        checked = self.json("image-check", "image", "check", "--second-reader",
                            self.vhdx())
        self.assertEqual(checked["verdict"], "healthy")
        self.assertEqual(checked["second_reader"]["verdict"], "healthy")
        self.assertIn("libvhdi", checked["second_reader"]["reader"])

    def test_a_broken_header_is_mended_and_the_disk_stays(self):
        vhdx = self.vhdx()
        with open(vhdx, "r+b") as file:
            file.seek(0x10008)
            file.write(b"\xff" * 16)
        checked = self.json("image-check", "image", "check", vhdx)
        self.assertEqual(checked["problems"][0]["where"], "header 1 at 0x10000")
        self.assertTrue(checked["problems"][0]["repairable"])
        checked = self.json("image-check", "image", "check", "--repair", vhdx)
        self.assertTrue(checked["mended"])
        self.assertFalse([p for p in checked["problems"] if p["repairable"]])
        self.succeed(run("qemu-img", "check", vhdx))
        self.same_by_qemu(self.folder / "mixed.raw", "raw", vhdx, "vhdx")

    def test_blocks_on_top_of_each_other_are_a_fault(self):
        vhdx = self.vhdx()
        content = bytearray(vhdx.read_bytes())
        table = content.find(bytes.fromhex("6677c22d23f600429d64115e9bfd4a08"))
        bat = int.from_bytes(content[table + 16:table + 24], "little")
        content[bat + 8:bat + 16] = content[bat:bat + 8]
        vhdx.write_bytes(content)
        before = vhdx.read_bytes()
        checked = self.json("image-check", "image", "check", "--repair", vhdx, code=1)
        self.assertEqual(checked["verdict"], "fault")
        self.assertIn("overlaps", checked["problems"][0]["what"])
        self.assertEqual(vhdx.read_bytes(), before)
        self.assertIn("error: ", drydock("image", "check", vhdx).out)

    def test_the_second_reader_is_not_asked_where_it_is_known_to_be_wrong(self):
        parent = self.vhdx()
        child = self.folder / "child.avhdx"
        self.succeed(drydock("image", "snapshot", parent, child))
        checked = self.json("image-check", "image", "check", "--second-reader", child)
        self.assertEqual(checked["second_reader"]["verdict"], "could_not_tell")
        self.assertIn("zeros", checked["second_reader"]["why"])

    def test_a_file_that_is_no_image_is_told_so(self):
        self.fails("image", "check", self.folder / "none", code=2)
        short = self.folder / "short"
        short.write_bytes(b"vhdxfile" + bytes(1000))
        self.json("image-check", "image", "check", short, code=1)


if __name__ == "__main__":
    unittest.main()
