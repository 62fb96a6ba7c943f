#include "repair/signature/catalog_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "repair/boot_files.h"
#include "repair/signature/catalog.h"
#include "vhd/base/sha256.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::signature {

namespace {

// The subsystem's id that all of Windows' own catalogs are kept under.
constexpr std::string_view kStore =
    "\\System32\\CatRoot\\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}";
constexpr std::string_view kPackages = "\\servicing\\Packages";
constexpr std::string_view kComponentStore = "\\WinSxS\\Catalogs";

CatalogFolderPtr folder_of(const repair::GuestPath& path,
                           const repair::Installation& windows, FileSystemPtr volume) {
  return catalogs_in(std::move(volume), path.path, windows.disk().show(path));
}

// How many digests the catalog holds; an Error where it can't be walked, or holds
// none and so is no copy of anything.
Result<std::size_t> count_digests(Bytes catalog) {
  std::size_t count = 0;
  TRY(for_each_member_digest(catalog, [&](const MemberDigest&) {
    ++count;
    return true;
  }));
  if (count == 0) return Error(Errc::corrupt, "it holds no hash");
  return count;
}

std::string hash_of(Bytes content) {
  Sha256 hash;
  hash.add(content);
  return hash.hex();
}

// What is being found out of one store.
class Surveyor {
 public:
  Surveyor(CatalogSurvey& survey, CatalogFolderPtr store, const CatalogSources& sources)
      : survey_(survey), store_(std::move(store)), sources_(sources) {}

  void compare_names();
  void look_further();

 private:
  std::vector<CatalogFolder::Name> names_in(const CatalogFolderPtr& folder);
  bool in_store(const std::string& name) const;
  bool has_copy(const std::string& name) const;
  std::optional<CatalogWound::Copy> copy_in(const CatalogFolderPtr& folder,
                                            const std::string& name);
  void add_wound(CatalogWound wound);
  std::optional<std::size_t> count_if_news(Bytes catalog) const;
  void add_news(const CatalogFolderPtr& folder, const CatalogFolder::Name& name,
                bool proved_by_name);
  bool wants_more() const;

  CatalogSurvey& survey_;
  CatalogFolderPtr store_;
  const CatalogSources& sources_;
  std::set<std::string> store_names_;      // lower case
  std::set<std::string> package_names_;    // lower case
  std::set<std::string> component_names_;  // lower case, "HASH.cat"
  CatalogIndex copies_;                    // of what the wounds' copies hold
};

std::vector<CatalogFolder::Name> Surveyor::names_in(const CatalogFolderPtr& folder) {
  if (!folder) return {};
  auto names = folder->names();
  if (names) return *std::move(names);
  survey_.notes.push_back(
      fmt::format("{}: {}", folder->place(), names.error().words()));
  return {};
}

bool Surveyor::in_store(const std::string& name) const {
  return store_names_.contains(ascii_lower(name));
}

// Whether the packages or the component store have one of the store's catalogs, too.
bool Surveyor::has_copy(const std::string& name) const {
  if (package_names_.contains(ascii_lower(name))) return true;
  auto content = store_->read(name);
  return content && component_names_.contains(hash_of(*content) + ".cat");
}

// A sound copy, whose hashes are then known to be had.
std::optional<CatalogWound::Copy> Surveyor::copy_in(const CatalogFolderPtr& folder,
                                                    const std::string& name) {
  auto content = folder->read(name);
  if (!content) return std::nullopt;
  auto count = count_digests(*content);
  if (!count) return std::nullopt;
  copies_.add(name, *content);
  return CatalogWound::Copy{.folder = folder, .name = name, .digest_count = *count};
}

void Surveyor::add_wound(CatalogWound wound) {
  bool of_package = package_names_.contains(ascii_lower(wound.name));
  if (of_package) wound.copy = copy_in(sources_.packages, wound.name);
  survey_.wounds.push_back(std::move(wound));
}

// By name: what the store lacks of the packages' catalogs, and what of it is damaged.
void Surveyor::compare_names() {
  std::vector<CatalogFolder::Name> packages = names_in(sources_.packages);
  survey_.package_count = packages.size();
  for (const CatalogFolder::Name& one : packages) {
    package_names_.insert(ascii_lower(one.name));
  }
  for (const CatalogFolder::Name& one : names_in(sources_.component_store)) {
    component_names_.insert(ascii_lower(one.name));
  }
  for (const IndexedCatalog& catalog : survey_.index.catalogs()) {
    store_names_.insert(ascii_lower(catalog.name));
    if (!catalog.problem.empty()) {
      add_wound({.kind = CatalogWound::Kind::damaged,
                 .name = catalog.name,
                 .problem = catalog.problem});
    } else if (!has_copy(catalog.name)) {
      survey_.without_copy.push_back(catalog.name);
    }
  }
  for (const CatalogFolder::Name& one : packages) {
    if (in_store(one.name)) continue;
    add_wound({.kind = CatalogWound::Kind::missing, .name = one.name, .problem = {}});
  }
  copies_.seal();
}

// How many digests a catalog holds, where the store and the copies lack one of them.
std::optional<std::size_t> Surveyor::count_if_news(Bytes catalog) const {
  bool news = false;
  std::size_t count = 0;
  auto walked = for_each_member_digest(catalog, [&](const MemberDigest& member) {
    ++count;
    news =
        news || (!survey_.index.holds(member.digest) && !copies_.holds(member.digest));
    return true;
  });
  return walked && news ? std::optional(count) : std::nullopt;
}

// A catalog that holds what neither the store nor a copy does is one that the store has
// lost.
void Surveyor::add_news(const CatalogFolderPtr& folder, const CatalogFolder::Name& name,
                        bool proved_by_name) {
  if (in_store(name.name)) return;
  auto content = folder->read(name.name);
  if (!content) return;
  auto count = count_if_news(*content);
  if (!count) return;
  if (proved_by_name && hash_of(*content) + ".cat" != ascii_lower(name.name)) return;
  CatalogWound wound{
      .kind = CatalogWound::Kind::missing, .name = name.name, .problem = {}};
  wound.copy = {.folder = folder, .name = name.name, .digest_count = *count};
  survey_.wounds.push_back(std::move(wound));
}

bool Surveyor::wants_more() const {
  return survey_.folder_missing ||
         std::ranges::any_of(survey_.wounds,
                             [](const CatalogWound& wound) { return !wound.copy; });
}

void Surveyor::look_further() {
  if (sources_.donor) {
    std::vector<CatalogFolder::Name> names = names_in(sources_.donor);
    for (CatalogWound& wound : survey_.wounds) {
      auto same = std::ranges::find_if(names, [&](const CatalogFolder::Name& one) {
        return equal_ignoring_case(one.name, wound.name);
      });
      if (!wound.copy && same != names.end()) {
        wound.copy = copy_in(sources_.donor, same->name);
      }
    }
    copies_.seal();
    for (const CatalogFolder::Name& one : names) add_news(sources_.donor, one, false);
  }
  if (!wants_more()) return;
  for (const CatalogFolder::Name& one : names_in(sources_.component_store)) {
    add_news(sources_.component_store, one, true);
  }
}

}  // namespace

