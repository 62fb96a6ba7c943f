#include "harness/images/signed_windows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "harness/images/catalog.h"
#include "harness/images/indirect_data.h"
#include "vhd/base/sha256.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::images {

namespace {

// Drivers without a signature of their own.  FileCrypt is one on Server 2022, where
// they are 12 of the 126 that start with the system; which the others are there isn't
// known.  The rest here are the seventeen files that lost their signature on a server
// whose catalogs were gone, as one who mended it listed them, and four of our choice.
constexpr std::array<std::string_view, 22> kByCatalogAlone = {
    "filecrypt.sys", "BasicDisplay.sys", "BasicRender.sys", "cdrom.sys", "CmBatt.sys",
    "CompositeBus.sys", "fdc.sys", "flpydisk.sys", "i8042prt.sys", "intelppm.sys",
    "kdnic.sys", "monitor.sys", "NdisVirtualBus.sys", "rdpbus.sys", "umbus.sys",
    "vmgencounter.sys", "WUDFRd.sys", "WpdFs.dll",
    // Two that start at boot, two with the system; Windows starts without them.
    "hwpolicy.sys", "pcw.sys", "ahcache.sys", "bam.sys"};

// Named as Windows names packages; what is in which is our choice.
struct Package {
  std::string_view name;
  CatalogForm form = CatalogForm::v2;
  // Parts of paths; a file belongs to the first package of which one is in its own.
  std::vector<std::string_view> parts;
};

const std::vector<Package>& packages() {
  static const std::vector<Package> kPackages = {
      {"Microsoft-Windows-BootEnvironment-Package",
       CatalogForm::v2,
       {"\\windows\\boot\\", "\\winload.", "\\winresume."}},
      {"Windows-Defender-Drivers-Package", CatalogForm::v2, {"\\drivers\\wd\\"}},
      {"Microsoft-Windows-UserModeDriverFramework-Package",
       CatalogForm::v1,
       {"\\umdf\\", "\\wudfrd.", "\\umbus."}},
      {"HyperV-Guest-Drivers-Package",
       CatalogForm::v2,
       {"\\vmbus.", "\\storvsc.", "\\netvsc.", "\\hyperkbd.", "\\vmgencounter.",
        "\\vmstorfl."}},
      {"Microsoft-Windows-FileSystem-Package",
       CatalogForm::v2,
       {"\\filecrypt.", "\\fltmgr.", "\\fileinfo.", "\\wof.", "\\luafv.", "\\ntfs.",
        "\\fastfat.", "\\udfs.", "\\npfs.", "\\msfs.", "\\mup.", "\\dfsc.", "\\clfs.",
        "\\fs_rec."}},
      {"Microsoft-Windows-Storage-Package",
       CatalogForm::v2,
       {"\\disk.", "\\partmgr.", "\\vol", "\\stor", "\\atapi.", "\\intelide.",
        "\\pciide.", "\\spaceport.", "\\cdrom.", "\\iorate.", "\\rdyboost.",
        "\\fvevol.", "\\ehstor", "\\mountmgr."}},
      {"Microsoft-Windows-Networking-Package",
       CatalogForm::v2,
       {"\\tcpip", "\\ndis", "\\afd.", "\\netb", "\\tdx.", "\\http.", "\\srv",
        "\\mrxsmb", "\\rdbss.", "\\nsiproxy.", "\\pacer.", "\\kdnic.", "\\wfplwfs."}},
      {"Microsoft-Windows-InputDevices-Package",
       CatalogForm::v1,
       {"\\kbdclass.", "\\mouclass.", "\\i8042prt.", "\\fdc.", "\\flpydisk.",
        "\\cmbatt.", "\\monitor."}},
      {"Microsoft-Windows-Foundation-Package", CatalogForm::v2, {"\\"}},
  };
  return kPackages;
}

// An update brought these, so that two catalogs know them.
constexpr std::array<std::string_view, 5> kRolledUp = {
    "\\ntoskrnl.exe", "\\hal.dll", "\\ci.dll", "\\win32k.sys", "\\tcpip.sys"};

constexpr std::string_view kOemDriver = "\\ctsvideo.sys";
constexpr std::string_view kOemInf = "\\oem9.inf";

bool is_oem(std::string_view path) {
  std::string lower = ascii_lower(path);
  return lower.ends_with(kOemDriver) || lower.ends_with(kOemInf);
}

// Hives and what else is made on the machine come with no package; and a file of two
// names is delivered once.
bool is_delivered(const Content& content) {
  std::string lower = ascii_lower(content.path);
  return content.link_to.empty() && !lower.ends_with('\\') &&
         lower.starts_with("\\windows\\") &&
         lower.find("\\system32\\config\\") == std::string::npos;
}

const Package& package_of(std::string_view path) {
  std::string lower = ascii_lower(path);
  const std::vector<Package>& all = packages();
  auto found = std::find_if(all.begin(), all.end() - 1, [&](const Package& package) {
    return std::any_of(
        package.parts.begin(), package.parts.end(),
        [&](std::string_view part) { return lower.find(part) != std::string::npos; });
  });
  return *found;
}

std::string identity(const Layout& layout, std::string_view name) {
  return fmt::format("{}~31bf3856ad364e35~amd64~~10.0.{}.{}", name,
                     layout.spec.windows->build, layout.spec.windows->revision);
}

std::string rollup_identity(const Layout& layout) {
  return fmt::format("Package_for_RollupFix~31bf3856ad364e35~amd64~~{}.{}.1.8",
                     layout.spec.windows->build, layout.spec.windows->revision);
}

std::string last_name(std::string_view path) {
  return std::string(path.substr(path.find_last_of('\\') + 1));
}

// What a package says of itself, beside its catalog.
Content manifest(const std::string& identity) {
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
      "<assembly xmlns=\"urn:schemas-microsoft-com:asm.v3\" description=\"{}\"/>\n",
      identity);
  Bytes bytes = bytes_of(std::string_view(text));
  return {fmt::format("{}{}.mum", kServicingPackages, identity),
          ByteVector(bytes.begin(), bytes.end())};
}

