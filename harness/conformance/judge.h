// What readers make of the cases: ours, qemu-img and libvhdi.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/conformance/case.h"
#include "vhd/base/result.h"

namespace drydock::conformance {

enum class Verdict : std::uint8_t {
  right,    // shows what it must, or says that it doesn't open it
  wrong,    // shows other bytes
  refuses,  // doesn't open what it should
  accepts,  // opens what it must not
};
// "right", "wrong bytes", "refuses", "accepts".
std::string_view to_string(Verdict verdict);

struct Judgement {
  Verdict verdict = Verdict::right;
  std::string words;  // why not right, or why refused
};

struct Reader {
  std::string name;  // with its version
  Judgement (*judge)(const Case& one, const std::filesystem::path& image);
};

// Ours, and those of the others that are installed.
std::vector<Reader> readers();

// Puts the case's files into `folder`.  Returns the image's path.  io where the host
// refuses.
Result<std::filesystem::path> write_files(const Case& one,
                                          const std::filesystem::path& folder);

// All readers on all cases, as a table in Markdown, with the number of right ones.
// Fails as writing to `folder` does; what is in it is left there.
Result<std::string> make_table(const std::filesystem::path& folder);

}  // namespace drydock::conformance
