"""Disks over NBD: nbdinfo, nbdcopy and qemu-img see what is in the image."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import unittest

from program import BIN, DRYDOCK, DiskTest, drydock, run, schema

import jsonschema

MISSING = [name for name in ("nbdkit", "nbdinfo", "nbdcopy", "qemu-io")
           if shutil.which(name) is None]
PLUGIN = BIN / "nbdkit-drydock-plugin.so"


def environment():
    """nbdkit isn't built with AddressSanitizer where the plugin is: it needs it loaded
    first, and can't look for leaks once it is confined."""
    result = dict(os.environ)
    for line in run("ldd", PLUGIN).out.splitlines():
        if "libasan" in line:
            result["LD_PRELOAD"] = line.split()[2]
            result["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    return result


@unittest.skipIf(MISSING, f"not installed: {', '.join(MISSING)}")
@unittest.skipUnless(PLUGIN.exists(), "the plugin wasn't built: nbdkit-plugin-dev")
class Serve(DiskTest):
    def serve(self, *words):
        """A server that runs until the test ends; gives its document."""
        server = subprocess.Popen([DRYDOCK, "serve", *map(str, words), "--json"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env=environment())
        self.addCleanup(self.end, server)
        self.server = server
        text = b""
        while not text.endswith(b"\n}\n"):
            line = server.stdout.readline()
            if not line:
                self.fail("it ended: " + server.communicate()[1].decode())
            text += line
        document = json.loads(text)
        jsonschema.validate(document, schema("serve"))
        return document

    def end(self, server, how=signal.SIGINT):
        """Ends it as Ctrl-C does; its exit code."""
        if server.poll() is None:
            server.send_signal(how)
        server.communicate(timeout=20)
        return server.returncode

    def nbdinfo(self, uri):
        return json.loads(self.succeed(run("nbdinfo", "--json", uri)).out)["exports"][0]

    def copy(self, uri):
        copy = self.folder / "copy"
        self.succeed(run("nbdcopy", uri, copy))
        return copy

    def same(self, first, second):
        return run("cmp", first, second).code == 0

    def test_a_disk_is_what_qemu_img_shows(self):
        disk = self.disk()
        served = self.serve(disk)
        self.assertEqual(served["size"], 512 << 20)
        self.assertFalse(served["writable"])
        self.assertTrue(self.same(self.copy(served["uri"]), self.raw(disk)))
        compared = run("qemu-img", "compare", "-f", "raw", "-F", "vhdx",
                       served["uri"], disk)
        self.assertIn("identical", self.succeed(compared).out)

    def test_it_says_what_it_can(self):
        info = self.nbdinfo(self.serve(self.disk())["uri"])
        self.assertTrue(info["is_read_only"])
        self.assertTrue(info["can_multi_conn"])
        self.assertEqual(info["export-size"], 512 << 20)
        self.assertIn("base:allocation", info["contexts"])
        info = self.nbdinfo(self.serve(self.disk(), "--overlay", ":memory:")["uri"])
        self.assertFalse(info["is_read_only"])
        for ability in ("can_multi_conn", "can_flush", "can_fua", "can_trim", "can_zero"):
            self.assertTrue(info[ability], ability)

    def test_holes_are_zeros_and_most_of_an_empty_disk(self):
        disk = self.disk()
        uri = self.serve(disk)["uri"]
        extents = json.loads(self.succeed(run("nbdinfo", "--json", "--map", uri)).out)
        self.assertEqual(sum(e["length"] for e in extents), 512 << 20)
        self.assertLess(sum(e["length"] for e in extents if e["type"] == 0), 128 << 20)
        with open(self.raw(disk), "rb") as raw:
            for extent in (e for e in extents if e["type"] == 3):
                raw.seek(extent["offset"])
                for at in range(0, extent["length"], 1 << 20):
                    size = min(1 << 20, extent["length"] - at)
                    self.assertFalse(any(raw.read(size).strip(b"\0")), extent)

    def test_a_partition_is_that_part_of_the_disk(self):
        disk = self.disk()
        esp = self.partition(disk, "esp")
        served = self.serve(disk, "--partition", esp["number"])
        self.assertEqual(served["size"], esp["size"])
        raw = self.raw(disk)
        volume = self.folder / "esp"
        self.succeed(run("dd", f"if={raw}", f"of={volume}", "bs=1M", "status=none",
                         f"skip={esp['offset'] >> 20}", f"count={esp['size'] >> 20}"))
        self.assertTrue(self.same(self.copy(served["uri"]), volume))

    def test_the_server_is_confined_once_it_serves(self):
        self.nbdinfo(self.serve(self.disk())["uri"])  # It takes connections.
        children = run("ps", "--ppid", self.server.pid, "-o", "pid=").out.split()
        self.assertEqual(len(children), 1)
        with open(f"/proc/{children[0]}/status", encoding="utf-8") as status:
            facts = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
        self.assertEqual((facts["NoNewPrivs"], facts["Seccomp"]), ("1", "2"))

    def test_an_encrypted_partition_is_served_as_it_is_and_says_so(self):
        raw = self.raw(self.disk())
        place = self.partition(raw, "basic")
        with open(raw, "r+b") as disk:
            disk.seek(place["offset"] + 3)
            disk.write(b"-FVE-FS-")
        self.serve(raw, "--partition", place["number"])
        self.server.send_signal(signal.SIGINT)
        told = self.server.communicate(timeout=20)[1].decode()
        self.assertIn(f"partition {place['number']} is encrypted by BitLocker", told)

    def write(self, uri):
        """Writes, zeros and trims through qemu-io; what was written reads back."""
        self.succeed(run("qemu-io", "-f", "raw", "-c", "write -P 0x5a 3M 1M",
                         "-c", "write -P 0x5b -f 5000k 64k", "-c", "write -z -u 3500k 100k",
                         "-c", "write -z 3100k 8k", "-c", "discard 200M 1M",
                         "-c", "flush", uri))
        checks = ["read -P 0x5a 3M 28k", "read -P 0 3100k 8k", "read -P 0x5a 3108k 392k",
                  "read -P 0 3500k 100k", "read -P 0x5a 3600k 496k",
                  "read -P 0x5b 5000k 64k"]
        ran = run("qemu-io", "-f", "raw", "-r", *[w for c in checks for w in ("-c", c)], uri)
        self.assertNotIn("verification failed", self.succeed(ran).out)

    def test_writes_to_memory_leave_the_image_alone(self):
        disk = self.disk()
        before = disk.read_bytes()
        self.write(self.serve(disk, "--overlay", ":memory:")["uri"])
        self.assertEqual(self.end(self.server), 0)
        self.assertEqual(disk.read_bytes(), before)

    def test_writes_to_an_overlay_are_kept_in_a_child_of_the_image(self):
        disk = self.disk()
        before = disk.read_bytes()
        overlay = self.folder / "changes.vhdx"
        uri = self.serve(disk, "--overlay", overlay)["uri"]
        self.write(uri)
        shown = self.copy(uri)
        self.assertEqual(self.end(self.server), 0)
        self.assertEqual(disk.read_bytes(), before)
        again = self.serve(disk, "--overlay", overlay)["uri"]
        kept = self.folder / "kept"
        shutil.copyfile(shown, kept)
        self.assertTrue(self.same(self.copy(again), kept))

    def is_kept(self, end, *options):
        """Whether what nbdcopy wrote to a new overlay is there after that end."""
        disk, overlay = self.disk(), self.folder / "changes.vhdx"
        content = self.folder / "content"
        content.write_bytes(b"\x5a" * 65536)
        uri = self.serve(disk, "--overlay", overlay)["uri"]
        self.succeed(run("nbdcopy", *options, content, uri))
        end()
        uri = self.serve(disk, "--overlay", overlay)["uri"]
        ran = run("qemu-io", "-f", "raw", "-r", "-c", "read -P 0x5a 0 64k", uri)
        return "verification failed" not in ran.out

    def kill(self):
        for child in run("pgrep", "-P", str(self.server.pid)).out.split():
            os.kill(int(child), signal.SIGKILL)
        self.server.communicate(timeout=20)

    def test_what_was_flushed_is_kept_though_nbdkit_is_killed(self):
        self.assertTrue(self.is_kept(self.kill, "--flush"))

    def test_what_was_not_flushed_is_kept_where_the_server_ends_by_itself(self):
        self.assertTrue(self.is_kept(lambda: self.end(self.server)))

    def test_writes_to_a_vhd_go_to_a_child_that_is_one(self):
        base, overlay = self.folder / "base.vhd", self.folder / "changes.vhd"
        self.succeed(run("qemu-img", "convert", "-O", "vpc", "-o", "force_size=on",
                         self.disk(), base))
        before = base.read_bytes()
        uri = self.serve(base, "--overlay", overlay)["uri"]
        self.write(uri)
        self.assertEqual(self.end(self.server), 0)
        self.assertEqual(base.read_bytes(), before)
        self.assertIn("Differential", self.succeed(run("vhdiinfo", overlay)).out)

    def test_a_child_shows_itself_upon_its_parents(self):
        parent, child = self.disk(), self.folder / "child.vhdx"
        self.succeed(drydock("image", "snapshot", parent, child))
        content = bytes(range(256)) * 64
        self.succeed(drydock("put", child, "-", "C:\\put.bin", stdin=content))
        windows = self.partition(child, "basic")
        uri = self.serve(child, "--partition", windows["number"])["uri"]
        volume = self.copy(uri)
        inode = [line.split()[1].rstrip(":") for line in run("fls", volume).out.splitlines()
                 if line.endswith("put.bin")][0]
        self.assertEqual(run("icat", volume, inode).bytes, content)

    def test_signals_end_it_and_leave_nothing_behind(self):
        for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            uri = self.serve(self.disk())["uri"]
            socket = pathlib.Path(uri.split("socket=")[1])
            self.assertTrue(socket.exists())
            self.assertEqual(self.end(self.server, how), 0)
            self.assertFalse(socket.parent.exists())

    def test_a_socket_may_be_named(self):
        socket = self.folder / "socket"
        served = self.serve(self.disk(), "--socket", socket)
        self.assertEqual(served["uri"], f"nbd+unix:///?socket={socket}")
        self.assertEqual(self.nbdinfo(served["uri"])["export-size"], 512 << 20)

    def test_words_print_the_address_first(self):
        server = subprocess.Popen([DRYDOCK, "serve", self.disk()],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env=environment())
        self.addCleanup(self.end, server)
        uri = server.stdout.readline().decode().strip()
        self.assertTrue(uri.startswith("nbd+unix:///?socket="), uri)
        self.assertEqual(self.nbdinfo(uri)["export-size"], 512 << 20)

    def test_what_cannot_be_served_is_said_and_ends_it(self):
        disk = self.disk()
        ran = drydock("serve", disk, "--partition", "9")
        self.assertIn("no partition 9", self.succeed(ran, 3).err)
        error = self.json("error", "serve", self.folder / "absent", code=3)
        self.assertEqual(error["error"]["code"], "not_found")
        raw = self.raw(disk)
        self.succeed(drydock("serve", raw, "--overlay", self.folder / "new.vhdx"), 3)
        self.assertFalse((self.folder / "new.vhdx").exists())

    def test_the_image_is_locked_against_writers_while_it_is_served(self):
        disk = self.disk()
        self.serve(disk)
        ran = drydock("put", disk, "-", "C:\\put.txt", stdin=b"put")
        self.assertEqual(ran.code, 3)
        self.assertEqual(self.end(self.server), 0)
        self.succeed(drydock("put", disk, "-", "C:\\put.txt", stdin=b"put"))


if __name__ == "__main__":
    unittest.main()
