// Every hive of the corpus, as other readers read it.

#include "tests/repair/hive_judges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "repair/hive/format.h"
#include "tests/repair/hive_support.h"
#include "tests/support/corpus.h"
#include "tests/support/temp_folder.h"

namespace drydock::hive {
namespace {

// Hives that a judge reads a part of, or nothing.  reglookup reads all.
constexpr std::string_view kNotForRegfexport[] = {
    "BadBaseBlockHive",    // its header's checksum is wrong
    "SAN(OTHER)",          // likewise
    "GarbageHive",         // there is something behind the last bin
    "TruncatedPairHive",   // half a surrogate pair in a name
    "TruncatedPairHive2",  // likewise
};
constexpr std::string_view kNotForHivex[] = {
    "BadBaseBlockHive",    // as above
    "SAN(OTHER)",          //
    "GarbageHive",         //
    "TruncatedPairHive",   //
    "TruncatedPairHive2",  //
    "BogusKeyNamesHive",   // a zero in a name
    "special",             // likewise
    "System_Delta",        // what is empty, as differencing hives have it
};

// What the walk finds so wrong that it isn't opened.
constexpr std::string_view kRefused[] = {"BadListHive",
                                         "BadSubkeyHive",
                                         "DeletedDataHiveTruncated",
                                         "EffectiveSizeHive",
                                         "SAMBadHBinHeader",
                                         "TruncatedDirtyHive",
                                         "TruncatedHive",
                                         "TruncatedNameHive",
                                         "corrupt_sub_key_list.hiv",
                                         "corrupted_system_hive.xz"};

bool is_among(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::vector<std::filesystem::path> files_of(const std::filesystem::path& place) {
  if (std::filesystem::is_regular_file(place)) return {place};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(place)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  return files;
}

// A log begins as a hive does; the type in its header is another.
bool is_hive(Bytes bytes) {
  auto base = load<BaseBlock>(bytes);
  return base && base->signature == kBaseBlockSignature && base->type == 0;
}

class JudgedHives : public testing::TestWithParam<const char*> {};

TEST_P(JudgedHives, AreReadAsHivexReglookupAndRegfexportReadThem) {
  DRYDOCK_CORPUS_FILE(place, GetParam());
  TempFolder folder;
  std::filesystem::path path = folder / "hive";
  for (const std::filesystem::path& file : files_of(place)) {
    ByteVector bytes = load_hive_file(file);
    if (!is_hive(bytes)) continue;
    std::string name = file.filename();
    SCOPED_TRACE(name);
    auto hive = open_hive(bytes);
    EXPECT_EQ(static_cast<bool>(hive), !is_among(kRefused, name));
    if (!hive) continue;
    write_file(path, bytes);
    if (!is_among(kNotForHivex, name)) {
      EXPECT_EQ(hivex_objection(path, *hive), "");
    }
    if (!is_among(kNotForRegfexport, name)) {
      EXPECT_EQ(regfexport_objection(path, *hive, bytes), "");
    }
    EXPECT_EQ(reglookup_objection(path, *hive, bytes), "");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, JudgedHives,
    testing::Values("bcd/ezregistry", "bcd/regipy", "hives/dfwinreg",
                    "hives/dissect.regf", "hives/ezregistry", "hives/hivex",
                    "hives/libguestfs", "hives/notatin", "hives/nt-hive",
                    "hives/nt-hive2", "hives/plaso", "hives/python-registry",
                    "hives/regipy/NTUSER.DAT.xz", "hives/regipy/SAM.xz",
                    "hives/regipy/SECURITY.xz", "hives/regipy/SYSTEM.xz",
                    "hives/regipy/SYSTEM_WIN_10_1709.xz", "hives/regipy/amcache.hve.xz",
                    "hives/regipy/corrupted_system_hive.xz",
                    "hives/regipy/transactions_NTUSER.DAT.xz", "hives/yarp"));

}  // namespace
}  // namespace drydock::hive
