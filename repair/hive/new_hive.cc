#include "repair/hive/new_hive.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/security/sddl.h"
#include "repair/hive/cells.h"
#include "repair/hive/format.h"
#include "vhd/base/try.h"

namespace drydock::hive {

namespace {

constexpr std::size_t kRootNameMax = 64;  // far from the page that it shares

// The root of a hive (4), which can't be removed (8), named in Latin-1.
constexpr std::uint16_t kRootFlags = 0x0c | key_flag::latin1_name;

// Inherited by every key below.  KA: KEY_ALL_ACCESS.
constexpr std::string_view kRootSecurity = "O:BAG:SYD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)";

void append(ByteVector& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// Adds a cell, in use or free, that begins with `content` and is `size` long or as
// long as it must be.
void append_cell(ByteVector& bins, const ByteVector& content, bool in_use,
                 std::size_t size = 0) {
  std::size_t start = bins.size();
  std::size_t needed = sizeof(le32) + content.size();
  if (size == 0) size = (needed + kCellUnit - 1) / kCellUnit * kCellUnit;
  auto length = static_cast<std::uint32_t>(size);
  append(bins, bytes_of(le32(in_use ? 0U - length : length)));
  append(bins, content);
  bins.resize(start + size);
}

ByteVector root_key(std::string_view name, std::uint32_t security, FileTime time) {
  KeyNode key{};
  key.signature = kKeySignature;
  key.flags = kRootFlags;
  key.last_written = time;
  key.parent = kNoCell;
  key.subkey_list = kNoCell;
  key.volatile_subkey_list = kNoCell;
  key.value_list = kNoCell;
  key.security = security;
  key.class_name = kNoCell;
  key.name_size = static_cast<std::uint16_t>(name.size());
  ByteVector cell;
  append(cell, bytes_of(key));
  append(cell, bytes_of(name));
  return cell;
}

Result<ByteVector> security_cell(std::uint32_t place) {
  ByteVector descriptor =
      TRY(security::encode_descriptor(TRY(security::parse_sddl(kRootSecurity))));
  SecurityNode node{};
  node.signature = kSecuritySignature;
  node.next = place;  // a ring of one
  node.previous = place;
  node.reference_count = 1U;
  node.descriptor_size = static_cast<std::uint32_t>(descriptor.size());
  ByteVector cell;
  append(cell, bytes_of(node));
  append(cell, descriptor);
  return cell;
}

}  // namespace

Result<ByteVector> new_hive(std::string_view root_name, FileTime time) {
  bool plain =
      std::ranges::all_of(root_name, [](char c) { return c > ' ' && c < 127; });
  if (root_name.empty() || root_name.size() > kRootNameMax || !plain) {
    return Error(Errc::bad_argument,
                 fmt::format("a hive's root can't be named \"{}\"", root_name));
  }
  BinHeader bin{};
  bin.signature = kBinSignature;
  bin.size = kBinUnit;
  bin.last_written = time;
  ByteVector bins;
  append(bins, bytes_of(bin));
  auto root = static_cast<std::uint32_t>(bins.size());
  // Where the second cell lies depends on the length of the first alone.
  ByteVector measured = bins;
  append_cell(measured, root_key(root_name, 0, time), true);
  auto security = static_cast<std::uint32_t>(measured.size());
  append_cell(bins, root_key(root_name, security, time), true);
  append_cell(bins, TRY(security_cell(security)), true);
  append_cell(bins, {}, false, kBinUnit - bins.size());

  BaseBlock base{};
  base.signature = kBaseBlockSignature;
  base.sequence1 = 1U;
  base.sequence2 = 1U;
  base.last_written = time;
  base.major = 1U;
  base.minor = 3U;
  base.format = 1U;
  base.root = root;
  base.bins_size = kBinUnit;
  base.clustering = 1U;
  base.checksum = checksum(base);
  ByteVector out;
  append(out, bytes_of(base));
  out.resize(kBaseBlockSize);
  append(out, bins);
  return out;
}

}  // namespace drydock::hive
