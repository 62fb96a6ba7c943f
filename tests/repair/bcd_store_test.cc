#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "repair/bcd/names.h"
#include "repair/bcd/store.h"
#include "tests/repair/bcd_fixture.h"
#include "tests/repair/hive_support.h"
#include "tests/support/corpus.h"
#include "tests/support/empty_hive.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"

namespace drydock::bcd {
namespace {

using Ids = std::vector<ObjectId>;
using Dump = std::map<std::string, std::string>;

// What reglookup prints for `value`, as far as it is decoded: the independent
// reader gives bytes or text, and the shape is told by the id alone.
std::string said_by_us(const Value& value, const std::string& theirs) {
  if (auto* device = std::get_if<Device>(&value)) {
    return std::string(as_text(device->raw));
  }
  if (auto* text = std::get_if<std::string>(&value)) return *text;
  if (auto* id = std::get_if<ObjectId>(&value)) return to_string(*id);
  if (auto* yes = std::get_if<bool>(&value)) return std::string(1, *yes ? '\1' : '\0');
  std::string joined;
  if (auto* ids = std::get_if<Ids>(&value)) {
    for (const ObjectId& id : *ids)
      joined += (joined.empty() ? "" : "|") + to_string(id);
    return joined;
  }
  std::vector<std::uint64_t> integers;
  if (auto* integer = std::get_if<std::uint64_t>(&value)) integers = {*integer};
  if (auto* list = std::get_if<std::vector<std::uint64_t>>(&value)) integers = *list;
  for (std::uint64_t integer : integers) {
    std::size_t size = integers.size() == 1 ? theirs.size() : 8;
    for (std::size_t i = 0; i < size; ++i) {
      joined += static_cast<char>(integer >> 8 * i & 0xff);
    }
  }
  return joined;
}

Dump elements_of(const Dump& dump) {
  Dump elements;
  for (const auto& [path, value] : dump) {
    if (path.ends_with("/Element")) elements[path] = value;
  }
  return elements;
}

void expect_read_as_reglookup_does(const std::filesystem::path& corpus) {
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup isn't here";
  TempFolder folder;
  ByteVector bytes = hive::load_hive_file(corpus);
  hive::write_file(folder / "BCD", bytes);
  auto hive = hive::open_hive(bytes);
  ASSERT_TRUE(hive) << hive.error().describe();
  auto store = Store::open(*hive);
  ASSERT_TRUE(store) << store.error().describe();
  auto objects = store->objects();
  ASSERT_TRUE(objects) << objects.error().describe();
  Dump theirs = elements_of(values_by_reglookup(folder / "BCD"));
  std::size_t count = 0;
  for (const Object& object : *objects) {
    EXPECT_EQ(object.problem, "");
    for (const Element& element : object.elements) {
      ++count;
      EXPECT_EQ(element.problem, "");
      EXPECT_NE(find_element(element.id, object.type), nullptr)
          << fmt::format("{:08x} of {:08x}", element.id, object.type);
      std::string path = fmt::format("/Objects/{}/Elements/{:08x}/Element",
                                     to_string(object.id), element.id);
      ASSERT_TRUE(theirs.contains(path)) << path;
      std::string expected = unescaped(theirs[path]);
      EXPECT_EQ(said_by_us(element.value, expected), expected) << path;
    }
  }
  EXPECT_EQ(count, theirs.size());
  auto problems = store->problems();
  ASSERT_TRUE(problems);
  EXPECT_TRUE(problems->empty());
}

TEST(BcdStore, Windows10StoreIsReadAsReglookupReadsIt) {
  DRYDOCK_CORPUS_FILE(file, "bcd/regipy/BCD.xz");
  expect_read_as_reglookup_does(file);
}

TEST(BcdStore, InstallMediaStoreIsReadAsReglookupReadsIt) {
  DRYDOCK_CORPUS_FILE(file, "bcd/ezregistry/BCD");
  expect_read_as_reglookup_does(file);
}

void expect_devices_round_trip(const std::filesystem::path& corpus,
                               std::set<Device::Kind>& kinds) {
  auto hive = hive::open_hive(hive::load_hive_file(corpus));
  ASSERT_TRUE(hive) << hive.error().describe();
  auto objects = Store::open(*hive)->objects();
  ASSERT_TRUE(objects) << objects.error().describe();
  for (const Object& object : *objects) {
    for (const Element& element : object.elements) {
      auto* device = std::get_if<Device>(&element.value);
      if (device == nullptr) continue;
      kinds.insert(device->kind);
      auto again = encode_device(*device);
      ASSERT_TRUE(again);
      EXPECT_EQ(hex_of(*again), hex_of(device->raw));
      Device fresh = *device;
      fresh.raw.clear();
      if (device->kind > Device::Kind::partition) continue;
      EXPECT_EQ(hex_of(*encode_device(fresh)), hex_of(device->raw));
    }
  }
}

TEST(BcdStore, EveryDeviceOfRealStoresIsKnownAndRoundTrips) {
  DRYDOCK_CORPUS_FILE(windows, "bcd/regipy/BCD.xz");
  DRYDOCK_CORPUS_FILE(media, "bcd/ezregistry/BCD");
  std::set<Device::Kind> kinds;
  expect_devices_round_trip(windows, kinds);
  expect_devices_round_trip(media, kinds);
  EXPECT_EQ(kinds, (std::set{Device::Kind::boot, Device::Kind::partition,
                             Device::Kind::ramdisk}));
}

TEST(BcdStore, RealPartitionWithOtherIdsDiffersInThoseAlone) {
  DRYDOCK_CORPUS_FILE(file, "bcd/regipy/BCD.xz");
  auto hive = hive::open_hive(hive::load_hive_file(file));
  ASSERT_TRUE(hive);
  auto store = Store::open(*hive);
  auto value = store->get(*store->resolve("{default}"), element::os_device);
  ASSERT_TRUE(value) << value.error().describe();
  std::string expected = hex_of(std::get<Device>(*value).raw);
  expected.replace(2 * 0x20, 32, hex_of(kWindowsId.bytes));
  expected.replace(2 * 0x38, 32, hex_of(kDiskId.bytes));
  EXPECT_EQ(hex_of(*encode_device(gpt_partition(kDiskId, kWindowsId))), expected);
}

// A real store, edited and saved; what reglookup sees before and after.
struct Edited {
  TempFolder folder;
  Dump before;
  Dump after;
};

template <class Edit>
void edit_real_store(const std::filesystem::path& corpus, Edit edit, Edited& edited) {
  ByteVector bytes = hive::load_hive_file(corpus);
  hive::write_file(edited.folder / "before", bytes);
  auto hive = hive::open_hive(bytes);
  ASSERT_TRUE(hive) << hive.error().describe();
  auto store = Store::open(*hive);
  ASSERT_TRUE(store);
  Done done = edit(*store);
  ASSERT_TRUE(done) << done.error().describe();
  save_hive_file(edited.folder / "after", *hive);
  edited.before = values_by_reglookup(edited.folder / "before");
  edited.after = values_by_reglookup(edited.folder / "after");
}

// The values that one dump has and the other hasn't, or has otherwise.
Dump without(const Dump& dump, const Dump& other) {
  Dump rest;
  std::ranges::set_difference(dump, other, std::inserter(rest, rest.end()));
  return rest;
}

TEST(BcdStore, SetAddsOneElementAndChangesNothingElse) {
  DRYDOCK_CORPUS_FILE(file, "bcd/regipy/BCD.xz");
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup isn't here";
  ObjectId loader;
  Edited edited;
  edit_real_store(
      file,
      [&](Store& store) {
        loader = *store.resolve("{default}");
        return store.set(loader, element::safe_boot, std::uint64_t{0});
      },
      edited);
  std::string path =
      fmt::format("/Objects/{}/Elements/25000080/Element", to_string(loader));
  EXPECT_EQ(without(edited.after, edited.before),
            (Dump{{path, "BINARY,%00%00%00%00%00%00%00%00"}}));
  EXPECT_EQ(without(edited.before, edited.after), Dump{});
}

TEST(BcdStore, SetWidensAnInstallMediumsTimeoutTo8Bytes) {
  DRYDOCK_CORPUS_FILE(file, "bcd/ezregistry/BCD");
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup isn't here";
  Edited edited;
  edit_real_store(
      file,
      [](Store& store) {
        return store.set(kBootManager, element::timeout, std::uint64_t{10});
      },
      edited);
  Dump now = without(edited.after, edited.before);
  ASSERT_EQ(now.size(), 1U);
  EXPECT_EQ(now.begin()->second, "BINARY,%0A%00%00%00%00%00%00%00");
  EXPECT_EQ(without(edited.before, edited.after).begin()->second, "BINARY,%1E");
}

TEST(BcdStore, RemoveTakesOneElementAndNothingElse) {
  DRYDOCK_CORPUS_FILE(file, "bcd/regipy/BCD.xz");
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup isn't here";
  constexpr ElementId boot_menu_policy = 0x250000c2;
  Edited edited;
  edit_real_store(
      file,
      [](Store& store) {
        return store.remove(*store.resolve("{default}"), boot_menu_policy);
      },
      edited);
  EXPECT_EQ(without(edited.after, edited.before), Dump{});
  Dump gone = without(edited.before, edited.after);
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_TRUE(gone.begin()->first.ends_with("/Elements/250000c2/Element"));
}

TEST(BcdStore, EveryShapeIsWrittenAsReglookupExpectsIt) {
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup isn't here";
  auto hive = small_store();
  ASSERT_TRUE(hive) << hive.error().describe();
  auto store = Store::open(*hive);
  ASSERT_TRUE(store->set(kLoader, 0x17000077, std::vector<std::uint64_t>{0x15000075}));
  ASSERT_TRUE(store->set(kLoader, element::ems, true));
  TempFolder folder;
  save_hive_file(folder / "BCD", *hive);
  Dump dump = values_by_reglookup(folder / "BCD");
  std::string loader = "/Objects/{11111111-2222-3333-4444-555555555555}";
  std::string manager = "/Objects/{9dea862c-5cdd-4e70-acc1-f32b344d4795}";
  EXPECT_EQ(dump[loader + "/Description/Type"], "DWORD,0x10200003");
  EXPECT_EQ(dump[loader + "/Elements/22000002/Element"], "SZ,\\Windows");
  EXPECT_EQ(dump[loader + "/Elements/260000b0/Element"], "BINARY,%01");
  EXPECT_EQ(dump[loader + "/Elements/17000077/Element"],
            "BINARY,u%00%00%15%00%00%00%00");
  EXPECT_EQ(dump[manager + "/Elements/23000003/Element"],
            "SZ,{11111111-2222-3333-4444-555555555555}");
  EXPECT_EQ(dump[manager + "/Elements/24000001/Element"],
            "MULTI_SZ,{11111111-2222-3333-4444-555555555555}|"
            "{22222222-2222-3333-4444-555555555555}");
}

TEST(BcdStore, HiveWithoutObjectsIsNoStore) {
  auto hive = hive::open_hive(empty_hive());
  ASSERT_TRUE(hive) << hive.error().describe();
  auto store = Store::open(*hive);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code(), Errc::corrupt);
}

// A small store, open, for the tests that need no other reader.
class BcdSmallStore : public testing::Test {
 protected:
  void SetUp() override {
    auto hive = small_store();
    ASSERT_TRUE(hive) << hive.error().describe();
    hive_.emplace(*std::move(hive));
    auto store = Store::open(*hive_);
    ASSERT_TRUE(store) << store.error().describe();
    store_.emplace(*std::move(store));
  }

