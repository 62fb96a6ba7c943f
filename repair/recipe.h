// A Recipe knows one way in which Windows fails to start, and how to mend it.
//
// It answers two questions and touches nothing.  examine(): is this wrong
// here, and what shows it?  mend(): which edits would put it right?  The
// edits go into a Plan, which a person can read, which is rehearsed on an
// overlay and examined again, and which only commit() can carry to the image.
// So a recipe may be mistaken, but by itself it can do no harm.
//
// To add one: derive, list it in repair/recipes/all.cc, and give
// harness/faults/ the wound that it heals; tests/harness/pairing_test.cc fails
// while either list lacks what the other has.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repair/installation.h"
#include "repair/plan.h"
#include "repair/signature/trust.h"
#include "vhd/base/result.h"

namespace drydock::repair {

// What was seen, and where: enough for another person to look for themselves.
struct Finding {
  std::string recipe;                 // "bcd.default-missing"
  std::string what;                   // "the boot manager's default names no object"
  std::string where;                  // "esp:\EFI\Microsoft\Boot\BCD"
  std::vector<std::string> evidence;  // facts that anybody can look up again
  bool of_disk = false;               // it is one finding, however many Windows
  bool stops_boot = false;
  std::optional<std::string> stop_code = {};   // "0x5A"
  std::optional<std::string> status = {};      // "0xC0000225"
  std::optional<std::string> image_name = {};  // "filecrypt.sys"
  std::size_t installation = 0;                // index; diagnose() sets it
};

// NAME=VALUE of --set, for recipes that need to be told something.
using Settings = std::map<std::string, std::string>;

// What a recipe looks at.
struct Subject {
  const Disk& disk;
  const Installation* windows = nullptr;  // nullptr for recipes of the disk
  // Whose signatures on what is put into the guest are believed; nullptr: those of the
  // known roots.
  const signature::TrustStore* trust = nullptr;
};

class Recipe {
 public:
  virtual ~Recipe() = default;

  // Two words, part and wound, for good: logs and journals keep them.
  virtual std::string_view id() const = 0;
  virtual std::string_view summary() const = 0;  // one line for `drydock recipes`
  virtual std::string_view reads() const = 0;    // what it looks at
  virtual std::string_view writes() const = 0;   // what mending changes
  // The names that --set takes, with a line each; empty for most.
  struct Setting {
    std::string_view name;
    std::string_view meaning;
    bool required = false;
  };
  virtual std::vector<Setting> settings() const { return {}; }
  // Whether it is about the disk and its volumes, be there a Windows or none that
  // could be found; such a recipe examines a disk once, others each Windows.
  virtual bool of_disk() const { return false; }
  // What is done with it where nobody named it.
  enum class Unasked : std::uint8_t {
    mends,
    examines,  // `diagnose` uses it, and `repair` leaves what it finds
    nothing,
  };
  virtual Unasked unasked() const { return Unasked::mends; }

  // An empty list is a clean bill.  An Error means that it couldn't look,
  // which isn't the same, and is reported as such; bad_argument and not_found
  // are about the settings, and a person who named the recipe is told so.
  using Findings = std::vector<Finding>;
  virtual Result<Findings> examine(const Subject& subject,
                                   const Settings& settings) const = 0;

  // Adds the edits that `finding` calls for.  unsupported where the wound is
  // plain but this recipe won't guess at the cure.
  virtual Done mend(const Subject& subject, const Finding& finding,
                    const Settings& settings, Plan& plan) const = 0;
};

// Every recipe, in the order in which they should be tried.
const std::vector<const Recipe*>& all_recipes();
const Recipe* find_recipe(std::string_view id);

}  // namespace drydock::repair
