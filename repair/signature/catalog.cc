#include "repair/signature/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "repair/signature/objects.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::signature {

namespace {

using namespace der;

// The largest catalogs of Windows have some ten thousand members; this many take
// about 100 MiB as a Catalog.
constexpr std::size_t kMembersMax = std::size_t{1} << 19;
// One identifier is usual.
constexpr std::size_t kUsagesMax = 64;
// A SHA-512 as text, in UTF-16 and with its zero.
constexpr std::size_t kTagTextMax = 258;

// What the list says before its members, and where these are.
struct List {
  Reader usage;
  Bytes identifier;
  std::optional<std::int64_t> time;
  Bytes member_algorithm;
  std::optional<Reader> members;
  std::optional<Reader> extensions;
};

// The outermost element of `file`, told apart from what damage leaves behind.
Result<Reader> open_message(Bytes file) {
  if (file.empty()) return Error(Errc::corrupt, "it is empty");
  if (file.size() > kCatalogSizeMax) {
    return Error(Errc::unsupported, fmt::format("a catalog of {} bytes, where {} are "
                                                "more than any has",
                                                file.size(), kCatalogSizeMax));
  }
  Reader reader(file);
  if (!reader.next_is(kSequence)) {
    if (is_zero(file.first(std::min<std::size_t>(file.size(), 512)))) {
      return Error(Errc::corrupt, "it begins with nothing but zeros");
    }
    return Error(Errc::corrupt,
                 fmt::format("it begins with 0x{:02x}, which no PKCS#7 message does",
                             std::to_integer<unsigned>(file[0])));
  }
  return reader.enter(kSequence, "the message");
}

// ContentInfo and SignedData, to the trust list.
Result<Reader> open_list(Bytes file) {
  Reader message = TRY(open_message(file));
  Bytes kind = TRY(message.next(kObject, "the message's kind")).body;
  if (!is_object(kind, object::kSignedData)) {
    return Error(Errc::unsupported,
                 fmt::format("a message of the kind {}, where a catalog is signed data",
                             object_text(kind)));
  }
  Reader explicit_data = TRY(message.enter(constructed(0), "the signed data"));
  Reader data = TRY(explicit_data.enter(kSequence, "the signed data"));
  TRY(data.next(kInteger, "the signed data's version"));
  TRY(data.next(kSet, "the digest algorithms"));
  Reader content = TRY(data.enter(kSequence, "the content"));
  Bytes content_kind = TRY(content.next(kObject, "the content's kind")).body;
  if (!is_object(content_kind, object::kTrustList)) {
    return Error(Errc::unsupported,
                 fmt::format("what it signs is of the kind {}, not a trust list",
                             object_text(content_kind)));
  }
  Reader explicit_list = TRY(content.enter(constructed(0), "the trust list"));
  return explicit_list.enter(kSequence, "the trust list");
}

Result<List> read_list(Bytes file) {
  Reader reader = TRY(open_list(file));
  if (reader.next_is(kInteger)) TRY(reader.next());  // the version, if it isn't 1
  List list{.usage = TRY(reader.enter(kSequence, "the list's usage")),
            .identifier = {},
            .time = {},
            .member_algorithm = {},
            .members = {},
            .extensions = {}};
  if (reader.next_is(kOctetString)) list.identifier = TRY(reader.next()).body;
  if (reader.next_is(kInteger)) TRY(reader.next());  // a sequence number
  list.time = to_time(TRY(reader.next()));
  if (reader.next_is(kUtcTime) || reader.next_is(kGeneralizedTime)) TRY(reader.next());
  Reader algorithm = TRY(reader.enter(kSequence, "the member algorithm"));
  list.member_algorithm = TRY(algorithm.next(kObject, "the member algorithm")).body;
  if (reader.next_is(kSequence)) {
    list.members = TRY(reader.enter(kSequence, "the members"));
  }
  if (reader.next_is(constructed(0))) {
    Reader outer = TRY(reader.enter(constructed(0), "the extensions"));
    list.extensions = TRY(outer.enter(kSequence, "the extensions"));
  }
  return list;
}

int hex_digit(std::byte byte) {
  char c = static_cast<char>(byte);
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A digest of so many bytes; nothing where no algorithm makes such.
std::optional<Digest> digest_of_size(Bytes bytes) {
  for (Algorithm algorithm : {Algorithm::sha256, Algorithm::sha1, Algorithm::sha384,
                              Algorithm::sha512, Algorithm::md5}) {
    if (bytes.size() == digest_size(algorithm)) return Digest::of(algorithm, bytes);
  }
  return std::nullopt;
}

// Whether every second byte is zero, as in no digest: text, in UTF-16.
bool is_ascii_utf16(Bytes bytes) {
  for (std::size_t i = 1; i < bytes.size(); i += 2) {
    if (bytes[i] != std::byte{0}) return false;
  }
  return bytes.size() % 2 == 0 && !bytes.empty();
}

// A tag is a digest's bytes, or its hex digits in UTF-16, mostly with a zero; in
// old catalogs any text may stand there.
std::optional<Digest> digest_of_tag(Bytes tag) {
  if (!is_ascii_utf16(tag)) return digest_of_size(tag);
  Bytes digits = tag;
  if (is_zero(digits.last(2))) digits = digits.first(tag.size() - 2);
  if (tag.size() > kTagTextMax || digits.size() % 4 != 0) return std::nullopt;
  std::array<std::byte, kTagTextMax / 4> bytes{};
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    int digit = hex_digit(digits[i]);
    if (digit < 0) return std::nullopt;
    bytes[i / 4] |= static_cast<std::byte>(i % 4 == 0 ? digit << 4 : digit);
  }
  return digest_of_size(Bytes(bytes).first(digits.size() / 4));
}

// A member as far as its digests need it.
struct Parts {
  Bytes tag;
  std::optional<Reader> attributes;
  std::optional<IndirectData> data;
  Hashed hashed = Hashed::unknown;
};

// CAT_MEMBERINFO2 is an empty [0] for what the SIP of PE files hashed, and an
// empty [2] for flat files: seen on members whose other attributes say so, too.
Hashed hashed_by_info(const Reader& values) {
  if (values.next_is(context(0))) return Hashed::pe_image;
  if (values.next_is(context(2))) return Hashed::flat;
  return Hashed::unknown;
}

Result<Parts> read_member(Reader& members) {
  Reader member = TRY(members.enter(kSequence, "a member"));
  Parts parts;
  parts.tag = TRY(member.next(kOctetString, "a member's tag")).body;
  if (member.at_end()) return parts;
  Reader attributes = TRY(member.enter(kSet, "a member's attributes"));
  parts.attributes = attributes;
  while (!attributes.at_end()) {
    Reader attribute = TRY(attributes.enter(kSequence, "an attribute"));
    Bytes kind = TRY(attribute.next(kObject, "an attribute's kind")).body;
    Reader values = TRY(attribute.enter(kSet, "an attribute's values"));
    if (is_object(kind, object::kMemberInfo2) && parts.hashed == Hashed::unknown) {
      parts.hashed = hashed_by_info(values);
    } else if (is_object(kind, object::kIndirectData)) {
      auto data = read_indirect_data(values);
      // A digest that we can't compare is none; the others of the catalog count.
      if (!data && data.error().code() != Errc::unsupported) {
        return std::move(data).error();
      }
      if (data) parts.data = *data;
    }
  }
  if (parts.data && parts.data->hashed != Hashed::unknown) {
    parts.hashed = parts.data->hashed;
  }
  return parts;
}

struct Digests {
  std::optional<Digest> of_tag;
  std::optional<Digest> of_data;  // where it says another than the tag
};

Digests digests_of(const Parts& parts) {
  Digests digests{.of_tag = digest_of_tag(parts.tag), .of_data = {}};
  if (parts.data)
    digests.of_data = Digest::of(parts.data->algorithm, parts.data->digest);
  if (digests.of_data == digests.of_tag) digests.of_data.reset();
  return digests;
}

// A BMPString is UTF-16 with the high byte first.
std::string bmp_text(Bytes bytes) {
  std::u16string text;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    text += static_cast<char16_t>(std::to_integer<unsigned>(bytes[i]) << 8 |
                                  std::to_integer<unsigned>(bytes[i + 1]));
  }
  return to_utf8(text);
}

