#include "harness/images/windows_text.h"

namespace drydock::images {

namespace {

// What bcdedit prints of the BCD-Template of a Windows 10, as published: the objects
// that bcdboot makes a store of.  Class 4 is for it alone: a path's folder is added to
// 42000002, and the rest says what is to be taken over from an older store.
constexpr std::string_view kText = R"text(
[Description]
KeyName = sz "BCD00000001"

# {emssettings}
object {0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9} 20100000
16000020 = boolean 0

# {resumeloadersettings}
object {1afa9c49-16ab-4a5c-901b-212802da9460} 20200004
14000006 = multi "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}"

# {dbgsettings}
object {4636856e-540f-4170-a130-a84776f4c654} 20100000
15000011 = integer 4
47000006 = hex 07 00 00 46 00 00 00 00

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
47000006 = hex 07 00 00 46 00 00 00 00

# {bootmgr}
object {9dea862c-5cdd-4e70-acc1-f32b344d4795} 10100002
12000002 = sz "\EFI\Microsoft\Boot\bootmgfw.efi"
12000004 = sz "Windows Boot Manager"
12000005 = sz "en-US"
14000006 = multi "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}"
23000003 = sz "{cbd971bf-b7b8-4885-951a-fa03044f5d71}"
25000004 = integer 30
45000001 = integer 1

# {memdiag}
object {b2721d73-1db4-4c62-bf78-c548a880142d} 10200005
12000002 = sz "\boot\memtest.exe"
12000005 = sz "en-US"
14000006 = multi "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}"
1600000b = boolean 1
45000001 = integer 1

# Windows of a BIOS, and its waking.
object {a1943bbc-ea85-487c-97c7-c9ede908a38a} 10200003
12000005 = sz "en-US"
14000006 = multi "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}"
17000077 = hex 75 00 00 15 00 00 00 00
22000002 = sz "\windows"
23000003 = sz "{98b02a23-0674-4ce7-bdad-e0a15a8ff97b}"
25000020 = integer ${nx}
250000c2 = integer 1
42000002 = sz "\system32\winload.exe"
45000001 = integer 2
object {98b02a23-0674-4ce7-bdad-e0a15a8ff97b} 10200004
12000004 = sz "Windows Resume Application"
12000005 = sz "en-US"
14000006 = multi "{1afa9c49-16ab-4a5c-901b-212802da9460}"
17000077 = hex 75 00 00 15 00 00 00 00
22000002 = sz "\hiberfil.sys"
25000008 = integer 1
42000002 = sz "\system32\winresume.exe"
45000001 = integer 2
46000004 = boolean 1

# Those of UEFI.
object {b012b84d-c47c-4ed5-b722-c0c42163e569} 10200003
12000005 = sz "en-US"
14000006 = multi "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}"
16000060 = boolean 1
17000077 = hex 75 00 00 15 00 00 00 00
22000002 = sz "\windows"
23000003 = sz "{0c334284-9a41-4de1-99b3-a7e87e8ff07e}"
25000020 = integer ${nx}
250000c2 = integer 1
42000002 = sz "\system32\winload.efi"
45000001 = integer 2
object {0c334284-9a41-4de1-99b3-a7e87e8ff07e} 10200004
12000004 = sz "Windows Resume Application"
12000005 = sz "en-US"
14000006 = multi "{1afa9c49-16ab-4a5c-901b-212802da9460}"
16000060 = boolean 1
17000077 = hex 75 00 00 15 00 00 00 00
22000002 = sz "\hiberfil.sys"
25000008 = integer 1
42000002 = sz "\system32\winresume.efi"
45000001 = integer 2
46000004 = boolean 1

# Windows' setup, which no disk's own store has.
object {cbd971bf-b7b8-4885-951a-fa03044f5d71} 10200003
12000005 = sz "en-US"
22000002 = sz "\windows"
26000022 = boolean 1
42000002 = sz "\system32\winload.exe"
42000003 = sz "\boot.wim"
45000001 = integer 2
)text";

}  // namespace

std::string_view boot_template_text() { return kText; }

}  // namespace drydock::images
