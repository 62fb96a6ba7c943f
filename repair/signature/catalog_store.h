// The catalogs by which a Windows believes its files: which are missing or damaged, and
// where a good copy of each lies.
//
//   \Windows\System32\CatRoot\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}\NAME.cat
//       the store: what code integrity reads.  CatRoot2 is an index of it, which
//       Windows makes anew.
//   \Windows\servicing\Packages\NAME.cat
//       those of each package of Windows, byte for byte those of the store (50 of 50
//       on a Server 2022).
//   \Windows\WinSxS\Catalogs\SHA256.cat
//       servicing writes each package's there, too, under the hash of its content,
//       which proves it.
//
// Drivers that came with no package (oem3.cat) have theirs in the store alone.
//
// A catalog only ever adds files that are believed, so a union of good copies does no
// harm; one that can be read is never replaced.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "repair/installation.h"
#include "repair/plan.h"
#include "repair/signature/catalog_index.h"

namespace drydock::signature {

// Where the copies for a store are looked for, the best first.
struct CatalogSources {
  CatalogFolderPtr packages;         // of the Windows itself
  CatalogFolderPtr component_store;  // likewise
  CatalogFolderPtr donor = {};       // what a person named; nullptr for none
};

// What is wrong with one name of the store.
struct CatalogWound {
  enum class Kind : std::uint8_t { missing, damaged };
  Kind kind = Kind::missing;
  std::string name;
  std::string problem;  // of a damaged one
  // A good copy: nothing where none was found.
  struct Copy {
    CatalogFolderPtr folder;
    std::string name;  // there
    std::size_t digest_count = 0;
  };
  std::optional<Copy> copy = {};
};

struct CatalogSurvey {
  repair::GuestPath folder;  // the store
  std::string place;         // as a person calls it
  bool folder_missing = false;
  std::size_t package_count = 0;  // catalogs among the packages'
  CatalogIndex index;  // of what the store holds
  std::vector<CatalogWound> wounds;
  // Catalogs of the store that no source has: if they go, nothing brings them back.
  std::vector<std::string> without_copy;
  std::vector<std::string> notes;  // sources that couldn't be read
};

// The store of `windows`.
repair::GuestPath store_folder(const repair::Installation& windows);
CatalogFolderPtr store_of(const repair::Installation& windows, FileSystemPtr volume);
// Its own sources.
CatalogSources sources_of(const repair::Installation& windows, FileSystemPtr volume);

// Reads the whole store, the names of `sources`, and the copies of what is wrong.  The
// component store is looked into where the packages leave something to be wished: for
// those of its catalogs that hold what neither the store nor a package's copy does.
// Fails as opening the volume and `progress` do.
Result<CatalogSurvey> survey_catalogs(const repair::Installation& windows,
                                      const CatalogSources& sources,
                                      const Progress& progress = {});

// Adds a copy of each wounded catalog that has one.  The rest are in the plan's notes.
Done plan_catalogs(const repair::Installation& windows, const CatalogSurvey& survey,
                   repair::Plan& plan);

}  // namespace drydock::signature
