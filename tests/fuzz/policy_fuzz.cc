// Input: a policy of code integrity, bare or in a signed message.

#include <cstdlib>

#include "repair/signature/revocation.h"

namespace drydock::signature {
namespace {

// What was read points at nothing that isn't there, and can be judged.
void check_policy(const Policy& policy) {
  for (const Scenario& scenario : policy.scenarios) {
    for (std::uint32_t file : scenario.files) {
      if (file >= policy.file_rules.size()) std::abort();
    }
    for (const SignerUse& use : scenario.denied) {
      if (use.signer >= policy.signers.size()) std::abort();
    }
  }
  Candidate driver{.original_name = "bad.sys", .version = FileVersion{1} << 48};
  auto digest =
      Digest::of(Algorithm::sha256,
                 bytes_of(std::string_view("hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh")));
  driver.digests.push_back(*digest);
  RefusalFinding finding = judge_refusal(policy, driver);
  if ((finding.refusal == Refusal::not_refused) != finding.reason.empty()) std::abort();
}

}  // namespace
}  // namespace drydock::signature

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock::signature;
  auto policy = read_policy(std::as_bytes(std::span(data, size)));
  if (policy) check_policy(*policy);
  return 0;
}
