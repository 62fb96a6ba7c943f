"""drydock reg: the words of reg.exe, and other readers as judges of what they do."""

import gzip
import json
import lzma
import re
import unittest

from program import CORPUS, DiskTest, by_reglookup, drydock, run, unescaped

CURRENT = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\regtest"
# A corpus hive of more than this makes a slow test.
HIVE_SIZE_MAX = 1 << 20
DONE = "The operation completed successfully.\n"

REG_FILE = """Windows Registry Editor Version 5.00

; what an article would have one import
[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\regtest]
@="the default"
"Start"=dword:00000004
"ImagePath"=hex(2):5c,00,61,00,\\
  00,00
"Gone"="soon"
"Gone"=-
"Odd"=hex(1234):01,02

[HKEY_LOCAL_MACHINE\\SOFTWARE\\regtest\\deep]

[-HKEY_LOCAL_MACHINE\\SOFTWARE\\nowhere]
"""


def entries(text):
    """{key: {name: data}} of a .reg file, read by other means than ours."""
    text = re.sub(r"\\\r?\n\s*", "", text.lstrip("\ufeff"))
    keys = {}
    key = None
    for line in text.splitlines()[1:]:
        if line.startswith("["):
            key = keys.setdefault(line[1:line.rindex("]")].rstrip("\\"), {})
        elif line:
            found = re.fullmatch(r'(@|"(?:[^"\\]|\\.)*")=(.*)', line)
            key[found[1]] = plain(found[2])
    return keys


def plain(data):
    """One form for what .reg files have several of: (type, bytes)."""
    if data.startswith('"'):
        text = re.sub(r"\\(.)", r"\1", data[1:-1])
        return 1, text.encode("utf-16-le", "surrogatepass") + b"\0\0"
    if data.startswith("dword:"):
        return 4, int(data[6:], 16).to_bytes(4, "little")
    kind, digits = re.fullmatch(r"hex(?:\(([0-9a-f]+)\))?:(.*)", data).groups()
    return int(kind or "3", 16), bytes.fromhex(digits.replace(",", ""))


TYPES = {"NONE": "REG_NONE", "SZ": "REG_SZ", "EXPAND_SZ": "REG_EXPAND_SZ",
         "BINARY": "REG_BINARY", "DWORD": "REG_DWORD", "DWORD_BE": "REG_DWORD_BIG_ENDIAN",
         "LINK": "REG_LINK", "MULTI_SZ": "REG_MULTI_SZ", "RSRC_LIST": "REG_RESOURCE_LIST",
         "RSRC_DESC": "REG_FULL_RESOURCE_DESCRIPTOR",
         "RSRC_REQ_LIST": "REG_RESOURCE_REQUIREMENTS_LIST", "QWORD": "REG_QWORD"}


def is_same(value, theirs):
    """Whether a value of a query is what reglookup has; of what isn't ASCII it has bytes
    that no query shows."""
    _, kind, words = theirs
    data = value["data"]
    number = "REG_" + hex(int(kind, 16)) if kind.startswith("0x") else None
    if value["type"] != TYPES.get(kind, number):
        return False
    if words == "(null)":
        return not data or set(data) == {""}
    if kind in ("DWORD", "DWORD_BE", "QWORD") and words.startswith("0x"):
        return int(data) == int(words, 16)
    if isinstance(data, list):
        return not all(text.isascii() for text in data) or \
            [text for text in data if text] == \
            [unescaped(text).decode() for text in words.split("|") if text]
    if kind in ("SZ", "EXPAND_SZ", "LINK"):
        return "%" in words or data == words
    return bytes.fromhex(data) == unescaped(words)


