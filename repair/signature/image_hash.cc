#include "repair/signature/image_hash.h"

#include <array>

#include "repair/signature/pe_format.h"
#include "repair/signature/pieces.h"
#include "vhd/base/try.h"

namespace drydock::signature {

namespace {

Result<std::vector<Digest>> hash(const BlockDevice& file, const HashedRanges& what,
                                 std::span<const Algorithm> algorithms,
                                 const Progress& progress) {
  std::vector<Hasher> hashers;
  for (Algorithm algorithm : algorithms) hashers.emplace_back(algorithm);
  auto add = [&](Bytes piece) {
    for (Hasher& hasher : hashers) hasher.add(piece);
  };
  TRY(for_each_piece(file, what.ranges, add, progress));
  constexpr std::array<std::byte, kCertificateAlignment> kZeros{};
  add(Bytes(kZeros).first(what.zero_count));
  std::vector<Digest> digests;
  for (Hasher& hasher : hashers) digests.push_back(hasher.finish());
  return digests;
}

}  // namespace

HashedRanges hashed_ranges(const Pe& pe) {
  HashedRanges what;
  std::uint64_t at = 0;
  auto add_until = [&](std::uint64_t end) {
    if (end > at) what.ranges.push_back({.offset = at, .length = end - at});
    at = end;
  };
  add_until(pe.checksum_offset);
  at += sizeof(OptionalHeader::checksum);
  if (pe.certificate_entry_offset) {
    add_until(*pe.certificate_entry_offset);
    at += sizeof(DataDirectory);
  }
  if (pe.certificate_table) {
    add_until(pe.certificate_table->offset);
    at += pe.certificate_table->length;
  } else if (std::uint64_t odd = pe.file_size % kCertificateAlignment; odd != 0) {
    what.zero_count = static_cast<std::uint32_t>(kCertificateAlignment - odd);
  }
  add_until(pe.file_size);
  return what;
}

Result<std::vector<Digest>> image_hashes(const BlockDevice& file, const Pe& pe,
                                         std::span<const Algorithm> algorithms,
                                         const Progress& progress) {
  return hash(file, hashed_ranges(pe), algorithms, progress);
}

Result<std::vector<Digest>> flat_hashes(const BlockDevice& file,
                                        std::span<const Algorithm> algorithms,
                                        const Progress& progress) {
  HashedRanges all;
  all.ranges.push_back({.offset = 0, .length = file.size()});
  return hash(file, all, algorithms, progress);
}

}  // namespace drydock::signature
