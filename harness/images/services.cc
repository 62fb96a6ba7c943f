#include "harness/images/services.h"

#include <fmt/format.h>

#include <iterator>

namespace drydock::images {

namespace {

// Names, starts, types, groups and paths as a Windows 10 has them, those of a
// Hyper-V guest among them; an image left out is \System32\drivers\NAME.sys.
constexpr Service kServices[] = {
    // Started by the boot loader.
    {"ACPI", 0, 1, 3, "Core", R"(System32\drivers\ACPI.sys)"},
    {"acpiex", 0, 1, 3, "Boot Bus Extender", R"(System32\drivers\acpiex.sys)"},
    {"CLFS", 0, 1, 3, "Filter", R"(System32\drivers\CLFS.sys)"},
    {"CNG", 0, 1, 3, "Core", R"(System32\drivers\cng.sys)"},
    {"disk", 0, 1, 1, "", R"(System32\drivers\disk.sys)"},
    {"EhStorClass", 0, 1, 1, "SCSI Class", R"(System32\drivers\EhStorClass.sys)"},
    {"FileInfo", 0, 2, 1, "FSFilter Bottom", R"(System32\drivers\fileinfo.sys)"},
    {"FltMgr", 0, 2, 3, "FSFilter Infrastructure", R"(system32\drivers\fltmgr.sys)"},
    {"Fs_Rec", 0, 8, 0, "File System", ""},
    {"fvevol", 0, 1, 3, "PnP Filter", R"(System32\drivers\fvevol.sys)"},
    {"hwpolicy", 0, 1, 0, "", R"(System32\drivers\hwpolicy.sys)"},
    {"intelide", 0, 1, 3, "System Bus Extender", R"(System32\drivers\intelide.sys)"},
    {"iorate", 0, 1, 3, "PnP Filter", R"(system32\drivers\iorate.sys)"},
    {"isapnp", 0, 1, 3, "Boot Bus Extender", R"(System32\drivers\isapnp.sys)"},
    {"KSecDD", 0, 1, 3, "Base", R"(System32\drivers\ksecdd.sys)"},
    {"KSecPkg", 0, 1, 3, "Cryptography", R"(System32\drivers\ksecpkg.sys)"},
    {"mountmgr", 0, 1, 3, "System Bus Extender", R"(System32\drivers\mountmgr.sys)"},
    {"msisadrv", 0, 1, 3, "Boot Bus Extender", R"(System32\drivers\msisadrv.sys)"},
    {"Mup", 0, 2, 1, "Network", R"(System32\drivers\mup.sys)"},
    {"NDIS", 0, 1, 3, "NDIS Wrapper", R"(system32\drivers\ndis.sys)"},
    {"partmgr", 0, 1, 3, "Boot Bus Extender", R"(System32\drivers\partmgr.sys)"},
    {"pci", 0, 1, 3, "Boot Bus Extender", R"(System32\drivers\pci.sys)"},
    {"pciide", 0, 1, 3, "System Bus Extender", R"(System32\drivers\pciide.sys)"},
    {"pcw", 0, 1, 1, "System Reserved", R"(System32\drivers\pcw.sys)"},
    {"pdc", 0, 1, 3, "Boot Bus Extender", R"(system32\drivers\pdc.sys)"},
    {"rdyboost", 0, 1, 3, "PnP Filter", R"(System32\drivers\rdyboost.sys)"},
    {"spaceport", 0, 1, 3, "System Bus Extender", R"(System32\drivers\spaceport.sys)"},
    {"storahci", 0, 1, 3, "SCSI Miniport", R"(System32\drivers\storahci.sys)"},
    {"storflt", 0, 1, 1, "Extended Base", R"(System32\drivers\vmstorfl.sys)"},
    {"stornvme", 0, 1, 3, "SCSI Miniport", R"(System32\drivers\stornvme.sys)"},
    {"storvsc", 0, 1, 1, "Base", R"(System32\drivers\storvsc.sys)"},
    {"Tcpip", 0, 1, 1, "PNP_TDI", R"(System32\drivers\tcpip.sys)"},
    {"vdrvroot", 0, 1, 3, "Boot Bus Extender", R"(System32\drivers\vdrvroot.sys)"},
    {"vmbus", 0, 1, 1, "System Bus Extender", R"(System32\drivers\vmbus.sys)"},
    {"volmgr", 0, 1, 3, "System Bus Extender", R"(System32\drivers\volmgr.sys)"},
    {"volmgrx", 0, 1, 3, "System Bus Extender", R"(System32\drivers\volmgrx.sys)"},
    {"volsnap", 0, 1, 3, "", R"(System32\drivers\volsnap.sys)"},
    {"volume", 0, 1, 3, "", R"(System32\drivers\volume.sys)"},
    {"WdBoot", 0, 1, 1, "Early-Launch", R"(system32\drivers\wd\WdBoot.sys)"},
    {"WdFilter", 0, 2, 1, "FSFilter Anti-Virus", R"(system32\drivers\wd\WdFilter.sys)"},
    {"Wdf01000", 0, 1, 1, "WdfLoadGroup", R"(system32\drivers\Wdf01000.sys)"},
    {"WFPLWFS", 0, 1, 1, "PNP_TDI", R"(System32\drivers\wfplwfs.sys)"},
    {"WindowsTrustedRT", 0, 1, 3, "Core Security Extensions",
     R"(system32\drivers\WindowsTrustedRT.sys)"},
    {"WindowsTrustedRTProxy", 0, 1, 1, "Core Security Extensions",
     R"(System32\drivers\WindowsTrustedRTProxy.sys)"},
    {"Wof", 0, 2, 1, "FSFilter Compression", ""},
    {"atapi", 0, 1, 3, "SCSI Miniport", R"(System32\drivers\atapi.sys)"},
    // Started by the kernel.
    {"AFD", 1, 1, 1, "PNP_TDI", R"(\SystemRoot\system32\drivers\afd.sys)"},
    {"BasicDisplay", 1, 1, 0, "Video",
     R"(\SystemRoot\System32\drivers\BasicDisplay.sys)"},
    {"BasicRender", 1, 1, 0, "Video",
     R"(\SystemRoot\System32\drivers\BasicRender.sys)"},
    {"Beep", 1, 1, 1, "Base", ""},
    {"cdrom", 1, 1, 1, "SCSI CDROM Class", R"(\SystemRoot\System32\drivers\cdrom.sys)"},
    {"Dfsc", 1, 2, 1, "Network", R"(System32\drivers\dfsc.sys)"},
    {"FileCrypt", 1, 2, 3, "FSFilter Encryption", R"(system32\drivers\filecrypt.sys)"},
    {"Msfs", 1, 2, 1, "File system", ""},
    {"mssmbios", 1, 1, 1, "", R"(\SystemRoot\System32\drivers\mssmbios.sys)"},
    {"NetBIOS", 1, 2, 1, "NetBIOSGroup", R"(system32\drivers\netbios.sys)"},
    {"NetBT", 1, 1, 1, "PNP_TDI", R"(System32\drivers\netbt.sys)"},
    {"Npfs", 1, 2, 1, "File system", ""},
    {"nsiproxy", 1, 1, 1, "", R"(system32\drivers\nsiproxy.sys)"},
    {"Null", 1, 1, 1, "Base", ""},
    {"Psched", 1, 1, 1, "NDIS", R"(System32\drivers\pacer.sys)"},
    {"rdbss", 1, 2, 1, "Network", R"(system32\drivers\rdbss.sys)"},
    {"tdx", 1, 1, 1, "PNP_TDI", R"(\SystemRoot\system32\drivers\tdx.sys)"},
    {"ahcache", 1, 1, 1, "", R"(system32\drivers\ahcache.sys)"},
    {"bam", 1, 1, 1, "", R"(system32\drivers\bam.sys)"},
    // Started by the service control manager.
    {"BFE", 2, 32, 1, "NetworkProvider",
     R"(%SystemRoot%\system32\svchost.exe -k LocalServiceNoNetworkFirewall)"},
    {"CryptSvc", 2, 32, 1, "",
     R"(%SystemRoot%\system32\svchost.exe -k NetworkService)"},
    {"DcomLaunch", 2, 32, 1, "COM Infrastructure",
     R"(%SystemRoot%\system32\svchost.exe -k DcomLaunch)"},
    {"Dhcp", 2, 32, 1, "TDI",
     R"(%SystemRoot%\system32\svchost.exe -k LocalServiceNetworkRestricted)"},
    {"Dnscache", 2, 32, 1, "TDI",
     R"(%SystemRoot%\system32\svchost.exe -k NetworkService)"},
    {"EventLog", 2, 32, 1, "Event Log",
     R"(%SystemRoot%\System32\svchost.exe -k LocalServiceNetworkRestricted)"},
    {"LanmanServer", 2, 32, 1, "", R"(%SystemRoot%\system32\svchost.exe -k netsvcs)"},
    {"LanmanWorkstation", 2, 32, 1, "NetworkProvider",
     R"(%SystemRoot%\System32\svchost.exe -k NetworkService)"},
    {"LSM", 2, 32, 1, "COM Infrastructure",
     R"(%SystemRoot%\system32\svchost.exe -k DcomLaunch)"},
    {"luafv", 2, 2, 1, "FSFilter Virtualization",
     R"(\SystemRoot\system32\drivers\luafv.sys)"},
    {"mpssvc", 2, 32, 1, "NetworkProvider",
     R"(%SystemRoot%\system32\svchost.exe -k LocalServiceNoNetworkFirewall)"},
    {"NlaSvc", 2, 32, 1, "", R"(%SystemRoot%\System32\svchost.exe -k NetworkService)"},
    {"nsi", 2, 32, 1, "", R"(%SystemRoot%\system32\svchost.exe -k LocalService)"},
    {"Power", 2, 32, 1, "Plugplay",
     R"(%SystemRoot%\system32\svchost.exe -k DcomLaunch)"},
    {"ProfSvc", 2, 32, 1, "profsvc_group",
     R"(%SystemRoot%\system32\svchost.exe -k netsvcs)"},
    {"RpcEptMapper", 2, 32, 1, "COM Infrastructure",
     R"(%SystemRoot%\system32\svchost.exe -k RPCSS)"},
    {"RpcSs", 2, 32, 1, "COM Infrastructure",
     R"(%SystemRoot%\system32\svchost.exe -k rpcss)"},
    {"SamSs", 2, 32, 1, "MS_WindowsLocalValidation",
     R"(%SystemRoot%\system32\lsass.exe)"},
    {"Schedule", 2, 32, 1, "SchedulerGroup",
     R"(%SystemRoot%\system32\svchost.exe -k netsvcs)"},
    {"tcpipreg", 2, 1, 1, "", R"(System32\drivers\tcpipreg.sys)"},
    {"Winmgmt", 2, 32, 0, "", R"(%SystemRoot%\system32\svchost.exe -k netsvcs)"},
    // Started on demand.
    {"netvsc", 3, 1, 1, "Extended Base", R"(\SystemRoot\System32\drivers\netvsc.sys)"},
    {"HTTP", 3, 1, 1, "", R"(system32\drivers\HTTP.sys)"},
    {"kbdclass", 3, 1, 1, "", R"(\SystemRoot\System32\drivers\kbdclass.sys)"},
    {"mouclass", 3, 1, 1, "", R"(\SystemRoot\System32\drivers\mouclass.sys)"},
    {"TermService", 3, 32, 1, "",
     R"(%SystemRoot%\System32\svchost.exe -k NetworkService)"},
    {"TrustedInstaller", 3, 16, 1, "ProfSvc_Group",
     R"(%SystemRoot%\servicing\TrustedInstaller.exe)"},
    {"hyperkbd", 3, 1, 0, "Extended Base",
     R"(\SystemRoot\System32\drivers\hyperkbd.sys)"},
    {"Tcpip6", 3, 1, 1, "", R"(System32\drivers\tcpip.sys)"},
    {"srv2", 3, 2, 1, "Network", R"(System32\drivers\srv2.sys)"},
    {"srvnet", 3, 2, 1, "Network", R"(System32\drivers\srvnet.sys)"},
    {"mrxsmb", 3, 2, 1, "Network", R"(system32\drivers\mrxsmb.sys)"},
    {"mrxsmb20", 3, 2, 1, "Network", R"(system32\drivers\mrxsmb20.sys)"},
    {"Ntfs", 3, 2, 1, "Boot File System", ""},
    {"fastfat", 3, 2, 1, "Boot File System", ""},
    {"CmBatt", 3, 1, 1, "", R"(\SystemRoot\System32\drivers\CmBatt.sys)"},
    {"CompositeBus", 3, 1, 1, "Extended Base",
     R"(\SystemRoot\System32\drivers\CompositeBus.sys)"},
    {"fdc", 3, 1, 1, "", R"(\SystemRoot\System32\drivers\fdc.sys)"},
    {"flpydisk", 3, 1, 1, "", R"(\SystemRoot\System32\drivers\flpydisk.sys)"},
    {"i8042prt", 3, 1, 1, "Keyboard Port",
     R"(\SystemRoot\System32\drivers\i8042prt.sys)"},
    {"intelppm", 3, 1, 1, "Extended Base",
     R"(\SystemRoot\System32\drivers\intelppm.sys)"},
    {"kdnic", 3, 1, 1, "NDIS", R"(\SystemRoot\System32\drivers\kdnic.sys)"},
    {"monitor", 3, 1, 1, "", R"(\SystemRoot\System32\drivers\monitor.sys)"},
    {"NdisVirtualBus", 3, 1, 1, "",
     R"(\SystemRoot\System32\drivers\NdisVirtualBus.sys)"},
    {"rdpbus", 3, 1, 1, "", R"(\SystemRoot\System32\drivers\rdpbus.sys)"},
    {"umbus", 3, 1, 1, "Extended Base", R"(\SystemRoot\System32\drivers\umbus.sys)"},
    {"vmgencounter", 3, 1, 1, "", R"(\SystemRoot\System32\drivers\vmgencounter.sys)"},
    {"WUDFRd", 3, 1, 1, "Base", R"(\SystemRoot\System32\drivers\WUDFRd.sys)"},
    {"udfs", 4, 2, 1, "Boot File System", R"(system32\drivers\udfs.sys)"},
    // Another maker's, of the package oem9.inf.
    {"ctsvideo", 3, 1, 0, "Video", R"(\SystemRoot\System32\drivers\ctsvideo.sys)"},
};

constexpr std::uint8_t kDriverTypes = 0x1 | 0x2 | 0x8;

}  // namespace

std::span<const Service> services() { return kServices; }

std::string driver_file(const Service& service) {
  if ((service.type & kDriverTypes) == 0) return {};
  if (service.image.empty())
    return fmt::format("System32\\drivers\\{}.sys", service.name);
  constexpr std::string_view kRoot = "\\SystemRoot\\";
  std::string_view path = service.image;
  if (path.starts_with(kRoot)) path.remove_prefix(kRoot.size());
  return std::string(path);
}

std::string services_text() {
  std::string text;
  auto out = std::back_inserter(text);
  for (const Service& service : kServices) {
    fmt::format_to(out,
                   "[ControlSet001\\Services\\{}]\n"
                   "Start = dword {}\nType = dword {}\nErrorControl = dword {}\n",
                   service.name, service.start, service.type, service.error_control);
    if (!service.group.empty())
      fmt::format_to(out, "Group = sz \"{}\"\n", service.group);
    if (!service.image.empty()) {
      fmt::format_to(out, "ImagePath = expand \"{}\"\n", service.image);
    }
  }
  return text;
}

}  // namespace drydock::images
