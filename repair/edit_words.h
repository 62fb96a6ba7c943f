// How values, elements and files are put into words for plans and findings:
// short enough for one line, exact enough to tell two of them apart.

#pragma once

#include <string>

#include "repair/bcd/store.h"
#include "repair/hive/hive.h"
#include "vhd/block_device.h"

namespace drydock::repair {

// `REG_DWORD 3`, `REG_SZ "disk"`, `REG_BINARY 01 ff`; long data is cut, with
// its length.
std::string words_of(const hive::Value& value);

// As bcdedit writes it: `Minimal`, `Yes`, `{bootmgr}`, `partition {...} of disk
// {...}`.
std::string words_of(const bcd::Value& value, bcd::ElementId element,
                     bcd::ObjectType type);

// `{bootmgr}`, or the GUID of an object that has no alias.
std::string words_of(const bcd::ObjectId& object);

// `Windows Boot Loader "Windows Server" with 7 elements`.
std::string words_of(const bcd::Object& object);

// `1024 bytes, sha256 9f86...`: reads all of it.
Result<std::string> words_of(const BlockDevice& data);

// Lower-case hex of SHA-256.
std::string sha256_of(Bytes bytes);

}  // namespace drydock::repair
