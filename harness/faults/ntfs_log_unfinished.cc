// A power cut while NTFS was at work: what it had promised is in $LogFile alone,
// and half of what it had not is in its place.
//
// Give it as the last of a disk's faults: from then on the volume isn't one to be
// written before its log is replayed.

#include <fmt/format.h>

#include <cstdlib>

#include "harness/faults/faults.h"
#include "harness/images/unfinished_log.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

// What both files hold before the power is cut.
constexpr std::string_view kContent = "as it was";
constexpr std::uint64_t kRecordBits = 0xffff'ffff'ffff;  // of a file's id

class NtfsLogUnfinished final : public Fault {
 public:
  std::string_view id() const override { return "ntfs.log-unfinished"; }
  std::string_view summary() const override {
    return "a power cut while NTFS was at work: its log waits to be replayed";
  }
  std::vector<Parameter> parameters() const override {
    return {{"log", "its version: 2.0, of Windows 8 and later, or 1.1", "2.0"},
            {"operation", "the number of one more, which no replay need know", ""}};
  }

  Result<std::string> inflict(Patient& patient, const Parameters& parameters,
                              std::uint64_t) const override {
    const std::string& version = parameters.at("log");
    if (version != "1.1" && version != "2.0") {
      return Error(Errc::bad_argument, fmt::format("no log is of version {}", version));
    }
    images::UnfinishedLog log;
    log.major_version = version == "2.0" ? 2 : 1;
    if (const std::string& code = parameters.at("operation"); !code.empty()) {
      log.operation =
          static_cast<std::uint16_t>(std::strtoul(code.c_str(), nullptr, 0));
    }
    log.finished_record = TRY(add_file(patient, "\\finished.txt"));
    log.unfinished_record = TRY(add_file(patient, "\\unfinished.txt"));
    DevicePtr volume = TRY(patient.windows_volume());
    TRY(images::lay_unfinished_log(*volume, log));
    return fmt::format(
        "a log of version {} holds one transaction that is finished and "
        "not in its place, and one that is the other way round",
        version);
  }

 private:
  static Result<std::uint64_t> add_file(Patient& patient, std::string_view path) {
    TRY(patient.put(path, bytes_of(kContent)));
    return TRY(patient.file_id(path)) & kRecordBits;
  }
};

}  // namespace

const Fault& ntfs_log_unfinished() {
  static const NtfsLogUnfinished fault;
  return fault;
}

}  // namespace drydock::faults
