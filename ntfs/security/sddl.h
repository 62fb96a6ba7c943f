// SDDL: a security descriptor as a line of text, which icacls and PowerShell take
// and print.  [MS-DTYP] 2.5.1
//
//   O:BAG:SYD:PAI(A;;FA;;;BA)(A;OICI;0x1200a9;;;BU)
//
// What SDDL has words for comes out in Windows' own; a condition, and an ACE of a
// type that isn't known, as '#' and hex: "(XA;;FA;;;WD;#61727478...)".  That is
// ours, and read back the same.

#pragma once

#include <string>
#include <string_view>

#include "ntfs/security/descriptor.h"

namespace drydock::security {

std::string to_sddl(const Descriptor& descriptor);

// bad_argument names what can't be read.
Result<Descriptor> parse_sddl(std::string_view text);

// A file's descriptor as `stat` shows it; corrupt as decode_descriptor() says.
Result<std::string> sddl_of(Bytes descriptor);

}  // namespace drydock::security