// Adds the catalog of `members`, and its manifest, wherever Windows keeps them.
Done add_package(const std::string& identity, CatalogForm form,
                 std::vector<CatalogMember> members, const Authority& authority,
                 std::vector<Content>& out) {
  Content about = manifest(identity);
  members.push_back({last_name(about.path), about.bytes});
  ByteVector catalog =
      TRY(make_catalog({.form = form, .id = identity, .members = std::move(members)},
                       authority, Signer::windows));
  Sha256 hash;
  hash.add(catalog);
  for (const std::string& path :
       {fmt::format("{}{}.cat", kCatalogStore, identity),
        fmt::format("{}{}.cat", kServicingPackages, identity),
        fmt::format("{}{}.cat", kComponentCatalogs, hash.hex())}) {
    out.push_back({path, catalog});
  }
  out.push_back(std::move(about));
  return {};
}

Done add_oem_catalog(std::vector<CatalogMember> members, const Authority& authority,
                     std::vector<Content>& out) {
  ByteVector catalog = TRY(make_catalog(
      {.id = "oem9",
       .members = std::move(members),
       .attributes = {{"OS", "_v100_X64"}, {"HWID1", "pci\\ven_1414&dev_5353"}}},
      authority, Signer::hardware));
  out.push_back({fmt::format("{}oem9.cat", kCatalogStore), std::move(catalog)});
  return {};
}

}  // namespace

bool by_catalog_alone(std::string_view path) {
  return is_oem(path) ||
         std::any_of(kByCatalogAlone.begin(), kByCatalogAlone.end(),
                     [&](std::string_view name) {
                       return equal_ignoring_case(name, last_name(path));
                     });
}

std::string catalog_of(const Layout& layout, std::string_view path) {
  if (is_oem(path)) return "oem9.cat";
  return identity(layout, package_of(path).name) + ".cat";
}

Done sign_programs(const Authority& authority, std::vector<Content>& contents) {
  for (Content& content : contents) {
    if (!is_program(content.bytes) || by_catalog_alone(content.path)) continue;
    content.bytes =
        TRY(sign_program(std::move(content.bytes), authority, Signer::windows)
                .in(content.path));
  }
  return {};
}

Done sign_windows(const Layout& layout, const Authority& authority,
                  std::vector<Content>& contents) {
  TRY(sign_programs(authority, contents));
  std::map<const Package*, std::vector<CatalogMember>> members;
  std::vector<CatalogMember> rolled_up;
  std::vector<CatalogMember> oem;
  for (const Content& content : contents) {
    if (!is_delivered(content)) continue;
    CatalogMember member = {last_name(content.path), content.bytes};
    if (is_oem(content.path)) {
      oem.push_back(std::move(member));
      continue;
    }
    std::string lower = ascii_lower(content.path);
    if (std::any_of(kRolledUp.begin(), kRolledUp.end(),
                    [&](std::string_view end) { return lower.ends_with(end); })) {
      rolled_up.push_back(member);
    }
    members[&package_of(content.path)].push_back(std::move(member));
  }
  std::vector<Content> catalogs;
  for (const Package& package : packages()) {
    TRY(add_package(identity(layout, package.name), package.form, members[&package],
                    authority, catalogs));
  }
  TRY(add_package(rollup_identity(layout), CatalogForm::v2, rolled_up, authority,
                  catalogs));
  TRY(add_oem_catalog(oem, authority, catalogs));
  std::move(catalogs.begin(), catalogs.end(), std::back_inserter(contents));
  return {};
}

}  // namespace drydock::images
