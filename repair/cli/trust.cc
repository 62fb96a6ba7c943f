#include "repair/cli/trust.h"

#include "repair/cli/host_file.h"
#include "vhd/base/try.h"

namespace drydock::cli {

namespace {

// In bytes: all that a browser believes is 200 KB.
constexpr std::uint64_t kTrustFileSizeMax = 16 << 20;

}  // namespace

Result<signature::TrustStore> trust_store(const std::vector<std::string>& files) {
  signature::TrustStore store = signature::TrustStore::built_in();
  for (const std::string& file : files) {
    ByteVector bytes = TRY(read_host_file(file, kTrustFileSizeMax).in("--trust"));
    TRY(store.add(bytes).in(file));
  }
  return store;
}

}  // namespace drydock::cli
