// What is torn in a volume's own structures and has one cure only: the boot sector,
// $MFT's first records, attribute lists.  A volume so wounded may not open, so that
// whatever Windows it holds isn't seen before the cure; repair() looks again then.

#include <fmt/format.h>

#include <algorithm>

#include "repair/installation.h"
#include "repair/recipes/recipes.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

// What the recipes of this file differ in.
struct Words {
  VolumePart part;
  std::string_view id;
  std::string_view summary;
  std::string_view reads;
  std::string_view writes;
  std::string_view stop_code = {};
};

std::string place_of(const Disk& disk, std::uint32_t partition) {
  return fmt::format("partition {} ({})", partition,
                     disk.show({.partition = partition, .path = "\\"}));
}

// Whether a Windows is in that partition, as far as can be seen: where none is seen
// on the whole disk, it may be the one.
bool may_hold_windows(const Disk& disk, std::uint32_t partition) {
  const auto& found = disk.installations();
  return found.empty() || std::ranges::any_of(found, [&](const auto& windows) {
           return windows->partition() == partition;
         });
}

class VolumeWoundRecipe : public Recipe {
 public:
  explicit VolumeWoundRecipe(Words words) : words_(words) {}

  std::string_view id() const override { return words_.id; }
  std::string_view summary() const override { return words_.summary; }
  std::string_view reads() const override { return words_.reads; }
  std::string_view writes() const override { return words_.writes; }
  bool of_disk() const override { return true; }

  Result<Findings> examine(const Subject& subject,
                           const Settings& settings) const override;
  Done mend(const Subject& subject, const Finding& finding, const Settings& settings,
            Plan& plan) const override;

 protected:
  virtual Result<Records> records_of(const Settings&) const { return Records::first; }

 private:
  Words words_;
};

Result<Recipe::Findings> VolumeWoundRecipe::examine(const Subject& subject,
                                                    const Settings& settings) const {
  Records records = TRY(records_of(settings));
  const Disk& disk = subject.disk;
  Findings findings;
  std::optional<Error> unseen;
  for (std::uint32_t number : disk.volume_numbers()) {
    auto wound = disk.find_wound(number, words_.part, records);
    bool unproven = !wound && wound.error().code() == Errc::unsupported;
    if (!wound && !unproven) {
      unseen = std::move(wound).error();
      continue;
    }
    if (wound && !*wound) continue;
    Finding finding;
    finding.recipe = id();
    finding.where = place_of(disk, number);
    if (unproven) {
      finding.what = "it is wounded, and nothing proves a cure";
      finding.evidence = {wound.error().describe()};
    } else {
      finding.what = (*wound)->what;
      finding.evidence = (*wound)->evidence;
      finding.stops_boot = (*wound)->stops_mount && may_hold_windows(disk, number);
    }
    if (finding.stops_boot && !words_.stop_code.empty()) {
      finding.stop_code = words_.stop_code;
    }
    findings.push_back(std::move(finding));
  }
  if (findings.empty() && unseen) return *std::move(unseen);
  return findings;
}

Done VolumeWoundRecipe::mend(const Subject& subject, const Finding& finding,
                             const Settings& settings, Plan& plan) const {
  Records records = TRY(records_of(settings));
  const Disk& disk = subject.disk;
  for (std::uint32_t number : disk.volume_numbers()) {
    if (place_of(disk, number) != finding.where) continue;
    TRY(disk.find_wound(number, words_.part, records));
    plan.edits.push_back(
        {.action =
             VolumeMend{.partition = number, .part = words_.part, .records = records},
         .why = finding.what});
    return {};
  }
  return Error(Errc::not_found, "there is no such volume").in(finding.where);
}

class NtfsAttributeListOffset final : public VolumeWoundRecipe {
 public:
  NtfsAttributeListOffset()
      : VolumeWoundRecipe(
            {.part = VolumePart::attribute_lists,
             .id = "ntfs.attribute-list-offset",
             .summary = "attribute lists say that names begin elsewhere than at 1Ah",
             .reads = "$ATTRIBUTE_LIST of the first 32 records of each $MFT",
             .writes = "the entries that are wrong",
             .stop_code = "0x24"}) {}

  std::vector<Setting> settings() const override {
    return {{.name = "records", .meaning = "all: look at every file of every volume"}};
  }

 protected:
  Result<Records> records_of(const Settings& settings) const override {
    auto given = settings.find("records");
    if (given == settings.end()) return Records::first;
    if (given->second == "all") return Records::all;
    return Error(Errc::bad_argument,
                 fmt::format("records={} isn't known; it is all", given->second));
  }
};

}  // namespace

const Recipe& ntfs_boot_sector() {
  static const VolumeWoundRecipe recipe(
      {.part = VolumePart::boot_sector,
       .id = "ntfs.boot-sector",
       .summary = "a volume's boot sector is torn, or its copy is",
       .reads = "the first and the last sector of each partition",
       .writes = "the one of them that is torn, from the other"});
  return recipe;
}

const Recipe& ntfs_mft_mirror() {
  static const VolumeWoundRecipe recipe(
      {.part = VolumePart::mft_mirror,
       .id = "ntfs.mft-mirror",
       .summary = "the first records of $MFT and their copies in $MFTMirr differ",
       .reads = "both of each NTFS volume",
       .writes = "the record that is torn, else the copy"});
  return recipe;
}

const Recipe& ntfs_attribute_list_offset() {
  static const NtfsAttributeListOffset recipe;
  return recipe;
}

}  // namespace drydock::repair
