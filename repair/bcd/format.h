// How a device element lies in its registry value.
//
// Nothing of this is documented by Microsoft.  It was measured on 254 device
// elements of public stores: 140 qualified partitions (113 GPT, 27 MBR), 40
// "boot", 70 ramdisks and 4 locates.  The size rule held in all of them; of
// ramdisk and locate one sample of each length was taken apart.  What comes
// from public headers only is marked "unseen".

#pragma once

#include <array>
#include <cstdint>

#include "vhd/base/bytes.h"
#include "vhd/base/endian.h"
#include "vhd/base/guid.h"

namespace drydock::bcd {

// Before the descriptor stands the id of a device options object: that of a
// ramdisk, else zeros.
inline constexpr std::size_t kOptionsSize = 16;

// DescriptorHeader::type.  Unseen and left alone: 2 legacy partition, 3
// serial, 4 network, 7 VMBus.
inline constexpr std::uint32_t kLocal = 0;      // a block device, or a file on one
inline constexpr std::uint32_t kBoot = 5;       // where the boot manager came from
inline constexpr std::uint32_t kQualified = 6;  // a partition, by ids
inline constexpr std::uint32_t kLocate = 8;     // wherever a file is found

// What each descriptor begins with; they nest.
struct DescriptorHeader {
  le32 type;      // +0x00
  le32 flags;     // +0x04  1 in a ramdisk's, else 0
  le32 size;      // +0x08  from `type` to the descriptor's end
  le32 reserved;  // +0x0c  0
};
static_assert(OnDisk<DescriptorHeader> && sizeof(DescriptorHeader) == 0x10);

// What lies behind a kLocal or kQualified descriptor.  Unseen and left alone:
// 1 floppy, 2 CD.
inline constexpr std::uint32_t kDisk = 0;
inline constexpr std::uint32_t kRamdisk = 3;
inline constexpr std::uint32_t kFile = 5;
inline constexpr std::uint32_t kVirtualDisk = 6;

// QualifiedPartition::scheme.  Unseen: 2 raw.
inline constexpr std::uint32_t kSchemeGpt = 0;
inline constexpr std::uint32_t kSchemeMbr = 1;

// Follows the header of kBoot: 56 bytes of zeros.
// Follows the header of kQualified.
struct QualifiedPartition {
  std::array<std::byte, 16> partition;  // +0x10  GPT: the partition's own GUID
                                        //        MBR: le64 offset in bytes, 8 zeros
  le32 kind;                            // +0x20  kDisk, or kVirtualDisk (unseen)
  le32 scheme;                          // +0x24
  std::array<std::byte, 16> disk;       // +0x28  GPT: the disk's GUID
                                        //        MBR: le32 signature, 12 zeros
};                                      // +0x38  kDisk: 16 zeros
                                        //        kVirtualDisk: a kFile descriptor
static_assert(OnDisk<QualifiedPartition> && sizeof(QualifiedPartition) == 0x28);

struct MbrPartition {
  le64 offset;
  le64 reserved;
};
struct MbrDisk {
  le32 signature;
  std::array<le32, 3> reserved;
};
static_assert(OnDisk<MbrPartition> && sizeof(MbrPartition) == 16);
static_assert(OnDisk<MbrDisk> && sizeof(MbrDisk) == 16);

// Follows the header of kLocal, when its first field says kRamdisk.
struct Ramdisk {
  le32 kind;          // +0x10
  le64 base;          // +0x14  0 in a store; memory, once loaded
  le64 size;          // +0x1c  0
  le32 image_offset;  // +0x24  0
};                    // +0x28  a FilePath
static_assert(OnDisk<Ramdisk> && sizeof(Ramdisk) == 0x18);

// Follows the header of kLocal, when its first field says kVirtualDisk.  Seen
// only inside a locate.
struct VirtualDisk {
  le32 kind;                     // +0x10
  le32 scheme;                   // +0x14
  std::array<std::byte, 16> id;  // +0x18
};                               // +0x28  a kFile descriptor
static_assert(OnDisk<VirtualDisk> && sizeof(VirtualDisk) == 0x18);

// A file: on what, and its path there.  At +0x14 of a kFile descriptor, whose
// +0x10 is the word kFile alone.
struct FilePath {
  le32 version;  // +0x00  1
  le32 length;   // +0x04  from `version` to the end
  le32 source;   // +0x08  5
};               // +0x0c  the descriptor of what it lies on, then the path:
                 //        UTF-16, ended by a zero
static_assert(OnDisk<FilePath> && sizeof(FilePath) == 0x0c);

inline constexpr std::uint32_t kFilePathVersion = 1;
inline constexpr std::uint32_t kFilePathSource = 5;

// Follows the header of kLocate.
struct Locate {
  le32 mode;           // +0x10  kLocateByElement
  le32 element;        // +0x14  0x12000002 or 0x22000002; by path 0, which is guessed
  le32 parent_offset;  // +0x18  from the descriptor's start; 0: no parent
};                     // +0x1c  the path, UTF-16, ended by a zero, often only the
                       //        zero; then the parent's descriptor
static_assert(OnDisk<Locate> && sizeof(Locate) == 0x0c);

// Locate::mode, as the WMI class BcdDeviceLocateData numbers them.  Only the first
// was met.
inline constexpr std::uint32_t kLocateByElement = 0;
inline constexpr std::uint32_t kLocateByPath = 1;

// The whole of a kBoot or a kQualified kDisk element: 88 bytes, and the
// descriptor of it.
inline constexpr std::size_t kPlainSize = 0x58;
inline constexpr std::size_t kPlainDescriptorSize = kPlainSize - kOptionsSize;

}  // namespace drydock::bcd
