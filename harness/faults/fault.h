// A Fault wounds a disk in one of the ways in which Windows fails to start: it
// is the other half of a Recipe, and bears the same name.
//
// A fault does with other tools what went wrong in the field, and says in
// words what it did.  To add one: derive, list it in all.cc, and name it as
// the recipe that heals it is named; tests/harness/pairing_test.cc fails while
// either list lacks what the other has.

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/faults/patient.h"

namespace drydock::faults {

// What a fault may be told, by name.
using Parameters = std::map<std::string, std::string>;

class Fault {
 public:
  virtual ~Fault() = default;

  virtual std::string_view id() const = 0;       // "bcd.default-missing"
  virtual std::string_view summary() const = 0;  // one line for `list`

  struct Parameter {
    std::string_view name;
    std::string_view meaning;
    std::string_view usual;  // its value when nobody gives one
  };
  virtual std::vector<Parameter> parameters() const { return {}; }

  // Wounds the disk; returns what was done, in words.  `parameters` has each
  // of parameters().  The same disk, parameters and seed give the same wound.
  virtual Result<std::string> inflict(Patient& patient, const Parameters& parameters,
                                      std::uint64_t seed) const = 0;

  // Wounds the image's file, once the disk is in it: what is about the container
  // and not about the disk.  Returns what was done, "" for nothing.
  virtual Result<std::string> inflict_on_image(const std::filesystem::path&,
                                               std::uint64_t /*seed*/) const {
    return std::string();
  }
};

// Every fault, in the order of the recipes.
const std::vector<const Fault*>& all_faults();
const Fault* find_fault(std::string_view id);

// One wound to be inflicted.
struct Wound {
  const Fault* fault = nullptr;
  Parameters parameters;  // those that aren't as usual
};

// A wound's parameters with the usual ones filled in.  bad_argument for one that
// its fault doesn't take.
Result<Parameters> complete_parameters(const Wound& wound);

// Inflicts `wounds`, in order, on the disk whose raw bytes are in `raw`, and
// returns their words.  On an Error the disk may be half wounded.
Result<std::vector<std::string>> break_raw(const std::filesystem::path& raw,
                                           const std::vector<Wound>& wounds,
                                           std::uint64_t seed);

// What remains of `wounds` once that disk is in `image`.
Result<std::vector<std::string>> break_container(const std::filesystem::path& image,
                                                 const std::vector<Wound>& wounds,
                                                 std::uint64_t seed);

// Both for an image file, which stays as it was on an Error.  Its container is
// written anew, so that its own ids change.
Result<std::vector<std::string>> break_image(const std::filesystem::path& image,
                                             const std::vector<Wound>& wounds,
                                             std::uint64_t seed);

}  // namespace drydock::faults
