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

class HiveDirty : public Fault {
 public:
  std::vector<Parameter> parameters() const override {
    return {{"hive", "which, in System32\\config", "SYSTEM"},
            {"note", "the text of the value Note of the key Unwritten", "in the logs"}};
  }

  Result<std::string> inflict(Patient& patient, const Parameters& parameters,
                              std::uint64_t) const override {
    const std::string& name = parameters.at("hive");
    ByteVector before = TRY(patient.read_hive(name));
    ByteVector after =
        TRY(patient.edited_hive(name, kLastChange,
                                {{"note", parameters.at("note")},
                                 {"ballast", std::string(kBallastSize, 'b')}}));
    images::DirtyHive dirty = TRY(make(before, after));
    std::string path = fmt::format("\\Windows\\System32\\config\\{}", name);
    TRY(patient.put(path, dirty.hive));
    TRY(patient.put(path + ".LOG1", dirty.log1));
    TRY(patient.put(path + ".LOG2", dirty.log2));
    return fmt::format("what was changed last in {} is in its logs alone", name);
  }

 private:
  virtual Result<images::DirtyHive> make(Bytes before, Bytes after) const = 0;
};

class HiveDirtyNew final : public HiveDirty {
 public:
  std::string_view id() const override { return "hive.dirty-new"; }
  std::string_view summary() const override {
    return "a hive whose last changes are in its logs, as of Windows 8.1 and later";
  }

 private:
  Result<images::DirtyHive> make(Bytes before, Bytes after) const override {
    return images::make_dirty_with_entries(before, after, kEntryCount, kSequence);
  }
};

class HiveDirtyOld final : public HiveDirty {
 public:
  std::string_view id() const override { return "hive.dirty-old"; }
  std::string_view summary() const override {
    return "a hive whose last changes are in its log, as of Windows before 8.1";
  }

 private:
  Result<images::DirtyHive> make(Bytes before, Bytes after) const override {
    return images::make_dirty_with_vector(before, after, kSequence);
  }
};

}  // namespace

const Fault& hive_dirty_new() {
  static const HiveDirtyNew fault;
  return fault;
}

const Fault& hive_dirty_old() {
  static const HiveDirtyOld fault;
  return fault;
}

}  // namespace drydock::faults
