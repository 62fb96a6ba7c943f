// Whether Windows believes what it loads into its kernel: every driver and boot file of
// a Windows, each by its own signature or by the guest's catalogs.
//
// What sigverif and "Driver Verifier: select unsigned drivers" answer on a machine that
// starts, and the reason for stop code 0x5A with 0xC0000428 on one that doesn't.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "repair/driver/inventory.h"
#include "repair/signature/verify.h"
#include "vhd/progress.h"

namespace drydock::driver {

enum class Verdict : std::uint8_t {
  embedded,        // believed by a signature of its own
  catalog,         // believed by a catalog
  unsigned_file,   // nothing signs it
  bad,             // something does, and Windows won't believe it
  missing,         // there is no such file
  could_not_tell,  // it can't be read, or who signed it isn't known here
  disabled,        // Windows doesn't load it: not looked at
};

std::string_view to_string(Verdict verdict);  // "embedded", "unsigned"
bool is_fault(Verdict verdict);               // unsigned, bad or missing

struct Audited {
  Verdict verdict = Verdict::could_not_tell;
  std::string why;  // in words; "" where it is believed
  // Nothing where there was no file to verify.
  std::optional<signature::Verification> verification = std::nullopt;
};

struct Audit {
  Inventory inventory;
  std::vector<Audited> verdicts;             // of inventory.drivers, in the same order
  std::size_t catalog_count = 0;             // those that were searched
  std::vector<std::string> unread_catalogs;  // "oem3.cat: the file is empty"

  std::size_t count(Verdict verdict) const;
  // Faults of what Windows doesn't start without.
  std::size_t boot_stopping_count() const;
};

struct AuditOptions {
  // Files are hashed at once on so many threads; 0: on all that the host has.  What
  // they read they read one at a time, since a volume has room for one.
  std::size_t thread_count = 0;
  Progress catalogs = {};  // bytes of catalogs
  Progress files = {};     // bytes of files
  // Of what catalogs of other guests hold; it gets what this one's do.
  signature::IndexCache* cache = nullptr;
};

// Fails as read_inventory(), as reading the catalogs, and as the progresses do.  A file
// that can't be read is a could_not_tell.
Result<Audit> audit(const repair::Installation& windows, signature::TrustStore trust,
                    const AuditOptions& options = {});

}  // namespace drydock::driver
