// Whole commands of bcdedit, carried out on a store.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "repair/bcdedit/words.h"
#include "repair/hive/check.h"
#include "repair/hive/new_hive.h"
#include "repair/hive_editor.h"
#include "tests/repair/bcd_fixture.h"
#include "tests/repair/hive_support.h"
#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/base/endian.h"

namespace drydock::cli {
namespace {

using bcd::Device;
using Ids = std::vector<bcd::ObjectId>;
using bcd::kBootManager;
using bcd::kLoader;
using bcd::kSecondLoader;
namespace element = bcd::element;

using Words = std::vector<std::string>;

constexpr Guid kResume = "44444444-2222-3333-4444-555555555555"_guid;

bcdedit::PartitionNames partitions() {
  return {.find = [](std::string_view word) -> Result<Device> {
            if (word == "C:") return bcd::gpt_partition(bcd::kDiskId, bcd::kWindowsId);
            return Error(Errc::not_found, "there is no partition " + std::string(word));
          },
          .show = [](const Device& device) -> std::optional<std::string> {
            if (device.partition_id == bcd::kWindowsId) return "C:";
            return std::nullopt;
          }};
}

void expect_hivex_agrees(const std::filesystem::path& path) {
  hive::Hive ours = *hive::open_hive(hive::load_hive_file(path));
  EXPECT_TRUE(*hive::content_by_us(ours) == hive::content_by_hivex(path));
}

// A store that commands are carried out on, one after the other.
class Commands : public testing::Test {
 protected:
  void SetUp() override { open(*bcd::small_store()); }

  void open(hive::Hive opened) {
    hive_.emplace(std::move(opened));
    store_.emplace(*bcd::Store::open(*hive_));
  }

  // The id that the next object gets.
  Guid next_id() const {
    Guid id = "55555555-2222-3333-4444-000000000000"_guid;
    id.bytes[15] = static_cast<std::byte>(made_ + 1);
    return id;
  }

  Result<std::vector<repair::Outcome>> run_words(const Words& words) {
    auto command = bcdedit::parse(words);
    if (!command) return std::move(command).error();
    auto actions = bcdedit::plan(*command, *store_, {}, partitions(), [&] {
      Guid id = next_id();
      ++made_;
      return Result<Guid>(id);
    });
    if (!actions) return std::move(actions).error();
    repair::HiveEditor editor(*hive_, "BCD");
    std::vector<repair::Outcome> outcomes;
    for (const repair::Action& action : *actions) {
      auto outcome = editor.apply(action);
      if (!outcome) return std::move(outcome).error();
      outcomes.push_back(*std::move(outcome));
    }
    hive::Hive saved = *hive::open_hive(*hive_->save());
    Done agrees = editor.check(saved);
    if (!agrees) return std::move(agrees).error();
    return outcomes;
  }

  std::vector<repair::Outcome> done(const Words& words) {
    auto outcomes = run_words(words);
    if (outcomes) return *outcomes;
    ADD_FAILURE() << outcomes.error().describe();
    return {};
  }
  Errc refusal(const Words& words) {
    auto outcomes = run_words(words);
    EXPECT_FALSE(outcomes) << words.front();
    return outcomes ? Errc::io : outcomes.error().code();
  }

  template <class T>
  T value(const bcd::ObjectId& object, bcd::ElementId element) {
    auto value = store_->get(object, element);
    if (value) return std::get<T>(*value);
    ADD_FAILURE() << value.error().describe();
    return T();
  }
  bool has(const bcd::ObjectId& object, bcd::ElementId element) {
    return bool(store_->get(object, element));
  }
  std::string print(const Words& words) {
    auto command = bcdedit::parse(words);
    if (!command) return command.error().describe();
    auto text =
        bcdedit::print(std::get<bcdedit::Enum>(command->action), *store_, partitions());
    return text ? *text : text.error().describe();
  }

  std::optional<hive::Hive> hive_;
  std::optional<bcd::Store> store_;
  int made_ = 0;
};

TEST_F(Commands, CreateMakesAnObjectOfTheTypeThatIsNamed) {
  Guid id = next_id();
  auto outcomes = done({"/create", "/d", "Two words", "/application", "OSLOADER"});
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].edit, "bcd.create");
  EXPECT_EQ(outcomes[0].where, "BCD " + to_string(id));
  EXPECT_EQ(outcomes[0].after, "Windows Boot Loader with 0 elements");
  EXPECT_EQ(store_->object(id)->type, bcd::kOsLoader);
  EXPECT_EQ(value<std::string>(id, element::description), "Two words");
}

