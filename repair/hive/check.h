// Walks a whole hive and says what is wrong with it.
//
// It shares its decoders with our reader and nothing with hivex, and takes no
// cell on trust: every one that a key can lead to is checked for where it
// lies, what it is, and who else claims it.  So it ends on any bytes, after
// work in proportion to their number.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::hive {

enum class Severity : std::uint8_t {
  odd,    // not as Windows writes it, but every key and value can be read
  fatal,  // something can't be believed: Hive::open() refuses the hive
};

struct Problem {
  Severity severity = Severity::odd;
  std::string what;   // "the key counts 3 subkeys, its lists 2"
  std::string where;  // "cell 0x2f8, key \ControlSet001\Services"
};

// What the base block says of the hive's state.
struct HeaderFacts {
  std::uint32_t sequence1 = 0;
  std::uint32_t sequence2 = 0;
  bool checksum_right = false;

  // Whether Windows would look into the transaction logs before anything else.
  bool dirty() const { return !checksum_right || sequence1 != sequence2; }
  // "sequence numbers 4317 and 4316 differ"; "" where it isn't dirty.
  std::string why_dirty() const;
};

// Of the first sector of a hive; all zero where there is none.
HeaderFacts read_header_facts(Bytes file);

// More problems than this are counted, not described.
inline constexpr std::size_t kProblemsMax = 1000;

struct CheckReport {
  HeaderFacts header;
  std::vector<Problem> problems;  // in the order in which they were met
  std::uint64_t fatal_count = 0;
  std::uint64_t odd_count = 0;
  std::uint64_t key_count = 0;
  std::uint64_t value_count = 0;
  bool hashes_right = true;  // every "lh" list's
};

CheckReport check(Bytes file);

// Whether a hive can be believed: the first fatal problem as an Error, corrupt
// with the cell in its places, or nothing.  What check() would call odd passes.
Done believe(Bytes file);
// The same, and what is odd.
Result<CheckReport> check_believed(Bytes file);

}  // namespace drydock::hive
