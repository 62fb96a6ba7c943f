"""Runs drydock and the programs that judge it; builds the disks to run it on."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import urllib.parse

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = pathlib.Path(os.environ["DRYDOCK_BIN"])
DRYDOCK = str(BIN / "drydock")
HARNESS = str(BIN / "drydock-harness")
SBIN = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
CORPUS = pathlib.Path(os.environ.get("DRYDOCK_CORPUS", ROOT / ".." / "shared" / "corpus"))

_folder = tempfile.TemporaryDirectory(prefix="drydock-cli-")
_built = {}


class Ran:
    def __init__(self, done):
        self.code = done.returncode
        self.bytes = done.stdout
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")


def run(*words, stdin=b"", **more):
    """Any program; what it printed and how it ended."""
    return Ran(subprocess.run([str(word) for word in words], input=stdin, env=SBIN,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more))


def drydock(*words, **more):
    return run(DRYDOCK, *words, **more)


def schema(name):
    return json.loads((ROOT / "docs" / "schema" / f"{name}.json").read_text())


class DiskTest(unittest.TestCase):
    """A test with a folder of its own and Windows-like disks in it."""

    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="drydock-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def disk(self, fault=None, *settings):
        """A small disk of this test's own; wounded where a fault is named."""
        kind = (fault, *settings)
        if kind not in _built:
            sound = self.disk() if fault is not None else None
            path = pathlib.Path(_folder.name) / f"{len(_built)}.vhdx"
            if fault is None:
                self.succeed(run(HARNESS, "build", "--windows", "server-2022", "--size",
                                 "512MiB", "--output", path))
            else:
                shutil.copyfile(sound, path)
                self.succeed(run(HARNESS, "break", path, fault, *settings))
            _built[kind] = path
        copy = self.folder / "disk.vhdx"
        run("cp", "--sparse=always", _built[kind], copy)
        return copy

    def succeed(self, ran, code=0):
        self.assertEqual(ran.code, code, f"stdout: {ran.out}\nstderr: {ran.err}")
        return ran

    def json(self, schema_name, *words, code=0, **more):
        """Runs a verb with --json, holds it to its schema, gives the document."""
        ran = self.succeed(drydock(*words, "--json", **more), code)
        document = json.loads(ran.out)
        jsonschema.validate(document, schema(schema_name))
        return document

    def hash(self, disk):
        return self.json("info", "info", disk, "--hash")["content_sha256"]

    def raw(self, disk):
        """The guest's bytes by qemu-img, for programs that read raw disks."""
        raw = self.folder / "raw"
        self.succeed(run("qemu-img", "convert", "-O", "raw", disk, raw))
        return raw

    def partition(self, disk, type_name):
        for partition in self.json("info", "info", disk)["partitions"]:
            if partition["type"] == type_name:
                return partition
        self.fail(f"no partition of type {type_name}")

    def judge(self, disk):
        """Programs that aren't ours find container and volumes sound."""
        self.succeed(run("qemu-img", "check", disk))
        self.succeed(run("vhdiinfo", disk))
        raw = self.raw(disk)
        esp = self.partition(disk, "esp")
        volume = self.folder / "esp"
        self.succeed(run("dd", f"if={raw}", f"of={volume}", "bs=512", "status=none",
                         f"skip={esp['offset'] // 512}", f"count={esp['size'] // 512}"))
        self.succeed(run("fsck.fat", "-n", volume))
        windows = self.partition(disk, "basic")
        self.succeed(run("fls", "-r", "-o", windows["offset"] // 512, raw))
        self.succeed(run("sgdisk", "-v", raw))


def by_reglookup(hive):
    """What reglookup reads: for each key its path and, of each value, name, type, and
    words of the data; all with its escapes, of which unescaped() makes bytes."""
    keys = []
    for line in run("reglookup", "-H", hive).out.splitlines():
        path, kind, data, _ = line.split(",")
        if kind == "KEY":
            keys.append((path, []))
        else:
            keys[-1][1].append((path[len(keys[-1][0]) + 1:], kind, data))
    return keys


def unescaped(words):
    return urllib.parse.unquote_to_bytes(words)