TEST_F(Commands, CreateKnowsTheTypeOfWhatIsWellKnown) {
  done({"/create", "{ramdiskoptions}"});
  EXPECT_EQ(store_->object("ae5534e0-a924-466c-b836-758539a3ee3a"_guid)->type,
            0x30000000U);
  EXPECT_EQ(refusal({"/create", "{ramdiskoptions}"}), Errc::bad_argument);
  EXPECT_EQ(refusal({"/create", "{memdiag}", "/device"}), Errc::bad_argument);
}

TEST_F(Commands, CreateMakesSettingsAndDeviceOptions) {
  Guid id = next_id();
  done({"/create", "/inherit"});
  EXPECT_EQ(store_->object(id)->type, 0x20100000U);
  id = next_id();
  done({"/create", "/inherit", "osloader"});
  EXPECT_EQ(store_->object(id)->type, 0x20200003U);
  id = next_id();
  done({"/create", "/device", "/d", "x"});
  EXPECT_EQ(store_->object(id)->type, 0x30000000U);
  EXPECT_EQ(refusal({"/create"}), Errc::bad_argument);
  EXPECT_EQ(refusal({"/create", "/application", "toaster"}), Errc::bad_argument);
  EXPECT_EQ(refusal({"/create", "/application", "resume", "/device"}),
            Errc::bad_argument);
}

TEST_F(Commands, CopyIsTheSameBehindAnotherDescriptionAndLastOnTheMenu) {
  Guid id = next_id();
  done({"/copy", "{default}", "/d", "The copy"});
  EXPECT_EQ(store_->object(id)->type, bcd::kOsLoader);
  EXPECT_EQ(store_->object(id)->elements.size(),
            store_->object(kLoader)->elements.size());
  EXPECT_EQ(value<std::string>(id, element::description), "The copy");
  EXPECT_EQ(value<std::string>(id, element::system_root), "\\Windows");
  EXPECT_EQ(value<Ids>(kBootManager, element::display_order),
            (Ids{kLoader, kSecondLoader, id}));
  EXPECT_EQ(value<bcd::ObjectId>(kBootManager, element::default_object), kLoader);
}

TEST_F(Commands, CopyCarriesWhatIsNotUnderstood) {
  std::string from = bcd::element_path(kLoader, 0x2f000001);
  hive::Value strange{.name = "Element",
                      .type = hive::ValueType::dword,
                      .data = bcd::bytes_from_hex("01020304")};
  ASSERT_TRUE(hive_->set(*hive_->create(from), strange));
  Guid id = next_id();
  done({"/copy", "{default}", "/d", "x"});
  auto copied =
      hive_->value(*hive_->find(bcd::element_path(id, 0x2f000001)), "Element");
  ASSERT_TRUE(copied);
  EXPECT_EQ(copied->type, strange.type);
  EXPECT_EQ(copied->data, strange.data);
}

TEST_F(Commands, CopyOffTheMenuStaysOffIt) {
  done({"/displayorder", "{default}", "/remove"});
  done({"/copy", "{default}", "/d", "x"});
  EXPECT_EQ(value<Ids>(kBootManager, element::display_order), Ids{kSecondLoader});
  EXPECT_EQ(refusal({"/copy", "{default}"}), Errc::bad_argument);
}

TEST_F(Commands, DeleteTakesWhatNamesTheEntryWithIt) {
  auto outcomes = done({"/delete", to_string(kSecondLoader)});
  EXPECT_FALSE(store_->object(kSecondLoader));
  EXPECT_EQ(value<Ids>(kBootManager, element::display_order), Ids{kLoader});
  EXPECT_EQ(outcomes.back().edit, "bcd.remove");
  EXPECT_EQ(outcomes.back().before,
            "Windows Boot Loader \"Windows Server\" with 6 elements");
  EXPECT_EQ(outcomes.back().after, "");
}

TEST_F(Commands, DeleteOfTheDefaultLeavesNoDefault) {
  done({"/delete", "{default}", "/cleanup"});
  EXPECT_FALSE(store_->object(kLoader));
  EXPECT_FALSE(has(kBootManager, element::default_object));
  EXPECT_EQ(value<Ids>(kBootManager, element::display_order), Ids{kSecondLoader});
}

TEST_F(Commands, DeleteWithNocleanupLeavesTheRest) {
  done({"/delete", "{default}", "/nocleanup"});
  EXPECT_FALSE(store_->object(kLoader));
  EXPECT_EQ(value<bcd::ObjectId>(kBootManager, element::default_object), kLoader);
  // What names an object that is gone can still be taken off the menu.
  done({"/displayorder", to_string(kLoader), "/remove"});
  EXPECT_EQ(value<Ids>(kBootManager, element::display_order), Ids{kSecondLoader});
}

TEST_F(Commands, DeleteOfWhatIsWellKnownTakesF) {
  EXPECT_EQ(refusal({"/delete", "{emssettings}"}), Errc::bad_argument);
  done({"/delete", "{emssettings}", "/f"});
  EXPECT_FALSE(store_->object(bcd::kEmsSettings));
}

