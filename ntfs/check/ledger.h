// The Witness of the first walk: keeps of every file one sum, to which each thing
// said is added and from which its counterpart is taken.  What is told alike in
// both places leaves 0; any other sum makes the file one to inquire about.
//
// So a volume of ten million files takes 80 MB, and no list of names.

#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "ntfs/check/cluster_map.h"
#include "ntfs/check/witness.h"

namespace drydock::ntfs {

// Clusters that somebody has to be found for.
struct Disputed {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  bool shared = false;  // claimed more than once; else: claimed, but marked free
};

class Ledger final : public Witness {
 public:
  Ledger(std::uint64_t record_count, std::uint64_t cluster_count)
      : sums_(record_count), claimed_(cluster_count) {}

  void name(Reference file, Reference directory, std::u16string_view name) override;
  void entry(Reference directory, Reference file, std::u16string_view name) override;
  void links(Reference file, std::uint16_t count) override;
  void extension(Reference extension, Reference file) override;
  void listed(Reference extension, Reference file) override;
  void clusters(std::uint64_t record, const RecordAttribute& attribute,
                Run run) override;

  // The first `count_max` files of which not all was told alike.
  std::set<std::uint64_t> suspects(std::size_t count_max) const;
  const ClusterMap& claimed() const { return claimed_; }
  // Runs that were claimed twice: the first kProblemCountMax of them.
  const std::vector<Disputed>& shared() const { return shared_; }
  std::uint64_t shared_count() const { return shared_count_; }  // in clusters

 private:
  void add(std::uint64_t record, std::uint64_t number);
  std::vector<std::uint64_t> sums_;
  ClusterMap claimed_;
  std::vector<Disputed> shared_;
  std::uint64_t shared_count_ = 0;
};

}  // namespace drydock::ntfs
