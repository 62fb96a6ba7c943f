// The tables of elements, for names.cc.
//
// Ids and bcdedit's names are from Geoff Chappell's lists; where those and
// phnt's ntbcd.h give an id another format digit, Chappell's is taken, and
// stores agree (0x17000077, which phnt has as 0x15000077).  The comment of a
// nameless row is the symbol that Windows' own headers have, if any.

#pragma once

#include <span>

#include "repair/bcd/names.h"

namespace drydock::bcd {

// Class 1: of any object.
std::span<const ElementName> library_elements();
// Class 2: of boot applications, each of its own type.
std::span<const ElementName> boot_manager_elements();
std::span<const ElementName> os_loader_elements();
std::span<const ElementName> resume_elements();
std::span<const ElementName> memory_tester_elements();
std::span<const ElementName> legacy_loader_elements();
std::span<const ElementName> startup_elements();
std::span<const ElementName> mobile_elements();
// Class 2: of phones' applications, whatever their type.
std::span<const ElementName> other_elements();
// Class 3: of device options.
std::span<const ElementName> device_elements();
// Class 4: of templates, and left over in what was made from them.
std::span<const ElementName> template_elements();

}  // namespace drydock::bcd