TEST_F(Commands, ResumeEntryGoesWithTheLastLoaderThatNamesIt) {
  ASSERT_TRUE(store_->create(kResume, bcd::kResumeLoader));
  for (const Guid& loader : {kLoader, kSecondLoader}) {
    ASSERT_TRUE(store_->set(loader, element::resume_object, kResume));
  }
  ASSERT_TRUE(store_->set(kBootManager, 0x23000006, kResume));
  done({"/delete", to_string(kSecondLoader)});
  EXPECT_TRUE(store_->object(kResume));
  done({"/delete", "{default}"});
  EXPECT_FALSE(store_->object(kResume));
  EXPECT_FALSE(has(kBootManager, 0x23000006));
}

TEST_F(Commands, SettingsThatTheStoreLacksAreMade) {
  auto outcomes = done({"/dbgsettings", "SERIAL", "DEBUGPORT:1", "BAUDRATE:115200"});
  ASSERT_EQ(outcomes.size(), 4U);
  EXPECT_EQ(outcomes[0].edit, "bcd.create");
  EXPECT_EQ(print({"/dbgsettings"}), R"(
Debugger Settings
-----------------
identifier              {dbgsettings}
debugtype               Serial
debugport               1
baudrate                115200
)");
}

TEST_F(Commands, DebuggerOverTheNetworkHasAnAddress) {
  done({"/dbgsettings", "net", "hostip:192.168.1.2", "port:50000", "key:1.2.3.4"});
  EXPECT_EQ(
      value<std::uint64_t>("4636856e-540f-4170-a130-a84776f4c654"_guid, 0x1500001a),
      0xc0a80102U);
  std::string text = print({"/enum", "{dbgsettings}"});
  EXPECT_NE(text.find("hostip                  192.168.1.2\n"), text.npos) << text;
  EXPECT_NE(text.find("dhcp                    Yes\n"), text.npos) << text;
  EXPECT_EQ(refusal({"/dbgsettings", "net", "hostip:1.2.3.4", "port:50000"}),
            Errc::bad_argument);
  EXPECT_EQ(refusal({"/dbgsettings", "net", "hostip:1.2.3", "port:5", "key:1.2.3.4"}),
            Errc::bad_argument);
}

TEST_F(Commands, HypervisorsDebuggerHasSettingsOfItsOwn) {
  done({"/hypervisorsettings", "NET", "HOSTIP:10.0.0.1", "PORT:50001", "KEY:1.2.3.4",
        "NODHCP"});
  Guid settings = "7ff607e0-4395-11db-b0de-0800200c9a66"_guid;
  EXPECT_EQ(value<std::uint64_t>(settings, 0x250000f3), 3U);
  EXPECT_EQ(value<std::uint64_t>(settings, 0x250000fd), 0x0a000001U);
  EXPECT_EQ(value<bool>(settings, 0x26000114), false);
}

TEST_F(Commands, EmsSettingsOfTheBiosAreNone) {
  done({"/emssettings", "EMSPORT:1", "EMSBAUDRATE:115200"});
  done({"/emssettings", "bios"});
  EXPECT_FALSE(has(bcd::kEmsSettings, element::ems_port));
  EXPECT_FALSE(has(bcd::kEmsSettings, element::ems_baud_rate));
  EXPECT_TRUE(done({"/emssettings", "bios"}).empty());
}

TEST_F(Commands, DevicesAreWrittenInTheWordsThatTheyArePrintedIn) {
  done({"/create", "{ramdiskoptions}"});
  for (std::string device :
       {"boot", "partition=C:", "file=[C:]\\f",
        "ramdisk=[C:]\\boot.wim,{ramdiskoptions}",
        "vhd=[C:]\\a b,c.vhdx,locate=custom:12000002",
        "ramdisk=[boot]\\x.wim,{ramdiskoptions}", "locate=custom:12000002",
        "locate=\\Windows\\system32", "vhd=[C:]\\x.vhdx,locate=\\Windows"}) {
    done({"/set", "{default}", "device", device});
    std::string text = print({"/enum", "{default}"});
    EXPECT_NE(text.find("device                  " + device + "\n"), text.npos) << text;
  }
}

TEST_F(Commands, VhdIsLookedForAsBcdeditStoresIt) {
  done({"/set", "{default}", "osdevice", "vhd=[C:]\\x.vhdx"});
  auto device = value<Device>(kLoader, element::os_device);
  EXPECT_EQ(device.kind, Device::Kind::locate);
  EXPECT_EQ(device.element, element::system_root);
  ASSERT_EQ(device.parent.size(), 1U);
  EXPECT_EQ(device.parent[0].kind, Device::Kind::vhd);
}