class Reg(DiskTest):
    def write(self, name, text, encoding="utf-16"):
        path = self.folder / name
        path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
        return path

    def system(self, disk):
        hive = self.folder / "SYSTEM"
        self.succeed(drydock("get", disk, "C:\\Windows\\System32\\config\\SYSTEM", hive))
        return hive

    def test_import_is_one_change_that_another_reader_sees_and_undo_takes_back(self):
        disk = self.disk()
        before = self.hash(disk)
        file = self.write("in.reg", REG_FILE)
        planned = self.json("change", "reg", disk, "import", file, "--dry-run")
        self.assertEqual(self.hash(disk), before)
        done = self.json("change", "reg", disk, "import", file)
        self.assertEqual(done["edits"], planned["edits"])
        seen = run("reglookup", "-p", "/ControlSet001/Services/regtest",
                   self.system(disk)).out
        self.assertIn("/Start,DWORD,0x00000004,", seen)
        self.assertIn("/ImagePath,EXPAND_SZ,\\a,", seen)
        self.assertNotIn("Gone", seen)
        deep = self.json("reg-query", "reg", disk, "query", "HKLM\\SOFTWARE\\regtest")
        self.assertEqual(deep["subkeys"], ["deep"])
        self.judge(disk)
        self.json("undo", "undo", disk)
        self.assertEqual(self.hash(disk), before)

    def test_a_line_that_is_not_understood_stops_an_import_before_anything(self):
        disk = self.disk()
        before = self.hash(disk)
        file = self.write("in.reg", REG_FILE + "[HKEY_LOCAL_MACHINE\\SYSTEM\\x]\noops\n",
                          "utf-8")
        ran = self.succeed(drydock("reg", disk, "import", file), 3)
        self.assertIn("line 17", ran.err)
        user = self.write("hkcu.reg", "REGEDIT4\n[HKEY_CURRENT_USER\\x]\n", "ascii")
        self.assertIn("HKU\\NAME", self.succeed(drydock("reg", disk, "import", user), 3).err)
        self.assertEqual(self.hash(disk), before)

    def test_what_is_exported_hivexregedit_exports_too_and_import_takes_back(self):
        disk = self.disk()
        out = self.folder / "out.reg"
        ran = self.json("reg-export", "reg", disk, "export",
                        "HKLM\\SYSTEM\\ControlSet001", out)
        self.assertEqual(ran["bytes"], out.stat().st_size)
        ours = entries(out.read_bytes().decode("utf-16"))
        theirs = self.succeed(run("hivexregedit", "--export", "--prefix",
                                  "HKEY_LOCAL_MACHINE\\SYSTEM", self.system(disk),
                                  "\\ControlSet001"))
        self.assertEqual(ours, entries(theirs.out))
        self.assertGreater(len(ours), 50)
        again = self.json("change", "reg", disk, "import", out)
        self.assertEqual(again["state"], "nothing_to_do")
        self.succeed(drydock("reg", disk, "export", "HKLM\\SYSTEM\\Select", out), 3)
        self.succeed(drydock("reg", disk, "export", "HKLM\\SYSTEM\\Select", out, "/y"))

    def test_copy_makes_what_compare_finds_alike(self):
        disk = self.disk()
        other = "HKLM\\SOFTWARE\\copied"
        source = "HKLM\\SYSTEM\\ControlSet001\\Control"
        self.json("change", "reg", disk, "copy", source, other, "/s", "/f")
        same = self.json("reg-compare", "reg", disk, "compare", source, other, "/s")
        self.assertTrue(same["identical"])
        self.assertGreater(same["compared"], 10)
        self.json("change", "reg", disk, "add", other, "/v", "extra", "/d", "x", "/f")
        differ = self.json("reg-compare", "reg", disk, "compare", source, other, "/s",
                           code=1)
        self.assertEqual([one["value"] for one in differ["differences"]], ["extra"])
        text = self.succeed(drydock("reg", disk, "compare", source, other), 1).out
        self.assertIn("> Value:  HKEY_LOCAL_MACHINE\\SOFTWARE\\copied  extra    REG_SZ", text)
        self.assertTrue(text.endswith("Result Compared: Different\n\n" + DONE))

    def test_save_makes_a_hive_for_other_readers_and_restore_puts_it_back(self):
        disk = self.disk()
        saved = self.folder / "saved"
        key = "HKLM\\SYSTEM\\ControlSet001\\Services"
        self.json("reg-export", "reg", disk, "save", key, saved)
        theirs = run("reglookup", "-p", "/ControlSet001/Services", self.system(disk)).out
        judged = self.succeed(run("reglookup", saved)).out
        names = [line.split(",")[0] for line in theirs.splitlines()[1:]]
        below = [name.removeprefix("/ControlSet001/Services") or "/" for name in names]
        self.assertEqual(sorted(below),
                         sorted(line.split(",")[0] for line in judged.splitlines()[1:]))
        self.succeed(run("hivexsh", saved, stdin=b"ls\n"))
        self.json("change", "reg", disk, "add", key + "\\extra", "/v", "x", "/d", "y")
        self.json("change", "reg", disk, "restore", key, saved)
        again = self.folder / "again"
        self.json("reg-export", "reg", disk, "save", key, again)
        same = run("reglookup", again).out
        plain = [line.rsplit(",", 1)[0] for line in same.splitlines()]
        self.assertEqual(plain, [line.rsplit(",", 1)[0] for line in judged.splitlines()])

    def test_a_search_that_finds_nothing_ends_with_1(self):
        hive = self.system(self.disk())
        ran = self.succeed(drydock("reg", hive, "query", "Select", "/f", "zzz"), 1)
        self.assertEqual(ran.out, "End of search: 0 match(es) found.\n")
        found = self.json("reg-query", "reg", hive, "query", "", "/s", "/v", "current")
        self.assertEqual(found["matches"], 1)
        self.assertEqual(found["keys"][0]["key"], "Select")

    def test_a_users_hive_is_found_by_its_profile(self):
        disk = self.disk()
        key = "HKLM\\SYSTEM\\Select"
        settings = self.folder / "NTUSER.DAT"
        self.succeed(drydock("reg", disk, "save", key, settings))
        self.json("change", "mkdir", disk, "C:\\Users\\Bob")
        self.json("change", "put", disk, settings, "C:\\Users\\Bob\\NTUSER.DAT")
        user = "HKU\\bob\\Software\\Policies"
        self.json("change", "reg", disk, "add", user, "/v", "x", "/d", "y", "/f")
        sid = "S-1-5-21-1-2-3-1001"
        self.json("change", "reg", disk, "add",
                  f"HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\{sid}",
                  "/v", "ProfileImagePath", "/t", "REG_EXPAND_SZ", "/d",
                  "%SystemDrive%\\Users\\Bob")
        found = self.json("reg-query", "reg", disk, "query", f"HKU\\{sid}\\Software", "/s")
        self.assertEqual(found["keys"][0]["values"],
                         [{"name": "x", "type": "REG_SZ", "data": "y"}])
        self.succeed(drydock("reg", disk, "query", "HKU\\Alice\\Software"), 3)
        self.succeed(drydock("reg", disk, "query", "HKU\\bob_Classes"), 3)

    def test_a_program_of_32_bits_sees_wow6432node(self):
        disk = self.disk()
        node = "HKLM\\SOFTWARE\\WOW6432Node\\Vendor"
        self.json("change", "reg", disk, "add", node, "/v", "x", "/d", "32", "/f")
        found = self.json("reg-query", "reg", disk, "query", "HKLM\\SOFTWARE\\Vendor",
                          "/reg:32")
        self.assertEqual(found["values"][0]["data"], "32")
        self.succeed(drydock("reg", disk, "query", "HKLM\\SOFTWARE\\Vendor", "/reg:64"), 3)


