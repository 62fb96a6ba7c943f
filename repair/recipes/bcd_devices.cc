// Device elements of the boot store name a partition that isn't on the disk: the disk
// was cloned and signed anew, its table made anew, its partitions moved, or it was
// turned from MBR to GPT.
//
// Which of the disk's partitions each of them meant has to be proven by what lies on
// it: absent_partitions.h.  Where several may be right, nobody guesses.

#include <fmt/format.h>

#include <algorithm>

#include "repair/bcd/names.h"
#include "repair/edit_words.h"
#include "repair/recipes/absent_partitions.h"
#include "repair/recipes/boot_objects.h"
#include "repair/recipes/recipes.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

// What the boot manager shows when the device of the entry that it starts isn't there.
constexpr std::string_view kDeviceMissing = "0xC000000E";

// `device` on the partition `target`, all else of it as it was.
bcd::Device moved(bcd::Device device, const bcd::Device& target) {
  if (!device.parent.empty()) {
    device.raw.clear();  // made anew, around another partition
    device.parent.front() = moved(std::move(device.parent.front()), target);
    return device;
  }
  device.gpt = target.gpt;
  device.disk_id = target.disk_id;
  device.partition_id = target.partition_id;
  device.mbr_signature = target.mbr_signature;
  device.mbr_offset = target.mbr_offset;
  return device;
}

std::string what_of(const AbsentPartition& absent) {
  bool one = absent.references.size() == 1;
  return fmt::format(
      "{} of the boot store {} a partition that isn't on this disk: {}",
      one ? "a device" : fmt::format("{} devices", absent.references.size()),
      one ? "names" : "name",
      words_of(bcd::Value(absent.device()), bcd::element::os_device, bcd::kOsLoader));
}

class BcdDevices final : public Recipe {
 public:
  std::string_view id() const override { return "bcd.devices"; }
  std::string_view summary() const override {
    return "devices of the boot store name partitions that aren't on the disk";
  }
  std::string_view reads() const override {
    return "the boot store: each device; whether the files that its objects name are "
           "there";
  }
  std::string_view writes() const override {
    return "the boot store: the devices of which a file proves what they meant";
  }

  Result<Findings> examine(const Subject& subject, const Settings&) const override {
    const Installation& windows = *subject.windows;
    Findings findings;
    std::vector<AbsentPartition> all = TRY(find_absent_partitions(windows));
    for (const AbsentPartition& absent : all) {
      Finding finding;
      finding.recipe = id();
      finding.of_disk = true;  // a store is one, however many Windows it starts
      finding.what = what_of(absent);
      finding.where = subject.disk.show(*windows.boot().bcd);
      finding.evidence = absent.facts;
      finding.stops_boot = absent.starts_default;
      if (absent.starts_default) finding.status = kDeviceMissing;
      findings.push_back(std::move(finding));
    }
    return findings;
  }

  Done mend(const Subject& subject, const Finding& finding, const Settings&,
            Plan& plan) const override {
    const Installation& windows = *subject.windows;
    std::vector<AbsentPartition> all = TRY(find_absent_partitions(windows));
    auto absent = std::ranges::find(all, finding.what, what_of);
    if (absent == all.end()) {
      return Error(Errc::not_found, "the store has no such device").in(finding.where);
    }
    if (!absent->unproven.empty()) {
      return Error(
          Errc::unsupported,
          fmt::format("which partition is meant isn't proven: {}", absent->unproven));
    }
    const partition::Partition& partition = *absent->candidates[0];
    bcd::Device target = device_of(partition, subject.disk.table());
    for (const DeviceReference& reference : absent->references) {
      plan.edits.push_back(
          {.action = BcdSet{.store = *windows.boot().bcd,
                            .object = reference.object,
                            .element = reference.element,
                            .value = moved(reference.device, target)},
           .why = fmt::format("what it names isn't on this disk, and partition {} is "
                              "what it meant",
                              partition.number)});
    }
    return {};
  }
};

}  // namespace

const Recipe& bcd_devices() {
  static const BcdDevices recipe;
  return recipe;
}

}  // namespace drydock::repair
