// One of the two copies of the GPT is torn, overwritten, or not the other's twin: a
// power cut, a tool that wrote past its partition, a disk that lost its last sectors.
// Firmware and Windows make do with the other copy, and until somebody writes it anew
// there is no third.

#include <fmt/format.h>

#include "repair/recipes/recipes.h"

namespace drydock::repair {

namespace {

class PartitionGptTorn final : public Recipe {
 public:
  std::string_view id() const override { return "partition.gpt-torn"; }
  bool of_disk() const override { return true; }
  std::string_view summary() const override {
    return "one of the two copies of the partition table is damaged or out of date";
  }
  std::string_view reads() const override { return "both copies of the disk's GPT"; }
  std::string_view writes() const override {
    return "the copy that isn't believed, from the one that is";
  }

  Result<Findings> examine(const Subject& subject, const Settings&) const override {
    const partition::Table& table = subject.disk.table();
    if (table.scheme != partition::Scheme::gpt || table.other_copy_problem.empty()) {
      return Findings{};
    }
    bool by_primary = table.believed == partition::Copy::primary;
    std::string_view believed = by_primary ? "primary" : "backup";
    std::string_view other = by_primary ? "backup" : "primary";
    Finding finding;
    finding.recipe = id();
    finding.what =
        fmt::format("the {} copy of the GPT isn't the {} copy's twin", other, believed);
    finding.where = "the partition table";
    finding.evidence = {
        table.other_copy_problem,
        fmt::format("the {} copy is sound, and names the {} partitions shown here",
                    believed, table.partitions.size())};
    return Findings{std::move(finding)};
  }

  Done mend(const Subject&, const Finding& finding, const Settings&,
            Plan& plan) const override {
    plan.edits.push_back({.action = PartitionRestore{}, .why = finding.what});
    return {};
  }
};

}  // namespace

const Recipe& partition_gpt_torn() {
  static const PartitionGptTorn recipe;
  return recipe;
}

}  // namespace drydock::repair
