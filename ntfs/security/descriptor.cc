#include "ntfs/security/descriptor.h"

#include <fmt/format.h>

#include "vhd/base/checked.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"

namespace drydock::security {

namespace {

struct Head {
  std::uint8_t revision;  // +0x00  1
  std::uint8_t padding;   // +0x01
  le16 control;           // +0x02
  le32 owner;             // +0x04  an offset, as are the others; 0 for none
  le32 group;             // +0x08
  le32 sacl;              // +0x0c
  le32 dacl;              // +0x10
};
static_assert(OnDisk<Head> && sizeof(Head) == 20);

struct AclHead {          // [MS-DTYP] 2.4.5
  std::uint8_t revision;  // +0x00  2, or 4 where object ACEs may be
  std::uint8_t padding;   // +0x01
  le16 size;              // +0x02
  le16 count;             // +0x04
  le16 padding_too;       // +0x06
};
static_assert(OnDisk<AclHead> && sizeof(AclHead) == 8);

struct AceHead {       // [MS-DTYP] 2.4.4.1
  std::uint8_t type;   // +0x00
  std::uint8_t flags;  // +0x01
  le16 size;           // +0x02  of all of it
};
static_assert(OnDisk<AceHead> && sizeof(AceHead) == 4);

// Which GUIDs an object ACE has, in its Flags.
constexpr std::uint32_t kHasObject = 1;
constexpr std::uint32_t kHasInherited = 2;

constexpr std::uint16_t kKeptControl = control::of_dacl | control::of_sacl;

enum class Shape : std::uint8_t { unknown, plain, object };

Shape shape_of(std::uint8_t type) {
  switch (type) {
    case ace_type::allowed:
    case ace_type::denied:
    case ace_type::audit:
    case ace_type::allowed_callback:
    case ace_type::denied_callback:
    case ace_type::audit_callback:
    case ace_type::mandatory_label:
    case ace_type::resource_attribute:
    case ace_type::scoped_policy:
      return Shape::plain;
    case ace_type::allowed_object:
    case ace_type::denied_object:
    case ace_type::audit_object:
    case ace_type::allowed_callback_object:
      return Shape::object;
    default:
      return Shape::unknown;
  }
}

Error broken(std::string_view what) {
  return Error(Errc::corrupt, fmt::format("a security descriptor's {}", what));
}

void append(ByteVector& bytes, Bytes more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

// What follows an ACE's header.
Result<Ace> decode_ace(const AceHead& head, Bytes body) {
  Ace ace{.type = head.type, .flags = head.flags};
  Shape shape = shape_of(head.type);
  if (shape == Shape::unknown) {
    ace.rest.assign(body.begin(), body.end());
    return ace;
  }
  auto mask = load<le32>(body);
  if (!mask) return broken("ACE ends before its mask");
  ace.mask = *mask;
  std::size_t at = sizeof(le32);
  if (shape == Shape::object) {
    auto flags = load<le32>(body, at);
    if (!flags) return broken("object ACE ends before its flags");
    at += sizeof(le32);
    for (auto [bit, guid] : {std::pair(kHasObject, &ace.object),
                             std::pair(kHasInherited, &ace.inherited)}) {
      if ((*flags & bit) == 0) continue;
      *guid = load<Guid>(body, at);
      if (!*guid) return broken("object ACE ends before its GUIDs");
      at += sizeof(Guid);
    }
  }
  ace.sid = decode_sid(body.subspan(at));
  if (!ace.sid) return broken("ACE has no SID");
  Bytes rest = body.subspan(at + encoded_size(*ace.sid));
  ace.rest.assign(rest.begin(), rest.end());
  return ace;
}

Result<Acl> decode_acl(Bytes bytes, std::size_t offset) {
  auto head = load<AclHead>(bytes, offset);
  if (!head || head->size < sizeof(AclHead) ||
      !checked::within(offset, head->size, bytes.size())) {
    return broken("ACL runs past its end");
  }
  Bytes list = bytes.subspan(offset, head->size);
  Acl acl;
  std::size_t at = sizeof(AclHead);
  for (unsigned i = 0; i < head->count; ++i) {
    auto ace = load<AceHead>(list, at);
    if (!ace || ace->size < sizeof(AceHead) ||
        !checked::within(at, ace->size, list.size())) {
      return broken("ACE runs past its ACL's end");
    }
    acl.aces.push_back(TRY(decode_ace(
        *ace, list.subspan(at + sizeof(AceHead), ace->size - sizeof(AceHead)))));
    at += ace->size;
  }
  return acl;
}

Result<std::optional<Sid>> decode_sid_at(Bytes bytes, std::size_t offset) {
  if (offset == 0) return std::optional<Sid>();
  auto sid = offset <= bytes.size() ? decode_sid(bytes.subspan(offset)) : std::nullopt;
  if (!sid) return broken("owner or group isn't a SID");
  return sid;
}

void append_ace(ByteVector& bytes, const Ace& ace) {
  std::size_t start = bytes.size();
  append(bytes, bytes_of(AceHead{.type = ace.type, .flags = ace.flags, .size = 0}));
  Shape shape = shape_of(ace.type);
  if (shape != Shape::unknown) append(bytes, bytes_of(le32{ace.mask}));
  if (shape == Shape::object) {
    append(bytes, bytes_of(le32{(ace.object ? kHasObject : 0) |
                                (ace.inherited ? kHasInherited : 0)}));
    if (ace.object) append(bytes, bytes_of(*ace.object));
    if (ace.inherited) append(bytes, bytes_of(*ace.inherited));
  }
  if (shape != Shape::unknown && ace.sid) append_sid(bytes, *ace.sid);
  append(bytes, ace.rest);
  bytes.resize(*checked::align_up(bytes.size(), 4));
  auto size = static_cast<std::uint16_t>(bytes.size() - start);
  static_cast<void>(store(bytes, start + 2, le16{size}));
}

Result<ByteVector> encode_acl(const Acl& acl) {
  AclHead head{};
  head.revision = 2;
  head.count = static_cast<std::uint16_t>(acl.aces.size());
  ByteVector bytes(sizeof head);
  for (const Ace& ace : acl.aces) {
    if (shape_of(ace.type) == Shape::object) head.revision = 4;
    append_ace(bytes, ace);
    if (bytes.size() > 0xffff) {
      return Error(Errc::bad_argument, "an ACL can't have more than 65535 bytes");
    }
  }
  head.size = static_cast<std::uint16_t>(bytes.size());
  static_cast<void>(store(bytes, 0, head));
  return bytes;
}

}  // namespace

Result<Descriptor> decode_descriptor(Bytes bytes) {
  auto head = load<Head>(bytes);
  if (!head || bytes.size() > kDescriptorSizeMax) {
    return Error(Errc::corrupt,
                 fmt::format("a security descriptor hasn't {} bytes", bytes.size()));
  }
  if (head->revision != 1 || (head->control & control::self_relative) == 0) {
    return broken("header isn't of version 1 and self-relative");
  }
  Descriptor descriptor;
  descriptor.control = head->control & kKeptControl;
  descriptor.owner = TRY(decode_sid_at(bytes, head->owner));
  descriptor.group = TRY(decode_sid_at(bytes, head->group));
  if ((head->control & control::dacl_present) != 0) {
    descriptor.null_dacl = head->dacl == 0;
    if (head->dacl != 0) descriptor.dacl = TRY(decode_acl(bytes, head->dacl));
  }
  if ((head->control & control::sacl_present) != 0 && head->sacl != 0) {
    descriptor.sacl = TRY(decode_acl(bytes, head->sacl));
  }
  return descriptor;
}

Result<ByteVector> encode_descriptor(const Descriptor& descriptor) {
  Head head{};
  head.revision = 1;
  std::uint16_t bits = static_cast<std::uint16_t>(descriptor.control & kKeptControl) |
                       control::self_relative;
  ByteVector bytes(sizeof head);
  auto here = [&] { return static_cast<std::uint32_t>(bytes.size()); };
  if (descriptor.sacl) {
    bits |= control::sacl_present;
    head.sacl = here();
    append(bytes, TRY(encode_acl(*descriptor.sacl)));
  }
  if (descriptor.dacl || descriptor.null_dacl) bits |= control::dacl_present;
  if (descriptor.dacl) {
    head.dacl = here();
    append(bytes, TRY(encode_acl(*descriptor.dacl)));
  }
  if (descriptor.owner) {
    head.owner = here();
    append_sid(bytes, *descriptor.owner);
  }
  if (descriptor.group) {
    head.group = here();
    append_sid(bytes, *descriptor.group);
  }
  head.control = bits;
  static_cast<void>(store(bytes, 0, head));
  return bytes;
}

Done check_descriptor(Bytes bytes) {
  auto descriptor = decode_descriptor(bytes);
  if (!descriptor) {
    return Error(Errc::bad_argument, descriptor.error().words());
  }
  if (!descriptor->owner || !descriptor->group) {
    return Error(Errc::bad_argument,
                 "a file's security descriptor names an owner and a group");
  }
  return {};
}

}  // namespace drydock::security
