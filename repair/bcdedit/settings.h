// Those commands of bcdedit that set several elements of one settings object.

#pragma once

#include <string>
#include <vector>

#include "repair/bcdedit/words.h"

namespace drydock::bcdedit {

// "EMSPORT:1 EMSBAUDRATE:115200", either or both; or "BIOS".
Result<std::vector<Edit>> parse_ems_settings(const std::vector<std::string>& words);

// "SERIAL DEBUGPORT:1 BAUDRATE:115200", "NET HOSTIP:10.0.0.1 PORT:50000 KEY:a.b.c.d".
Result<std::vector<Edit>> parse_debug_settings(const std::vector<std::string>& words);

// The same, of the hypervisor's debugger.
Result<std::vector<Edit>> parse_hypervisor_settings(
    const std::vector<std::string>& words);

}  // namespace drydock::bcdedit