  // Puts a value under an element's key behind the store's back.
  void plant(const ObjectId& object, std::string_view element,
             const hive::Value& value) {
    auto key = hive_->create(
        fmt::format("Objects\\{}\\Elements\\{}", to_string(object), element));
    ASSERT_TRUE(key) << key.error().describe();
    Done done = hive_->set(*key, value);
    ASSERT_TRUE(done) << done.error().describe();
  }

  std::optional<hive::Hive> hive_;
  std::optional<Store> store_;
};

TEST_F(BcdSmallStore, ValueIsOfTheShapeThatItsIdAsksFor) {
  Done done = store_->set(kLoader, element::safe_boot, true);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Errc::bad_argument);
  EXPECT_FALSE(store_->set(kLoader, 0x29000001, true));
}

TEST_F(BcdSmallStore, ObjectThatIsNotThereIsNotMadeByASet) {
  Done done = store_->set(Guid{}, element::safe_boot, std::uint64_t{0});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Errc::not_found);
  EXPECT_EQ(store_->objects()->size(), 6U);
}

TEST_F(BcdSmallStore, KeysAreFoundInAnyCase) {
  plant(kLoader, "250000C2", hive::Value::binary("Element", ByteVector(8)));
  EXPECT_TRUE(store_->get(kLoader, 0x250000c2));
  ASSERT_TRUE(store_->set(kLoader, 0x250000c2, std::uint64_t{1}));
  EXPECT_EQ(std::get<std::uint64_t>(*store_->get(kLoader, 0x250000c2)), 1U);
}

