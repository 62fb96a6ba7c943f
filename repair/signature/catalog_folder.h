// A place where catalogs lie by name: a folder of a guest, or one of the host.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ntfs/file_system.h"
#include "vhd/base/bytes.h"

namespace drydock::signature {

// Of one folder: Windows has some 6,000 in its fullest.
inline constexpr std::size_t kCatalogsMax = 100'000;

class CatalogFolder {
 public:
  struct Name {
    std::string name;  // "oem3.cat"
    std::uint64_t size = 0;
    FileTime modified = 0;  // 0 for files of the host
  };

  virtual ~CatalogFolder() = default;

  // As a person calls it: "C:\Windows\servicing\Packages".
  virtual const std::string& place() const = 0;

  // Each file whose name ends in ".cat", in the order of their names without regard
  // to case.  not_found where the folder isn't there; corrupt above kCatalogsMax.
  virtual Result<std::vector<Name>> names() const = 0;

  // The whole of one.  corrupt above kCatalogSizeMax.
  virtual Result<ByteVector> read(const std::string& name) const = 0;
};

using CatalogFolderPtr = std::shared_ptr<const CatalogFolder>;

// The folder at `path` of a volume.
CatalogFolderPtr catalogs_in(FileSystemPtr volume, std::string path, std::string place);
// A folder of the host, without those below it.
CatalogFolderPtr catalogs_in(const std::filesystem::path& folder);

}  // namespace drydock::signature
