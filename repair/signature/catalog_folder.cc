#include "repair/signature/catalog_folder.h"

#include <fmt/format.h>

#include <algorithm>

#include "repair/signature/catalog.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"
#include "vhd/file_device.h"

namespace drydock::signature {

namespace {

bool names_catalog(const std::string& name) {
  constexpr std::string_view kEnd = ".cat";
  return name.size() > kEnd.size() &&
         equal_ignoring_case(std::string_view(name).substr(name.size() - kEnd.size()),
                             kEnd);
}

void sort_by_name(std::vector<CatalogFolder::Name>& names) {
  std::ranges::sort(names, {}, [](const auto& one) { return ascii_lower(one.name); });
}

Error too_many() {
  return Error(Errc::corrupt,
               fmt::format("more than {} catalogs in one folder", kCatalogsMax));
}

class GuestFolder final : public CatalogFolder {
 public:
  GuestFolder(FileSystemPtr volume, std::string path, std::string place)
      : volume_(std::move(volume)), path_(std::move(path)), place_(std::move(place)) {}

  const std::string& place() const override { return place_; }

  Result<std::vector<Name>> names() const override {
    File folder = TRY(volume_->find(path_).in(place_));
    std::vector<Name> names;
    TRY(volume_
            ->list(
                folder,
                [&](const Entry& entry) {
                  if (entry.stat.kind == FileKind::file && names_catalog(entry.name)) {
                    names.push_back({entry.name, entry.stat.size, entry.stat.modified});
                  }
                  return names.size() <= kCatalogsMax;
                })
            .in(place_));
    if (names.size() > kCatalogsMax) return too_many().in(place_);
    sort_by_name(names);
    return names;
  }

  Result<ByteVector> read(const std::string& name) const override {
    File file = TRY(volume_->find(path_ + '\\' + name).in(name));
    return read_file(file, kCatalogSizeMax).in(name);
  }

 private:
  FileSystemPtr volume_;
  std::string path_;
  std::string place_;
};

class HostFolder final : public CatalogFolder {
 public:
  explicit HostFolder(const std::filesystem::path& folder)
      : folder_(folder), place_(folder.string()) {}

  const std::string& place() const override { return place_; }

  Result<std::vector<Name>> names() const override {
    std::vector<Name> names;
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder_, error), end;
         !error && at != end; at.increment(error)) {
      std::error_code unsized;
      std::string name = at->path().filename().string();
      if (!at->is_regular_file(unsized) || !names_catalog(name)) continue;
      std::uint64_t size = at->file_size(unsized);
      if (!unsized) names.push_back({std::move(name), size, 0});
      if (names.size() > kCatalogsMax) return too_many().in(place_);
    }
    if (error) {
      return Error(Errc::not_found, fmt::format("the host says: {}", error.message()))
          .in(place_);
    }
    sort_by_name(names);
    return names;
  }

  Result<ByteVector> read(const std::string& name) const override {
    auto file = TRY(FileDevice::open(folder_ / name).in(name));
    return read_bytes(*file, 0, file->size(), kCatalogSizeMax).in(name);
  }

 private:
  std::filesystem::path folder_;
  std::string place_;
};

}  // namespace

CatalogFolderPtr catalogs_in(FileSystemPtr volume, std::string path,
                             std::string place) {
  return std::make_shared<GuestFolder>(std::move(volume), std::move(path),
                                       std::move(place));
}

CatalogFolderPtr catalogs_in(const std::filesystem::path& folder) {
  return std::make_shared<HostFolder>(folder);
}

}  // namespace drydock::signature