TEST_F(Commands, DevicesThatMakeNoSenseAreRefused) {
  for (const char* word :
       {"vhd=C:\\x.vhdx", "ramdisk=[C:]\\x", "file=[C:]x", "file=[C:"}) {
    EXPECT_EQ(refusal({"/set", "device", word}), Errc::bad_argument) << word;
  }
  EXPECT_EQ(refusal({"/set", "device", "vhd=[locate]\\x.vhdx"}), Errc::unsupported);
  EXPECT_EQ(refusal({"/set", "device", "floppy"}), Errc::unsupported);
  EXPECT_EQ(refusal({"/set", "device", "file=[Q:]\\x"}), Errc::not_found);
}

TEST(BcdStore, LaidOutInANewHiveIsEmptyAndOthersReadIt) {
  ByteVector bytes = *hive::new_hive("NewStoreRoot", 0x01d800000000'0000);
  hive::CheckReport fresh = hive::check(bytes);
  EXPECT_EQ(fresh.odd_count + fresh.fatal_count, 0U);
  hive::Hive hive = *hive::open_hive(bytes);
  auto store = bcd::Store::lay_out(hive);
  ASSERT_TRUE(store) << store.error().describe();
  EXPECT_TRUE(store->objects()->empty());
  TempFolder folder;
  bcd::save_hive_file(folder / "BCD", hive);
  expect_hivex_agrees(folder / "BCD");
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup is missing";
  auto values = bcd::values_by_reglookup(folder / "BCD");
  EXPECT_EQ(values["/Description/KeyName"], "SZ,BCD00000000");
}

// ---- Commands at random, and what hivex and reglookup then read.

class AtRandom : public Commands {
 protected:
  std::uint32_t below(std::uint32_t count) {
    return static_cast<std::uint32_t>(random_()) % count;
  }

  std::string any_loader() {
    std::vector<std::string> ids;
    std::vector<bcd::Object> objects = *store_->objects();
    for (const bcd::Object& object : objects) {
      if (object.type == bcd::kOsLoader) ids.push_back(to_string(object.id));
    }
    return ids.empty() ? "{default}"
                       : ids[below(static_cast<std::uint32_t>(ids.size()))];
  }

  Words any_command() {
    std::string number = std::to_string(below(100));
    std::string id = any_loader();
    switch (below(9)) {
      case 0:
        return {"/create", "/d", "made " + number, "/application", "osloader"};
      case 1:
        return {"/copy", id, "/d", "copy " + number};
      case 2:
        return {"/delete", id};
      case 3:
        return {"/default", id};
      case 4:
        return {"/displayorder", id, below(2) == 0 ? "/addfirst" : "/addlast"};
      case 5:
        return {"/set", id, "device", below(2) == 0 ? "partition=C:" : "vhd=[C:]\\x"};
      case 6:
        return {"/set", id, "description", "text " + number};
      case 7:
        return {"/timeout", number};
      default:
        return {"/deletevalue", id, "osdevice"};
    }
  }

  // What the store says, as reglookup would: only what bcd::Store decodes.
  void expect_reglookup_agrees(const std::filesystem::path& path) {
    auto values = bcd::values_by_reglookup(path);
    std::size_t count = 0;
    std::vector<bcd::Object> objects = *store_->objects();
    for (const bcd::Object& object : objects) {
      std::string key = "/Objects/" + to_string(object.id);
      EXPECT_EQ(values[key + "/Description/Type"],
                fmt::format("DWORD,0x{:08X}", object.type));
      ++count;
      for (const bcd::Element& element : object.elements) {
        std::string name = fmt::format("{}/Elements/{:08x}/Element", key, element.id);
        ASSERT_TRUE(values.contains(name)) << name;
        ++count;
        if (const auto* text = std::get_if<std::string>(&element.value)) {
          EXPECT_EQ(bcd::unescaped(values[name]), *text);
        } else if (const auto* device = std::get_if<Device>(&element.value)) {
          EXPECT_EQ(bcd::unescaped(values[name]), as_text(device->raw));
        }
      }
    }
    EXPECT_EQ(values.size(), count);
  }

  std::mt19937 random_{20261122};
};

TEST_F(AtRandom, CommandsLeaveAStoreThatHivexAndReglookupReadTheSame) {
  int carried_out = 0;
  TempFolder folder;
  for (int i = 0; i < 120; ++i) {
    if (run_words(any_command())) ++carried_out;
    if (i % 40 != 39) continue;
    bcd::save_hive_file(folder / "BCD", *hive_);
    expect_hivex_agrees(folder / "BCD");
    if (have_program("reglookup")) expect_reglookup_agrees(folder / "BCD");
    EXPECT_TRUE(store_->problems()->empty());
  }
  EXPECT_GT(carried_out, 60);
}

}  // namespace
}  // namespace drydock::cli
