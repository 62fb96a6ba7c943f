// Real files that are not part of the project: the folder that DRYDOCK_CORPUS
// names, or ../shared/corpus beside the checkout.  A test that needs one skips,
// and says so, where it is absent, or where a packed file can't be unpacked.

#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "tests/support/run.h"

namespace drydock {

// The corpus's path of `name`, if it is there and of use.
inline std::optional<std::filesystem::path> corpus_file(const std::string& name) {
  const char* named = std::getenv("DRYDOCK_CORPUS");
  std::filesystem::path folder =
      named != nullptr ? std::filesystem::path(named)
                       : std::filesystem::path(DRYDOCK_SOURCE_DIR) / "../shared/corpus";
  std::filesystem::path file = folder / name;
  if (!std::filesystem::exists(file)) return std::nullopt;
  std::string extension = file.extension().string();
  for (const char* packed : {".gz", ".tgz", ".bz2", ".zip", ".xz"}) {
    if (extension == packed && !have_program("sh")) return std::nullopt;
  }
  return file;
}

}  // namespace drydock

// In a test: the file's path in `variable`, or the test is skipped.
#define DRYDOCK_CORPUS_FILE(variable, name)                         \
  auto variable##_found = ::drydock::corpus_file(name);             \
  if (!variable##_found)                                            \
    GTEST_SKIP() << "the corpus isn't here, or packed: " << (name); \
  const std::filesystem::path& variable = *variable##_found
