#include "harness/faults/fault.h"

#include <fmt/format.h>

#include "harness/images/container.h"
#include "vhd/base/try.h"

namespace drydock::faults {

const Fault* find_fault(std::string_view id) {
  for (const Fault* fault : all_faults()) {
    if (fault->id() == id) return fault;
  }
  return nullptr;
}

Result<Parameters> complete_parameters(const Wound& wound) {
  Parameters all;
  for (const Fault::Parameter& one : wound.fault->parameters()) {
    all[std::string(one.name)] = one.usual;
  }
  for (const auto& [name, value] : wound.parameters) {
    auto known = all.find(name);
    if (known == all.end()) {
      return Error(Errc::bad_argument,
                   fmt::format("{} takes no parameter '{}'", wound.fault->id(), name));
    }
    known->second = value;
  }
  return all;
}

Result<std::vector<std::string>> break_raw(const std::filesystem::path& raw,
                                           const std::vector<Wound>& wounds,
                                           std::uint64_t seed) {
  std::unique_ptr<Patient> patient = TRY(Patient::open(raw));
  std::vector<std::string> words;
  for (const Wound& wound : wounds) {
    Parameters parameters = TRY(complete_parameters(wound));
    std::string done =
        TRY(wound.fault->inflict(*patient, parameters, seed).in(wound.fault->id()));
    if (!done.empty()) words.push_back(std::move(done));
  }
  return words;
}

Result<std::vector<std::string>> break_container(const std::filesystem::path& image,
                                                 const std::vector<Wound>& wounds,
                                                 std::uint64_t seed) {
  std::vector<std::string> words;
  for (const Wound& wound : wounds) {
    std::string done =
        TRY(wound.fault->inflict_on_image(image, seed).in(wound.fault->id()));
    if (!done.empty()) words.push_back(std::move(done));
  }
  return words;
}

Result<std::vector<std::string>> break_image(const std::filesystem::path& image,
                                             const std::vector<Wound>& wounds,
                                             std::uint64_t seed) {
  harness::WorkFolder work = TRY(harness::WorkFolder::create());
  std::filesystem::path raw = work / "disk.raw";
  images::Packing packing = TRY(images::unpack(image, raw));
  std::vector<std::string> words = TRY(break_raw(raw, wounds, seed));
  auto break_packed = [&](const std::filesystem::path& packed) -> Done {
    for (std::string& done : TRY(break_container(packed, wounds, seed))) {
      words.push_back(std::move(done));
    }
    return {};
  };
  TRY(images::pack(raw, image, packing.container, packing.block_size, break_packed));
  return words;
}

}  // namespace drydock::faults