TEST_F(BcdSmallStore, OwnElementBeatsWhatIsInherited) {
  ASSERT_TRUE(store_->set(kLoader, element::boot_ems, true));
  EXPECT_TRUE(std::get<bool>(*store_->get_inherited(kLoader, element::boot_ems)));
}

TEST_F(BcdSmallStore, InheritanceIsFollowedThreeDeep) {
  auto value = store_->get_inherited(kLoader, element::boot_ems);
  ASSERT_TRUE(value) << value.error().describe();
  EXPECT_FALSE(std::get<bool>(*value));
}

TEST_F(BcdSmallStore, FirstOfTwoParentsWinsWithAllThatItInherits) {
  ObjectId second = "33333333-0000-0000-0000-000000000000"_guid;
  ASSERT_TRUE(store_->create(second, 0x20100000));
  ASSERT_TRUE(store_->set(second, element::boot_ems, true));
  auto loaders = *object_of_alias("{bootloadersettings}");
  ASSERT_TRUE(store_->set(kLoader, element::inherit, Ids{loaders, second}));
  EXPECT_FALSE(std::get<bool>(*store_->get_inherited(kLoader, element::boot_ems)));
  ASSERT_TRUE(store_->set(kLoader, element::inherit, Ids{second, loaders}));
  EXPECT_TRUE(std::get<bool>(*store_->get_inherited(kLoader, element::boot_ems)));
}

