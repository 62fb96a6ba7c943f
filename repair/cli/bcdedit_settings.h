// Those commands of bcdedit that set several elements of one settings object.

#pragma once

#include <string>
#include <vector>

#include "repair/cli/bcdedit_words.h"

namespace drydock::cli {

// "EMSPORT:1 EMSBAUDRATE:115200", either or both; or "BIOS".
Result<std::vector<BcdeditEdit>> parse_ems_settings(
    const std::vector<std::string>& words);

// "SERIAL DEBUGPORT:1 BAUDRATE:115200", "NET HOSTIP:10.0.0.1 PORT:50000 KEY:a.b.c.d".
Result<std::vector<BcdeditEdit>> parse_debug_settings(
    const std::vector<std::string>& words);

// The same, of the hypervisor's debugger.
Result<std::vector<BcdeditEdit>> parse_hypervisor_settings(
    const std::vector<std::string>& words);

}  // namespace drydock::cli
