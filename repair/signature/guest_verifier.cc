#include "repair/signature/guest_verifier.h"

#include <charconv>

#include "repair/signature/catalog_store.h"
#include "vhd/base/try.h"

namespace drydock::signature {

Result<std::unique_ptr<Verifier>> guest_verifier(const repair::Installation& windows,
                                                 TrustStore trust,
                                                 const Progress& progress) {
  FileSystemPtr volume = TRY(windows.disk().volume(windows.partition()));
  CatalogFolderPtr store = store_of(windows, std::move(volume));
  auto index = CatalogIndex::read(*store, progress);
  if (!index && index.error().code() != Errc::not_found) {
    return std::move(index).error();
  }
  return std::make_unique<Verifier>(index ? *std::move(index) : CatalogIndex(),
                                    std::move(store), std::move(trust));
}

std::uint32_t build_of(const repair::Installation& windows) {
  std::uint32_t build = 0;
  if (const auto& text = windows.facts().build) {
    std::from_chars(text->data(), text->data() + text->size(), build);
  }
  return build;
}

}  // namespace drydock::signature
