// Where everything is on a disk to be built, and what it is called: worked out
// from the spec and the seed before a byte is written.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/images/hive_text.h"
#include "harness/images/spec.h"
#include "ntfs/file.h"
#include "vhd/base/guid.h"

namespace drydock::images {

// When every file of a built disk was made: 2024-01-02 03:04:05 UTC.
inline constexpr std::int64_t kBuildTimeUnix = 1704164645;
inline constexpr FileTime kBuildTime =
    (static_cast<FileTime>(kBuildTimeUnix) + 11644473600U) * 10000000U;

struct Slot {
  Guid type;  // of a GPT, as is the id
  Guid id;
  std::uint64_t offset = 0;  // in bytes
  std::uint64_t size = 0;    // in bytes
  std::string_view name;
  std::string_view attributes;  // of a GPT, as sfdisk spells them
  std::uint8_t mbr_type = 0;
  bool active = false;  // of an MBR
};

// All that the seed decides.
struct Ids {
  Guid disk;
  Guid loader;         // the boot store's object for this Windows
  Guid resume;         // and for its resume application
  Guid recovery;       // and for the recovery environment
  Guid recovery_disk;  // and for the RAM disk that holds it
  Guid absent;         // an id that is nowhere on the disk, for wounds
  std::uint32_t mbr_signature = 0;
  std::uint32_t fat_serial = 0;
  std::uint64_t ntfs_serial = 0;
  std::string computer_name;
};

struct Layout {
  Spec spec;
  Ids ids;
  Slot esp;  // of size 0 where firmware is a BIOS, and so the next
  Slot msr;
  std::optional<Slot> system_reserved;
  Slot windows;
  std::optional<Slot> recovery;

  // The one that holds the boot manager and its store.
  const Slot& system() const;
  // Each that there is, in the disk's order.
  std::vector<Slot> slots() const;
};

Layout lay_out(const Spec& spec, std::uint64_t seed);

// The same GUID for the same seed and name, of the form of a random one.
Guid seeded_guid(std::uint64_t seed, std::string_view name);

// What the texts of hives and stores may say of this disk: "${disk_id}" and
// the like.
Words words_of(const Layout& layout);

}  // namespace drydock::images
