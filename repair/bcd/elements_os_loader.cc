#include "repair/bcd/elements.h"

namespace drydock::bcd {

namespace {

constexpr ValueWord kNx[] = {
    {0, "OptIn"},
    {1, "OptOut"},
    {2, "AlwaysOff"},
    {3, "AlwaysOn"},
};
constexpr ValueWord kPae[] = {
    {0, "Default"},
    {1, "ForceEnable"},
    {2, "ForceDisable"},
};
constexpr ValueWord kX2Apic[] = {
    {0, "Default"},
    {1, "Disable"},
    {2, "Enable"},
};
constexpr ValueWord kForceDisable[] = {
    {0, "Default"},
    {1, "ForceDisable"},
};
constexpr ValueWord kSafeBoot[] = {
    {0, "Minimal"},
    {1, "Network"},
    {2, "DsRepair"},
};
constexpr ValueWord kTscSync[] = {
    {0, "Default"},
    {1, "Legacy"},
    {2, "Enhanced"},
};
constexpr ValueWord kDriverLoadFailure[] = {
    {0, "Fatal"},
    {1, "UseErrorControl"},
};
constexpr ValueWord kBootMenuPolicy[] = {
    {0, "Legacy"},
    {1, "Standard"},
};
constexpr ValueWord kBootStatus[] = {
    {0, "DisplayAllFailures"},           {1, "IgnoreAllFailures"},
    {2, "IgnoreShutdownFailures"},       {3, "IgnoreBootFailures"},
    {4, "IgnoreCheckpointFailures"},     {5, "DisplayShutdownFailures"},
    {6, "DisplayBootFailures"},          {7, "DisplayCheckpointFailures"},
    {8, "AlwaysDisplayStartupFailures"},
};
constexpr ValueWord kOffAuto[] = {
    {0, "Off"},
    {1, "Auto"},
};
constexpr ValueWord kHypervisorDebugType[] = {
    {0, "Serial"},
    {1, "1394"},
    {2, "None"},
    {3, "Net"},
};
constexpr ValueWord kTpmBootEntropy[] = {
    {0, "Default"},
    {1, "ForceDisable"},
    {2, "ForceEnable"},
};
constexpr ValueWord kIommuPolicy[] = {
    {0, "Default"},
    {1, "Enable"},
    {2, "Disable"},
};
constexpr ValueWord kDisableEnable[] = {
    {0, "Disable"},
    {1, "Enable"},
};
constexpr ValueWord kScheduler[] = {
    {0, "Classic"},
    {1, "Core"},
    {2, "Root"},
};
constexpr ValueWord kPerfmon[] = {
    {0, "System"},
    {1, "Hypervisor"},
};
constexpr ValueWord kKernelDebugType[] = {
    {0, "Serial"},
    {1, "1394"},
    {2, "USB"},
    {3, "NET"},
};
constexpr ValueWord kEnforcedCodeIntegrity[] = {
    {0, "Disable"},
    {1, "Enable"},
    {2, "Strict"},
};

constexpr ElementName kOsLoaderElements[] = {
    {0x21000001, "osdevice"},
    {0x22000002, "systemroot"},
    {0x23000003, "resumeobject"},
    {0x26000004, "stampdisks"},
    {0x21000005, ""},
    {0x25000008, ""},
    {0x26000010, "detecthal"},
    {0x22000011, "kernel"},
    {0x22000012, "hal"},
    {0x22000013, "dbgtransport"},
    {0x25000020, "nx", kNx},
    {0x25000021, "pae", kPae},
    {0x26000022, "winpe"},
    {0x26000024, "nocrashautoreboot"},
    {0x26000025, "lastknowngood"},  // hiberboot of a boot manager
    {0x26000026, "oslnointegritychecks"},
    {0x26000027, "osltestsigning"},
    {0x26000030, "nolowmem"},
    {0x25000031, "removememory"},
    {0x25000032, "increaseuserva"},
    {0x25000033, "perfmem"},
    {0x26000040, "vga"},
    {0x26000041, "quietboot"},
    {0x26000042, "novesa"},
    {0x26000043, "novga"},
    {0x25000050, "clustermodeaddressing"},
    {0x26000051, "usephysicaldestination"},
    {0x25000052, "restrictapiccluster"},
    {0x22000053, "evstore"},
    {0x26000054, "uselegacyapicmode"},
    {0x25000055, "x2apicpolicy", kX2Apic},
    {0x26000060, "onecpu"},
    {0x25000061, "numproc"},
    {0x26000062, "maxproc"},
    {0x25000063, "configflags"},
    {0x26000064, "maxgroup"},
    {0x26000065, "groupaware"},
    {0x25000066, "groupsize"},
    {0x26000070, "usefirmwarepcisettings"},
    {0x25000071, "msi", kForceDisable},
    {0x25000072, "pciexpress", kForceDisable},
    {0x25000080, "safeboot", kSafeBoot},     // deleted to leave safe mode
    {0x26000081, "safebootalternateshell"},  // with safeboot 0: a command prompt
    {0x26000090, "bootlog"},
    {0x26000091, "sos"},
    {0x260000a0, "debug"},
    {0x260000a1, "halbreakpoint"},
    {0x260000a2, "useplatformclock"},
    {0x260000a3, "forcelegacyplatform"},
    {0x260000a4, "useplatformtick"},
    {0x260000a5, "disabledynamictick"},
    {0x250000a6, "tscsyncpolicy", kTscSync},
    {0x260000b0, "ems"},
    {0x250000c0, ""},  // force fatal error during loader initialisation
    {0x250000c1, "driverloadfailurepolicy", kDriverLoadFailure},
    {0x250000c2, "bootmenupolicy", kBootMenuPolicy},  // 0: the text menu, and F8
    {0x260000c3, "onetimeadvancedoptions"},
    {0x260000c4, "onetimeoptionsedit"},
    {0x250000e0, "bootstatuspolicy", kBootStatus},
    {0x260000e1, "disableelamdrivers"},  // gone after one boot
    {0x250000f0, "hypervisorlaunchtype", kOffAuto},
    {0x220000f1, "hypervisorpath"},
    {0x260000f2, "hypervisordebug"},
    {0x250000f3, "hypervisordebugtype", kHypervisorDebugType},
    {0x250000f4, "hypervisordebugport"},
    {0x250000f5, "hypervisorbaudrate"},
    {0x250000f6, "hypervisorchannel"},
    {0x250000f7, "bootux"},
    {0x260000f8, "hypervisordisableslat"},
    {0x220000f9, "hypervisorbusparams"},
    {0x250000fa, "hypervisornumproc"},
    {0x250000fb, "hypervisorrootprocpernode"},
    {0x260000fc, "hypervisoruselargevtlb"},
    {0x250000fd, "hypervisorhostip", {}, Notation::address},
    {0x250000fe, "hypervisorhostport"},
    {0x250000ff, "hypervisordebugpages"},
    {0x25000100, "tpmbootentropy", kTpmBootEntropy},
    {0x22000110, "hypervisorusekey"},
    {0x22000112, ""},  // HypervisorProductSkuType
    {0x25000113, "hypervisorrootproc"},
    {0x26000114, "hypervisordhcp"},
    {0x25000115, "hypervisoriommupolicy", kIommuPolicy},
    {0x26000116, "hypervisorusevapic"},
    {0x22000117, "hypervisorloadoptions"},
    {0x25000118, "hypervisormsrfilterpolicy", kDisableEnable},
    {0x25000119, "hypervisormmionxpolicy", kDisableEnable},
    {0x2500011a, "hypervisorschedulertype", kScheduler},
    {0x2200011b, "hypervisorrootprocnumanodes"},
    {0x2500011c, "hypervisorperfmon", kPerfmon},
    {0x2500011d, "hypervisorrootprocpercore"},
    {0x2200011e, "hypervisorrootprocnumanodelps"},
    {0x25000120, "xsavepolicy"},
    {0x25000121, "xsaveaddfeature0"},
    {0x25000122, "xsaveaddfeature1"},
    {0x25000123, "xsaveaddfeature2"},
    {0x25000124, "xsaveaddfeature3"},
    {0x25000125, "xsaveaddfeature4"},
    {0x25000126, "xsaveaddfeature5"},
    {0x25000127, "xsaveaddfeature6"},
    {0x25000128, "xsaveaddfeature7"},
    {0x25000129, "xsaveremovefeature"},
    {0x2500012a, "xsaveprocessorsmask"},
    {0x2500012b, "xsavedisable"},
    {0x2500012c, "kerneldebugtype", kKernelDebugType},
    {0x2200012d, "kernelbusparams"},
    {0x2500012e, "kerneldebugaddress", {}, Notation::hexadecimal},
    {0x2500012f, "kerneldebugport"},
    {0x25000130, "claimedtpmcounter"},
    {0x25000131, "kernelchannel"},
    {0x22000132, "kerneltargetname"},
    {0x25000133, "kernelhostip", {}, Notation::address},
    {0x25000134, "kernelport"},
    {0x26000135, "kerneldhcp"},
    {0x22000136, "kernelkey"},
    {0x22000137, "imchivename"},  // left over from imaging, it stops with 0x67
    {0x21000138, "imcdevice"},    // likewise
    {0x25000139, "kernelbaudrate"},
    {0x22000140, "mfgmode"},
    {0x26000141, "event"},
    {0x25000142, "vsmlaunchtype", kOffAuto},
    {0x25000144, "hypervisorenforcedcodeintegrity", kEnforcedCodeIntegrity},
    {0x26000145, "dtrace"},
    {0x21000150, "systemdatadevice"},
    {0x21000151, "osarcdevice"},
    {0x21000152, ""},
    {0x21000153, "osdatadevice"},
    {0x21000154, "bspdevice"},
    {0x21000155, "bspfilepath"},
    {0x22000156, "kernelhostipv6"},
    {0x22000161, "hypervisorhostipv6"},
};

}  // namespace

std::span<const ElementName> os_loader_elements() { return kOsLoaderElements; }

}  // namespace drydock::bcd
