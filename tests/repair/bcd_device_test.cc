#include <fmt/format.h>
#include <gtest/gtest.h>

#include "repair/bcd/device.h"
#include "tests/repair/bcd_fixture.h"
#include "tests/repair/hive_support.h"
#include "tests/support/corpus.h"
#include "vhd/base/endian.h"
#include "vhd/base/utf16.h"

namespace drydock::bcd {
namespace {

std::string zeros(std::size_t count) { return std::string(2 * count, '0'); }

std::string le(std::uint32_t number) { return hex_of(bytes_of(le32(number))); }

std::string text(std::u16string_view path) {
  return hex_of(utf16le_bytes(path)) + "0000";
}

// A descriptor's header before `body`, both in hex.
std::string descriptor(std::uint32_t type, std::uint32_t flags,
                       const std::string& body) {
  auto size = static_cast<std::uint32_t>(16 + body.size() / 2);
  return le(type) + le(flags) + le(size) + le(0) + body;
}

std::string file_path(const std::string& parent, std::u16string_view path) {
  std::string rest = parent + text(path);
  return le(1) + le(static_cast<std::uint32_t>(12 + rest.size() / 2)) + le(5) + rest;
}

std::string boot() { return descriptor(5, 0, zeros(56)); }

std::string file_on(const std::string& parent, std::u16string_view path) {
  return descriptor(0, 0, le(5) + file_path(parent, path));
}

const char* const kGptHex =
    "00000000 00000000 00000000 00000000 06000000 00000000 48000000 00000000"
    "030000bb 00000000 00000000 00000003 00000000 00000000"
    "010000aa 00000000 00000000 00000001 00000000 00000000 00000000 00000000";

const char* const kMbrHex =
    "00000000 00000000 00000000 00000000 06000000 00000000 48000000 00000000"
    "00001000 00000000 00000000 00000000 00000000 01000000"
    "4d3c2b1a 00000000 00000000 00000000 00000000 00000000 00000000 00000000";

std::string encoded(const Device& device) {
  auto bytes = encode_device(device);
  return bytes ? hex_of(*bytes) : bytes.error().describe();
}

TEST(BcdDevice, GptPartitionIs88BytesWithItsIdsInDiskOrder) {
  Device device = gpt_partition("aa000001-0000-0000-0000-000000000001"_guid,
                                "bb000003-0000-0000-0000-000000000003"_guid);
  EXPECT_EQ(encoded(device), hex_of(bytes_from_hex(kGptHex)));
}

TEST(BcdDevice, GptPartitionIsReadBack) {
  Device device = decode_device(bytes_from_hex(kGptHex));
  EXPECT_EQ(device.kind, Device::Kind::partition);
  EXPECT_TRUE(device.gpt);
  EXPECT_EQ(to_string(device.disk_id), "{aa000001-0000-0000-0000-000000000001}");
  EXPECT_EQ(to_string(device.partition_id), "{bb000003-0000-0000-0000-000000000003}");
}

TEST(BcdDevice, MbrPartitionIsItsDisksSignatureAndAnOffset) {
  Device made = mbr_partition({.signature = 0x1a2b3c4d, .offset = 1048576});
  EXPECT_EQ(encoded(made), hex_of(bytes_from_hex(kMbrHex)));
  Device read = decode_device(bytes_from_hex(kMbrHex));
  EXPECT_EQ(read.kind, Device::Kind::partition);
  EXPECT_FALSE(read.gpt);
  EXPECT_EQ(read.mbr_signature, 0x1a2b3c4dU);
  EXPECT_EQ(read.mbr_offset, 1048576U);
}

TEST(BcdDevice, BootIsAHeaderAndZeros) {
  Device made;
  made.kind = Device::Kind::boot;
  EXPECT_EQ(encoded(made), zeros(16) + boot());
  EXPECT_EQ(decode_device(bytes_from_hex(zeros(16) + boot())).kind, Device::Kind::boot);
}

TEST(BcdDevice, RamdiskHasItsOptionsItsImageAndWhatThatLiesOn) {
  std::string ramdisk =
      hex_of("c8dc1976-fefa-11d9-b411-000476eba25f"_guid.bytes) +
      descriptor(0, 1, le(3) + zeros(20) + file_path(boot(), u"\\sources\\boot.wim"));
  Device device = decode_device(bytes_from_hex(ramdisk));
  EXPECT_EQ(device.kind, Device::Kind::ramdisk);
  EXPECT_EQ(device.path, "\\sources\\boot.wim");
  EXPECT_EQ(to_string(device.options), "{c8dc1976-fefa-11d9-b411-000476eba25f}");
  EXPECT_EQ(innermost(device).kind, Device::Kind::boot);
  EXPECT_EQ(encoded(device), ramdisk);
}

// The shape of a native-boot VHD's device element: four descriptors deep.
std::string vhd_locate() {
  std::string partition = std::string(hex_of(bytes_from_hex(kGptHex))).substr(32);
  std::string vhd = descriptor(
      0, 0, le(6) + le(0) + zeros(16) + file_on(partition, u"\\images\\a.vhdx"));
  return zeros(16) + descriptor(8, 0, le(0) + le(0x12000002) + le(0x1e) + "0000" + vhd);
}

TEST(BcdDevice, LocateInAVhdLeadsDownToThePartition) {
  Device device = decode_device(bytes_from_hex(vhd_locate()));
  ASSERT_EQ(device.kind, Device::Kind::locate);
  EXPECT_EQ(device.element, 0x12000002U);
  EXPECT_EQ(device.path, "");
  ASSERT_EQ(device.parent.size(), 1U);
  EXPECT_EQ(device.parent[0].kind, Device::Kind::vhd);
  EXPECT_EQ(device.parent[0].path, "\\images\\a.vhdx");
  EXPECT_EQ(to_string(innermost(device).partition_id),
            "{bb000003-0000-0000-0000-000000000003}");
  EXPECT_EQ(encoded(device), vhd_locate());
}

TEST(BcdDevice, LocateByItselfIs46Bytes) {
  std::string locate =
      zeros(16) + descriptor(8, 0, le(0) + le(0x22000002) + le(0) + "0000");
  ByteVector bytes = bytes_from_hex(locate);
  EXPECT_EQ(bytes.size(), 46U);
  EXPECT_EQ(decode_device(bytes).kind, Device::Kind::locate);
  EXPECT_EQ(decode_device(bytes).element, 0x22000002U);
}

TEST(BcdDevice, EveryCutOfAnElementIsUnknownAndKept) {
  ByteVector whole = bytes_from_hex(vhd_locate());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Bytes cut = Bytes(whole).first(size);
    Device device = decode_device(cut);
    ASSERT_EQ(device.kind, Device::Kind::unknown) << size;
    ASSERT_EQ(hex_of(device.raw), hex_of(cut));
  }
}

TEST(BcdDevice, SizeThatIsNotTheElementsIsUnknown) {
  ByteVector longer = bytes_from_hex(kGptHex);
  longer.push_back(std::byte{0});
  EXPECT_EQ(decode_device(longer).kind, Device::Kind::unknown);
  ByteVector lying = bytes_from_hex(kGptHex);
  lying[0x18] = std::byte{0x49};
  EXPECT_EQ(decode_device(lying).kind, Device::Kind::unknown);
}

std::string nested_files(int depth) {
  std::string device = boot();
  for (int i = 1; i < depth; ++i) device = file_on(device, u"\\f");
  return zeros(16) + device;
}

TEST(BcdDevice, NestingEndsAtItsBound) {
  EXPECT_EQ(decode_device(bytes_from_hex(nested_files(kDeviceDepthMax))).kind,
            Device::Kind::file);
  EXPECT_EQ(decode_device(bytes_from_hex(nested_files(kDeviceDepthMax + 1))).kind,
            Device::Kind::unknown);
}

TEST(BcdDevice, FormThatWeDontKnowIsCarried) {
  std::string serial = zeros(16) + descriptor(3, 0, "0102030405060708");
  Device device = decode_device(bytes_from_hex(serial));
  EXPECT_EQ(device.kind, Device::Kind::unknown);
  EXPECT_EQ(encoded(device), serial);
}

TEST(BcdDevice, NewIdsLeaveTheFieldsThatWeDontKnow) {
  std::string strange = hex_of(bytes_from_hex(kGptHex));
  strange.replace(strange.size() - 2, 2, "77");
  Device device = decode_device(bytes_from_hex(strange));
  device.partition_id = "bb000004-0000-0000-0000-000000000004"_guid;
  std::string expected = strange;
  expected.replace(2 * 0x20, 32, "040000bb000000000000000000000004");
  EXPECT_EQ(encoded(device), expected);
}

TEST(BcdDevice, PartitionMayChangeItsScheme) {
  Device device = decode_device(bytes_from_hex(kMbrHex));
  device.gpt = true;
  device.disk_id = "aa000001-0000-0000-0000-000000000001"_guid;
  device.partition_id = "bb000003-0000-0000-0000-000000000003"_guid;
  EXPECT_EQ(encoded(device), hex_of(bytes_from_hex(kGptHex)));
}

TEST(BcdDevice, RamdiskIsMadeAsWindowsMakesIt) {
  Guid options = "c8dc1976-fefa-11d9-b411-000476eba25f"_guid;
  Device made = ramdisk_device(boot_device(), "\\sources\\boot.wim", options);
  EXPECT_EQ(
      encoded(made),
      hex_of(options.bytes) +
          descriptor(0, 1,
                     le(3) + zeros(20) + file_path(boot(), u"\\sources\\boot.wim")));
}

TEST(BcdDevice, LocateInAVhdIsMadeAsWindowsMakesIt) {
  Device partition = gpt_partition("aa000001-0000-0000-0000-000000000001"_guid,
                                   "bb000003-0000-0000-0000-000000000003"_guid);
  Device vhd = vhd_device(partition, "\\images\\a.vhdx");
  EXPECT_EQ(encoded(locate_device(0x12000002, vhd)), vhd_locate());
  EXPECT_EQ(encoded(locate_device(0x22000002)),
            zeros(16) + descriptor(8, 0, le(0) + le(0x22000002) + le(0) + "0000"));
}

TEST(BcdDevice, LocateByPathHasTheModeThatWmiNumbersSo) {
  Device made = locate_path_device("\\Windows");
  EXPECT_EQ(encoded(made),
            zeros(16) + descriptor(8, 0, le(1) + le(0) + le(0) + text(u"\\Windows")));
  Device read = decode_device(*encode_device(made));
  EXPECT_EQ(read.kind, Device::Kind::locate);
  EXPECT_EQ(read.path, "\\Windows");
  EXPECT_FALSE(encode_device(locate_path_device("")));
}

TEST(BcdDevice, FileThatIsMadeIsReadBack) {
  Device made = file_device(mbr_partition({.signature = 7, .offset = 1048576}), "\\f");
  Device read = decode_device(*encode_device(made));
  EXPECT_EQ(read.kind, Device::Kind::file);
  EXPECT_EQ(read.path, "\\f");
  EXPECT_TRUE(same_partition(innermost(read), innermost(made)));
}

TEST(BcdDevice, WhatWouldNotBeReadBackIsNotMade) {
  Device deep = boot_device();
  for (int i = 1; i < kDeviceDepthMax; ++i) deep = file_device(deep, "\\f");
  EXPECT_TRUE(encode_device(deep));
  EXPECT_FALSE(encode_device(file_device(deep, "\\f")));
  EXPECT_FALSE(encode_device(file_device(boot_device(), std::string("\\a\0b", 4))));
  EXPECT_FALSE(encode_device(file_device(opaque_device({}), "\\f")));
  EXPECT_FALSE(encode_device(opaque_device({})));
}

void forget_bytes(Device& device) {
  device.raw.clear();
  for (Device& parent : device.parent) forget_bytes(parent);
}

// Of a store that Windows wrote: each device, taken apart and made anew.
void expect_same_bytes(const hive::Hive& opened) {
  hive::Hive hive = *hive::open_hive(*opened.save());
  auto store = Store::open(hive);
  ASSERT_TRUE(store);
  std::size_t count = 0;
  std::vector<Object> objects = *store->objects();
  for (const Object& object : objects) {
    for (const Element& element : object.elements) {
      const auto* device = std::get_if<Device>(&element.value);
      if (device == nullptr) continue;
      ASSERT_NE(device->kind, Device::Kind::unknown) << element.id;
      Device anew = *device;
      forget_bytes(anew);
      EXPECT_EQ(encoded(anew), hex_of(device->raw)) << element.id;
      ++count;
    }
  }
  EXPECT_GE(count, 4U);
}

TEST(BcdDevice, EveryDeviceOfInstallMediaIsMadeAnewByteForByte) {
  DRYDOCK_CORPUS_FILE(file, "bcd/ezregistry/BCD");
  expect_same_bytes(*hive::open_hive(hive::load_hive_file(file)));
}

TEST(BcdDevice, EveryDeviceOfAnInstalledStoreIsMadeAnewByteForByte) {
  DRYDOCK_CORPUS_FILE(file, "bcd/regipy/BCD.xz");
  ByteVector bytes = hive::load_hive_file(file);
  if (bytes.empty()) GTEST_SKIP() << "xz is missing";
  expect_same_bytes(*hive::open_hive(bytes));
}

}  // namespace
}  // namespace drydock::bcd
