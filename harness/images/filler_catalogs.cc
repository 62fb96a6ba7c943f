#include "harness/images/filler_catalogs.h"

#include <fmt/format.h>

#include "harness/images/catalog.h"
#include "harness/images/signed_windows.h"
#include "vhd/base/try.h"

namespace drydock::images {

namespace {

// Parts of an update have a number each, and the update one of its own.
constexpr std::uint32_t kPartsOfUpdate = 40;

std::string identity(const Layout& layout, std::uint32_t index) {
  return fmt::format("Package_{}_for_KB{}~31bf3856ad364e35~amd64~~10.0.{}.{}",
                     index % kPartsOfUpdate + 1, 5'000'000 + index / kPartsOfUpdate,
                     layout.spec.windows->build, layout.spec.windows->revision);
}

}  // namespace

Done add_filler_catalogs(const Layout& layout, const Authority& authority,
                         std::vector<Content>& contents) {
  for (std::uint32_t i = 0; i < layout.spec.catalog_count; ++i) {
    std::string id = identity(layout, i);
    std::string manifest = id + ".mum";
    ByteVector catalog = TRY(
        make_catalog({.form = CatalogForm::v2,
                      .id = id,
                      .members = {{manifest, bytes_of(std::string_view(manifest))}}},
                     authority, Signer::windows));
    for (std::string_view folder : {kCatalogStore, kServicingPackages}) {
      contents.push_back({fmt::format("{}{}.cat", folder, id), catalog});
    }
  }
  return {};
}

}  // namespace drydock::images