// { name BMPString, flags INTEGER, value OCTET STRING }; the value is mostly
// UTF-16 with a zero.
Result<NameValue> read_name_value(Reader reader) {
  Reader parts = TRY(reader.enter(kSequence, "a name and value"));
  NameValue pair;
  pair.name = bmp_text(TRY(parts.next(kBmpString, "a name")).body);
  auto flags = to_unsigned(TRY(parts.next(kInteger, "a value's flags")).body);
  pair.flags = static_cast<std::uint32_t>(flags.value_or(0));
  pair.value = utf8_from_utf16le(TRY(parts.next(kOctetString, "a value")).body);
  if (pair.value.ends_with('\0')) pair.value.pop_back();
  return pair;
}

// { guid BMPString, version INTEGER }
Result<std::optional<Guid>> read_member_info(Reader reader) {
  Reader parts = TRY(reader.enter(kSequence, "the member info"));
  return parse_guid(
      bmp_text(TRY(parts.next(kBmpString, "the member info's kind")).body));
}

Result<Member> make_member(const Parts& parts) {
  Member member{.tag = ByteVector(parts.tag.begin(), parts.tag.end())};
  member.hashed = parts.hashed;
  Digests digests = digests_of(parts);
  if (digests.of_tag) member.digests.push_back(*digests.of_tag);
  if (digests.of_data) member.digests.push_back(*digests.of_data);
  if (parts.data) {
    member.page_hashes.assign(parts.data->page_hashes.begin(),
                              parts.data->page_hashes.end());
    member.page_algorithm = parts.data->page_algorithm;
  }
  if (!parts.attributes) return member;
  Reader attributes = *parts.attributes;
  while (!attributes.at_end()) {
    Reader attribute = TRY(attributes.enter(kSequence, "an attribute"));
    Bytes kind = TRY(attribute.next(kObject, "an attribute's kind")).body;
    Reader values = TRY(attribute.enter(kSet, "an attribute's values"));
    if (is_object(kind, object::kNameValue)) {
      member.attributes.push_back(TRY(read_name_value(values)));
    } else if (is_object(kind, object::kMemberInfo)) {
      member.subject_kind = TRY(read_member_info(values));
    }
  }
  return member;
}

