#include "repair/signature/policy.h"

#include <fmt/format.h>

#include <limits>

#include "repair/signature/der.h"
#include "repair/signature/message.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::signature {

namespace {

// The newest format that was seen.
constexpr std::uint32_t kFormatMax = 8;
constexpr std::uint32_t kHeaderSize = 0x40;  // as it names itself, less that field

// +0x00; the numbers of what follows.
struct Header {
  le32 format;          // +0x00
  Guid kind;            // +0x04  PolicyTypeID
  Guid platform;        // +0x14  PlatformID
  le32 options;         // +0x24
  le32 eku_count;       // +0x28
  le32 file_count;      // +0x2c
  le32 signer_count;    // +0x30
  le32 scenario_count;  // +0x34
  le64 version;         // +0x38  VersionEx
  le32 size;            // +0x40  kHeaderSize
};
static_assert(OnDisk<Header> && sizeof(Header) == 0x44);

class Cursor {
 public:
  explicit Cursor(Bytes bytes) : bytes_(bytes) {}

  std::size_t left() const { return bytes_.size() - at_; }

  template <OnDisk T>
  Result<T> take() {
    auto value = load<T>(bytes_, at_);
    if (!value) return ends();
    at_ += sizeof(T);
    return *value;
  }
  Result<std::uint32_t> number() {
    auto value = take<le32>();
    if (!value) return std::move(value).error();
    return static_cast<std::uint32_t>(*value);
  }
  Result<std::uint64_t> long_number() {
    auto value = take<le64>();
    if (!value) return std::move(value).error();
    return static_cast<std::uint64_t>(*value);
  }

  // So many things, of which each takes at least four bytes.
  Result<std::uint32_t> count() {
    std::uint32_t value = TRY(number());
    if (value > left() / 4) {
      return Error(Errc::corrupt,
                   fmt::format("{} entries where {} bytes are left", value, left()))
          .in(fmt::format("offset {}", at_));
    }
    return value;
  }

  // A length, so many bytes, and up to three to the next multiple of four.
  Result<Bytes> blob() {
    std::uint32_t size = TRY(number());
    std::size_t padded = (std::size_t{size} + 3) & ~std::size_t{3};
    if (padded > left()) return ends();
    Bytes blob = bytes_.subspan(at_, size);
    at_ += padded;
    return blob;
  }

  // A blob of UTF-16, and four bytes of zero.
  Result<std::string> text() {
    Bytes blob_of = TRY(blob());
    TRY(number());
    return utf8_from_utf16le(blob_of);
  }

  Result<std::vector<std::uint32_t>> numbers(std::size_t below) {
    std::vector<std::uint32_t> list(TRY(count()));
    for (std::uint32_t& each : list) {
      each = TRY(number());
      if (each >= below) {
        return Error(Errc::corrupt, fmt::format("entry {} of {}", each, below))
            .in(fmt::format("offset {}", at_ - 4));
      }
    }
    return list;
  }

 private:
  Error ends() const {
    return Error(Errc::corrupt,
                 fmt::format("it ends at byte {}, within an entry", bytes_.size()))
        .in(fmt::format("offset {}", at_));
  }

