#!/usr/bin/env python3
"""Reads INF files with no help of drydock and prints what they install: the file's
name, and for each id of a device a line "ID|SERVICE|START|BINARY", sorted.

    inf_judge.py MAJOR.MINOR ARCHITECTURE FILE [ARCHITECTURE FILE]...
"""

import re
import sys

FOLDERS = {"%10%": "", "%11%": "System32", "%12%": "System32\\drivers", "%13%": "*"}


def read(path):
    raw = open(path, "rb").read()
    text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1")
    text = re.sub(r"\\[ \t]*\r?\n", " ", text)
    sections = {}
    lines = None
    for line in text.splitlines():
        line = re.sub(r'("[^"]*")|;.*', lambda m: m[1] or "", line).strip()
        header = re.match(r"\[([^]]*)\]", line)
        if header:
            lines = sections.setdefault(header[1].lower(), [])
        elif line:
            lines.append(line)
    return sections


def pairs(sections, name):
    for line in sections.get(name.lower(), []):
        key, equals, value = line.partition("=")
        yield key.strip(), [field.strip() for field in value.split(",")] if equals else []


def with_folder(path):
    for number, folder in FOLDERS.items():
        path = path.replace(number, folder)
    return path


def judge(version, architecture, path):
    sections = read(path)
    strings = {key.lower(): fields[0].strip('"')
               for key, fields in pairs(sections, "strings")}

    def expanded(text):
        return re.sub(r"%([^%]+)%", lambda m: strings.get(m[1].lower(), m[0]), text)

    found = set()
    for _, fields in pairs(sections, "manufacturer"):
        fitting = []
        for decoration in fields[1:]:
            parts = decoration.lower().split(".")
            numbers = tuple(int(part) for part in parts[1:3])
            plain = parts[0] == "nt" and architecture == "x86"
            if (plain or parts[0] == "nt" + architecture) and numbers <= version:
                fitting.append((numbers, decoration))
        if fitting:
            name = fields[0] + "." + max(fitting)[1]
        elif architecture == "x86":
            name = fields[0]
        else:
            continue
        for _, model in pairs(sections, name):
            install = next(
                (model[0] + end for end in (".nt" + architecture, ".nt", "")
                 if (model[0] + end).lower() in sections), model[0])
            services = []
            for key, service in pairs(sections, install + ".services"):
                if key.lower() == "addservice" and service[0]:
                    of = dict((k.lower(), expanded(v[0]))
                              for k, v in pairs(sections, service[2]) if v)
                    services.append((expanded(service[0]), int(of["starttype"], 0),
                                     with_folder(of["servicebinary"])))
            for device in filter(None, model[1:]):
                for service in services or [("", "", "")]:
                    found.add("|".join(str(part) for part in (device, *service)))
    print("\n".join([path] + sorted(found)))


def main():
    version = tuple(int(part) for part in sys.argv[1].split("."))
    for architecture, path in zip(sys.argv[2::2], sys.argv[3::2]):
        judge(version, architecture, path)


main()
