// Disks with partition tables that others made, and what is done to them in tests.

#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/base/crc.h"
#include "vhd/memory_device.h"
#include "vhd/partition/format.h"
#include "vhd/partition/table.h"

namespace drydock::partition {

inline constexpr std::uint64_t kDiskSize = 16 << 20;
inline constexpr std::uint64_t kLastLba = kDiskSize / 512 - 1;

inline ByteVector bytes_of_file(const std::filesystem::path& path) {
  ByteVector bytes(std::filesystem::file_size(path));
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

inline void make_file(const std::filesystem::path& path, Bytes bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

// A disk with the table that a program makes of `size` zeros when told `script`.
inline ByteVector scripted(const std::string& program, const std::string& script,
                           std::uint64_t size = kDiskSize) {
  TempFolder folder;
  std::filesystem::path path = folder / "disk.raw";
  std::ofstream(path).close();
  std::filesystem::resize_file(path, size);
  std::ofstream(folder / "script") << script;
  RunResult result = run({"sh", "-c",
                          fmt::format("PATH=$PATH:/sbin:/usr/sbin; {} {} < {}", program,
                                      path.string(), (folder / "script").string())});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  return bytes_of_file(path);
}

inline ByteVector sgdisk(const std::string& words) {
  return scripted("sgdisk " + words, "");
}

inline ByteVector sfdisk(const std::string& script) {
  return scripted("sfdisk -q", script);
}

// Copies a struct out, lets `change` at it, and copies it back.
template <class T>
void edit(ByteVector& disk, std::uint64_t offset,
          const std::function<void(T&)>& change) {
  T value = *load<T>(disk, offset);
  change(value);
  ASSERT_TRUE(store(disk, offset, value));
}

// Puts both checksums of the GPT header at `lba` right.
inline void seal(ByteVector& disk, std::uint64_t lba) {
  edit<GptHeader>(disk, lba * 512, [&](GptHeader& header) {
    std::uint64_t size = std::uint64_t(header.entry_count) * header.entry_size;
    if (header.entries_lba * 512 + size <= disk.size()) {
      header.entries_crc = crc32(Bytes(disk).subspan(header.entries_lba * 512, size));
    }
    header.header_crc = 0;
    header.header_crc = crc32(bytes_of(header));
  });
}

inline Result<Table> table_of(ByteVector disk, std::uint32_t sector_size = 512) {
  return read_table(MemoryDevice(std::move(disk), sector_size));
}

inline std::string refusal(ByteVector disk) {
  Result<Table> table = table_of(std::move(disk));
  if (table) return "it was read";
  return fmt::format("{}: {}", to_string(table.error().code()), table.error().words());
}

inline ByteVector unpacked(const std::filesystem::path& path) {
  std::string text = run({"gzip", "-dc", path.string()}).out;
  return ByteVector(bytes_of(text).begin(), bytes_of(text).end());
}

}  // namespace drydock::partition
