// Input: a signed message, as embedded signatures and catalogs have it.

#include <cstdlib>

#include "repair/signature/trust.h"

namespace drydock::signature {
namespace {

// More than any message may have, of one in the other.
constexpr int kDepthMax = 8;

void check_message(const SignedData& data, int depth) {
  if (depth > kDepthMax) std::abort();
  for (const Signer& signer : data.signers) {
    bool holds = signer.check.proof == Proof::holds;
    if (holds && (!signer.certificate || !signer.algorithm)) std::abort();
    if (holds != signer.check.reason.empty()) std::abort();
    if (signer.certificate && *signer.certificate >= data.certificates.size()) {
      std::abort();
    }
    if (signer.counter_signature) {
      const CounterSignature& stamp = *signer.counter_signature;
      if (stamp.check.proof == Proof::holds &&
          (!stamp.certificate || *stamp.certificate >= stamp.certificates.size())) {
        std::abort();
      }
    }
    for (const SignedData& nested : signer.nested) check_message(nested, depth + 1);
  }
}

// No input leads to one of the built-in roots: it would have to be signed by them.
void check_trust(const SignedData& data) {
  static const TrustStore store = TrustStore::built_in();
  for (Use use : {Use::kernel, Use::firmware, Use::any_file}) {
    Judgement judgement = judge(data, store, {.use = use, .build = 7601});
    if (judgement.trust == Trust::trusted || judgement.reason.empty()) std::abort();
  }
}

}  // namespace
}  // namespace drydock::signature

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock::signature;
  auto read = read_signed_data(std::as_bytes(std::span(data, size)));
  if (!read) return 0;
  check_message(*read, 1);
  check_trust(*read);
  return 0;
}
