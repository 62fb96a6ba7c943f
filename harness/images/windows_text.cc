#include "harness/images/windows_text.h"

#include "harness/images/services.h"

namespace drydock::images {

namespace {

// Values as Windows 10 and Server 2022 have them after setup, as far as they
// decide how the machine starts or what it is called.
constexpr std::string_view kControlSet = R"text(
[Select]
Current = dword 1
Default = dword 1
Failed = dword 0
LastKnownGood = dword 1

[Setup]
CmdLine = sz ""
OOBEInProgress = dword 0
OsLoaderPath = sz "\"
RestartSetup = dword 0
SetupPhase = dword 0
SetupSupported = dword 1
SetupType = dword 0
SystemPartition = sz "\Device\HarddiskVolume1"
SystemSetupInProgress = dword 0

[MountedDevices]
"\DosDevices\C:" = hex ${windows_mounted}

[ControlSet001\Control]
BootDriverFlags = dword 0x1c
CurrentUser = sz "USERNAME"
FirmwareBootDevice = sz "multi(0)disk(0)rdisk(0)partition(1)"
SystemBootDevice = sz "multi(0)disk(0)rdisk(0)partition(3)"
SystemStartOptions = sz " NOEXECUTE=OPTOUT"
WaitToKillServiceTimeout = sz "5000"

[ControlSet001\Control\ComputerName\ComputerName]
@ = sz "mnmsrvc"
ComputerName = sz "${computer_name}"

[ControlSet001\Control\CrashControl]
AutoReboot = dword 1
CrashDumpEnabled = dword 7
DumpFile = expand "%SystemRoot%\MEMORY.DMP"
DumpFilters = multi "dumpfve.sys"
LogEvent = dword 1
MinidumpDir = expand "%SystemRoot%\Minidump"
MinidumpsCount = dword 5
Overwrite = dword 1

[ControlSet001\Control\ProductOptions]
ProductType = sz "${product_type}"

[ControlSet001\Control\SafeBoot\Minimal\disk.sys]
@ = sz "Driver"
[ControlSet001\Control\SafeBoot\Network\disk.sys]
@ = sz "Driver"

[ControlSet001\Control\Terminal Server]
fDenyTSConnections = dword 1

[ControlSet001\Control\TimeZoneInformation]
TimeZoneKeyName = sz "UTC"

[ControlSet001\Control\Windows]
Directory = expand "%SystemRoot%"
SystemDirectory = expand "%SystemRoot%\System32"

[ControlSet001\Enum\ROOT]
[ControlSet001\Hardware Profiles\0001]
[ControlSet001\Policies]
[DriverDatabase]
[HardwareConfig]
)text";

constexpr std::string_view kClasses = R"text(
# Drives, keyboards, mice, disks of Storage Spaces, volumes.
[ControlSet001\Control\Class\{4d36e967-e325-11ce-bfc1-08002be10318}]
Class = sz "DiskDrive"
LowerFilters = multi "EhStorClass"
UpperFilters = multi "partmgr"
[ControlSet001\Control\Class\{4d36e96b-e325-11ce-bfc1-08002be10318}]
Class = sz "Keyboard"
UpperFilters = multi "kbdclass"
[ControlSet001\Control\Class\{4d36e96f-e325-11ce-bfc1-08002be10318}]
Class = sz "Mouse"
UpperFilters = multi "mouclass"
[ControlSet001\Control\Class\{53966cb1-4d46-4166-bf23-c522403cd495}]
UpperFilters = multi "partmgr"
[ControlSet001\Control\Class\{71a27cdd-812a-11d0-bec7-08002be2092f}]
Class = sz "Volume"
LowerFilters = multi "fvevol" "iorate" "rdyboost"
UpperFilters = multi "volsnap"
)text";

constexpr std::string_view kStartOrder = R"text(
[ControlSet001\Control\ServiceGroupOrder]
List = multi "System Reserved" "EMS" "WdfLoadGroup" "Boot Bus Extender"
  "System Bus Extender" "SCSI miniport" "Port" "Primary Disk" "SCSI Class"
  "SCSI CDROM Class" "FSFilter Infrastructure" "FSFilter System" "FSFilter Bottom"
  "FSFilter Copy Protection" "FSFilter Security Enhancer" "FSFilter Open File"
  "FSFilter Physical Quota Management" "FSFilter Virtualization"
  "FSFilter Encryption" "FSFilter Compression" "FSFilter Imaging" "FSFilter HSM"
  "FSFilter Cluster File System" "FSFilter System Recovery"
  "FSFilter Quota Management" "FSFilter Content Screener"
  "FSFilter Continuous Backup" "FSFilter Replication" "FSFilter Anti-Virus"
  "FSFilter Undelete" "FSFilter Activity Monitor" "FSFilter Top" "Filter"
  "Boot File System" "Base" "Pointer Port" "Keyboard Port" "Pointer Class"
  "Keyboard Class" "Video Init" "Video" "Video Save" "File System"
  "Streams Drivers" "NDIS Wrapper" "COM Infrastructure" "Event Log"
  "ProfSvc_Group" "AudioGroup" "UIGroup" "MS_WindowsLocalValidation" "PlugPlay"
  "Cryptography" "PNP_TDI" "NDIS" "TDI" "iSCSI" "NetBIOSGroup" "ShellSvcGroup"
  "SchedulerGroup" "SpoolerGroup" "SmartCardGroup" "NetworkProvider"
  "MS_WindowsRemoteValidation" "NetDDEGroup" "Parallel arbitrator"
  "Extended Base" "PCI Configuration" "MS Transactions"

