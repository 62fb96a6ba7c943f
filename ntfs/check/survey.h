// What the parts of a check of an NTFS volume share.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ntfs/check/problem_list.h"
#include "ntfs/check/witness.h"
#include "ntfs/record/file_table.h"

namespace drydock::ntfs {

// $UpCase: how names are folded before they are compared.
using UpcaseTable = std::vector<char16_t>;

// What was read of NTFS's own files before the walk; each is missing where it
// couldn't be believed, and what needs it isn't checked then.
struct SystemFacts {
  std::optional<ByteVector> record_bitmap;  // $MFT's
  std::optional<UpcaseTable> upcase;
  // In ascending order.  Missing, too, before 3.0, which had no $Secure.
  std::optional<std::vector<std::uint32_t>> security_ids;
};

// Counts down what a walk may still read.  A sound volume has less of each than
// these; one that tells of the same blocks again and again could keep a check busy
// for years.
struct WalkBudget {
  std::uint64_t index_blocks = 0;
  std::uint64_t listed_attributes = 0;

  explicit WalkBudget(const FileTable& table);
};

struct WalkCounts {
  std::uint64_t files = 0;
  std::uint64_t directories = 0;
  std::uint64_t index_entries = 0;
};

struct Survey {
  const FileTable& table;
  const SystemFacts& facts;
  ProblemList& report;
  Witness& witness;
  WalkBudget budget;
  WalkCounts counts = {};
};

// "\Windows\notepad.exe" for the file whose base record is `number`; as much as can
// be followed, and "" where nothing can.
std::string path_of(const FileTable& table, std::uint64_t number);

}  // namespace drydock::ntfs
