#include <gtest/gtest.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "repair/bcd/names.h"
#include "repair/bcdedit/words.h"
#include "tests/repair/bcd_fixture.h"
#include "tests/repair/hive_support.h"
#include "tests/support/corpus.h"

namespace drydock::cli {
namespace {

using bcd::Device;
using bcd::ElementId;
using bcd::kBootManager;
using bcd::kLoader;
using bcd::kSecondLoader;

std::vector<std::string> split(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

constexpr Guid kNewId = "33333333-2222-3333-4444-555555555555"_guid;

// "C:" and 3 are the Windows partition, volume 1 the system's.
bcdedit::PartitionNames partitions() {
  return {.find = [](std::string_view word) -> Result<Device> {
            if (word == "C:" || word == "3") {
              return bcd::gpt_partition(bcd::kDiskId, bcd::kWindowsId);
            }
            return Error(Errc::not_found, "there is no partition " + std::string(word));
          },
          .show = [](const Device& device) -> std::optional<std::string> {
            if (device.partition_id == bcd::kWindowsId) return "C:";
            if (device.partition_id == bcd::kEspId) return "\\Device\\HarddiskVolume1";
            return std::nullopt;
          }};
}

class Bcdedit : public testing::Test {
 protected:
  void SetUp() override {
    auto hive = bcd::small_store();
    ASSERT_TRUE(hive) << hive.error().describe();
    open(*std::move(hive));
  }

  void open(hive::Hive opened) {
    hive_.emplace(std::move(opened));
    store_.emplace(*bcd::Store::open(*hive_));
  }

  Result<std::vector<repair::Action>> plan(const std::string& line) {
    auto command = bcdedit::parse(split(line));
    if (!command) return std::move(command).error();
    return bcdedit::plan(*command, *store_, {.partition = 1, .path = "\\BCD"},
                         partitions(), [] { return Result<Guid>(kNewId); });
  }

  // The one element that `line` sets; of an id of zero where it doesn't.
  repair::BcdSet set(const std::string& line) {
    auto actions = plan(line);
    if (!actions) {
      ADD_FAILURE() << line << ": " << actions.error().describe();
      return {};
    }
    auto* set = std::get_if<repair::BcdSet>(&actions->at(0));
    if (actions->size() == 1 && set != nullptr) return *set;
    ADD_FAILURE() << line << " isn't one BcdSet";
    return {};
  }

  template <class T>
  T value(const std::string& line) {
    return std::get<T>(set(line).value);
  }

  // Carries out what `line` asks for.
  void apply(const std::string& line) {
    repair::BcdSet asked = set(line);
    Done done = store_->set(asked.object, asked.element, asked.value);
    ASSERT_TRUE(done) << done.error().describe();
  }

  Errc refusal(const std::string& line) {
    auto actions = plan(line);
    EXPECT_FALSE(actions) << line;
    return actions ? Errc::io : actions.error().code();
  }

  std::string print(const std::string& line) {
    auto command = bcdedit::parse(split(line));
    if (!command) return command.error().describe();
    auto text =
        bcdedit::print(std::get<bcdedit::Enum>(command->action), *store_, partitions());
    return text ? *text : text.error().describe();
  }

  std::optional<hive::Hive> hive_;
  std::optional<bcd::Store> store_;
};

TEST_F(Bcdedit, SafebootMinimalIsAZeroAtTheDefaultLoader) {
  repair::BcdSet asked = set("/set {default} safeboot minimal");
  EXPECT_EQ(asked.object, kLoader);
  EXPECT_EQ(asked.element, 0x25000080U);
  EXPECT_EQ(std::get<std::uint64_t>(asked.value), 0U);
  EXPECT_EQ(asked.store, (repair::GuestPath{.partition = 1, .path = "\\BCD"}));
  apply("/set {default} safeboot minimal");
  auto key = hive_->find(
      "Objects\\{11111111-2222-3333-4444-555555555555}\\Elements\\25000080");
  ASSERT_TRUE(key);
  EXPECT_EQ(bcd::hex_of(hive_->value(*key, "Element")->data), "0000000000000000");
}

TEST_F(Bcdedit, LineWithoutAnIdIsAboutTheCurrentLoader) {
  EXPECT_EQ(set("/set nointegritychecks on").object, kLoader);
  EXPECT_EQ(set("-set TESTSIGNING ON").element, 0x16000049U);
}

TEST_F(Bcdedit, ArticlesCommandsMeanWhatTheySay) {
  EXPECT_EQ(value<bool>("/set {bootmgr} displaybootmenu yes"), true);
  EXPECT_EQ(value<std::uint64_t>("/set {bootmgr} timeout 10"), 10U);
  EXPECT_EQ(value<bool>("/set {bootmgr} bootems yes"), true);
  EXPECT_EQ(value<std::uint64_t>("/set {default} integrityservices disable"), 2U);
  EXPECT_EQ(value<std::uint64_t>("/set {default} bootstatuspolicy ignoreallfailures"),
            1U);
  EXPECT_EQ(value<bool>("/set {default} recoveryenabled no"), false);
  EXPECT_EQ(value<bool>("/set {default} advancedoptions true"), true);
  EXPECT_EQ(value<bcd::ObjectId>(
                "/set {bootmgr} default {22222222-2222-3333-4444-555555555555}"),
            kSecondLoader);
}

TEST_F(Bcdedit, EmsCommandsAreSets) {
  EXPECT_EQ(set("/ems {default} ON").element, 0x260000b0U);
  EXPECT_EQ(set("/ems on").object, kLoader);
  auto actions = plan("/emssettings EMSPORT:1 EMSBAUDRATE:115200");
  ASSERT_TRUE(actions) << actions.error().describe();
  ASSERT_EQ(actions->size(), 2U);
  const auto& baud = std::get<repair::BcdSet>((*actions)[1]);
  EXPECT_EQ(baud.object, bcd::kEmsSettings);
  EXPECT_EQ(baud.element, 0x15000023U);
  EXPECT_EQ(std::get<std::uint64_t>(baud.value), 115200U);
}

TEST_F(Bcdedit, StoreOfTheLineIsHandedToTheCaller) {
  auto command = bcdedit::parse(split("/store F:\\boot\\bcd /ems {default} ON"));
  ASSERT_TRUE(command);
  EXPECT_EQ(command->store, "F:\\boot\\bcd");
  EXPECT_EQ(bcdedit::parse(split("/enum all /store X"))->store, "X");
}

TEST_F(Bcdedit, IntegersAreWordsDecimalOrHexadecimal) {
  EXPECT_EQ(value<std::uint64_t>("/set truncatememory 0x10000000"), 0x10000000U);
  EXPECT_EQ(value<std::uint64_t>("/set nx 3"), 3U);
  EXPECT_EQ(value<std::uint64_t>("/set nx ALWAYSON"), 3U);
  EXPECT_EQ(value<std::uint64_t>("/set displayrotation 90"), 1U);
  EXPECT_EQ(refusal("/set nx sometimes"), Errc::bad_argument);
  EXPECT_EQ(refusal("/set nx 0x10000000000000000"), Errc::bad_argument);
}

TEST_F(Bcdedit, EveryWordForYesAndNoIsTaken) {
  for (const char* yes : {"yes", "ON", "True", "1"}) {
    EXPECT_TRUE(value<bool>(std::string("/set bootlog ") + yes));
  }
  for (const char* no : {"no", "OFF", "False", "0"}) {
    EXPECT_FALSE(value<bool>(std::string("/set bootlog ") + no));
  }
  EXPECT_EQ(refusal("/set bootlog perhaps"), Errc::bad_argument);
}

TEST_F(Bcdedit, ElementMayBeNamedByItsId) {
  EXPECT_EQ(set("/set custom:25000080 1").element, 0x25000080U);
  EXPECT_EQ(set("/set 0x26000090 on").element, 0x26000090U);
  EXPECT_EQ(refusal("/set 0x99000090 on"), Errc::bad_argument);
}

TEST_F(Bcdedit, DeviceIsBootOrAPartition) {
  EXPECT_EQ(value<Device>("/set osdevice boot").kind, Device::Kind::boot);
  EXPECT_EQ(value<Device>("/set osdevice partition=C:").partition_id, bcd::kWindowsId);
  EXPECT_EQ(value<Device>("/set device Partition=3").disk_id, bcd::kDiskId);
  EXPECT_EQ(refusal("/set device partition=Q:"), Errc::not_found);
  EXPECT_EQ(value<Device>("/set device locate=\\x").path, "\\x");
  EXPECT_EQ(refusal("/set device locate=x"), Errc::unsupported);
}

TEST_F(Bcdedit, ListIsReplacedOrGrowsAtEitherEnd) {
  using Ids = std::vector<bcd::ObjectId>;
  EXPECT_EQ(value<Ids>("/displayorder {default}"), Ids{kLoader});
  std::string second = "{22222222-2222-3333-4444-555555555555}";
  EXPECT_EQ(value<Ids>("/displayorder " + second + " /addfirst"),
            (Ids{kSecondLoader, kLoader}));
  EXPECT_EQ(value<Ids>("/set {bootmgr} displayorder {default} /addlast"),
            (Ids{kSecondLoader, kLoader}));
  EXPECT_EQ(value<Ids>("/displayorder {default} /remove"), Ids{kSecondLoader});
  EXPECT_EQ(refusal("/bootsequence {default} /remove"), Errc::not_found);
  EXPECT_EQ(refusal("/set timeout 5 /addlast"), Errc::not_found);
  EXPECT_EQ(refusal("/timeout 5 /addlast"), Errc::bad_argument);
}

TEST_F(Bcdedit, ListThatLosesItsLastIsDeleted) {
  apply("/displayorder {default}");
  auto actions = plan("/displayorder {default} /remove");
  ASSERT_TRUE(actions);
  EXPECT_TRUE(std::holds_alternative<repair::BcdDelete>(actions->at(0)));
}

TEST_F(Bcdedit, ObjectThatIsNotThereIsNotWritten) {
  EXPECT_EQ(refusal("/default {99999999-0000-0000-0000-000000000000}"),
            Errc::not_found);
  EXPECT_EQ(refusal("/displayorder {memdiag} /addlast"), Errc::not_found);
}

TEST_F(Bcdedit, DeleteValueNeedsOneThatIsSet) {
  EXPECT_EQ(refusal("/deletevalue {default} safeboot"), Errc::not_found);
  apply("/set {default} safeboot network");
  auto actions = plan("/deletevalue {default} safeboot");
  ASSERT_TRUE(actions) << actions.error().describe();
  EXPECT_EQ(std::get<repair::BcdDelete>(actions->at(0)).element, 0x25000080U);
}

TEST_F(Bcdedit, NameOfAnotherTypeIsSaidToBe) {
  auto actions = plan("/set {bootmgr} safeboot minimal");
  ASSERT_FALSE(actions);
  EXPECT_EQ(actions.error().words(),
            "a Windows Boot Manager has no element \"safeboot\"; a Windows Boot Loader "
            "has one");
}

TEST_F(Bcdedit, WordsRunTogetherAreTakenApartInTheError) {
  auto actions = plan("/set {default} integrityservicesenable x");
  ASSERT_FALSE(actions);
  EXPECT_EQ(actions.error().words(),
            "a Windows Boot Loader has no element \"integrityservicesenable\"; is it "
            "\"integrityservices enable\"?");
}

TEST_F(Bcdedit, NameWithTwoIdsIsNotGuessedAt) {
  EXPECT_EQ(refusal("/set forcefipscrypto on"), Errc::unsupported);
  EXPECT_EQ(set("/set custom:1600007b on").element, 0x1600007bU);
}

TEST_F(Bcdedit, LinesThatBcdeditWouldNotTakeAreBadArguments) {
  EXPECT_EQ(refusal("/set {default} safeboot"), Errc::bad_argument);
  EXPECT_EQ(refusal("/set {default} description two words"), Errc::bad_argument);
  EXPECT_EQ(refusal("boot\\bcd /set {default} safeboot minimal"), Errc::bad_argument);
  EXPECT_EQ(refusal("/frobnicate"), Errc::bad_argument);
  EXPECT_EQ(refusal("/store"), Errc::bad_argument);
}

TEST_F(Bcdedit, CommandsOfARunningMachineAreRefusedWithWhatToDoInstead) {
  for (auto [words, instead] : {std::pair("/sysstore C:", "/store esp:"),
                                std::pair("/mirror {current}", "/copy {id}"),
                                std::pair("-EventSettings", "/set {eventsettings}")}) {
    EXPECT_EQ(refusal(words), Errc::unsupported);
    std::istringstream stream(words);
    auto command = bcdedit::parse({std::istream_iterator<std::string>(stream), {}});
    ASSERT_FALSE(command) << words;
    EXPECT_NE(command.error().words().find(instead), std::string::npos) << words;
  }
}

TEST_F(Bcdedit, EnumIsInBcdeditsOwnForm) {
  apply("/set {default} safeboot minimal");
  EXPECT_EQ(print(""), R"(
Windows Boot Manager
--------------------
identifier              {bootmgr}
device                  partition=\Device\HarddiskVolume1
description             Windows Boot Manager
inherit                 {globalsettings}
default                 {default}
displayorder            {default}
                        {22222222-2222-3333-4444-555555555555}
timeout                 30

Windows Boot Loader
-------------------
identifier              {default}
device                  partition=C:
path                    \Windows\system32\winload.efi
description             Windows Server
inherit                 {bootloadersettings}
osdevice                partition=C:
systemroot              \Windows
safeboot                Minimal

Windows Boot Loader
-------------------
identifier              {22222222-2222-3333-4444-555555555555}
device                  partition=C:
path                    \Windows\system32\winload.efi
description             Windows Server
inherit                 {bootloadersettings}
osdevice                partition=C:
systemroot              \Windows
)");
}

TEST_F(Bcdedit, VerboseEnumHasIdsForAliases) {
  EXPECT_EQ(print("/enum {emssettings} /v"), R"(
EMS Settings
------------
identifier              {0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}
bootems                 No
)");
}

TEST_F(Bcdedit, EnumChoosesByType) {
  EXPECT_EQ(print("/enum inherit"), R"(
EMS Settings
------------
identifier              {emssettings}
bootems                 No

Global Settings
---------------
identifier              {globalsettings}
inherit                 {emssettings}

Boot Loader Settings
--------------------
identifier              {bootloadersettings}
inherit                 {globalsettings}
)");
  EXPECT_EQ(print("/enum osloader").find("Boot Manager"), std::string::npos);
  EXPECT_EQ(print("/enum resume"),
            "There are no matching objects or the store is empty.\n");
  EXPECT_NE(print("/enum {nonsense}").find("neither"), std::string::npos);
}

TEST_F(Bcdedit, PartitionOfAnotherDiskIsUnknown) {
  Device elsewhere = bcd::gpt_partition(bcd::kDiskId, Guid{});
  ASSERT_TRUE(store_->set(kLoader, bcd::element::os_device, elsewhere));
  EXPECT_NE(print("/enum {default}").find("osdevice                unknown\n"),
            std::string::npos);
}

TEST_F(Bcdedit, DamagedElementIsShownWithItsProblem) {
  auto key = hive_->create(
      "Objects\\{11111111-2222-3333-4444-555555555555}\\Elements\\25000080");
  ASSERT_TRUE(key);
  ASSERT_TRUE(hive_->set(*key, hive::Value::sz("Element", "x")));
  EXPECT_NE(print("/enum all")
                .find("safeboot                (REG_SZ where REG_BINARY belongs)\n"),
            std::string::npos);
}

TEST_F(Bcdedit, TextOfADiskCannotSteerTheTerminal) {
  ASSERT_TRUE(store_->set(kLoader, bcd::element::description,
                          std::string("\x1b[2J\xc2\x9b"
                                      "1m")));
  std::string text = print("/enum {default}");
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\x9b'), std::string::npos);
}

TEST_F(Bcdedit, JsonHasTheAgreedKeys) {
  auto text = bcdedit::to_json_text({.which = "{bootmgr}", .verbose = false}, *store_,
                                    "esp:BCD");
  ASSERT_TRUE(text) << text.error().describe();
  auto json = nlohmann::json::parse(*text);
  EXPECT_EQ(json["store"], "esp:BCD");
  const auto& object = json["objects"][0];
  EXPECT_EQ(object["id"], "{9dea862c-5cdd-4e70-acc1-f32b344d4795}");
  EXPECT_EQ(object["alias"], "{bootmgr}");
  EXPECT_EQ(object["type"], "0x10100002");
  const auto& device = object["elements"][0];
  EXPECT_EQ(device["id"], "0x11000001");
  EXPECT_EQ(device["name"], "device");
  EXPECT_EQ(device["kind"], "device");
  EXPECT_EQ(device["value"]["kind"], "partition");
  EXPECT_EQ(device["value"]["disk_id"], to_string(bcd::kDiskId));
  EXPECT_EQ(device["value"]["partition_id"], to_string(bcd::kEspId));
  EXPECT_TRUE(device["value"]["path"].is_null());
  EXPECT_EQ(device["value"]["raw"].get<std::string>().size(), 176U);
}

TEST_F(Bcdedit, JsonKeepsBigIntegersAndNamelessElements) {
  ASSERT_TRUE(store_->set(kLoader, 0x15000073, std::uint64_t{1} << 60));
  auto text =
      bcdedit::to_json_text({.which = "{default}", .verbose = false}, *store_, "");
  ASSERT_TRUE(text);
  auto json = nlohmann::json::parse(*text);
  const auto& elements = json["objects"][0]["elements"];
  auto found = std::ranges::find_if(
      elements, [](const auto& element) { return element["id"] == "0x15000073"; });
  ASSERT_NE(found, elements.end());
  EXPECT_TRUE((*found)["name"].is_null());
  EXPECT_EQ((*found)["value"], "1152921504606846976");
}

// The lines that bcdedit prints for such a store; of the ids, the store's own.
TEST_F(Bcdedit, RealStorePrintsAsBcdeditPrintsOne) {
  DRYDOCK_CORPUS_FILE(file, "bcd/ezregistry/BCD");
  auto hive = hive::open_hive(hive::load_hive_file(file));
  ASSERT_TRUE(hive);
  open(*std::move(hive));
  const std::string ramdisk =
      "ramdisk=[boot]\\sources\\boot.wim,{7619dcc8-fafe-11d9-b411-000476eba25f}";
  EXPECT_EQ(print(""), R"(
Windows Boot Manager
--------------------
identifier              {bootmgr}
description             Windows Boot Manager
locale                  en-US
inherit                 {globalsettings}
default                 {default}
displayorder            {default}
toolsdisplayorder       {memdiag}
timeout                 30

Windows Boot Loader
-------------------
identifier              {default}
device                  )" +
                           ramdisk + R"(
path                    \windows\system32\boot\winload.efi
description             Windows Setup
locale                  en-US
inherit                 {bootloadersettings}
isolatedcontext         Yes
osdevice                )" +
                           ramdisk + R"(
systemroot              \windows
bootmenupolicy          Standard
detecthal               Yes
winpe                   Yes
ems                     No
)");
}

}  // namespace
}  // namespace drydock::cli
