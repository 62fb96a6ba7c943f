// A crash between a flush of the registry and the writing of the hive: what was
// changed last is in the transaction logs alone.

#include <fmt/format.h>

#include "harness/faults/faults.h"
#include "harness/images/dirty_hive.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

// What is changed last: a key of its own, with more in it than the hive has room
// for.
constexpr std::string_view kLastChange = R"(
[Unwritten]
Note = sz "${note}"
Ballast = sz "${ballast}"
)";
constexpr std::size_t kBallastSize = 6000;
// Far from the numbers that hivex leaves.
constexpr std::uint32_t kSequence = 700;
constexpr std::uint32_t kEntryCount = 3;

class HiveReplayLogs final : public Fault {
 public:
  std::string_view id() const override { return "hive.replay-logs"; }
  std::string_view summary() const override {
    return "a hive whose last changes are in its logs alone";
  }
  std::vector<Parameter> parameters() const override {
    return {{"hive", "which, in System32\\config, or BCD, the boot store", "SYSTEM"},
            {"logs", "new: as of Windows 8.1 and later; old: as before", "new"},
            {"note", "the text of the value Note of the key Unwritten", "in the logs"}};
  }

  Result<std::string> inflict(Patient& patient, const Parameters& parameters,
                              std::uint64_t) const override {
    const std::string& name = parameters.at("hive");
    const std::string& logs = parameters.at("logs");
    images::Words words = {{"note", parameters.at("note")},
                           {"ballast", std::string(kBallastSize, 'b')}};
    if (name == "BCD") {
      TRY(wound_boot_store(patient, logs, words));
    } else {
      TRY(wound_hive(patient, name, logs, words));
    }
    return fmt::format("what was changed last in {} is in its logs alone", name);
  }

 private:
  static Done wound_hive(Patient& patient, const std::string& name,
                         std::string_view logs, const images::Words& words) {
    ByteVector before = TRY(patient.read_hive(name));
    ByteVector after = TRY(patient.edited_hive(name, kLastChange, words));
    images::DirtyHive dirty = TRY(make(logs, before, after));
    std::string path = fmt::format("\\Windows\\System32\\config\\{}", name);
    TRY(patient.put(path, dirty.hive));
    TRY(patient.put(path + ".LOG1", dirty.log1));
    return patient.put(path + ".LOG2", dirty.log2);
  }

  // An older boot environment keeps one log, BCD.LOG.
  static Done wound_boot_store(Patient& patient, std::string_view logs,
                               const images::Words& words) {
    ByteVector before = TRY(patient.read_boot_store());
    ByteVector after = TRY(patient.edited_boot_store(kLastChange, words));
    images::DirtyHive dirty = TRY(make(logs, before, after));
    TRY(patient.put_boot_store("", dirty.hive));
    if (logs == "old") return patient.put_boot_store(".LOG", dirty.log1);
    TRY(patient.put_boot_store(".LOG1", dirty.log1));
    return patient.put_boot_store(".LOG2", dirty.log2);
  }

  static Result<images::DirtyHive> make(std::string_view logs, Bytes before,
                                        Bytes after) {
    if (logs == "new") {
      return images::make_dirty_with_entries(before, after, kEntryCount, kSequence);
    }
    if (logs == "old") return images::make_dirty_with_vector(before, after, kSequence);
    return Error(Errc::bad_argument,
                 fmt::format("logs are new or old, not '{}'", logs));
  }
};

}  // namespace

const Fault& hive_replay_logs() {
  static const HiveReplayLogs fault;
  return fault;
}

}  // namespace drydock::faults
