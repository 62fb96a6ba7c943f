// Makes and edits hives for the harness: the empty one byte by byte from what
// is known of the format, all that goes into it by hivex.
//
// Nothing here shares code with repair/hive, which reads what is made here.

#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "harness/images/hive_text.h"
#include "ntfs/file.h"
#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::images {

// What the base block of a new hive says.
struct HiveHead {
  std::string_view file_name;   // the end of its path, as Windows keeps it
  std::string_view root_name;   // "ROOT"; "NewStoreRoot" for a boot store
  std::uint32_t minor_version;  // 5; 3 for a boot store
  FileTime time;                // of the header and of every key
};

// A hive of a root key and its security descriptor: SYSTEM and Administrators
// may do everything, Users may read.
Result<ByteVector> empty_hive(const HiveHead& head);

// A hive in a file of the host.
class HiveFile {
 public:
  // corrupt for what hivex can't read.
  static Result<HiveFile> open(const std::filesystem::path& path);
  HiveFile(HiveFile&&) noexcept;
  ~HiveFile();

  // Sets what `keys` say; keys on the way are made.  unsupported where hivex
  // refuses, after which the file is as it was and this object is spent.
  Done apply(const std::vector<HiveTextKey>& keys);

  // Nothing where there is no such key or value, or it is of another type.
  std::optional<std::uint32_t> dword(std::string_view key, std::string_view name) const;
  std::optional<std::string> text(std::string_view key, std::string_view name) const;

  // Writes the file.
  Done save();

 private:
  struct Impl;
  explicit HiveFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// A new hive that holds what `text` says, in a file of the host.
Done make_hive(const std::filesystem::path& path, const HiveHead& head,
               std::string_view text, const Words& words);

// Changes the hive in a file of the host by what `text` says.
Done edit_hive(const std::filesystem::path& path, std::string_view text,
               const Words& words);

}  // namespace drydock::images
