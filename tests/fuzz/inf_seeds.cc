#include <string_view>

#include "tests/fuzz/seeds.h"
#include "vhd/base/utf16.h"

namespace drydock::fuzz {
namespace {

constexpr std::string_view kPackage =
    "; words\r\n[Version]\r\nSignature=\"$Windows NT$\"\r\nClass=SCSIAdapter\r\n"
    "ClassGuid={4D36E97B-E325-11CE-BFC1-08002BE10318}\r\nProvider=%Them%\r\n"
    "DriverVer=07/21/2023,1.2.3.4\r\nCatalogFile.ntamd64=x.cat\r\n"
    "[Manufacturer]\r\n%Them%=M,NTamd64,NTamd64.10.0...14393,NTx86.6.0.3.0x80\r\n"
    "[M]\r\n[M.NTamd64]\r\n[M.NTamd64.10.0...14393]\r\n%Them%=Disk,PCI\\A,PCI\\B\r\n"
    "[Disk.ntamd64]\r\nCopyFiles=F,@b.dll\r\nAddReg=R\r\nDelReg=R\r\nNeeds=Far\r\n"
    "Include=far.inf\r\n[Disk.ntamd64.HW]\r\nAddReg=R\r\n[Disk.ntamd64.CoInstallers]"
    "\r\n"
    "[Disk.ntamd64.Services]\r\nAddService=d,2,S,E\r\nAddService=,2\r\n"
    "[F]\r\na.sys,,,2\r\n[R]\r\nHKR,\"a "
    "b\",c,0x10001,7\r\nHKLM,%10%,,0x10000,1,\\\r\n2\r\n"
    "[S]\r\nServiceType=1\r\nStartType=0\r\nErrorControl=1\r\n"
    "ServiceBinary=%12%\\a.sys\r\nLoadOrderGroup=g\r\nDependencies=a,+b\r\nAddReg=R\r\n"
    "[E]\r\nAddReg=R\r\n[SourceDisksNames]\r\n1=%Them%,,,\\p\r\n"
    "[SourceDisksFiles]\r\na.sys=1\r\n[SourceDisksFiles.amd64]\r\nb.dll=1,x64\r\n"
    "[DestinationDirs]\r\nDefaultDestDir=11,sub\r\nF=13\r\n"
    "[Strings]\r\nThem=\"Them, \"\"Inc\"\"\"\r\n[Strings.0407]\r\nThem=Sie\r\n";

constexpr std::string_view kBroken[] = {
    "[a]\nk=\"b",
    "[a]\nk=b\\\n,c\\",
    "x",
    "[",
    "[a]\n[A]\nk=%k%\n[strings]\nk=%%",
    "[Version]\nSignature=$Chicago$\nClassGuid={4d36e97b-e325-11ce-bfc1-08002be10318}\n"
    "[Manufacturer]\nM\n[M]\nd=I,,c\n[I]\nCopyFiles=I\n[I.Services]\nAddService=a,,"
    "I\n"};

ByteVector copy_of(std::string_view text) {
  Bytes bytes = bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

std::vector<ByteVector> make_seeds() {
  std::vector<ByteVector> seeds;
  seeds.push_back(copy_of(kPackage));
  std::string marked = "\uFEFF" + std::string(kPackage);
  seeds.push_back(utf16le_bytes(to_utf16(marked).value_or(u"")));
  for (std::string_view text : kBroken) seeds.push_back(copy_of(text));
  return seeds;
}

}  // namespace drydock::fuzz