  Bytes bytes_;
  std::size_t at_ = 0;
};

// EKUs are DER whose tag is 1 instead of 6.
std::string usage_of(Bytes eku) {
  if (eku.size() < 2) return "?";
  return der::object_text(eku.subspan(2));
}

Result<FileRule> read_file_rule(Cursor& cursor) {
  std::uint32_t kind = TRY(cursor.number());
  if (kind > static_cast<std::uint32_t>(FileRule::Kind::attribute)) {
    return Error(Errc::unsupported, fmt::format("a file rule of the kind {}", kind));
  }
  FileRule rule{.kind = static_cast<FileRule::Kind>(kind)};
  rule.file_name = TRY(cursor.text());
  rule.version = TRY(cursor.long_number());
  Bytes hash = TRY(cursor.blob());
  rule.hash.assign(hash.begin(), hash.end());
  return rule;
}

Result<SignerRule> read_signer_rule(Cursor& cursor,
                                    const std::vector<std::string>& ekus,
                                    std::size_t file_count) {
  SignerRule rule;
  std::uint32_t kind = TRY(cursor.number());
  if (kind == 0) {
    Bytes hash = TRY(cursor.blob());
    rule.tbs_hash.assign(hash.begin(), hash.end());
  } else if (kind == 1) {
    rule.well_known_root = TRY(cursor.number());
  } else {
    return Error(Errc::unsupported, fmt::format("a signer of the kind {}", kind));
  }
  for (std::uint32_t eku : TRY(cursor.numbers(ekus.size()))) {
    rule.usages.push_back(ekus[eku]);
  }
  rule.issuer = TRY(cursor.text());
  rule.publisher = TRY(cursor.text());
  rule.oem = TRY(cursor.text());
  rule.files = TRY(cursor.numbers(file_count));
  return rule;
}

struct SignerUses {
  std::vector<SignerUse> allowed;
  std::vector<SignerUse> denied;
  std::vector<std::uint32_t> files;
};

Result<std::vector<SignerUse>> read_signer_uses(Cursor& cursor, const Policy& policy) {
  std::vector<SignerUse> uses;
  for (std::uint32_t left = TRY(cursor.count()); left > 0; --left) {
    SignerUse use{.signer = TRY(cursor.number())};
    if (use.signer >= policy.signers.size()) {
      return Error(Errc::corrupt,
                   fmt::format("signer {} of {}", use.signer, policy.signers.size()));
    }
    use.exceptions = TRY(cursor.numbers(policy.file_rules.size()));
    uses.push_back(std::move(use));
  }
  return uses;
}

Result<Scenario> read_scenario(Cursor& cursor, const Policy& policy) {
  Scenario scenario;
  scenario.value = TRY(cursor.number()) & 0xff;
  TRY(cursor.numbers(std::numeric_limits<std::uint32_t>::max()));  // what it inherits
  TRY(cursor.number());  // the least hash algorithm
  // Product signers, then those of tests and of test signing, which don't count.
  for (int group = 0; group < 3; ++group) {
    SignerUses uses;
    uses.allowed = TRY(read_signer_uses(cursor, policy));
    uses.denied = TRY(read_signer_uses(cursor, policy));
    uses.files = TRY(cursor.numbers(policy.file_rules.size()));
    if (group != 0) continue;
    scenario.allowed = std::move(uses.allowed);
    scenario.denied = std::move(uses.denied);
    scenario.files = std::move(uses.files);
  }
  return scenario;
}

Done skip_settings(Cursor& cursor) {
  for (std::uint32_t left = TRY(cursor.count()); left > 0; --left) {
    for (int i = 0; i < 3; ++i) TRY(cursor.text());  // provider, key, name
    switch (TRY(cursor.number())) {
      case 0:
      case 1:
        TRY(cursor.number());
        break;
      case 2:
        TRY(cursor.blob());
        break;
      case 3:
        TRY(cursor.text());
        break;
      default:
        return Error(Errc::unsupported, "a setting of an unknown kind");
    }
  }
  return {};
}

// What formats from 3 on have at the end, each part behind its number.
Done read_later_parts(Cursor& cursor, Policy& policy) {
  auto has = [&](std::uint32_t part) -> Result<bool> {
    return policy.format >= part && TRY(cursor.number()) == part;
  };
  if (!TRY(has(3))) return {};
  for (FileRule& rule : policy.file_rules) {
    rule.version_maximum = TRY(cursor.long_number());
    for (std::uint32_t left = TRY(cursor.count()); left > 0; --left) TRY(cursor.text());
  }
  for (SignerRule& signer : policy.signers) {
    signer.signed_after = TRY(cursor.long_number());
  }
  if (!TRY(has(4))) return {};
  for (FileRule& rule : policy.file_rules) {
    rule.internal_name = TRY(cursor.text());
    rule.description = TRY(cursor.text());
    rule.product = TRY(cursor.text());
  }
  if (!TRY(has(5))) return {};
  for (std::size_t i = 0; i < policy.file_rules.size(); ++i) {
    TRY(cursor.text());  // PackageFamilyName
    TRY(cursor.long_number());
  }
  if (!TRY(has(6))) return {};
  TRY(cursor.take<Guid>());  // PolicyID
  TRY(cursor.take<Guid>());  // BasePolicyID
  TRY(cursor.numbers(policy.signers.size()));
  if (!TRY(has(7))) return {};
  for (FileRule& rule : policy.file_rules) rule.path = TRY(cursor.text());
  return {};
}

Result<Policy> read_bare(Bytes bytes) {
  Cursor cursor(bytes);
  Header header = TRY(cursor.take<Header>());
  if (header.format == 0 || header.size != kHeaderSize) {
    return Error(Errc::corrupt, fmt::format("a header of {} bytes and format {}, which "
                                            "isn't a policy's",
                                            header.size, header.format));
  }
  if (header.format > kFormatMax) {
    return Error(Errc::unsupported,
                 fmt::format("a policy of format {}, where {} is the "
                             "newest that was seen",
                             header.format, kFormatMax));
  }
  Policy policy{.format = header.format,
                .kind = header.kind,
                .options = header.options,
                .version = header.version};
  std::vector<std::string> ekus;
  for (std::uint32_t i = 0; i < header.eku_count; ++i) {
    ekus.push_back(usage_of(TRY(cursor.blob())));
  }
  for (std::uint32_t i = 0; i < header.file_count; ++i) {
    policy.file_rules.push_back(TRY(read_file_rule(cursor)));
  }
  for (std::uint32_t i = 0; i < header.signer_count; ++i) {
    policy.signers.push_back(
        TRY(read_signer_rule(cursor, ekus, policy.file_rules.size())));
  }
  TRY(cursor.numbers(policy.signers.size()));  // who may update the policy
  TRY(cursor.numbers(policy.signers.size()));  // CiSigners
  for (std::uint32_t i = 0; i < header.scenario_count; ++i) {
    policy.scenarios.push_back(TRY(read_scenario(cursor, policy)));
  }
  TRY(cursor.number());  // options of the hypervisor's code integrity
  TRY(skip_settings(cursor));
  TRY(read_later_parts(cursor, policy));
  return policy;
}

}  // namespace

Result<Policy> read_policy(Bytes file) {
  if (file.size() > kPolicySizeMax) {
    return Error(Errc::unsupported, fmt::format("a policy of {} bytes", file.size()));
  }
  if (file.empty() || file[0] != std::byte{der::kSequence}) return read_bare(file);
  RawMessage message = TRY(read_message(file));
  return read_bare(message.content);
}

}  // namespace drydock::signature
