#include "repair/signature/guest_verifier.h"

#include <fmt/format.h>

#include <charconv>

#include "repair/signature/catalog_store.h"
#include "vhd/base/try.h"

namespace drydock::signature {

namespace {

// Microsoft's list of vulnerable drivers.
constexpr std::string_view kDriverPolicy =
    "\\System32\\CodeIntegrity\\driversipolicy.p7b";
// 0: the list isn't in force (support.microsoft.com KB5020779).
constexpr std::string_view kListKey = "Control\\CI\\Config";
constexpr std::string_view kListValue = "VulnerableDriverBlocklistEnable";

// Whether the machine's owner turned the list off.
bool is_list_off(const repair::Installation& windows) {
  auto system = windows.system();
  const auto& sets = windows.facts().control_sets;
  if (!system || !sets) return false;
  auto key =
      (*system)->find(fmt::format("ControlSet{:03}\\{}", sets->current, kListKey));
  if (!key) return false;
  auto value = (*system)->value(*key, kListValue);
  return value && value->number() == 0;
}

// Nothing where there is none.
Result<std::optional<Policy>> driver_policy(const repair::Installation& windows,
                                            const FileSystem& volume) {
  repair::GuestPath path = windows.in_windows(kDriverPolicy);
  auto file = volume.find(path.path);
  if (!file && file.error().code() == Errc::not_found) return std::optional<Policy>();
  if (!file) return std::move(file).error();
  ByteVector bytes = TRY(read_file(*file, kPolicySizeMax));
  return std::optional(TRY(read_policy(bytes)));
}

}  // namespace

Result<std::unique_ptr<Verifier>> guest_verifier(const repair::Installation& windows,
                                                 TrustStore trust,
                                                 const Progress& progress,
                                                 const AroundFolder& around,
                                                 IndexCache* cache) {
  FileSystemPtr volume = TRY(windows.disk().volume(windows.partition()));
  CatalogFolderPtr store = store_of(windows, volume);
  if (around) store = around(std::move(store));
  auto index = CatalogIndex::read(*store, progress, cache);
  if (!index && index.error().code() != Errc::not_found) {
    return std::move(index).error();
  }
  auto verifier = std::make_unique<Verifier>(index ? *std::move(index) : CatalogIndex(),
                                             std::move(store), std::move(trust));
  if (is_list_off(windows)) return verifier;
  auto policy = driver_policy(windows, *volume);
  if (!policy) verifier->miss_policy(policy.error().describe());
  if (policy && *policy) verifier->deny_by(**std::move(policy));
  return verifier;
}

std::uint32_t build_of(const repair::Installation& windows) {
  std::uint32_t build = 0;
  if (const auto& text = windows.facts().build) {
    std::from_chars(text->data(), text->data() + text->size(), build);
  }
  return build;
}

}  // namespace drydock::signature
