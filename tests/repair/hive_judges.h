// Hives as two other readers print them, and the same texts made of what ours reads:
// where all read the same, the texts are the same to the byte.
//
// Between them they show what a hive holds, but for security, what stands behind a
// text's zero, and how long a short value is: these hivex shows.

#pragma once

#include <filesystem>
#include <string>

#include "repair/hive/hive.h"
#include "vhd/base/bytes.h"

namespace drydock::hive {

// What each would print of `hive`, which was opened from `file`, where it reads as we
// do.
Result<std::string> reglookup_text(const Hive& hive, Bytes file);
Result<std::string> regfexport_text(const Hive& hive, Bytes file);

// Of the hive in the file at `path`, which `file` is and `hive` was opened from: the
// first line that we would print otherwise, as each has it; "" where there is none, or
// where the judge isn't installed.
std::string reglookup_objection(const std::filesystem::path& path, const Hive& hive,
                                Bytes file);
std::string regfexport_objection(const std::filesystem::path& path, const Hive& hive,
                                 Bytes file);
// The first key that hivex reads otherwise.
std::string hivex_objection(const std::filesystem::path& path, const Hive& hive);

// Whatever these three and check() have against a hive that we wrote.
std::string objections(Bytes file);

}  // namespace drydock::hive
