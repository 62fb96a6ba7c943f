// A .reg file: keys and values as text, as regedit.exe and reg.exe write and read
// them.
//
// Reading looks at the text alone, not at a hive: a key's name stands as it was
// written, and which hive it lies in is for others to say.  A line that isn't
// understood ends the reading, with its number: half a file is never taken for
// a whole one.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repair/hive/hive.h"
#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::reg_file {

// The largest file that is read.  A SOFTWARE hive of 100 MiB is exported to about
// five times that.
inline constexpr std::uint64_t kFileSizeMax = std::uint64_t{1} << 30;

// "NAME"=DATA; "NAME"=- takes the value away.  @ is the default value, "".
struct Entry {
  std::string name;
  std::optional<hive::Value> value;  // nothing: the value is deleted
};

// [KEY] and what stands below it.  [-KEY] takes the key away, with all below.
struct Section {
  std::string key;  // "HKEY_LOCAL_MACHINE\SYSTEM\Select"
  bool removes = false;
  std::vector<Entry> entries = {};
  std::size_t line = 0;  // from 1
};

// Of both versions: "Windows Registry Editor Version 5.00", whose texts are
// UTF-16, and "REGEDIT4", whose texts are bytes, also in hex(2) and hex(7).  The
// file itself is UTF-16 with a mark or without, UTF-8, or else Windows-1252: what
// code page an old file was written in, nothing in it says.
//
// bad_argument, with the line in the places, where it isn't one.
Result<std::vector<Section>> read(Bytes file);

// Makes a file of version 5, in UTF-16 with a mark, key by key.  What read() makes
// of it is what was added, to the byte: a REG_SZ that has no terminator, or
// anything behind it, or a line break within, is written as hex(1).
class Writer {
 public:
  Writer();

  // bad_argument for a name with a line break or a zero, which no file can hold.
  Done add(std::string_view key, const std::vector<hive::Value>& values);

  const ByteVector& bytes() const { return bytes_; }

 private:
  void append(std::string_view text);

  ByteVector bytes_;
};

}  // namespace drydock::reg_file
