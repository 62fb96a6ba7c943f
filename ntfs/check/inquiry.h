// The Witness of the second walk, which is made only where the first one's sums
// didn't come out: it keeps all that is said of the few files and clusters in
// question, and concludes who is at odds with whom.

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ntfs/check/ledger.h"
#include "ntfs/check/problem_list.h"
#include "ntfs/record/file_table.h"

namespace drydock::ntfs {

class Inquiry final : public Witness {
 public:
  Inquiry(const std::set<std::uint64_t>& suspects, std::vector<Disputed> disputed);

  void name(Reference file, Reference directory, std::u16string_view name) override;
  void entry(Reference directory, Reference file, std::u16string_view name) override;
  void links(Reference file, std::uint16_t count) override;
  void extension(Reference extension, Reference file) override;
  void listed(Reference extension, Reference file) override;
  void clusters(std::uint64_t record, const RecordAttribute& attribute,
                Run run) override;

  // Reports what was found out.
  void conclude(const FileTable& table, ProblemList& report) const;

 private:
  struct Name {
    Reference directory;
    Reference file;
    std::u16string name;
    friend bool operator==(const Name&, const Name&) = default;
  };
  struct Suspect {
    std::vector<Name> names;
    std::vector<Name> entries;
    std::optional<std::uint16_t> link_count;
    std::vector<Reference> belongs_to;
    std::vector<Reference> listed_by;
  };
  struct Dispute {
    Disputed clusters;
    std::vector<std::string> owners;           // "record 38, attribute 0x80"
    std::optional<std::uint64_t> record = {};  // the first of them
  };

  Suspect* find(std::uint64_t record);
  static void conclude_names(std::uint64_t record, const Suspect& suspect,
                             const FileTable& table, ProblemList& report);
  static void conclude_lists(std::uint64_t record, const Suspect& suspect,
                             ProblemList& report);
  void conclude_clusters(ProblemList& report) const;

  std::map<std::uint64_t, Suspect> suspects_;
  std::vector<Dispute> disputes_;  // by their first cluster
};

}  // namespace drydock::ntfs
