// What the hives and the boot store of a built Windows say, as text; the words
// in ${} are those of words_of().

#pragma once

#include <string>
#include <string_view>

#include "harness/images/spec.h"

namespace drydock::images {

// \EFI\Microsoft\Boot\BCD, or \Boot\BCD: the objects and elements of an ordinary
// installation, one Windows and its recovery environment.
std::string boot_store_text(Firmware firmware);
// \Windows\System32\config\BCD-Template, of which bcdboot makes such a store.
std::string_view boot_template_text();

// \Windows\System32\config\SYSTEM, one control set.
std::string system_text();
// \Windows\System32\config\SOFTWARE
std::string software_text(const Spec& spec);
// The smaller ones: just enough to be what they are called.
std::string_view sam_text();
std::string_view security_text();
std::string_view default_text();

}  // namespace drydock::images