// The extensions: { object, critical BOOLEAN OPTIONAL, OCTET STRING { value } }.
Result<std::vector<NameValue>> read_extensions(Reader extensions) {
  std::vector<NameValue> pairs;
  while (!extensions.at_end()) {
    Reader extension = TRY(extensions.enter(kSequence, "an extension"));
    Bytes kind = TRY(extension.next(kObject, "an extension's kind")).body;
    if (extension.next_is(kBoolean)) TRY(extension.next());
    Element value = TRY(extension.next(kOctetString, "an extension's value"));
    if (!is_object(kind, object::kNameValue)) continue;
    pairs.push_back(TRY(read_name_value(extension.inside(value))));
  }
  return pairs;
}

Error too_many_members() {
  return Error(Errc::unsupported, fmt::format("more than {} members", kMembersMax));
}

}  // namespace

std::optional<std::string_view> Member::attribute(std::string_view name) const {
  for (const NameValue& pair : attributes) {
    if (equal_ignoring_case(pair.name, name)) return pair.value;
  }
  return std::nullopt;
}

Result<Catalog> Catalog::parse(Bytes file) {
  List list = TRY(read_list(file));
  Catalog catalog;
  catalog.identifier_.assign(list.identifier.begin(), list.identifier.end());
  catalog.time_ = list.time;
  catalog.member_algorithm_ = object_text(list.member_algorithm);
  while (!list.usage.at_end() && catalog.usage_.size() < kUsagesMax) {
    catalog.usage_.push_back(
        object_text(TRY(list.usage.next(kObject, "a usage")).body));
  }
  while (list.members && !list.members->at_end()) {
    if (catalog.members_.size() == kMembersMax) return too_many_members();
    Parts parts = TRY(read_member(*list.members));
    catalog.members_.push_back(TRY(make_member(parts)));
  }
  if (list.extensions) catalog.attributes_ = TRY(read_extensions(*list.extensions));
  return catalog;
}

Done for_each_member_digest(Bytes file,
                            const std::function<bool(const MemberDigest&)>& visit) {
  List list = TRY(read_list(file));
  for (std::size_t i = 0; list.members && !list.members->at_end(); ++i) {
    if (i == kMembersMax) return too_many_members();
    Parts parts = TRY(read_member(*list.members));
    Digests digests = digests_of(parts);
    for (const auto& digest : {digests.of_tag, digests.of_data}) {
      if (!digest) continue;
      if (!visit({.member = i, .hashed = parts.hashed, .digest = *digest})) return {};
    }
  }
  return {};
}

}  // namespace drydock::signature