[ControlSet001\Control\Session Manager]
BootExecute = multi "autocheck autochk *"
CriticalSectionTimeout = dword 2592000
GlobalFlag = dword 0
NumberOfInitialSessions = dword 2
ObjectDirectories = multi "\Windows" "\RPC Control"
ProcessorControl = dword 2
ProtectionMode = dword 1
RunLevelExecute = multi "WinInit" "ServiceControlManager"
RunLevelValidate = multi "ServiceControlManager"
SETUPEXECUTE = multi

[ControlSet001\Control\Session Manager\Environment]
ComSpec = expand "%SystemRoot%\system32\cmd.exe"
NUMBER_OF_PROCESSORS = sz "2"
OS = sz "Windows_NT"
Path = expand "%SystemRoot%\system32;%SystemRoot%;%SystemRoot%\System32\Wbem"
PROCESSOR_ARCHITECTURE = sz "AMD64"
TEMP = expand "%SystemRoot%\TEMP"
TMP = expand "%SystemRoot%\TEMP"
windir = expand "%SystemRoot%"

[ControlSet001\Control\Session Manager\Memory Management]
ClearPageFileAtShutdown = dword 0
ExistingPageFiles = multi "\??\C:\pagefile.sys"
PagingFiles = multi "?:\pagefile.sys"

[ControlSet001\Control\Session Manager\SubSystems]
Debug = expand ""
Kmode = expand "\SystemRoot\System32\win32k.sys"
Optional = multi "Posix"
Required = multi "Debug" "Windows"
)text";

constexpr std::string_view kSoftware = R"text(
[Classes]
[Clients]
[Policies]

[Microsoft\Windows\CurrentVersion]
CommonFilesDir = sz "C:\Program Files\Common Files"
DevicePath = expand "%SystemRoot%\inf"
ProgramFilesDir = sz "C:\Program Files"

[Microsoft\Windows\CurrentVersion\Component Based Servicing]
LastScavengeCookie = dword 0
[Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages]

[Microsoft\Windows\CurrentVersion\Policies\System]
ConsentPromptBehaviorAdmin = dword 5
EnableLUA = dword 1

[Microsoft\Windows NT\CurrentVersion]
BuildLab = sz "${build}.release"
CompositionEditionID = sz "${edition}"
CurrentBuild = sz "${build}"
CurrentBuildNumber = sz "${build}"
CurrentMajorVersionNumber = dword 10
CurrentMinorVersionNumber = dword 0
CurrentType = sz "Multiprocessor Free"
CurrentVersion = sz "6.3"
EditionID = sz "${edition}"
InstallationType = sz "${installation}"
InstallDate = dword ${unix_time}
PathName = sz "C:\Windows"
ProductName = sz "${product}"
RegisteredOwner = sz "Windows User"
ReleaseId = sz "${release}"
SystemRoot = sz "C:\Windows"
UBR = dword ${revision}

[Microsoft\Windows NT\CurrentVersion\ProfileList]
ProfilesDirectory = expand "%SystemDrive%\Users"

[Microsoft\Windows NT\CurrentVersion\Winlogon]
Shell = sz "explorer.exe"
Userinit = sz "C:\Windows\system32\userinit.exe,"
)text";

}  // namespace

std::string system_text() {
  return std::string(kControlSet) + std::string(kClasses) + std::string(kStartOrder) +
         services_text();
}

std::string software_text(const Spec& spec) {
  std::string text(kSoftware);
  if (!spec.windows->display.empty()) {
    text +=
        "[Microsoft\\Windows NT\\CurrentVersion]\n"
        "DisplayVersion = sz \"${display_version}\"\n";
  }
  return text;
}

std::string_view sam_text() {
  return R"text(
[SAM\Domains\Account\Users\Names\Administrator]
[SAM\Domains\Builtin]
)text";
}

std::string_view security_text() {
  return R"text(
[Cache]
[Policy\Accounts]
[RXACT]
)text";
}

std::string_view default_text() {
  return R"text(
[Control Panel\Desktop]
ScreenSaveActive = sz "1"
[Environment]
TEMP = expand "%USERPROFILE%\AppData\Local\Temp"
[Software]
)text";
}

}  // namespace drydock::images
