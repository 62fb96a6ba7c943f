// The boot store is gone, or holds something else; the boot manager's own files may be
// gone with it.

#include <fmt/format.h>

#include <span>

#include "harness/faults/faults.h"
#include "vhd/base/try.h"

namespace drydock::faults {

namespace {

constexpr std::size_t kGarbageSize = 32 << 10;  // of a store as Windows makes it

constexpr std::string_view kUefiFiles[] = {
    "\\EFI\\Boot\\bootx64.efi", "\\EFI\\Microsoft\\Boot\\bootmgfw.efi",
    "\\EFI\\Microsoft\\Boot\\bootmgr.efi", "\\EFI\\Microsoft\\Boot\\memtest.efi"};
constexpr std::string_view kBiosFiles[] = {"\\bootmgr", "\\Boot\\memtest.exe"};

// Bytes that are no hive: a disk's worth of somebody's text.
ByteVector garbage() {
  constexpr std::string_view kText = "This was a boot store once. ";
  ByteVector bytes(kGarbageSize);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::byte>(kText[i % kText.size()]);
  }
  return bytes;
}

class BcdRebuild final : public Fault {
 public:
  std::string_view id() const override { return "bcd.rebuild"; }
  std::string_view summary() const override {
    return "the boot store is gone, or no store; the boot manager's files may be, too";
  }
  std::vector<Parameter> parameters() const override {
    return {{"store", "missing, empty, zeros, garbage, or kept", "missing"},
            {"files", "missing, or kept", "kept"}};
  }

  Result<std::string> inflict(Patient& patient, const Parameters& parameters,
                              std::uint64_t) const override {
    const std::string& store = parameters.at("store");
    const std::string& files = parameters.at("files");
    if (files != "missing" && files != "kept") {
      return Error(Errc::bad_argument,
                   fmt::format("files={} isn't missing or kept", files));
    }
    TRY(wound_store(patient, store));
    if (files == "missing") TRY(remove_files(patient));
    return fmt::format("the boot store is {}, the boot manager's files are {}", store,
                       files);
  }

 private:
  static Done wound_store(Patient& patient, const std::string& how) {
    if (how == "kept") return {};
    if (how == "empty") return patient.put_boot_store("", {});
    if (how == "zeros") return patient.put_boot_store("", ByteVector(kGarbageSize));
    if (how == "garbage") return patient.put_boot_store("", garbage());
    if (how != "missing") {
      return Error(
          Errc::bad_argument,
          fmt::format("store={} isn't missing, empty, zeros, garbage or kept", how));
    }
    for (std::string_view suffix : {"", ".LOG", ".LOG1", ".LOG2"}) {
      TRY(patient.remove_from_system(
          fmt::format("{}{}", patient.boot_store(), suffix)));
    }
    return {};
  }

  static Done remove_files(Patient& patient) {
    bool bios = patient.table().scheme == partition::Scheme::mbr;
    std::span<const std::string_view> files =
        bios ? std::span<const std::string_view>(kBiosFiles) : kUefiFiles;
    for (std::string_view file : files) TRY(patient.remove_from_system(file));
    return {};
  }
};

}  // namespace

const Fault& bcd_rebuild() {
  static const BcdRebuild fault;
  return fault;
}

}  // namespace drydock::faults
