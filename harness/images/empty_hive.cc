#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/images/hive_file.h"
#include "vhd/base/endian.h"
#include "vhd/base/utf16.h"

// Written from the published descriptions of the format (msuhanov/regf), with
// the values that Windows 10 gives to a hive that it makes.

namespace drydock::images {

namespace {

constexpr std::uint32_t kPageSize = 4096;
constexpr std::uint32_t kNowhere = 0xffffffff;
constexpr std::uint32_t kRootCell = 0x20;  // behind the bin's head
constexpr std::size_t kRootNameMax = 64;   // bytes; ours are short
constexpr std::size_t kFileNameMax = 31;   // UTF-16 units, and the terminator

struct BaseBlock {
  std::array<char, 4> signature;     // +0x000  "regf"
  le32 primary_sequence;             // +0x004  equal: nothing is unfinished
  le32 secondary_sequence;           // +0x008
  le64 last_written;                 // +0x00c
  le32 major_version;                // +0x014  1
  le32 minor_version;                // +0x018
  le32 type;                         // +0x01c  0: a primary file
  le32 format;                       // +0x020  1
  le32 root_cell;                    // +0x024  from the first bin on
  le32 bins_size;                    // +0x028
  le32 cluster_factor;               // +0x02c  1
  std::array<std::byte, 64> name;    // +0x030  the end of the path, UTF-16
  std::array<std::byte, 396> zeros;  // +0x070
  le32 checksum;                     // +0x1fc  XOR of the 127 words before it
};
static_assert(OnDisk<BaseBlock> && sizeof(BaseBlock) == 512);

struct BinHead {
  std::array<char, 4> signature;  // +0x00  "hbin"
  le32 offset;                    // +0x04  from the first bin on
  le32 size;                      // +0x08
  le64 zero;                      // +0x0c
  le64 time;                      // +0x14
  le32 spare;                     // +0x1c
};
static_assert(OnDisk<BinHead> && sizeof(BinHead) == kRootCell);

struct KeyCell {
  le32 size;                      // +0x00  negative: in use
  std::array<char, 2> signature;  // +0x04  "nk"
  le16 flags;                     // +0x06
  le64 last_written;              // +0x08
  le32 access;                    // +0x10
  le32 parent;                    // +0x14
  le32 subkey_count;              // +0x18
  le32 volatile_count;            // +0x1c
  le32 subkeys;                   // +0x20
  le32 volatile_subkeys;          // +0x24
  le32 value_count;               // +0x28
  le32 values;                    // +0x2c
  le32 security;                  // +0x30
  le32 class_name;                // +0x34
  std::array<le32, 5> largest;    // +0x38  names, classes, data below; work
  le16 name_size;                 // +0x4c
  le16 class_size;                // +0x4e
};
static_assert(OnDisk<KeyCell> && sizeof(KeyCell) == 0x50);

// The root of a hive (4), not to be removed (8), its name in Latin-1 (0x20).
constexpr std::uint16_t kRootFlags = 0x2c;

struct SecurityCell {
  le32 size;                      // +0x00
  std::array<char, 2> signature;  // +0x04  "sk"
  le16 reserved;                  // +0x06
  le32 next;                      // +0x08  a ring: itself, when alone
  le32 previous;                  // +0x0c
  le32 reference_count;           // +0x10  keys that it is for
  le32 descriptor_size;           // +0x14
};
static_assert(OnDisk<SecurityCell> && sizeof(SecurityCell) == 0x18);

// [MS-DTYP] 2.4.2: S-1-5-18 is {1, 1, 5, 18}.
using Sid = std::vector<std::uint32_t>;
const Sid kSystem = {18};
const Sid kAdministrators = {32, 544};
const Sid kUsers = {32, 545};

constexpr std::uint32_t kAllAccess = 0xf003f;   // KEY_ALL_ACCESS
constexpr std::uint32_t kReadAccess = 0x20019;  // KEY_READ

void append(ByteVector& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// S-1-5-...: the authority is NT's own.
ByteVector sid_bytes(const Sid& sid) {
  ByteVector out = {std::byte{1}, static_cast<std::byte>(sid.size())};
  for (int byte : {0, 0, 0, 0, 0, 5}) out.push_back(static_cast<std::byte>(byte));
  for (std::uint32_t part : sid) append(out, bytes_of(le32(part)));
  return out;
}

// Allows, for the key and (2) for those made below it.  [MS-DTYP] 2.4.4.2
ByteVector allow(std::uint32_t access, const Sid& who) {
  ByteVector sid = sid_bytes(who);
  ByteVector out = {std::byte{0}, std::byte{2}};
  append(out, bytes_of(le16(static_cast<std::uint16_t>(8 + sid.size()))));
  append(out, bytes_of(le32(access)));
  append(out, sid);
  return out;
}

// Self-relative, the list before the owner, as Windows lays it out.
// [MS-DTYP] 2.4.6
ByteVector security_descriptor() {
  ByteVector entries;
  append(entries, allow(kReadAccess, kUsers));
  append(entries, allow(kAllAccess, kSystem));
  append(entries, allow(kAllAccess, kAdministrators));
  ByteVector list = {std::byte{2}, std::byte{0}};  // ACL_REVISION
  append(list, bytes_of(le16(static_cast<std::uint16_t>(8 + entries.size()))));
  append(list, bytes_of(le32(3)));  // entries
  append(list, entries);

  constexpr std::uint32_t kHeadSize = 20;
  ByteVector owner = sid_bytes(kAdministrators);
  ByteVector group = sid_bytes(kSystem);
  std::uint32_t owner_offset = kHeadSize + static_cast<std::uint32_t>(list.size());
  std::uint32_t group_offset = owner_offset + static_cast<std::uint32_t>(owner.size());
  ByteVector out = {std::byte{1}, std::byte{0}};
  append(out, bytes_of(le16(0x8004)));  // SE_SELF_RELATIVE, SE_DACL_PRESENT
  append(out, bytes_of(le32(owner_offset)));
  append(out, bytes_of(le32(group_offset)));
  append(out, bytes_of(le32(0)));  // no SACL
  append(out, bytes_of(le32(kHeadSize)));
  append(out, list);
  append(out, owner);
  append(out, group);
  return out;
}

// Cells are multiples of 8, and tell their size as a negative number.
std::uint32_t cell_size(std::size_t content) {
  return static_cast<std::uint32_t>((content + 7) / 8 * 8);
}
le32 in_use(std::uint32_t size) { return le32(0U - size); }

ByteVector bin(const HiveHead& head) {
  ByteVector out;
  append(out,
         bytes_of(BinHead{{'h', 'b', 'i', 'n'}, 0U, kPageSize, 0U, head.time, 0U}));

  std::uint32_t key_size = cell_size(sizeof(KeyCell) + head.root_name.size());
  std::uint32_t security = kRootCell + key_size;
  KeyCell key{};
  key.size = in_use(key_size);
  key.signature = {'n', 'k'};
  key.flags = kRootFlags;
  key.last_written = head.time;
  key.subkeys = kNowhere;
  key.volatile_subkeys = kNowhere;
  key.values = kNowhere;
  key.security = security;
  key.class_name = kNowhere;
  key.name_size = static_cast<std::uint16_t>(head.root_name.size());
  append(out, bytes_of(key));
  append(out, bytes_of(head.root_name));
  out.resize(security);

  ByteVector descriptor = security_descriptor();
  std::uint32_t security_size = cell_size(sizeof(SecurityCell) + descriptor.size());
  append(out, bytes_of(SecurityCell{in_use(security_size),
                                    {'s', 'k'},
                                    std::uint16_t{0},
                                    security,
                                    security,
                                    1U,
                                    static_cast<std::uint32_t>(descriptor.size())}));
  append(out, descriptor);
  out.resize(security + security_size);

  append(out, bytes_of(le32(kPageSize - static_cast<std::uint32_t>(out.size()))));
  out.resize(kPageSize);  // all of it one free cell
  return out;
}

}  // namespace

Result<ByteVector> empty_hive(const HiveHead& head) {
  std::optional<std::u16string> name = to_utf16(head.file_name);
  if (!name || name->size() > kFileNameMax || head.root_name.size() > kRootNameMax) {
    return Error(Errc::bad_argument,
                 fmt::format("a hive can't be named '{}' with the root '{}'",
                             head.file_name, head.root_name));
  }
  BaseBlock base{};
  base.signature = {'r', 'e', 'g', 'f'};
  base.primary_sequence = 1U;
  base.secondary_sequence = 1U;
  base.last_written = head.time;
  base.major_version = 1U;
  base.minor_version = head.minor_version;
  base.format = 1U;
  base.root_cell = kRootCell;
  base.bins_size = kPageSize;
  base.cluster_factor = 1U;
  ByteVector wide = utf16le_bytes(*name);
  std::copy(wide.begin(), wide.end(), base.name.begin());

  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < offsetof(BaseBlock, checksum); i += sizeof(le32)) {
    sum ^= *load<le32>(bytes_of(base), i);
  }
  base.checksum = sum;  // never 0 or ~0 here, which have a rule of their own
  ByteVector out;
  append(out, bytes_of(base));
  out.resize(kPageSize);
  append(out, bin(head));
  return out;
}

}  // namespace drydock::images
