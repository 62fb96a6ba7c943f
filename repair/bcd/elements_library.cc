#include "repair/bcd/elements.h"

namespace drydock::bcd {

namespace {

constexpr ValueWord kFirstMegabyte[] = {
    {0, "UseNone"},
    {1, "UseAll"},
    {2, "UsePrivate"},
};
constexpr ValueWord kDebugType[] = {
    {0, "Serial"}, {1, "1394"}, {2, "USB"}, {3, "NET"}, {4, "Local"},
};
constexpr ValueWord kDebugStart[] = {
    {0, "Active"},
    {1, "AutoEnable"},
    {2, "Disable"},
};
constexpr ValueWord kConfigAccess[] = {
    {0, "Default"},
    {1, "DisallowMmConfig"},
};
constexpr ValueWord kIntegrityServices[] = {
    {0, "Default"},
    {1, "Enable"},
    {2, "Disable"},
};
constexpr ValueWord kGraphicsResolution[] = {
    {0, "1024x768"},
    {1, "800x600"},
    {2, "1024x600"},
};
constexpr ValueWord kDisplayMessage[] = {
    {0, "Default"},       {1, "Resume"},        {2, "HyperV"},
    {3, "Recovery"},      {4, "StartupRepair"}, {5, "SystemImageRecovery"},
    {6, "CommandPrompt"}, {7, "SystemRestore"}, {8, "PushButtonReset"},
};
constexpr ValueWord kBootErrorUx[] = {
    {0, "Legacy"},
    {1, "Standard"},
    {2, "Simple"},
};
constexpr ValueWord kMeasuredBootLog[] = {
    {0, "Default"},
    {1, "Sha1"},
};
constexpr ValueWord kDisplayRotation[] = {
    {0, "0"},
    {1, "90"},
    {2, "180"},
    {3, "270"},
};
constexpr ValueWord kLinearAddress57[] = {
    {0, "default"},
    {1, "optout"},
    {2, "optin"},
};

constexpr ElementName kLibraryElements[] = {
    {0x11000001, "device"},
    {0x12000002, "path"},
    {0x12000004, "description"},
    {0x12000005, "locale"},
    {0x14000006, "inherit"},  // own elements first, then these in order
    {0x15000007, "truncatememory", {}, Notation::hexadecimal},
    {0x14000008, "recoverysequence"},  // WinRE
    {0x16000009, "recoveryenabled"},   // No: no automatic WinRE
    {0x1700000a, "badmemorylist"},     // page frames; in {badmemory}
    {0x1600000b, "badmemoryaccess"},
    {0x1500000c, "firstmegabytepolicy", kFirstMegabyte},
    {0x1500000d, "relocatephysical", {}, Notation::hexadecimal},
    {0x1500000e, "avoidlowmemory", {}, Notation::hexadecimal},
    {0x1600000f, "traditionalkseg"},
    {0x16000010, "bootdebug"},  // pre-OS debugging, not the kernel's `debug`
    {0x15000011, "debugtype", kDebugType},  // 1 byte on install media
    {0x15000012, "debugaddress", {}, Notation::hexadecimal},
    {0x15000013, "debugport"},  // likewise
    {0x15000014, "baudrate"},   // 3 bytes on install media
    {0x15000015, "channel"},
    {0x12000016, "targetname"},
    {0x16000017, "noumex"},
    {0x15000018, "debugstart", kDebugStart},
    {0x12000019, "busparams"},
    {0x1500001a, "hostip", {}, Notation::address},
    {0x1500001b, "port"},
    {0x1600001c, "dhcp"},
    {0x1200001d, "key"},
    {0x1600001e, "vm"},
    {0x1200001f, "hostipv6"},
    {0x16000020, "bootems"},
    {0x15000022, "emsport"},      // in none of 34 public stores
    {0x15000023, "emsbaudrate"},  // likewise
    {0x12000030, "loadoptions"},
    {0x16000031, ""},  // AttemptNonBcdStart
    {0x16000040, "advancedoptions"},
    {0x16000041, "optionsedit"},
    {0x15000042, "keyringaddress", {}, Notation::hexadecimal},
    {0x11000043, "bootstatdevice"},
    {0x12000044, "bootstatfilepath"},
    {0x16000045, "preservebootstat"},
    {0x16000046, "graphicsmodedisabled"},
    {0x15000047, "configaccesspolicy", kConfigAccess},
    {0x16000048, "nointegritychecks"},
    {0x16000049, "testsigning"},
    {0x1200004a, "fontpath"},
    {0x1500004b, "integrityservices", kIntegrityServices},
    {0x1500004c, "volumebandid"},
    {0x16000050, "extendedinput"},
    {0x15000051, "initialconsoleinput"},
    {0x15000052, "graphicsresolution", kGraphicsResolution},
    {0x16000053, "restartonfailure"},
    {0x16000054, "highestmode"},
    {0x16000060, "isolatedcontext"},
    {0x15000065, "displaymessage", kDisplayMessage},
    {0x15000066, "displaymessageoverride", kDisplayMessage},
    {0x16000067, ""},  // BootUxLogoDisable
    {0x16000068, "nobootuxtext"},
    {0x16000069, "nobootuxprogress"},
    {0x1600006a, "nobootuxfade"},
    {0x1600006b, ""},  // BootUxReservePoolDebug
    {0x1600006c, "bootuxdisabled"},
    {0x1500006d, ""},  // BootUxFadeFrames
    {0x1600006e, ""},  // BootUxDumpStats
    {0x1600006f, ""},  // BootUxShowStats
    {0x16000071, ""},  // MultiBootSystem
    {0x16000072, "nokeyboard"},
    {0x15000073, ""},  // AliasWindowsKey
    {0x16000074, "bootshutdowndisabled"},
    {0x15000075, ""},                         // PerformanceFrequency
    {0x15000076, ""},                         // SecurebootRawPolicy
    {0x17000077, "allowedinmemorysettings"},  // ids of elements
    {0x16000078, ""},
    {0x16000079, "forcefipscrypto"},  // Microsoft lists this; Chappell, 1600007b
    {0x15000079, "bootuxtransitiontime"},
    {0x1600007a, "mobilegraphics"},
    {0x1600007b, "forcefipscrypto"},  // published as 16000079, too
    {0x1500007d, "booterrorux", kBootErrorUx},
    {0x1600007e, "flightsigning"},
    {0x1500007f, "measuredbootlogformat", kMeasuredBootLog},
    {0x15000080, "displayrotation", kDisplayRotation},
    {0x15000081, "logcontrol"},
    {0x16000082, "nofirmwaresync"},
    {0x11000083, ""},
    {0x11000084, "windowssyspart"},
    {0x16000085, ""},
    {0x15000086, ""},
    {0x16000087, "numlock"},
    {0x12000088, "additionalcipolicy"},
    {0x15000088, "linearaddress57", kLinearAddress57},
};

}  // namespace

std::span<const ElementName> library_elements() { return kLibraryElements; }

}  // namespace drydock::bcd
