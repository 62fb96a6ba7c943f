#include "harness/images/windows_text.h"

namespace drydock::images {

namespace {

// The same objects with the same elements as in ordinary stores of Windows 10
// and 11, of which 34 public ones were looked at; the recovery environment's
// as one of them has it.
constexpr std::string_view kBoth = R"text(
[Description]
KeyName = sz "BCD00000000"
System = dword 1
TreatAsSystem = dword 1

# {emssettings}
object {0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9} 20100000
16000020 = boolean 0

# {resumeloadersettings}
object {1afa9c49-16ab-4a5c-901b-212802da9460} 20200004
14000006 = multi "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}"

# {dbgsettings}
object {4636856e-540f-4170-a130-a84776f4c654} 20100000
15000011 = integer 4

# {badmemory}
object {5189b25c-5558-4bf2-bca4-289b11bd29e2} 20100000

# {bootloadersettings}
object {6efb52bf-1766-41db-a6b3-0ee5eff72bd7} 20200003
14000006 = multi "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}"
  "{7ff607e0-4395-11db-b0de-0800200c9a66}"

# {globalsettings}
object {7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e} 20100000
14000006 = multi "{4636856e-540f-4170-a130-a84776f4c654}"
  "{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}"
  "{5189b25c-5558-4bf2-bca4-289b11bd29e2}"

# {hypervisorsettings}
object {7ff607e0-4395-11db-b0de-0800200c9a66} 20200003
250000f3 = integer 0
250000f4 = integer 1
250000f5 = integer 115200

# {bootmgr}
object {9dea862c-5cdd-4e70-acc1-f32b344d4795} 10100002
11000001 = hex ${system_device}
12000004 = sz "Windows Boot Manager"
12000005 = sz "en-US"
14000006 = multi "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}"
23000003 = sz "${loader}"
23000006 = sz "${resume}"
24000001 = multi "${loader}"
24000010 = multi "{b2721d73-1db4-4c62-bf78-c548a880142d}"
25000004 = integer 30

# {memdiag}
object {b2721d73-1db4-4c62-bf78-c548a880142d} 10200005
11000001 = hex ${system_device}
12000004 = sz "Windows Memory Diagnostic"
12000005 = sz "en-US"
14000006 = multi "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}"
1600000b = boolean 1

# This Windows.
object ${loader} 10200003
11000001 = hex ${windows_device}
12000002 = sz "\Windows\system32\winload.${suffix}"
12000004 = sz "${loader_description}"
12000005 = sz "en-US"
14000006 = multi "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}"
14000008 = multi "${recovery}"
15000066 = integer 3
16000009 = boolean 1
17000077 = hex 75 00 00 15 00 00 00 00
21000001 = hex ${windows_device}
22000002 = sz "\Windows"
23000003 = sz "${resume}"
25000020 = integer 0
250000c2 = integer 1

# Its waking from hibernation.
object ${resume} 10200004
11000001 = hex ${windows_device}
12000002 = sz "\Windows\system32\winresume.${suffix}"
12000004 = sz "Windows Resume Application"
12000005 = sz "en-US"
14000006 = multi "{1afa9c49-16ab-4a5c-901b-212802da9460}"
14000008 = multi "${recovery}"
16000009 = boolean 1
17000077 = hex 75 00 00 15 00 00 00 00
21000001 = hex ${windows_device}
22000002 = sz "\hiberfil.sys"
25000008 = integer 1
26000006 = boolean 0

# Its recovery environment, and the RAM disk that this runs from.
object ${recovery} 10200003
11000001 = hex ${recovery_ram_disk}
12000002 = sz "\windows\system32\winload.${suffix}"
12000004 = sz "Windows Recovery Environment"
12000005 = sz "en-us"
14000006 = multi "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}"
15000065 = integer 3
21000001 = hex ${recovery_ram_disk}
22000002 = sz "\windows"
25000020 = integer 0
250000c2 = integer 1
26000022 = boolean 1
46000010 = boolean 1

object ${recovery_options} 30000000
12000004 = sz "Windows Recovery"
31000003 = hex ${recovery_device}
32000004 = sz "\Recovery\WindowsRE\boot.sdi"
)text";

constexpr std::string_view kUefi = R"text(
object {9dea862c-5cdd-4e70-acc1-f32b344d4795} 10100002
12000002 = sz "\EFI\Microsoft\Boot\bootmgfw.efi"

# {fwbootmgr}
object {a5a30fa2-3d06-4e9f-b5f4-a01df9d1fcba} 10100001
24000001 = multi "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
25000004 = integer 0

object {b2721d73-1db4-4c62-bf78-c548a880142d} 10200005
12000002 = sz "\EFI\Microsoft\Boot\memtest.efi"

# What is isolated there: Windows, and its waking.
object ${loader} 10200003
16000060 = boolean 1
object ${resume} 10200004
16000060 = boolean 1
)text";

// As a Windows 11 of a BIOS has it: its boot manager has no path, and nothing is
// isolated; 21000026 has no name.
constexpr std::string_view kBios = R"text(
object {b2721d73-1db4-4c62-bf78-c548a880142d} 10200005
12000002 = sz "\boot\memtest.exe"

object ${resume} 10200004
21000026 = hex ${windows_device}
)text";

}  // namespace

std::string boot_store_text(Firmware firmware) {
  return std::string(kBoth) + std::string(firmware == Firmware::uefi ? kUefi : kBios);
}

}  // namespace drydock::images
