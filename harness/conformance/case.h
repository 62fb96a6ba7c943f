// Small VHD and VHDX files, each with one thing in it that a reader may get wrong, and
// what a reader must make of it.
//
// Files and expectations are made from the text of the specifications, by builders
// that know nothing of vhd/: no reader of ours has a say in what is right.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vhd/base/bytes.h"

namespace drydock::conformance {

// Bytes of the disk that are all of one value.
struct Run {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  unsigned value = 0;
};

struct File {
  std::string name;
  ByteVector bytes;
};

struct Case {
  std::string name;    // "vhdx-log-tail"
  std::string about;   // what is in it, as a clause
  std::string ground;  // "[MS-VHDX] 2.3.3"
  // The image, its parent beside it, the parent's parent.
  std::vector<File> files = {};
  // Whether a reader must open it; if not, it must say that it doesn't.
  bool opens = true;
  std::uint64_t virtual_size = 0;  // where it opens
  std::vector<Run> runs = {};      // what isn't zeros, in order
};

std::vector<Case> vhdx_log_cases();
std::vector<Case> vhdx_structure_cases();
std::vector<Case> vhdx_block_cases();
std::vector<Case> vhd_cases();
// Those of them all.
std::vector<Case> all_cases();

}  // namespace drydock::conformance
