// What the hive tests share: corpus hives unpacked, and hives as other readers
// see them.

#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "repair/hive/hive.h"
#include "vhd/base/bytes.h"

namespace drydock::hive {

// The bytes of a hive, unpacked where its name ends in .xz or .gz; empty where
// that didn't work.
ByteVector load_hive_file(const std::filesystem::path& path);

Result<Hive> open_hive(ByteVector bytes);

void write_file(const std::filesystem::path& path, Bytes bytes);

// A hive in a form that any reader can fill: paths below the root ("" for it)
// to what the key holds.
struct KeyContent {
  FileTime last_written = 0;
  // Name, type and data, in the key's order.
  std::vector<std::tuple<std::string, std::uint32_t, std::string>> values;

  friend bool operator==(const KeyContent&, const KeyContent&) = default;
};
using Content = std::map<std::string, KeyContent>;

Result<Content> content_by_us(const Hive& hive);
// Empty where hivex can't read it.
Content content_by_hivex(const std::filesystem::path& path);

}  // namespace drydock::hive
