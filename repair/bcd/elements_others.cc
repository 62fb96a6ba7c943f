#include "repair/bcd/elements.h"

namespace drydock::bcd {

namespace {

constexpr ValueWord kBootUx[] = {
    {0, "Disabled"},
    {1, "Basic"},
    {2, "Standard"},
};
constexpr ValueWord kBootMenuPolicy[] = {
    {0, "Legacy"},
    {1, "Standard"},
};
constexpr ValueWord kTestMix[] = {
    {0, "Basic"},
    {1, "Extended"},
};
constexpr ValueWord kTestToFail[] = {
    {0, "Stride"},        {1, "Mats"},         {2, "InverseCoupling"},
    {3, "RandomPattern"}, {4, "Checkerboard"},
};

constexpr ElementName kBootManagerElements[] = {
    {0x24000001, "displayorder"},
    {0x24000002, "bootsequence"},
    {0x23000003, "default"},
    {0x25000004, "timeout"},  // 1 byte on install media
    {0x26000005, "resume"},
    {0x23000006, "resumeobject"},
    {0x24000007, "startupsequence"},
    {0x24000010, "toolsdisplayorder"},
    {0x26000020, "displaybootmenu"},
    {0x26000021, "noerrordisplay"},
    {0x21000022, "bcddevice"},
    {0x22000023, "bcdfilepath"},
    {0x26000024, ""},           // HormEnabled
    {0x26000025, "hiberboot"},  // lastknowngood of an OS loader
    {0x22000026, ""},           // PasswordOverride
    {0x22000027, ""},           // PinpassPhraseOverride
    {0x26000028, "processcustomactionsfirst"},
    {0x2600002a, ""},
    {0x27000030, "customactions"},
    {0x26000031, "persistbootsequence"},
    {0x26000032, "skipstartupsequence"},
    {0x22000040, "fverecoveryurl"},
    {0x22000041, "fverecoverymessage"},
    {0x26000042, "flightedbootmgr"},
    {0x25000043, ""},  // FVE unlock retry count for IPv4
    {0x25000044, ""},  // FVE unlock retry count for IPv6
    {0x22000045, ""},  // FVE server address for IPv4
    {0x22000046, ""},  // FVE server address for IPv6
    {0x22000047, ""},  // FVE station address for IPv4
    {0x22000048, ""},  // FVE station address for IPv6
    {0x22000049, ""},  // FVE station address subnet mask for IPv4
    {0x2200004a, ""},  // FVE station address prefix for IPv6
    {0x2200004b, ""},  // FVE gateway for IPv4
    {0x2200004c, ""},  // FVE gateway for IPv6
    {0x2500004d, ""},  // FVE network timeout
    {0x2500004e, ""},  // FVE remote port for IPv4
    {0x2500004f, ""},  // FVE remote port for IPv6
    {0x25000050, ""},  // FVE station port for IPv4
    {0x25000051, ""},  // FVE station port for IPv6
};

constexpr ElementName kResumeElements[] = {
    {0x21000001, "filedevice"},
    {0x22000002, "filepath"},
    {0x26000003, "customsettings"},
    {0x26000004, "pae"},
    {0x21000005, "associatedosdevice"},
    {0x21000026, ""},  // seen in resume objects: the bytes of osdevice
    {0x26000006, "debugoptionenabled"},
    {0x25000007, "bootux", kBootUx},
    {0x25000008, "bootmenupolicy", kBootMenuPolicy},
    {0x26000024, ""},  // HormEnabled
};

constexpr ElementName kMemoryTesterElements[] = {
    {0x25000001, "passcount"},
    {0x25000002, "testmix", kTestMix},
    {0x25000003, "failurecount"},
    {0x26000003, "cacheenable"},
    {0x25000004, "testtofail", kTestToFail},
    {0x26000004, "failuresenabled"},
    {0x26000005, "cacheenable"},
    {0x25000005, "stridefailcount"},
    {0x25000006, "invcfailcount"},
    {0x25000007, "matsfailcount"},
    {0x25000008, "randfailcount"},
    {0x25000009, "chckrfailcount"},
};

constexpr ElementName kLegacyLoaderElements[] = {
    {0x22000001, "bpbstring"},
};

constexpr ElementName kStartupElements[] = {
    {0x26000001, "pxesoftreboot"},
    {0x22000002, "applicationname"},
};

// clang-format off
// One line a row, as above.
constexpr ElementName kMobileElements[] = {
    {0x26000145, "enablebootdebugpolicy"},
    {0x26000146, "enablebootorderclean"},
    {0x26000147, "enabledeviceid"},
    {0x26000148, "enableffuloader"},
    {0x26000149, "enableiuloader"},
    {0x2600014a, "enablemassstorage"},
    {0x2600014b, "enablerpmbprovisioning"},
    {0x2600014c, "enablesecurebootpolicy"},
    {0x2600014d, "enablestartcharge"},
    {0x2600014e, "enableresettpm"},
};

constexpr ElementName kOtherElements[] = {
    {0x26000202, "skipffumode"},
    {0x26000203, "forceffumode"},
    {0x25000510, "chargethreshold"},
    {0x26000512, "offmodecharging"},
    {0x25000aaa, "bootflow"},
};
// clang-format on

constexpr ElementName kDeviceElements[] = {
    {0x35000001, "ramdiskimageoffset"},
    {0x35000002, "ramdisktftpclientport"},
    {0x31000003, "ramdisksdidevice"},
    {0x32000004, "ramdisksdipath"},
    {0x35000005, "ramdiskimagelength"},
    {0x36000006, "exportascd"},
    {0x35000007, "ramdisktftpblocksize"},
    {0x35000008, "ramdisktftpwindowsize"},
    {0x36000009, "ramdiskmcenabled"},
    {0x3600000a, "ramdiskmctftpfallback"},
    {0x3600000b, "ramdisktftpvarwindow"},
    {0x3600000c, "vhdramdiskboot"},
    {0x3500000d, ""},
};

constexpr ElementName kTemplateElements[] = {
    {0x45000001, ""},  // DeviceType
    {0x42000002, ""},  // ApplicationRelativePath
    {0x42000003, ""},  // RamdiskDeviceRelativePath
    {0x46000004, ""},  // OmitOsLoaderElements
    {0x47000006, "elementstomigrate"},
    {0x46000010, ""},  // RecoveryOs
};

}  // namespace

std::span<const ElementName> boot_manager_elements() { return kBootManagerElements; }
std::span<const ElementName> resume_elements() { return kResumeElements; }
std::span<const ElementName> memory_tester_elements() { return kMemoryTesterElements; }
std::span<const ElementName> legacy_loader_elements() { return kLegacyLoaderElements; }
std::span<const ElementName> startup_elements() { return kStartupElements; }
std::span<const ElementName> mobile_elements() { return kMobileElements; }
std::span<const ElementName> other_elements() { return kOtherElements; }
std::span<const ElementName> device_elements() { return kDeviceElements; }
std::span<const ElementName> template_elements() { return kTemplateElements; }

}  // namespace drydock::bcd
