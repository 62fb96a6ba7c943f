// Times as programs in Windows print them where dates are American.  In UTC: which
// zone a disk's Windows shows is nobody's question offline.

#pragma once

#include <string>

#include "ntfs/file.h"

namespace drydock::script {

std::string padded_time(FileTime time);  // "01/02/2024  03:04 AM", as dir has it
std::string plain_time(FileTime time);   // "1/2/2024 3:04 AM", as dism has it

}  // namespace drydock::script
