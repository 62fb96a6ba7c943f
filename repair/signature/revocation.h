// What a guest's own policy refuses: the list of vulnerable drivers, and whatever
// else its owner had it refuse.
//
// The rules that deny are judged, by hash, by name and version, and by the signer's
// certificate.  What a policy allows isn't: one that loads listed drivers alone says
// so of all that it doesn't list, and that isn't looked at here.  Nor is whether the
// policy's own signature is good: the guest has it in force.  Microsoft's lists
// aren't shipped.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repair/signature/certificate.h"
#include "repair/signature/digest.h"
#include "repair/signature/policy.h"

namespace drydock::signature {

// A driver as a policy's rules see it.
struct Candidate {
  std::vector<Digest> digests = {};  // its image hashes
  std::string original_name = {};    // of its version resource; "": it has none
  std::string internal_name = {};
  std::string description = {};
  std::string product = {};
  std::optional<FileVersion> version = {};
  std::vector<CertificateFacts> chain = {};  // Judgement::chain
};

enum class Refusal : std::uint8_t { refused, not_refused, could_not_tell };

struct RefusalFinding {
  Refusal refusal = Refusal::not_refused;
  std::string reason = {};  // which rule, in words; "" for not_refused
};

// Whether the rules for drivers deny it.
RefusalFinding judge_refusal(const Policy& policy, const Candidate& driver);

}  // namespace drydock::signature
