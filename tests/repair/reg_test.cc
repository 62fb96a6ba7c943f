#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repair/cli/reg_command.h"
#include "tests/repair/hive_support.h"
#include "tests/support/corpus.h"

namespace drydock::cli {
namespace {

using hive::Value;
using hive::ValueType;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

template <class Command>
Command parsed(const std::vector<std::string>& words, RegRoot root = RegRoot::named) {
  auto command = parse_reg(words, root);
  if (!command) {
    ADD_FAILURE() << command.error().describe();
    return {};
  }
  return std::get<Command>(*command);
}

std::string refusal(const std::vector<std::string>& words) {
  auto command = parse_reg(words);
  return command ? "taken" : command.error().words();
}

TEST(RegWords, KnowTheHivesThatKeysLieIn) {
  auto key = parse_reg_key("hklm\\system\\CurrentControlSet\\Services\\");
  ASSERT_TRUE(key) << key.error().describe();
  EXPECT_EQ(key->hive, "SYSTEM");
  EXPECT_EQ(key->path, "CurrentControlSet\\Services");
  EXPECT_EQ(key->root, "HKEY_LOCAL_MACHINE\\SYSTEM");
  EXPECT_EQ(parse_reg_key("HKEY_USERS\\.DEFAULT\\Software")->hive, "DEFAULT");
  EXPECT_EQ(parse_reg_key("HKLM\\BCD00000000\\Objects")->hive, "BCD00000000");
  EXPECT_EQ(parse_reg_key("HKCR\\.txt")->path, "Classes\\.txt");
}

TEST(RegWords, SayWhyAKeyIsInNoHive) {
  EXPECT_EQ(parse_reg_key("HKCU\\Software").error().code(), Errc::unsupported);
  EXPECT_EQ(parse_reg_key("HKLM\\HARDWARE\\x").error().code(), Errc::unsupported);
  EXPECT_EQ(parse_reg_key("HKLM").error().code(), Errc::bad_argument);
  EXPECT_EQ(parse_reg_key("SYSTEM\\Select").error().code(), Errc::bad_argument);
  EXPECT_EQ(parse_reg_key("\\\\server\\HKLM\\SYSTEM").error().code(),
            Errc::bad_argument);
}

TEST(RegWords, TakeABareHivesKeysFromItsRoot) {
  EXPECT_EQ(parse_reg_key("Select", RegRoot::optional)->path, "Select");
  EXPECT_EQ(parse_reg_key("HKLM\\x\\Select", RegRoot::optional)->path, "Select");
  EXPECT_EQ(parse_reg_key("", RegRoot::optional)->path, "");
}

TEST(RegWords, ReadAQuery) {
  auto query =
      parsed<RegQuery>({"QUERY", "HKLM\\SYSTEM\\Select", "/S", "-v", "Current"});
  EXPECT_EQ(query.value, "Current");
  EXPECT_TRUE(query.recursive);
  EXPECT_EQ(parsed<RegQuery>({"query", "HKLM\\SYSTEM", "/ve"}).value, "");
}

TEST(RegWords, MakeTheDataOfEachType) {
  auto data = [](std::string type, std::string text) {
    auto add = parsed<RegAdd>(
        {"add", "HKLM\\SYSTEM\\x", "/v", "n", "/t", type, "/d", text, "/f"});
    return add.value.value_or(Value{});
  };
  EXPECT_EQ(data("REG_SZ", "/d").text(), "/d");
  EXPECT_EQ(data("reg_expand_sz", "%a%").type, ValueType::expand_sz);
  EXPECT_EQ(data("REG_DWORD", "10").number(), 10u);
  EXPECT_EQ(data("REG_DWORD", "0x10").number(), 16u);
  EXPECT_EQ(data("REG_QWORD", "0xFFFFFFFFFF").number(), 0xFFFFFFFFFFu);
  EXPECT_EQ(data("REG_BINARY", "00fF10").data,
            Value::binary("", bytes_of({"\0\xff\x10", 3})).data);
  EXPECT_EQ(data("REG_NONE", "a").data, Value::sz("", "a").data);
  EXPECT_THAT(*data("REG_MULTI_SZ", "a\\0b\\0").texts(), ElementsAre("a", "b"));
}

TEST(RegWords, SplitTextsWhereTheyAreTold) {
  auto add = parsed<RegAdd>({"add", "HKLM\\SYSTEM\\x", "/v", "n", "/t", "REG_MULTI_SZ",
                             "/s", ",", "/d", "a,b\\0c"});
  EXPECT_THAT(*add.value->texts(), ElementsAre("a", "b\\0c"));
}

TEST(RegWords, AddAKeyAloneOrTheDefaultValue) {
  EXPECT_FALSE(parsed<RegAdd>({"add", "HKLM\\SYSTEM\\x"}).value);
  EXPECT_EQ(parsed<RegAdd>({"add", "HKLM\\SYSTEM\\x", "/d", "y"}).value->name, "");
  EXPECT_EQ(parsed<RegAdd>({"add", "HKLM\\SYSTEM\\x", "/v", "y"}).value->text(), "");
}

TEST(RegWords, ReadADelete) {
  EXPECT_FALSE(parsed<RegDelete>({"delete", "HKLM\\SYSTEM\\x", "/f"}).value);
  EXPECT_EQ(parsed<RegDelete>({"delete", "HKLM\\SYSTEM\\x", "/v", "y"}).value, "y");
  EXPECT_TRUE(parsed<RegDelete>({"delete", "HKLM\\SYSTEM\\x", "/va"}).all_values);
}

TEST(RegWords, RefuseWhatRegExeWould) {
  EXPECT_EQ(refusal({}), "reg what: query, add or delete");
  EXPECT_EQ(refusal({"query"}), "reg query what key");
  EXPECT_EQ(refusal({"query", "HKLM\\SYSTEM", "/x"}), "reg query doesn't know \"/x\"");
  EXPECT_EQ(refusal({"query", "HKLM\\SYSTEM", "/v"}), "after /v something is missing");
  EXPECT_EQ(refusal({"query", "HKLM\\SYSTEM", "/v", "a", "/ve"}),
            "/v, /ve and /va exclude each other");
  EXPECT_EQ(refusal({"query", "HKLM\\SYSTEM", "/s", "/s"}), "/s stands there twice");
  EXPECT_EQ(refusal({"delete", "HKLM\\SYSTEM"}), "a hive's root can't be deleted");
  auto add = [](std::string type, std::string data) {
    return refusal({"add", "HKLM\\SYSTEM\\x", "/v", "n", "/t", type, "/d", data});
  };
  EXPECT_EQ(add("REG_DWORD", "4294967296"),
            "\"4294967296\" is no number that REG_DWORD can hold");
  EXPECT_EQ(add("REG_DWORD", "0x"), "\"0x\" is no number that REG_DWORD can hold");
  EXPECT_EQ(add("REG_BINARY", "abc"), "\"abc\" isn't pairs of hex digits");
  EXPECT_THAT(add("REG_LINK", "x"), StartsWith("REG_LINK isn't a type that reg add"));
}

Result<hive::Hive> corpus_hive(const std::filesystem::path& path) {
  return hive::open_hive(hive::load_hive_file(path));
}

TEST(RegQuery, PrintsAsRegExeDoes) {
  DRYDOCK_CORPUS_FILE(path, "bcd/regipy/BCD.xz");
  auto hive = corpus_hive(path);
  ASSERT_TRUE(hive);
  auto query = parsed<RegQuery>({"query", "HKLM\\BCD00000000\\Description"});
  EXPECT_EQ(*print_reg(query, *hive, query.key.path),
            "\nHKEY_LOCAL_MACHINE\\BCD00000000\\Description\n"
            "    KeyName    REG_SZ    BCD00000000\n"
            "    System    REG_DWORD    0x1\n"
            "    TreatAsSystem    REG_DWORD    0x1\n"
            "    GuidCache    REG_BINARY    "
            "EEC9F834158AD701062700005C82C112F60133AB1E000000\n");
  auto root = parsed<RegQuery>({"query", "HKLM\\BCD00000000"});
  EXPECT_EQ(*print_reg(root, *hive, ""),
            "\nHKEY_LOCAL_MACHINE\\BCD00000000\\Description\n"
            "HKEY_LOCAL_MACHINE\\BCD00000000\\Objects\n");
}

TEST(RegQuery, WithSShowsAllBelow) {
  DRYDOCK_CORPUS_FILE(path, "bcd/regipy/BCD.xz");
  auto hive = corpus_hive(path);
  ASSERT_TRUE(hive);
  auto query = parsed<RegQuery>({"query", "", "/s", "/v", "Type"}, RegRoot::optional);
  auto text = print_reg(query, *hive, query.key.path);
  ASSERT_TRUE(text) << text.error().describe();
  EXPECT_THAT(*text, HasSubstr("\nObjects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\"
                               "Description\n    Type    REG_DWORD    0x10100002\n"));
  EXPECT_THAT(*text, testing::Not(HasSubstr("KeyName")));
}

TEST(RegQuery, MakesOneJsonDocument) {
  DRYDOCK_CORPUS_FILE(path, "hives/nt-hive/testhive");
  auto hive = corpus_hive(path);
  ASSERT_TRUE(hive);
  auto query =
      parsed<RegQuery>({"query", "data-test", "/v", "reg-multi-sz"}, RegRoot::optional);
  auto text = json_of_reg(query, *hive, query.key.path);
  ASSERT_TRUE(text) << text.error().describe();
  EXPECT_EQ(*text, R"({
  "key": "data-test",
  "keys": null,
  "subkeys": [],
  "values": [
    {
      "data": [
        "multi-sz-test",
        "line2"
      ],
      "name": "reg-multi-sz",
      "type": "REG_MULTI_SZ"
    }
  ]
})");
}

TEST(RegQuery, NamesWhatIsMissing) {
  DRYDOCK_CORPUS_FILE(path, "bcd/regipy/BCD.xz");
  auto hive = corpus_hive(path);
  ASSERT_TRUE(hive);
  auto query = parsed<RegQuery>({"query", "Description", "/v", "x"}, RegRoot::optional);
  auto text = print_reg(query, *hive, query.key.path);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code(), Errc::not_found);
}