repair::GuestPath store_folder(const repair::Installation& windows) {
  return windows.in_windows(kStore);
}

CatalogFolderPtr store_of(const repair::Installation& windows, FileSystemPtr volume) {
  return folder_of(store_folder(windows), windows, std::move(volume));
}

CatalogSources sources_of(const repair::Installation& windows, FileSystemPtr volume) {
  return {.packages = folder_of(windows.in_windows(kPackages), windows, volume),
          .component_store =
              folder_of(windows.in_windows(kComponentStore), windows, volume)};
}

Result<CatalogSurvey> survey_catalogs(const repair::Installation& windows,
                                      const CatalogSources& sources,
                                      const Progress& progress) {
  FileSystemPtr volume = TRY(windows.disk().volume(windows.partition()));
  CatalogFolderPtr store = store_of(windows, volume);
  CatalogSurvey survey;
  survey.folder = store_folder(windows);
  survey.place = store->place();
  auto index = CatalogIndex::read(*store, progress);
  if (!index && index.error().code() != Errc::not_found) {
    return std::move(index).error();
  }
  survey.folder_missing = !index;
  if (index) survey.index = *std::move(index);
  Surveyor surveyor(survey, store, sources);
  surveyor.compare_names();
  surveyor.look_further();
  return survey;
}

Done plan_catalogs(const repair::Installation& windows, const CatalogSurvey& survey,
                   repair::Plan& plan) {
  bool folder_there = !survey.folder_missing;
  for (const CatalogWound& wound : survey.wounds) {
    if (!wound.copy) {
      plan.notes.push_back(
          fmt::format("{}: no good copy was found; --donor may name one", wound.name));
      continue;
    }
    repair::GuestPath file = survey.folder;
    file.path += '\\' + wound.name;
    if (!folder_there) TRY(repair::plan_folders(windows.disk(), file, plan));
    folder_there = true;
    ByteVector content = TRY(wound.copy->folder->read(wound.copy->name));
    bool missing = wound.kind == CatalogWound::Kind::missing;
    plan.edits.push_back({.action = repair::FilePut{.file = std::move(file),
                                                    .content = std::move(content)},
                          .why = fmt::format("the catalog is {}; {} has it",
                                             missing ? "missing" : "damaged",
                                             wound.copy->folder->place())});
  }
  return {};
}

}  // namespace drydock::signature
