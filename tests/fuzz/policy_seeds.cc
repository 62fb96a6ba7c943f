#include "tests/fuzz/seeds.h"
#include "tests/support/policy_builder.h"

namespace drydock::fuzz {
namespace {

using namespace built;

ByteVector bytes(const std::string& text) {
  auto view = bytes_of(text);
  return {view.begin(), view.end()};
}

}  // namespace

std::vector<ByteVector> make_seeds() {
  BuiltPolicy full{.usages = {microsoft(10, 3, 5)},
                   .files = {{.hash = std::string(32, 'h')},
                             {.name = "bad.sys", .version_maximum = 1ull << 48},
                             {.kind = 2, .name = "other.sys"}},
                   .signers = {{.tbs_hash = std::string(32, 't'),
                                .usages = {0},
                                .publisher = "Bad",
                                .files = {2}}},
                   .denied = {{.signer = 0, .exceptions = {1}}},
                   .used_files = {0, 1}};
  std::string bare = policy(full);
  BuiltPolicy old = full;
  old.format = 2;
  return {bytes(bare), bytes(policy(old)), bytes(policy({})),
          bytes(message(object({1, 3, 6, 1, 4, 1, 311, 79, 1}), octets(bare)))};
}

}  // namespace drydock::fuzz
