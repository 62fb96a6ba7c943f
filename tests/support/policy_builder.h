// Lays out policies of code integrity, format 7: inputs of tests and first inputs of
// fuzzers.  It shares nothing with repair/signature/policy.h.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/der_builder.h"

namespace drydock::built {

struct BuiltFileRule {
  std::uint32_t kind = 0;  // deny
  std::string name = {};
  std::uint64_t version = 0;
  std::uint64_t version_maximum = 0;
  std::string hash = {};
  std::string internal_name = {};
};

struct BuiltSigner {
  std::string tbs_hash;
  std::vector<std::uint32_t> usages = {};
  std::string publisher = {};
  std::vector<std::uint32_t> files = {};
};

struct BuiltUse {
  std::uint32_t signer = 0;
  std::vector<std::uint32_t> exceptions = {};
};

struct BuiltPolicy {
  std::uint32_t format = 7;
  std::uint32_t options = 0x80000000;
  std::uint32_t scenario = 131;
  std::vector<std::string> usages = {};  // objects, as DER
  std::vector<BuiltFileRule> files = {};
  std::vector<BuiltSigner> signers = {};
  std::vector<BuiltUse> denied = {};
  std::vector<std::uint32_t> used_files = {};
};

inline std::string number(std::uint64_t value, int size = 4) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> 8 * i & 0xff);
  return bytes;
}
inline std::string blob(std::string_view bytes) {
  std::string whole = number(bytes.size()).append(bytes);
  whole.resize((whole.size() + 3) / 4 * 4);
  return whole;
}
inline std::string text(std::string_view ascii) {
  return blob(utf16(ascii)) + number(0);
}
inline std::string numbers(const std::vector<std::uint32_t>& list) {
  std::string bytes = number(list.size());
  for (std::uint32_t each : list) bytes += number(each);
  return bytes;
}

inline std::string rules_of(const BuiltPolicy& policy) {
  std::string bytes;
  for (std::string usage : policy.usages) {
    usage[0] = 1;
    bytes += blob(usage);
  }
  for (const BuiltFileRule& file : policy.files) {
    bytes += number(file.kind) + text(file.name) + number(file.version, 8);
    bytes += blob(file.hash);
  }
  for (const BuiltSigner& signer : policy.signers) {
    bytes += number(0) + blob(signer.tbs_hash) + numbers(signer.usages);
    bytes += text("") + text(signer.publisher) + text("") + numbers(signer.files);
  }
  return bytes;
}

inline std::string scenario_of(const BuiltPolicy& policy) {
  std::string bytes = number(policy.scenario) + number(0) + number(0x800c) + number(0);
  bytes += number(policy.denied.size());
  for (const BuiltUse& use : policy.denied) {
    bytes += number(use.signer) + numbers(use.exceptions);
  }
  return bytes + numbers(policy.used_files) + std::string(2 * 3 * 4, '\0');
}

inline std::string later_parts_of(const BuiltPolicy& policy) {
  std::string bytes = number(3);
  for (const BuiltFileRule& file : policy.files) {
    bytes += number(file.version_maximum, 8) + number(0);
  }
  for (std::size_t i = 0; i < policy.signers.size(); ++i) bytes += number(0, 8);
  bytes += number(4);
  for (const BuiltFileRule& file : policy.files) {
    bytes += text(file.internal_name) + text("") + text("");
  }
  bytes += number(5);
  for (std::size_t i = 0; i < policy.files.size(); ++i)
    bytes += text("") + number(0, 8);
  bytes += number(6) + std::string(32, 'i') + number(0) + number(7);
  for (std::size_t i = 0; i < policy.files.size(); ++i) bytes += text("");
  return bytes + number(8);
}

inline std::string policy(const BuiltPolicy& policy) {
  std::string header = number(policy.format) + std::string(16, 'k') +
                       std::string(16, 'p') + number(policy.options) +
                       number(policy.usages.size()) + number(policy.files.size()) +
                       number(policy.signers.size()) + number(1) +
                       number(0x000a000000000003, 8) + number(0x40);
  // One text and one number.
  std::string settings = number(2) + text("Info") + text("a") + text("Id") + number(3) +
                         text("1") + text("Info") + text("a") + text("Is") + number(0) +
                         number(1);
  return header + rules_of(policy) + number(0) + number(0) + scenario_of(policy) +
         number(0) + settings + later_parts_of(policy);
}

}  // namespace drydock::built
