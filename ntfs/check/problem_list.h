// The problems that a check of a volume found, gathered as they are met.

#pragma once

#include <string>
#include <string_view>

#include "ntfs/volume_check.h"

namespace drydock {

// Where a problem is.
struct ProblemPlace {
  std::optional<std::uint64_t> record = {};
  std::string part = {};  // "attribute 0x80", "$MFT"
  std::optional<std::uint64_t> cluster = {};
};

class ProblemList {
 public:
  void error(std::string_view rule, ProblemPlace place, std::string what);
  void warning(std::string_view rule, ProblemPlace place, std::string what);

  // Something that couldn't be looked at; told once.
  void unchecked(std::string what);

  VolumeCheck& result() { return result_; }
  // Whether a further problem would be listed.
  bool listing() const { return result_.problems.size() < kProblemCountMax; }

 private:
  void add(Severity severity, std::string_view rule, ProblemPlace place,
           std::string what);
  VolumeCheck result_;
};

}  // namespace drydock