TEST_F(BcdSmallStore, InheritanceInACircleEnds) {
  ASSERT_TRUE(store_->set(kEmsSettings, element::inherit, Ids{kLoader, kEmsSettings}));
  auto value = store_->get_inherited(kLoader, element::safe_boot);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code(), Errc::not_found);
}

TEST_F(BcdSmallStore, MissingParentIsPassedOver) {
  ObjectId gone = "99999999-0000-0000-0000-000000000000"_guid;
  auto loaders = *object_of_alias("{bootloadersettings}");
  ASSERT_TRUE(store_->set(kLoader, element::inherit, Ids{gone, loaders}));
  EXPECT_TRUE(store_->get_inherited(kLoader, element::boot_ems));
}

TEST_F(BcdSmallStore, AliasesAndIdsAreResolved) {
  EXPECT_EQ(*store_->resolve("{bootmgr}"), kBootManager);
  EXPECT_EQ(*store_->resolve("{DEFAULT}"), kLoader);
  EXPECT_EQ(*store_->resolve("{current}"), kLoader);
  EXPECT_EQ(*store_->resolve("{22222222-2222-3333-4444-555555555555}"), kSecondLoader);
}

TEST_F(BcdSmallStore, WordThatPointsNowhereIsNotFound) {
  EXPECT_EQ(store_->resolve("{memdiag}").error().code(), Errc::not_found);
  EXPECT_EQ(store_->resolve("{nonsense}").error().code(), Errc::not_found);
  EXPECT_EQ(store_->resolve("default").error().code(), Errc::not_found);
  ASSERT_TRUE(store_->remove(kLoader));
  EXPECT_EQ(store_->resolve("{default}").error().code(), Errc::not_found);
}

