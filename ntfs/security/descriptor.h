// A security descriptor: a file's owner, its group, who may do what with it, and
// what is to be audited.  Self-relative on disks, decoded here.  [MS-DTYP] 2.4.6

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ntfs/security/sid.h"
#include "vhd/base/bytes.h"
#include "vhd/base/guid.h"
#include "vhd/base/result.h"

namespace drydock::security {

// Two lists of 64 KiB, which is what an ACL's size can say, and two SIDs.
inline constexpr std::size_t kDescriptorSizeMax = 132 << 10;

// [MS-DTYP] 2.4.4.1
namespace ace_type {
inline constexpr std::uint8_t allowed = 0x00;
inline constexpr std::uint8_t denied = 0x01;
inline constexpr std::uint8_t audit = 0x02;
inline constexpr std::uint8_t allowed_object = 0x05;
inline constexpr std::uint8_t denied_object = 0x06;
inline constexpr std::uint8_t audit_object = 0x07;
inline constexpr std::uint8_t allowed_callback = 0x09;
inline constexpr std::uint8_t denied_callback = 0x0a;
inline constexpr std::uint8_t allowed_callback_object = 0x0b;
inline constexpr std::uint8_t audit_callback = 0x0d;
inline constexpr std::uint8_t mandatory_label = 0x11;
inline constexpr std::uint8_t resource_attribute = 0x12;
inline constexpr std::uint8_t scoped_policy = 0x13;
}  // namespace ace_type

// One line of an ACL.  Of a type whose shape isn't known, only `rest` is filled:
// all that follows its header.
struct Ace {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t mask = 0;
  std::optional<Guid> object = {};     // ObjectType
  std::optional<Guid> inherited = {};  // InheritedObjectType
  std::optional<Sid> sid = {};
  ByteVector rest = {};  // of a conditional one: its condition
};

struct Acl {
  std::vector<Ace> aces;
};

struct Descriptor {
  // [MS-DTYP] 2.4.6: those bits of Control that say how the lists came to be;
  // which parts there are is in the members.
  std::uint16_t control = 0;
  std::optional<Sid> owner = {};
  std::optional<Sid> group = {};
  std::optional<Acl> dacl = {};
  bool null_dacl = false;  // it is there, and lets everybody do everything
  std::optional<Acl> sacl = {};
};

// Bits of Control.
namespace control {
inline constexpr std::uint16_t dacl_present = 0x0004;
inline constexpr std::uint16_t sacl_present = 0x0010;
inline constexpr std::uint16_t dacl_inherit_asked = 0x0100;
inline constexpr std::uint16_t sacl_inherit_asked = 0x0200;
inline constexpr std::uint16_t dacl_inherited = 0x0400;
inline constexpr std::uint16_t sacl_inherited = 0x0800;
inline constexpr std::uint16_t dacl_protected = 0x1000;
inline constexpr std::uint16_t sacl_protected = 0x2000;
inline constexpr std::uint16_t self_relative = 0x8000;
// Those that say something of one list.
inline constexpr std::uint16_t of_dacl =
    dacl_inherit_asked | dacl_inherited | dacl_protected;
inline constexpr std::uint16_t of_sacl =
    sacl_inherit_asked | sacl_inherited | sacl_protected;
}  // namespace control

// corrupt where a part runs past the end, or isn't what it says.
Result<Descriptor> decode_descriptor(Bytes bytes);
// In Windows' order: the lists first, then owner and group.  bad_argument where a
// list is longer than its size can say.
Result<ByteVector> encode_descriptor(const Descriptor& descriptor);

// bad_argument where a volume shouldn't be given this as a descriptor: it can't be
// decoded, or has no owner or group.
Done check_descriptor(Bytes bytes);

}  // namespace drydock::security