const repair::GuestPath kSystem = {.partition = 3, .path = "\\SYSTEM"};

TEST(RegAdd, IsOneEditForEachControlSet) {
  auto add = parsed<RegAdd>({"add", "HKLM\\SYSTEM\\CurrentControlSet\\Services\\x",
                             "/v", "Start", "/t", "REG_DWORD", "/d", "4"});
  auto actions = plan_reg(add, kSystem,
                          {"ControlSet001\\Services\\x", "ControlSet002\\Services\\x"});
  ASSERT_EQ(actions.size(), 2u);
  const auto& second = std::get<repair::RegistrySet>(actions[1]);
  EXPECT_EQ(second.hive, kSystem);
  EXPECT_EQ(second.key, "ControlSet002\\Services\\x");
  EXPECT_EQ(second.value->number(), 4u);
}

TEST(RegDelete, LeavesOutTheSetsThatLackTheKey) {
  DRYDOCK_CORPUS_FILE(path, "bcd/regipy/BCD.xz");
  auto hive = corpus_hive(path);
  ASSERT_TRUE(hive);
  RegDelete remove{.key = {}, .value = "system"};
  auto actions = plan_reg(remove, *hive, kSystem, {"Description", "nowhere"});
  ASSERT_TRUE(actions) << actions.error().describe();
  ASSERT_EQ(actions->size(), 1u);
  EXPECT_EQ(std::get<repair::RegistryDelete>(actions->front()).value, "system");
  auto none = plan_reg(remove, *hive, kSystem, {"nowhere"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), Errc::not_found);
}

TEST(RegDelete, OfAllValuesNamesEach) {
  DRYDOCK_CORPUS_FILE(path, "bcd/regipy/BCD.xz");
  auto hive = corpus_hive(path);
  ASSERT_TRUE(hive);
  RegDelete remove{.key = {}, .value = {}, .all_values = true};
  auto actions = plan_reg(remove, *hive, kSystem, {"Description"});
  ASSERT_TRUE(actions) << actions.error().describe();
  EXPECT_EQ(actions->size(), 4u);
}

}  // namespace
}  // namespace drydock::cli
