#include "ntfs/check/secure.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "ntfs/check/index_walk.h"
#include "ntfs/record/layout.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

// $SDS is written twice, in stretches of this size: the second copy follows the
// first.
constexpr std::uint64_t kCopyDistance = 256 << 10;
// A descriptor's own limit.
constexpr std::uint32_t kDescriptorSizeMax = 64 << 10;
// NTFS hands out ids from 0x100 on, one after the other; each takes 0x14 bytes.
constexpr std::size_t kIdCountMax = 8 << 20;

// Windows' hash of a descriptor: of its words, each added to what was, rotated.
std::uint32_t hash_of(Bytes descriptor) {
  std::uint32_t hash = 0;
  for (std::size_t at = 0; at + 4 <= descriptor.size(); at += 4) {
    hash = *load<le32>(descriptor, at) + std::rotl(hash, 3);
  }
  return hash;
}

class SecureCheck {
 public:
  SecureCheck(Survey& survey, Bytes base) : survey_(survey), base_(base) {}

  std::optional<std::vector<std::uint32_t>> run();

 private:
  void error(std::string_view rule, std::string part, std::string what) {
    survey_.report.error(rule, {.record = kSecureRecord, .part = std::move(part)},
                         std::move(what));
  }
  bool read_index(std::u16string_view name, std::string_view shown, bool by_id,
                  std::vector<SecurityEntry>& entries);
  void check_descriptor(const AttributeData& stream, const SecurityEntry& entry);
  bool check_copy(const AttributeData& stream, std::uint64_t offset,
                  const SecurityEntry& entry, std::string_view which);

  Survey& survey_;
  Bytes base_;
};

bool SecureCheck::read_index(std::u16string_view name, std::string_view shown,
                             bool by_id, std::vector<SecurityEntry>& entries) {
  auto parts = find_index(survey_.table, kSecureRecord, base_, name);
  if (!parts) {
    error("secure.index", fmt::format("index {}", shown), parts.error().describe());
    return false;
  }
  IndexHooks hooks;
  hooks.visit = [&](Bytes entry, Bytes) {
    auto header = *load<IndexEntry>(entry);
    auto data = load<SecurityEntry>(entry, header.data_offset);
    if (data && entries.size() < kIdCountMax) return entries.push_back(*data);
    error("secure.index", parts->name, "an entry has no room for what it tells");
  };
  hooks.in_order = [by_id](Bytes before, Bytes key) {
    auto word = [](Bytes bytes, std::size_t at) {
      auto found = load<le32>(bytes, at);
      return found ? std::uint32_t{*found} : 0;
    };
    if (by_id) return word(before, 0) < word(key, 0);
    return std::pair(word(before, 0), word(before, 4)) <
           std::pair(word(key, 0), word(key, 4));
  };
  walk_index(survey_, *parts, hooks);
  return true;
}

// Whether the descriptor at `offset` of $SDS is the one that `entry` tells of.
bool SecureCheck::check_copy(const AttributeData& stream, std::uint64_t offset,
                             const SecurityEntry& entry, std::string_view which) {
  std::string part = fmt::format("$SDS, {} of id {}", which, std::uint32_t{entry.id});
  if (entry.size < sizeof(SecurityEntry) || entry.size > kDescriptorSizeMax ||
      !checked::within(offset, entry.size, stream.size())) {
    error("secure.descriptor", part,
          fmt::format("{} bytes at {} can't be in {}", std::uint32_t{entry.size},
                      offset, stream.size()));
    return false;
  }
  ByteVector bytes(entry.size);
  if (auto read = stream.read(offset, bytes); !read) {
    error("secure.descriptor", part, read.error().describe());
    return false;
  }
  auto header = *load<SecurityEntry>(bytes);
  bool same = header.hash == entry.hash && header.id == entry.id &&
              header.offset == entry.offset && header.size == entry.size;
  std::uint32_t hash = hash_of(Bytes(bytes).subspan(sizeof(SecurityEntry)));
  if (same && hash == entry.hash) return true;
  error("secure.descriptor", part,
        same ? fmt::format("its hash is 0x{:08x}, the index says 0x{:08x}", hash,
                           std::uint32_t{entry.hash})
             : fmt::format("another header is at {}", offset));
  return false;
}

void SecureCheck::check_descriptor(const AttributeData& stream,
                                   const SecurityEntry& entry) {
  check_copy(stream, entry.offset, entry, "descriptor");
  check_copy(stream, entry.offset + kCopyDistance, entry, "copy");
}

std::optional<std::vector<std::uint32_t>> SecureCheck::run() {
  std::vector<SecurityEntry> by_id;
  std::vector<SecurityEntry> by_hash;
  if (!read_index(u"$SII", "$SII", true, by_id)) return std::nullopt;
  if (read_index(u"$SDH", "$SDH", false, by_hash)) {
    std::ranges::sort(by_hash, {}, [](const SecurityEntry& e) { return +e.id; });
    auto same = [](const SecurityEntry& a, const SecurityEntry& b) {
      return std::ranges::equal(bytes_of(a), bytes_of(b));
    };
    if (!std::ranges::equal(by_id, by_hash, same)) {
      error("secure.index", "", "$SII and $SDH don't tell of the same descriptors");
    }
  }
  auto stream = survey_.table.find(base_, kDataType, u"$SDS");
  if (!stream || !*stream) {
    error("secure.descriptor", "$SDS", "it can't be read");
  } else {
    for (const SecurityEntry& entry : by_id) check_descriptor(**stream, entry);
  }
  std::vector<std::uint32_t> ids;
  for (const SecurityEntry& entry : by_id) ids.push_back(entry.id);
  std::ranges::sort(ids);
  return ids;
}

}  // namespace

std::optional<std::vector<std::uint32_t>> check_secure(Survey& survey) {
  auto base = survey.table.read(kSecureRecord);
  if (!base) return std::nullopt;  // Told where the records are walked.
  auto name = survey.table.find(*base, kDataType, u"$SDS");
  // Before 3.0 this record was $Quota.
  if (name && !*name) return std::nullopt;
  return SecureCheck(survey, *base).run();
}

}  // namespace drydock::ntfs
