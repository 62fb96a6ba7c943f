// Input: a catalog.

#include <cstdlib>

#include "repair/signature/catalog.h"

namespace drydock::signature {
namespace {

// The walk gives the digests that the whole reading gives, in their order; it may
// take what that one refuses in attributes, but never the other way round.
void check_catalog(Bytes file) {
  std::vector<MemberDigest> walked;
  auto done = for_each_member_digest(file, [&](const MemberDigest& found) {
    walked.push_back(found);
    return true;
  });
  auto catalog = Catalog::parse(file);
  if (!catalog) return;
  if (!done) std::abort();
  std::size_t at = 0;
  for (std::size_t i = 0; i < catalog->members().size(); ++i) {
    const Member& member = catalog->members()[i];
    if (member.digests.size() > 2) std::abort();
    for (const Digest& digest : member.digests) {
      if (at == walked.size() || walked[at].member != i ||
          walked[at].hashed != member.hashed || walked[at].digest != digest) {
        std::abort();
      }
      ++at;
    }
  }
  if (at != walked.size()) std::abort();
}

}  // namespace
}  // namespace drydock::signature

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  drydock::signature::check_catalog(std::as_bytes(std::span(data, size)));
  return 0;
}
