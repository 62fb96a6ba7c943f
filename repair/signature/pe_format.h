// How a PE file lies on disk, as far as signatures and versions need it.
//
// Microsoft's "PE Format" is the paper; sections of it are named below.  What
// it calls an RVA is an offset into the image as it is loaded.

#pragma once

#include <array>
#include <cstdint>

#include "vhd/base/bytes.h"
#include "vhd/base/endian.h"

namespace drydock::signature {

inline constexpr std::uint16_t kDosSignature = 0x5a4d;     // "MZ"
inline constexpr std::uint32_t kPeSignature = 0x00004550;  // "PE\0\0"

// At the file's start.  "MS-DOS Stub"
struct DosHeader {
  le16 signature;                      // +0x00
  std::array<std::byte, 0x3a> unused;  // +0x02
  le32 header_offset;                  // +0x3c  e_lfanew; Windows takes any, also one
                                       //        back into this header
};
static_assert(OnDisk<DosHeader> && sizeof(DosHeader) == 0x40);

// Where the DOS header says.  "COFF File Header"
struct FileHeader {
  le32 signature;             // +0x00  kPeSignature
  le16 machine;               // +0x04
  le16 section_count;         // +0x06
  le32 timestamp;             // +0x08  seconds since 1970, or a hash of the content
  le32 symbol_offset;         // +0x0c
  le32 symbol_count;          // +0x10
  le16 optional_header_size;  // +0x14  the section table begins so far behind this
  le16 characteristics;       // +0x16
};
static_assert(OnDisk<FileHeader> && sizeof(FileHeader) == 0x18);

inline constexpr std::uint16_t kMagic32 = 0x10b;  // PE32
inline constexpr std::uint16_t kMagic64 = 0x20b;  // PE32+

// Follows the file header: what PE32 and PE32+ have at the same place.  "Optional
// Header"
struct OptionalHeader {
  le16 magic;                            // +0x00
  std::array<std::byte, 0x1e> unused;    // +0x02
  le32 section_alignment;                // +0x20
  le32 file_alignment;                   // +0x24
  std::array<std::byte, 0x10> versions;  // +0x28
  le32 image_size;                       // +0x38  SizeOfImage
  le32 headers_size;                     // +0x3c  SizeOfHeaders, all up to the sections
  le32 checksum;                         // +0x40  CheckSum
  le16 subsystem;                        // +0x44
  le16 dll_characteristics;              // +0x46
};
static_assert(OnDisk<OptionalHeader> && sizeof(OptionalHeader) == 0x48);
inline constexpr std::uint64_t kChecksumAt = 0x40;

// Where NumberOfRvaAndSizes, le32, stands in the optional header; the data
// directories follow it.
inline constexpr std::uint64_t kDirectoryCountAt32 = 0x5c;
inline constexpr std::uint64_t kDirectoryCountAt64 = 0x6c;

// "Optional Header Data Directories"
struct DataDirectory {
  le32 address;  // +0x00  an RVA, but of the certificate table the file's offset
  le32 size;     // +0x04
};
static_assert(OnDisk<DataDirectory> && sizeof(DataDirectory) == 8);
inline constexpr std::uint32_t kResourceDirectory = 2;
inline constexpr std::uint32_t kCertificateDirectory = 4;

// "Section Table (Section Headers)"
struct SectionHeader {
  std::array<char, 8> name;          // +0x00  filled with zeros, not ended by one
  le32 virtual_size;                 // +0x08
  le32 virtual_address;              // +0x0c  RVA
  le32 data_size;                    // +0x10  SizeOfRawData
  le32 data_offset;                  // +0x14  PointerToRawData
  std::array<std::byte, 12> unused;  // +0x18
  le32 characteristics;              // +0x24
};
static_assert(OnDisk<SectionHeader> && sizeof(SectionHeader) == 0x28);

// Begins each entry of the certificate table; entries begin at multiples of 8.
// "The Attribute Certificate Table (Image Only)"
struct WinCertificate {
  le32 length;    // +0x00  with this header; osslsigncode counts the padding to 8,
                  //        sbsign doesn't
  le16 revision;  // +0x04  0x0200; 0x0100 was never seen
  le16 type;      // +0x06  2: PKCS#7
};
static_assert(OnDisk<WinCertificate> && sizeof(WinCertificate) == 8);
inline constexpr std::uint64_t kCertificateAlignment = 8;

// A node of the resource tree: its entries follow, those with a name first.
// "The .rsrc Section"
struct ResourceNode {
  std::array<std::byte, 12> unused;  // +0x00
  le16 named_count;                  // +0x0c
  le16 id_count;                     // +0x0e
};
static_assert(OnDisk<ResourceNode> && sizeof(ResourceNode) == 16);

struct ResourceEntry {
  le32 id;      // +0x00  top bit: the offset of a name
  le32 offset;  // +0x04  from the tree's start; top bit: to a node, else to data
};
static_assert(OnDisk<ResourceEntry> && sizeof(ResourceEntry) == 8);
inline constexpr std::uint32_t kResourceIsNode = 0x80000000;

struct ResourceData {
  le32 address;  // +0x00  RVA
  le32 size;     // +0x04
  le32 code_page;
  le32 reserved;
};
static_assert(OnDisk<ResourceData> && sizeof(ResourceData) == 16);

inline constexpr std::uint32_t kVersionResource = 16;  // RT_VERSION

// Begins each block of a version resource; then the key in UTF-16 and a zero, the
// value, and blocks within this one, each at a multiple of 4.  VS_VERSIONINFO,
// StringFileInfo, StringTable, String, VarFileInfo, Var.
struct VersionBlock {
  le16 length;        // +0x00  of all of it
  le16 value_length;  // +0x02  in bytes, or of text in characters; some tools differ
  le16 type;          // +0x04  1 text, 0 binary
};
static_assert(OnDisk<VersionBlock> && sizeof(VersionBlock) == 6);

inline constexpr std::uint32_t kFixedVersionSignature = 0xfeef04bd;

// The value of the outermost block.  VS_FIXEDFILEINFO
struct FixedVersion {
  le32 signature;                    // +0x00
  le32 structure_version;            // +0x04
  le16 file_minor;                   // +0x08  two words, high and low, of 16 bits each
  le16 file_major;                   // +0x0a
  le16 file_revision;                // +0x0c
  le16 file_build;                   // +0x0e
  le16 product_minor;                // +0x10
  le16 product_major;                // +0x12
  le16 product_revision;             // +0x14
  le16 product_build;                // +0x16
  std::array<std::byte, 28> unused;  // +0x18
};
static_assert(OnDisk<FixedVersion> && sizeof(FixedVersion) == 52);

}  // namespace drydock::signature
