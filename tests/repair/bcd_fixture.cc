#include "tests/repair/bcd_fixture.h"

#include <fmt/format.h>

#include <charconv>
#include <sstream>

#include "tests/repair/hive_support.h"
#include "tests/support/empty_hive.h"
#include "tests/support/run.h"
#include "vhd/base/try.h"

namespace drydock::bcd {

namespace {

unsigned digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return 16;
}

}  // namespace

ByteVector bytes_from_hex(std::string_view hex) {
  ByteVector bytes;
  unsigned high = 16;
  for (char c : hex) {
    if (digit(c) > 15) continue;
    if (high > 15) {
      high = digit(c);
    } else {
      bytes.push_back(static_cast<std::byte>(high << 4 | digit(c)));
      high = 16;
    }
  }
  return bytes;
}

std::string hex_of(Bytes bytes) {
  std::string hex;
  for (std::byte each : bytes) hex += fmt::format("{:02x}", std::to_integer<int>(each));
  return hex;
}

void save_hive_file(const std::filesystem::path& path, hive::Hive& hive) {
  auto bytes = hive.save();
  if (bytes) hive::write_file(path, *bytes);
}

Result<hive::Hive> small_store() {
  constexpr ObjectId global = "7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e"_guid;
  constexpr ObjectId loaders = "6efb52bf-1766-41db-a6b3-0ee5eff72bd7"_guid;
  constexpr ObjectType settings = 0x20100000;
  constexpr ObjectType loader_settings = 0x20200003;
  using Ids = std::vector<ObjectId>;
  hive::Hive hive = TRY(hive::open_hive(empty_hive()));
  TRY(hive.create("Objects"));
  Store store = TRY(Store::open(hive));
  TRY(store.create(kBootManager, kBootManagerType));
  TRY(store.create(kEmsSettings, settings));
  TRY(store.create(global, settings));
  TRY(store.create(loaders, loader_settings));
  Device esp = gpt_partition(kDiskId, kEspId);
  Device windows = gpt_partition(kDiskId, kWindowsId);
  TRY(store.set(kBootManager, element::application_device, esp));
  TRY(store.set(kBootManager, element::description, "Windows Boot Manager"));
  TRY(store.set(kBootManager, element::inherit, Ids{global}));
  TRY(store.set(kBootManager, element::default_object, kLoader));
  TRY(store.set(kBootManager, element::display_order, Ids{kLoader, kSecondLoader}));
  TRY(store.set(kBootManager, element::timeout, std::uint64_t{30}));
  TRY(store.set(global, element::inherit, Ids{kEmsSettings}));
  TRY(store.set(kEmsSettings, element::boot_ems, false));
  TRY(store.set(loaders, element::inherit, Ids{global}));
  for (const ObjectId& loader : {kLoader, kSecondLoader}) {
    TRY(store.create(loader, kOsLoader));
    TRY(store.set(loader, element::application_device, windows));
    TRY(store.set(loader, element::application_path,
                  "\\Windows\\system32\\winload.efi"));
    TRY(store.set(loader, element::description, "Windows Server"));
    TRY(store.set(loader, element::inherit, Ids{loaders}));
    TRY(store.set(loader, element::os_device, windows));
    TRY(store.set(loader, element::system_root, "\\Windows"));
  }
  return hive;
}

std::map<std::string, std::string> values_by_reglookup(
    const std::filesystem::path& path) {
  std::map<std::string, std::string> values;
  std::istringstream lines(run({"reglookup", path}).out);
  for (std::string line; std::getline(lines, line);) {
    // PATH,TYPE,VALUE,MTIME, where a comma inside a field is escaped.
    std::size_t type = line.find(',');
    std::size_t end = line.rfind(',');
    if (type == std::string::npos || end <= type || !line.starts_with('/')) continue;
    if (line.substr(type, 5) == ",KEY,") continue;
    values[line.substr(0, type)] = line.substr(type + 1, end - type - 1);
  }
  return values;
}

std::string unescaped(std::string_view value) {
  std::string text;
  for (std::size_t i = value.find(',') + 1; i < value.size(); ++i) {
    if (value[i] == '%' && i + 2 < value.size()) {
      text += static_cast<char>(digit(value[i + 1]) << 4 | digit(value[i + 2]));
      i += 2;
    } else {
      text += value[i];
    }
  }
  return text;
}

}  // namespace drydock::bcd
