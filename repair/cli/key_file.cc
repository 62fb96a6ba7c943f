#include "repair/cli/key_file.h"

#include <filesystem>
#include <memory>

#include "repair/cli/host_file.h"
#include "vhd/base/try.h"

namespace drydock::cli {

namespace {

using bitlocker::Secret;

Result<Secret> secret_of(Result<ByteVector> read) {
  ByteVector bytes = TRY(std::move(read));
  Secret secret{Bytes(bytes)};
  bitlocker::wipe(bytes);
  return secret;
}

}  // namespace

Result<bitlocker::KeyRingPtr> load_key_file(const std::string& path) {
  bool standard = path == "-";
  std::string place = standard ? "standard input" : path;
  Secret file =
      TRY(secret_of(standard ? read_standard_input(bitlocker::kKeyFileSizeMax)
                             : read_host_file(path, bitlocker::kKeyFileSizeMax)));
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  auto read_startup_key = [&](const std::string& name) {
    return secret_of(
        read_host_file((folder / name).string(), bitlocker::kStartupKeySizeMax));
  };
  bitlocker::KeyRing ring =
      TRY(bitlocker::read_key_file(file.bytes(), read_startup_key).in(place));
  return std::make_shared<const bitlocker::KeyRing>(std::move(ring));
}

}  // namespace drydock::cli
