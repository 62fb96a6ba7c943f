#include "harness/images/catalog.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/images/der.h"
#include "harness/images/indirect_data.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

// A catalog is a CTL, a list of trusted subjects (wincrypt.h), signed; what names its
// parts is in mscat.h.  The layout is that of 86 public catalogs of drivers.

namespace drydock::images {

namespace {

constexpr std::string_view kTrustList = "1.3.6.1.4.1.311.10.1";
constexpr std::string_view kCatalogList = "1.3.6.1.4.1.311.12.1.1";
constexpr std::string_view kMembersV1 = "1.3.6.1.4.1.311.12.1.2";
constexpr std::string_view kMembersV2 = "1.3.6.1.4.1.311.12.1.3";
constexpr std::string_view kNameValue = "1.3.6.1.4.1.311.12.2.1";
constexpr std::string_view kMemberInfoV1 = "1.3.6.1.4.1.311.12.2.2";
constexpr std::string_view kMemberInfoV2 = "1.3.6.1.4.1.311.12.2.3";

// Who knows how to hash a member: of programs, and of all else.
constexpr std::string_view kProgramSubject = "{C689AAB8-8E78-11D0-8C47-00C04FC295EE}";
constexpr std::string_view kFlatSubject = "{DE351A42-8E59-11D0-8C47-00C04FC295EE}";
constexpr std::uint32_t kSubjectVersion = 0x200;

// Text, authenticated, readable by name.  [mscat.h] CRYPTCAT_ATTR_*
constexpr std::uint32_t kTextFlags = 0x10010001;

// 2024-01-02 03:04:05 UTC, as the files of built disks.
constexpr std::string_view kTime = "240102030405Z";

// UTF-16 with a zero at its end.
ByteVector wide(std::string_view text) {
  ByteVector out = utf16le_bytes(to_utf16(text).value_or(u""));
  out.resize(out.size() + 2);
  return out;
}

ByteVector name_value(std::string_view name, std::string_view value) {
  return der::sequence(
      {der::bmp_text(name), der::integer(kTextFlags), der::octets(wide(value))});
}

ByteVector attribute(std::string_view id, ByteVector value) {
  return der::sequence({der::object_id(id), der::set({std::move(value)})});
}

std::vector<ByteVector> names(const CatalogMember& member, std::string_view windows) {
  return {attribute(kNameValue, name_value("OSAttr", windows)),
          attribute(kNameValue, name_value("File", member.name))};
}

ByteVector subject(Bytes tag, std::vector<ByteVector> attributes) {
  return der::sequence({der::octets(tag), der::set(std::move(attributes))});
}

ByteVector member_v1(const CatalogMember& member, std::string_view windows,
                     Bytes sha1) {
  bool program = is_program(member.content);
  std::string tag;
  for (std::byte b : sha1) tag += fmt::format("{:02X}", std::to_integer<unsigned>(b));
  std::vector<ByteVector> attributes = names(member, windows);
  attributes.push_back(
      attribute(kIndirectData, indirect_data(Digest::sha1, sha1, program)));
  attributes.push_back(
      attribute(kMemberInfoV1,
                der::sequence({der::bmp_text(program ? kProgramSubject : kFlatSubject),
                               der::integer(kSubjectVersion)})));
  return subject(wide(tag), std::move(attributes));
}

// By SHA-1 it has no indirect data: so those of Windows 10's drivers are.
ByteVector member_v2(const CatalogMember& member, std::string_view windows,
                     Digest digest, Bytes value) {
  bool program = is_program(member.content);
  std::vector<ByteVector> attributes = names(member, windows);
  attributes.push_back(
      attribute(kMemberInfoV2, der::element(der::context(program ? 0 : 2), {})));
  if (digest == Digest::sha256) {
    attributes.push_back(
        attribute(kIndirectData, indirect_data(digest, value, program)));
  }
  return subject(value, std::move(attributes));
}

// In the order of their tags, each once.
Result<ByteVector> subjects(const CatalogText& text) {
  std::vector<std::pair<ByteVector, ByteVector>> all;  // by tag
  for (const CatalogMember& member : text.members) {
    ByteVector sha1 = TRY(member_digest(Digest::sha1, member.content).in(member.name));
    if (text.form == CatalogForm::v1) {
      all.emplace_back(sha1, member_v1(member, text.windows, sha1));
      continue;
    }
    ByteVector sha256 =
        TRY(member_digest(Digest::sha256, member.content).in(member.name));
    all.emplace_back(sha1, member_v2(member, text.windows, Digest::sha1, sha1));
    all.emplace_back(sha256, member_v2(member, text.windows, Digest::sha256, sha256));
  }
  std::sort(all.begin(), all.end());
  std::vector<ByteVector> parts;
  for (auto& [tag, part] : all) {
    if (parts.empty() || parts.back() != part) parts.push_back(std::move(part));
  }
  return der::sequence(parts);
}

ByteVector catalog_attributes(const CatalogText& text) {
  std::vector<ByteVector> parts;
  for (const auto& [name, value] : text.attributes) {
    parts.push_back(der::sequence(
        {der::object_id(kNameValue), der::octets(name_value(name, value))}));
  }
  return der::built(der::context_built(0), {der::sequence(parts)});
}

}  // namespace

Result<ByteVector> make_catalog(const CatalogText& text, const Authority& authority,
                                Signer signer) {
  ByteVector id = digest_of(Digest::sha256, bytes_of(std::string_view(text.id)));
  id.resize(16);
  bool v1 = text.form == CatalogForm::v1;
  ByteVector members = TRY(subjects(text));
  std::vector<ByteVector> parts = {
      der::sequence({der::object_id(kCatalogList)}),
      der::octets(id),
      der::element(der::kUtcTime, bytes_of(kTime)),
      der::sequence({der::object_id(v1 ? kMembersV1 : kMembersV2), der::null()}),
      std::move(members),
  };
  if (!text.attributes.empty()) parts.push_back(catalog_attributes(text));
  return authority.sign(signer, kTrustList, der::sequence(parts));
}

}  // namespace drydock::images