@unittest.skipUnless((CORPUS / "hives").is_dir(), "the corpus isn't here")
class CorpusHives(DiskTest):
    """What is exported of hives that Windows wrote, hivexregedit exports, too."""

    def hives(self):
        for folder in ("hives", "bcd"):
            for path in sorted((CORPUS / folder).rglob("*")):
                opener = {".xz": lzma.open, ".gz": gzip.open}.get(path.suffix, open)
                if not path.is_file():
                    continue
                try:
                    with opener(path, "rb") as file:
                        bytes = file.read(HIVE_SIZE_MAX + 1)
                except (OSError, EOFError, lzma.LZMAError):
                    continue
                if bytes[:4] == b"regf" and len(bytes) <= HIVE_SIZE_MAX:
                    yield path, bytes

    def test_query_shows_what_reglookup_reads(self):
        compared = 0
        for path, bytes in self.hives():
            hive = self.folder / "hive"
            hive.write_bytes(bytes)
            ran = drydock("reg", hive, "query", "", "/s", "--json")
            if ran.code != 0 or "recover" in ran.err:
                continue
            theirs = by_reglookup(hive)
            document = json.loads(ran.out)
            with self.subTest(path):
                self.assertEqual(len(document["keys"]) + 1, len(theirs))
                for key, (_, values) in zip([document, *document["keys"]], theirs):
                    self.assertEqual(len(key["values"]), len(values), key["key"])
                    for value, read in zip(key["values"], values):
                        if value["name"].isascii() and "\0" not in value["name"]:
                            self.assertEqual(value["name"].encode(), unescaped(read[0]))
                        self.assertTrue(is_same(value, read), (key["key"], value, read))
                        compared += 1
        self.assertGreater(compared, 10000)

    def test_export_agrees_with_hivexregedit(self):
        compared = 0
        for path, bytes in self.hives():
            hive = self.folder / "hive"
            hive.write_bytes(bytes)
            theirs = run("hivexregedit", "--export", "--prefix", "HKEY_LOCAL_MACHINE\\X",
                         hive, "\\")
            ran = drydock("reg", hive, "export", "HKLM\\X", self.folder / "out.reg", "/y")
            if theirs.code != 0 or ran.code != 0 or "recover" in ran.err:
                continue
            if path.name == "InvalidParentHive":
                continue  # hivexregedit names keys by their parent fields, of which one lies
            if "\ufffd" in theirs.out:
                continue  # hivexregedit leaves names in Latin-1 as they are
            with self.subTest(path):
                try:
                    wanted = entries(theirs.out)
                except (TypeError, ValueError):
                    continue  # a name with a line break, which no line can have
                text = (self.folder / "out.reg").read_bytes().decode("utf-16", "replace")
                self.assertEqual(entries(text), wanted)
                compared += 1
        self.assertGreater(compared, 5)


if __name__ == "__main__":
    unittest.main()
