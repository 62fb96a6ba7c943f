// What the BCD tests share: bytes from hex, a small boot store made by code, and
// stores as reglookup sees them.

#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "repair/bcd/names.h"
#include "repair/bcd/store.h"

namespace drydock::bcd {

// "06 00 00 00": spaces between bytes or not.
ByteVector bytes_from_hex(std::string_view hex);
std::string hex_of(Bytes bytes);

void save_hive_file(const std::filesystem::path& path, hive::Hive& hive);

inline constexpr ObjectId kLoader = "11111111-2222-3333-4444-555555555555"_guid;
inline constexpr ObjectId kSecondLoader = "22222222-2222-3333-4444-555555555555"_guid;
inline constexpr Guid kDiskId = "aaaaaaaa-0000-0000-0000-000000000001"_guid;
inline constexpr Guid kEspId = "bbbbbbbb-0000-0000-0000-000000000001"_guid;
inline constexpr Guid kWindowsId = "bbbbbbbb-0000-0000-0000-000000000003"_guid;

// A store as Windows Setup leaves one: a boot manager with two loaders in its
// menu, of which kLoader is the default, and the settings that they inherit.
Result<hive::Hive> small_store();

// Every value of a hive as reglookup reads it: "/Objects/{...}/Description/Type"
// to "DWORD,0x10200003", with reglookup's own escapes.
std::map<std::string, std::string> values_by_reglookup(
    const std::filesystem::path& path);
// The bytes of one of reglookup's binary values, or the text of another.
std::string unescaped(std::string_view value);

}  // namespace drydock::bcd
