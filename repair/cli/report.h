// What a command says, and to whom: text or one JSON document on stdout,
// errors on stderr as what, where, what to do; and the exit codes.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "vhd/base/result.h"
#include "vhd/file_device.h"

namespace drydock::cli {

// docs/exit-codes.md says the same, for people.
enum class Exit : int {
  done = 0,            // as asked: healthy, nothing to do, or repaired and verified
  faults = 1,          // diagnose found faults, or repair left some
  could_not_tell = 2,  // something could not be read or is locked, and is named
  failed = 3,          // the image is as it was
  interrupted = 4,     // in commit: `drydock recover` finishes it
  usage = 64,          // the command line is wrong
};

struct ReportOptions {
  bool json = false;
  bool stats = false;
};

class Report {
 public:
  explicit Report(ReportOptions options);
  ~Report();

  bool json() const { return options_.json; }

  // Text for stdout; dropped under --json.
  void print(std::string_view text);
  // Text for stderr, in both modes: progress, warnings.
  void note(std::string_view text);
  // The document that --json prints; dropped otherwise.
  void document(nlohmann::json json);

  // Says what went wrong, in the mode's way, and gives `exit` back.
  Exit fail(const Error& error, Exit exit = Exit::failed);

  // Counts this file's traffic into --stats, up to the end: keeps it open, and
  // its lock, until then.
  void track(std::shared_ptr<const FileDevice> file);
  // Counts what a file has moved that is closed before.
  void count(const Traffic& traffic);

  // Prints the document and the statistics.  The last call; what comes after it, from
  // a verb that goes on, isn't printed.
  void finish();

 private:
  ReportOptions options_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::vector<std::shared_ptr<const FileDevice>> files_;
  Traffic counted_;  // of files that are closed
  std::unique_ptr<nlohmann::json> document_;
  bool finished_ = false;
};

// What a person can do about an error of this code.
std::string_view advice(Errc code);

}  // namespace drydock::cli
