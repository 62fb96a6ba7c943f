// The structures of a volume that BitLocker encrypts.  All integers are
// little-endian.
//
// Microsoft publishes no paper on them.  The ground is libbde's "BitLocker Drive
// Encryption (BDE) format" (here: libbde), the headers of dislocker and of
// dissect.fve, which took names from Windows' own symbols, and the volumes of
// cryptsetup's test set, of Windows 7, 10 and 11.

#pragma once

#include <array>
#include <cstdint>

#include "vhd/base/bytes.h"
#include "vhd/base/endian.h"
#include "vhd/base/guid.h"

namespace drydock::bitlocker {

inline constexpr std::string_view kSignature = "-FVE-FS-";

// What of the volume's first sector counts.  To others a volume of Windows 7 and
// later looks like FAT32, one of Vista like NTFS.  libbde, "Volume header".
inline constexpr std::size_t kBootSectorSize = 512;
struct BootSector {
  std::array<std::byte, 3> jump;     // +0x00
  std::array<char, 8> signature;     // +0x03  kSignature; To Go: "MSWIN4.1"
  le16 sector_size;                  // +0x0b  0 in an exFAT volume of Windows 10 1903
  std::uint8_t sectors_per_cluster;  // +0x0d
  std::array<std::byte, 42> others;  // +0x0e
  le64 vista_metadata_cluster;       // +0x38  Vista: where the first copy is.  Others:
                                     //        bytes of FAT32's, of which +0x38 is 0
};
static_assert(OnDisk<BootSector> && sizeof(BootSector) == 0x40);

// Where the metadata is.  At +0xa0 of the boot sector, To Go at +0x1a8.
inline constexpr std::size_t kPlacesOffset = 0xa0;
inline constexpr std::size_t kToGoPlacesOffset = 0x1a8;
struct Places {
  Guid id;                          // +0x00
  std::array<le64, 3> offsets;      // +0x10  of the three copies, in bytes
  std::array<le64, 2> eow_offsets;  // +0x28  with kEncryptOnWriteId only
};
static_assert(OnDisk<Places> && sizeof(Places) == 0x38);

inline constexpr Guid kMetadataId = "4967d63b-2e29-4ad8-8399-f6a339e3d001"_guid;
// Windows 8 and later, of a volume that is encrypted as it is written: what of it is
// encrypted is in bitmaps.  libbde issues 39 and 69; seen in two volumes.
inline constexpr Guid kEncryptOnWriteId = "92a84d3b-dd80-4d0e-9e4e-b1e3284eaed8"_guid;
// How those bitmaps' own header begins.  dislocker, metadata.priv.h.
inline constexpr std::string_view kEncryptOnWriteMark =
    std::string_view("FVE-EOW\0", 8);

// The head of each copy of the metadata.  libbde, "FVE metadata block header".
struct BlockHeader {
  std::array<char, 8> signature;  // +0x00  kSignature
  le16 size;                      // +0x08  of what is checked; version 2: times 16
  le16 version;                   // +0x0a  1 Vista, 2 later
  le16 state;                     // +0x0c  State
  le16 next_state;                // +0x0e
  le64 encrypted_size;            // +0x10  what lies after this many bytes is plain
  le32 converting_size;           // +0x18  bytes that were on their way when the power
                                  //        went; after encrypted_size
  le32 head_sector_count;         // +0x1c  of the volume, kept at head_offset
  std::array<le64, 3> offsets;    // +0x20  of the copies
  le64 head_offset;               // +0x38  version 1: the cluster of $MFTMirr
};
static_assert(OnDisk<BlockHeader> && sizeof(BlockHeader) == 0x40);

// Then this, and entries up to `size`.  libbde, "FVE metadata header".  A startup
// key's file is one of these, with `size` for the whole of it.
struct SetHeader {
  le32 size;           // +0x00  with this header
  le32 version;        // +0x04  1
  le32 header_size;    // +0x08  0x30
  le32 end;            // +0x0c  `size` again
  Guid id;             // +0x10  of the volume; of the startup key
  le32 nonce_counter;  // +0x20  grows with every key that is wrapped
  le16 method;         // +0x24  Method
  le16 wanted_method;  // +0x26  0, or `method` again
  le64 created;        // +0x28  FILETIME
};
static_assert(OnDisk<SetHeader> && sizeof(SetHeader) == 0x30);

// After what is checked: its checksum.  An entry follows that holds its SHA-256,
// wrapped by the master key.  dislocker, metadata.priv.h; seen in all 16 volumes.
struct Validation {
  le16 size;
  le16 version;
  le32 crc;  // crc32() of the `size` bytes (BlockHeader) before this
};
static_assert(OnDisk<Validation> && sizeof(Validation) == 8);

// libbde, "FVE metadata entry".
struct EntryHeader {
  le16 size;  // +0x00  with this header
  le16 role;  // +0x02  Role
  le16 type;  // +0x04  Type
  le16 version;
};
static_assert(OnDisk<EntryHeader> && sizeof(EntryHeader) == 8);

// What an entry is for.
enum class Role : std::uint16_t {
  property = 0,  // of the entry that it lies in
  protector = 2,
  volume_key = 3,
  startup_key = 6,
  description = 7,
  head = 0xf,
};

// What its bytes are.
enum class Type : std::uint16_t {
  key = 1,
  text = 2,  // UTF-16, with a NUL
  stretched_key = 3,
  wrapped_key = 5,
  protector = 8,
  external_key = 9,
  head = 0xf,
};

// A key as it is, of Type::key: this, and the key.
struct KeyHeader {
  le16 method;
  le16 flags;
};
static_assert(OnDisk<KeyHeader> && sizeof(KeyHeader) == 4);

// Of Type::stretched_key: what a password is stretched with.
struct StretchHeader {
  le16 method;
  le16 flags;
  std::array<std::byte, 16> salt;
};
static_assert(OnDisk<StretchHeader> && sizeof(StretchHeader) == 20);

// Of Type::wrapped_key: AES-CCM of an entry of Type::key, without other data.
// Then the ciphertext.
struct WrapHeader {
  std::array<std::byte, 12> nonce;  // a FILETIME and a counter
  std::array<std::byte, 16> mac;
};
static_assert(OnDisk<WrapHeader> && sizeof(WrapHeader) == 28);

// Of Type::protector: one way to the master key.  Then entries.
struct ProtectorHeader {
  Guid id;       // +0x00
  le64 changed;  // +0x10  FILETIME
  le16 hints;    // +0x18
  le16 kind;     // +0x1a  the bits of kBitTpm and so on
};
static_assert(OnDisk<ProtectorHeader> && sizeof(ProtectorHeader) == 28);

// libbde has 0x0100, 0x0200, 0x0800 and 0x2000; cryptsetup's bitlk 0x0500, TPM with
// PIN, and 0x1000; dissect.fve, that they are bits.
inline constexpr std::uint16_t kBitTpm = 0x0100;
inline constexpr std::uint16_t kBitStartupKey = 0x0200;
inline constexpr std::uint16_t kBitPin = 0x0400;
inline constexpr std::uint16_t kBitRecoveryPassword = 0x0800;
inline constexpr std::uint16_t kBitPublicKey = 0x1000;
inline constexpr std::uint16_t kBitPassword = 0x2000;

// Of Type::external_key: what a startup key's file holds.  Then entries.
struct ExternalKeyHeader {
  Guid id;       // the protector's
  le64 changed;  // FILETIME
};
static_assert(OnDisk<ExternalKeyHeader> && sizeof(ExternalKeyHeader) == 24);

// Of Type::head: where the volume's first bytes are.  Windows 8 and later go on with
// HeadExtension.  libbde, "FVE Volume header block".
struct Head {
  le64 offset;
  le64 size;
};
static_assert(OnDisk<Head> && sizeof(Head) == 16);

// dissect.fve, FVE_EXTENDED_INFORMATION.
struct HeadExtension {
  le16 version;              // +0x00  5
  le16 size;                 // +0x02  0x4c
  le32 wipe_file_count_max;  // +0x04
  le64 flags;                // +0x08  0x0a; To Go 0x848; 0x40 with encrypt-on-write
  le64 log_offset;           // +0x10
  le32 log_size;             // +0x18
  le32 sector_size;          // +0x1c
};
static_assert(OnDisk<HeadExtension> && sizeof(HeadExtension) == 0x20);

// Each copy has so much of the volume to itself.  libbde; dislocker, metadata.c.
inline constexpr std::uint64_t kRegionSize = 64 * 1024;
inline constexpr std::uint64_t kVistaRegionSize = 16 * 1024;

// Vista leaves so much at the volume's start as it is.
inline constexpr std::uint64_t kVistaHeadSize = 0x2000;

}  // namespace drydock::bitlocker