TEST_F(BcdSmallStore, ElementOfTheWrongTypeIsListedWithItsProblem) {
  plant(kLoader, "25000080", hive::Value::sz("Element", "Minimal"));
  auto value = store_->get(kLoader, element::safe_boot);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code(), Errc::corrupt);
  EXPECT_EQ(value.error().describe(),
            "REG_SZ where REG_BINARY belongs (element 25000080 of object "
            "{11111111-2222-3333-4444-555555555555})");
  auto object = store_->object(kLoader);
  ASSERT_TRUE(object);
  EXPECT_EQ(object->elements.size(), 7U);
  EXPECT_EQ(object->elements.back().problem, "REG_SZ where REG_BINARY belongs");
}

TEST_F(BcdSmallStore, EachWrongSizeIsAProblem) {
  plant(kLoader, "25000080", hive::Value::binary("Element", ByteVector(9)));
  plant(kLoader, "26000090", hive::Value::binary("Element", ByteVector(2)));
  plant(kLoader, "17000077", hive::Value::binary("Element", ByteVector(12)));
  plant(kLoader, "23000003", hive::Value::sz("Element", "{not a guid}"));
  plant(kLoader, "250000c2", hive::Value::binary("Other", ByteVector(8)));
  EXPECT_EQ(store_->problems()->size(), 5U);
}

TEST_F(BcdSmallStore, ForeignKeysAreNamedAndHideNothing) {
  ASSERT_TRUE(hive_->create("Objects\\Stranger"));
  plant(kLoader, "nonsense", hive::Value::sz("Element", ""));
  EXPECT_EQ(store_->objects()->size(), 6U);
  EXPECT_EQ(*store_->problems(),
            (std::vector<std::string>{
                "key \"Stranger\" is no object",
                "key \"nonsense\" of object {11111111-2222-3333-4444-555555555555} is "
                "no element"}));
}

TEST_F(BcdSmallStore, ObjectWithoutATypeIsListed) {
  ASSERT_TRUE(hive_->create("Objects\\{33333333-0000-0000-0000-000000000000}"));
  auto object = store_->object("33333333-0000-0000-0000-000000000000"_guid);
  ASSERT_TRUE(object);
  EXPECT_EQ(object->type, 0U);
  EXPECT_NE(object->problem, "");
}

TEST_F(BcdSmallStore, ElementOfUnknownFormatIsCarried) {
  plant(kLoader, "2f000001", hive::Value::dword("Element", 7));
  auto value = store_->get(kLoader, 0x2f000001);
  ASSERT_TRUE(value) << value.error().describe();
  EXPECT_EQ(hex_of(std::get<Device>(*value).raw), "07000000");
}

TEST_F(BcdSmallStore, RemovingWhatIsNotThereIsNotFound) {
  EXPECT_EQ(store_->remove(kLoader, element::safe_boot).error().code(),
            Errc::not_found);
  EXPECT_EQ(store_->remove(Guid{}).error().code(), Errc::not_found);
}

}  // namespace
}  // namespace drydock::bcd
