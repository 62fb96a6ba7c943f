#include "repair/driver/package_signing.h"

#include <fmt/format.h>

#include <set>

#include "repair/signature/catalog.h"
#include "repair/signature/image_hash.h"
#include "repair/signature/signed_data.h"
#include "vhd/base/try.h"
#include "vhd/memory_device.h"

namespace drydock::driver {

namespace {

using signature::Algorithm;
using signature::Digest;

// Those of catalogs: SHA-1 until Windows 7, SHA-256 since Windows 8.
constexpr Algorithm kAlgorithms[] = {Algorithm::sha1, Algorithm::sha256};

Result<std::vector<Digest>> hashes_of(const NamedFile& file) {
  MemoryDevice device(file.bytes);
  auto pe = signature::read_pe(device);
  if (pe) return signature::image_hashes(device, *pe, kAlgorithms).in(file.name);
  return signature::flat_hashes(device, kAlgorithms).in(file.name);
}

Result<std::set<Digest>> digests_in(const NamedFile& catalog) {
  auto parsed = signature::Catalog::parse(catalog.bytes);
  if (!parsed) return std::move(parsed).error().in(catalog.name);
  std::set<Digest> digests;
  for (const signature::Member& member : parsed->members()) {
    digests.insert(member.digests.begin(), member.digests.end());
  }
  return digests;
}

// Why the catalog's signature isn't believed; "" where it is.
std::string doubt_of(const NamedFile& catalog, const signature::TrustStore& trust,
                     std::uint32_t build) {
  auto message = signature::read_signed_data(catalog.bytes);
  if (!message) return message.error().describe();
  signature::Judgement judgement = signature::judge(
      *message, trust, {.use = signature::Use::kernel, .build = build});
  if (judgement.trust == signature::Trust::trusted) return {};
  return fmt::format("{} isn't known to be believed: {}", catalog.name,
                     judgement.reason);
}

}  // namespace

Result<Signing> judge_package(const std::vector<const NamedFile*>& files,
                              const NamedFile* catalog,
                              const signature::TrustStore& trust, std::uint32_t build) {
  Signing signing;
  if (catalog == nullptr) {
    signing.doubts.push_back("no catalog came with it");
    return signing;
  }
  auto digests = digests_in(*catalog);
  if (!digests) {
    signing.doubts.push_back(digests.error().describe());
    return signing;
  }
  std::string doubt = doubt_of(*catalog, trust, build);
  if (!doubt.empty()) signing.doubts.push_back(std::move(doubt));
  for (const NamedFile* file : files) {
    bool listed = false;
    for (const Digest& digest : TRY(hashes_of(*file))) {
      listed = listed || digests->contains(digest);
    }
    if (listed) continue;
    signing.doubts.push_back(
        fmt::format("{} doesn't list the hash of {}", catalog->name, file->name));
  }
  return signing;
}

}  // namespace drydock::driver
