#include "tests/repair/bcd_fixture.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include "tests/support/run.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"
#include "vhd/memory_device.h"

namespace drydock::bcd {

namespace {

unsigned digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return 16;
}

template <class T>
void put(ByteVector& bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

void put_text(ByteVector& bytes, std::size_t offset, std::string_view text) {
  std::memcpy(bytes.data() + offset, text.data(), text.size());
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

// A base block, and one bin of 4 KiB with the root key, its security and a
// free cell.
ByteVector empty_hive() {
  constexpr std::size_t bin = 4096;
  constexpr std::uint32_t root = 0x20;
  constexpr std::uint32_t security = 0x80;
  constexpr std::uint32_t free_cell = 0xc0;
  constexpr std::uint32_t none = 0xffffffff;
  constexpr std::string_view name = "NewStoreRoot";
  ByteVector hive(2 * bin);
  put_text(hive, 0, "regf");
  put(hive, 4, le32(1));   // primary sequence number
  put(hive, 8, le32(1));   // secondary
  put(hive, 20, le32(1));  // version 1.3
  put(hive, 24, le32(3));
  put(hive, 32, le32(1));  // file format: direct
  put(hive, 36, le32(root));
  put(hive, 40, le32(bin));
  put(hive, 44, le32(1));  // clustering factor
  std::uint32_t checksum = 0;
  for (std::size_t at = 0; at < 508; at += 4) checksum ^= *load<le32>(hive, at);
  put(hive, 508, le32(checksum));

  put_text(hive, bin, "hbin");
  put(hive, bin + 8, le32(bin));
  put(hive, bin + root, le32(static_cast<std::uint32_t>(-0x60)));
  std::size_t key = bin + root + 4;
  put_text(hive, key, "nk");
  put(hive, key + 2, le16(0x2c));  // root, not to be removed, ASCII name
  put(hive, key + 16, le32(none));
  put(hive, key + 28, le32(none));
  put(hive, key + 32, le32(none));
  put(hive, key + 40, le32(none));
  put(hive, key + 44, le32(security));
  put(hive, key + 48, le32(none));
  put(hive, key + 72, le16(name.size()));
  put_text(hive, key + 76, name);

  put(hive, bin + security, le32(static_cast<std::uint32_t>(-0x40)));
  std::size_t sk = bin + security + 4;
  put_text(hive, sk, "sk");
  put(hive, sk + 4, le32(security));
  put(hive, sk + 8, le32(security));
  put(hive, sk + 12, le32(1));           // keys that use it
  put(hive, sk + 16, le32(20));          // a descriptor with nothing in it
  put(hive, sk + 20, le32(0x80000001));  // revision 1, self-relative
  put(hive, bin + free_cell, le32(bin - free_cell));
  return hive;
}

Result<hive::Hive> open_hive(ByteVector bytes) {
  return hive::Hive::open(MemoryDevice(std::move(bytes)));
}

ByteVector load_hive_file(const std::filesystem::path& path) {
  std::string text;
  if (path.extension() == ".xz") {
    text = run({"xz", "-dc", path}).out;
  } else {
    std::ifstream stream(path, std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(stream), {});
  }
  Bytes bytes = bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

void save_hive_file(const std::filesystem::path& path, hive::Hive& hive) {
  auto bytes = hive.save();
  if (bytes) std::ofstream(path, std::ios::binary) << as_text(*bytes);
}

Result<hive::Hive> small_store() {
  constexpr ObjectId global = "7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e"_guid;
  constexpr ObjectId loaders = "6efb52bf-1766-41db-a6b3-0ee5eff72bd7"_guid;
  constexpr ObjectType settings = 0x20100000;
  constexpr ObjectType loader_settings = 0x20200003;
  using Ids = std::vector<ObjectId>;
  hive::Hive hive = TRY(open_hive(empty_hive()));
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
