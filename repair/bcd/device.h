// A device element: where a boot application, or Windows, lies.
//
// A partition is named by the ids that its disk's table gives it, never by a
// letter, so that a store means the same on any machine that the disk is put
// into -- and nothing once those ids change.  README.md draws the bytes.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vhd/base/bytes.h"
#include "vhd/base/guid.h"
#include "vhd/base/result.h"

namespace drydock::bcd {

struct Device {
  enum class Kind : std::uint8_t {
    boot,       // the partition that the boot manager was started from
    partition,  // by its ids
    ramdisk,    // an image file, loaded into memory
    file,
    vhd,     // a virtual disk in a file
    locate,  // whichever partition has the file
    unknown
  };
  Kind kind = Kind::unknown;
  bool gpt = false;   // else MBR, when kind is partition
  Guid disk_id;       // GPT
  Guid partition_id;  // GPT
  std::uint32_t mbr_signature = 0;
  std::uint64_t mbr_offset = 0;  // in bytes
  std::string path;              // of a file, ramdisk image or vhd; of a locate
  std::uint32_t element = 0;     // of a locate: the element that holds the path
  Guid options;                  // of a ramdisk: its device options object
  // What a file, ramdisk image or vhd lies on, and what a locate starts from.
  // None or one.
  std::vector<Device> parent;
  ByteVector raw;  // the element as stored: written back unchanged
};

// "boot", "partition", ..., "unknown".
std::string_view to_string(Device::Kind kind);

// Partitions as their table names them.
Device gpt_partition(const Guid& disk_id, const Guid& partition_id);
struct MbrPlace {
  std::uint32_t signature = 0;
  std::uint64_t offset = 0;  // in bytes
};
Device mbr_partition(const MbrPlace& place);

// The partition that the boot manager was started from.
Device boot_device();

// What lies in a file of `parent`: the file itself, the image of a ramdisk, which
// is loaded as the device options object `options` says, or a virtual disk.
Device file_device(Device parent, std::string path);
Device ramdisk_device(Device parent, std::string path, const Guid& options);
Device vhd_device(Device parent, std::string path);
// Wherever the file is that `element` names (0x12000002, 0x22000002): within
// `parent`, or anywhere.
Device locate_device(std::uint32_t element, std::optional<Device> parent = {});
// The same of a file that is named here.
Device locate_path_device(std::string path, std::optional<Device> parent = {});

// Bytes that aren't to be understood, only carried: kind unknown.
Device opaque_device(ByteVector raw);

// What `raw` says.  A form that we don't know, or bytes that break a rule of
// one that we do, are kind unknown; `raw` is kept either way.
Device decode_device(Bytes raw);

// The element's bytes.  boot and partition make 88 bytes, out of `raw` where
// that is of their kind, so that fields which we don't know stay as they are.
// All others are `raw`, and where there is none are made as Windows makes them.
// bad_argument for an unknown one without `raw`, and for what decode_device()
// would not read back.
Result<ByteVector> encode_device(const Device& device);

// Whether both are of kind partition and name the same one.
bool same_partition(const Device& a, const Device& b);

// The partition at the bottom: `device` itself, or what the file that it names
// lies on.  Of kind boot, partition, unknown, or a locate without a parent.
const Device& innermost(const Device& device);

// The deepest form that bcdedit writes is four: a locate in a vhd in a file on
// a partition.
inline constexpr int kDeviceDepthMax = 8;

}  // namespace drydock::bcd
