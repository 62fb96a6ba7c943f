// Something cleared CatRoot, or a crash left its catalogs torn: the hashes of the
// drivers that bear no signature are nowhere.

#include <fmt/format.h>

#include <optional>

#include "harness/faults/faults.h"
#include "harness/images/signed_windows.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

// The catalogs of Windows here have some 10 KB each.
constexpr std::uint64_t kCatalogSizeMax = 16 << 20;

// What one catalog is left with: nothing where it goes altogether.
Result<std::optional<ByteVector>> rest_of(ByteVector content, std::string_view loss) {
  if (loss == "missing" || loss == "folder") return std::optional<ByteVector>();
  if (loss == "empty") return std::optional(ByteVector());
  if (loss == "zeros") return std::optional(ByteVector(content.size()));
  if (loss != "truncated") {
    return Error(Errc::bad_argument, fmt::format("nobody loses catalogs to {}", loss));
  }
  content.resize(content.size() / 2);
  return std::optional(std::move(content));
}

class SignatureCatalogStore final : public Fault {
 public:
  std::string_view id() const override { return "signature.catalog-store"; }
  std::string_view summary() const override {
    return "catalogs of CatRoot are missing or damaged";
  }
  std::vector<Parameter> parameters() const override {
    return {{"loss", "missing, folder (with its folder), truncated, empty or zeros",
             "missing"},
            {"name", "of which catalogs: a part of their names", ".cat"}};
  }

  Result<std::string> inflict(Patient& patient, const Parameters& parameters,
                              std::uint64_t) const override {
    FileSystemPtr windows = TRY(patient.open_windows());
    std::string folder(images::kCatalogStore);
    folder.pop_back();
    std::vector<std::string> names;
    TRY(windows->list(TRY(windows->find(folder)), [&](const Entry& entry) {
      if (entry.name.find(parameters.at("name")) != std::string::npos) {
        names.push_back(entry.name);
      }
      return true;
    }));
    const std::string& loss = parameters.at("loss");
    for (const std::string& name : names) {
      std::string path = folder + '\\' + name;
      ByteVector content = TRY(read_file(TRY(windows->find(path)), kCatalogSizeMax));
      auto rest = TRY(rest_of(std::move(content), loss));
      if (rest) TRY(windows->put(path, *rest));
      if (!rest) TRY(windows->remove(path));
    }
    if (loss == "folder") TRY(windows->remove(folder));
    TRY(windows->flush());
    return fmt::format("{} catalogs of CatRoot: {}", names.size(), loss);
  }
};

}  // namespace

const Fault& signature_catalog_store() {
  static const SignatureCatalogStore fault;
  return fault;
}

}  // namespace drydock::faults
