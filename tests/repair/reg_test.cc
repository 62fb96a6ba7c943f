#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repair/reg/compare.h"
#include "repair/reg/edits.h"
#include "repair/reg/query.h"
#include "repair/reg/words.h"
#include "tests/repair/hive_support.h"
#include "tests/support/corpus.h"
#include "tests/support/hive_builder.h"

namespace drydock::cli {
namespace {

using hive::Value;
using hive::ValueType;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

template <class Command>
Command parsed(const std::vector<std::string>& words,
               reg::Root root = reg::Root::named) {
  auto command = reg::parse(words, root);
  if (!command) {
    ADD_FAILURE() << command.error().describe();
    return {};
  }
  return std::get<Command>(*command);
}

std::string refusal(const std::vector<std::string>& words) {
  auto command = reg::parse(words);
  return command ? "taken" : command.error().words();
}

TEST(RegWords, KnowTheHivesThatKeysLieIn) {
  auto key = reg::parse_key("hklm\\system\\CurrentControlSet\\Services\\");
  ASSERT_TRUE(key) << key.error().describe();
  EXPECT_EQ(key->hive, "SYSTEM");
  EXPECT_EQ(key->path, "CurrentControlSet\\Services");
  EXPECT_EQ(key->root, "HKEY_LOCAL_MACHINE\\SYSTEM");
  EXPECT_EQ(reg::parse_key("HKEY_USERS\\.DEFAULT\\Software")->hive, "DEFAULT");
  EXPECT_EQ(reg::parse_key("HKLM\\BCD00000000\\Objects")->hive, "BCD00000000");
  EXPECT_EQ(reg::parse_key("HKCR\\.txt")->path, "Classes\\.txt");
}

TEST(RegWords, KnowAUsersTwoHives) {
  auto key = reg::parse_key("HKU\\Bob\\Software");
  ASSERT_TRUE(key) << key.error().describe();
  EXPECT_EQ(key->user, "Bob");
  EXPECT_EQ(key->path, "Software");
  EXPECT_EQ(key->root, "HKEY_USERS\\Bob");
  auto classes = reg::parse_key("HKU\\S-1-5-21-1-2-3-500_classes");
  EXPECT_EQ(classes->user, "S-1-5-21-1-2-3-500");
  EXPECT_EQ(classes->user_hive, repair::UserHive::classes);
  EXPECT_EQ(reg::parse_key("HKU\\S-1-5-18")->hive, "DEFAULT");
}

TEST(RegWords, KnowWhatAProgramOf32BitsSees) {
  EXPECT_EQ(reg::path_of_32_bits("Microsoft\\x"), "WOW6432Node\\Microsoft\\x");
  EXPECT_EQ(reg::path_of_32_bits("wow6432node\\x"), "wow6432node\\x");
  EXPECT_EQ(reg::path_of_32_bits("Microsoft\\COM3\\x"), "Microsoft\\COM3\\x");
  EXPECT_EQ(reg::path_of_32_bits("Microsoft\\COM33"), "WOW6432Node\\Microsoft\\COM33");
  EXPECT_EQ(reg::path_of_32_bits("Classes\\.txt"), "Classes\\.txt");
  EXPECT_EQ(reg::path_of_32_bits("Classes\\CLSID\\x"),
            "Classes\\WOW6432Node\\CLSID\\x");
}

TEST(RegWords, NameTheFilesOfTheHost) {
  EXPECT_EQ(reg::files_of({"EXPORT", "HKLM\\SYSTEM", "out.reg", "/y"}).written,
            "out.reg");
  EXPECT_EQ(reg::files_of({"save", "HKLM\\SYSTEM", "out"}).written, "out");
  EXPECT_EQ(reg::files_of({"import", "in.reg"}).read, "in.reg");
  EXPECT_EQ(reg::files_of({"restore", "HKLM\\SYSTEM\\x", "in"}).read, "in");
  EXPECT_EQ(reg::files_of({"query", "in"}).read, "");
  EXPECT_EQ(reg::files_of({"import"}).read, "");
}

TEST(RegWords, SayWhyAKeyIsInNoHive) {
  EXPECT_EQ(reg::parse_key("HKCU\\Software").error().code(), Errc::unsupported);
  EXPECT_EQ(reg::parse_key("HKLM\\HARDWARE\\x").error().code(), Errc::unsupported);
  EXPECT_EQ(reg::parse_key("HKLM").error().code(), Errc::bad_argument);
  EXPECT_EQ(reg::parse_key("SYSTEM\\Select").error().code(), Errc::bad_argument);
  EXPECT_EQ(reg::parse_key("\\\\server\\HKLM\\SYSTEM").error().code(),
            Errc::bad_argument);
}

TEST(RegWords, TakeABareHivesKeysFromItsRoot) {
  EXPECT_EQ(reg::parse_key("Select", reg::Root::optional)->path, "Select");
  EXPECT_EQ(reg::parse_key("HKLM\\x\\Select", reg::Root::optional)->path, "Select");
  EXPECT_EQ(reg::parse_key("", reg::Root::optional)->path, "");
}

TEST(RegWords, ReadAQuery) {
  auto query =
      parsed<reg::Query>({"QUERY", "HKLM\\SYSTEM\\Select", "/S", "-v", "Current"});
  EXPECT_EQ(query.value, "Current");
  EXPECT_TRUE(query.recursive);
  EXPECT_EQ(parsed<reg::Query>({"query", "HKLM\\SYSTEM", "/ve"}).value, "");
}

TEST(RegWords, MakeTheDataOfEachType) {
  auto data = [](std::string type, std::string text) {
    auto add = parsed<reg::Add>(
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
  EXPECT_EQ(data("REG_DWORD_BIG_ENDIAN", "258").data,
            Value::binary("", bytes_of({"\0\0\1\2", 4})).data);
  EXPECT_EQ(data("REG_LINK", "a").data, Value::binary("", bytes_of({"a\0", 2})).data);
  EXPECT_EQ(data("REG_0x1234", "ff").type, static_cast<ValueType>(0x1234));
}

TEST(RegWords, SplitTextsWhereTheyAreTold) {
  auto add = parsed<reg::Add>({"add", "HKLM\\SYSTEM\\x", "/v", "n", "/t",
                               "REG_MULTI_SZ", "/s", ",", "/d", "a,b\\0c"});
  EXPECT_THAT(*add.value->texts(), ElementsAre("a", "b\\0c"));
}

TEST(RegWords, AddAKeyAloneOrTheDefaultValue) {
  EXPECT_FALSE(parsed<reg::Add>({"add", "HKLM\\SYSTEM\\x"}).value);
  EXPECT_EQ(parsed<reg::Add>({"add", "HKLM\\SYSTEM\\x", "/d", "y"}).value->name, "");
  EXPECT_EQ(parsed<reg::Add>({"add", "HKLM\\SYSTEM\\x", "/v", "y"}).value->text(), "");
}

TEST(RegWords, ReadADelete) {
  EXPECT_FALSE(parsed<reg::Delete>({"delete", "HKLM\\SYSTEM\\x", "/f"}).value);
  EXPECT_EQ(parsed<reg::Delete>({"delete", "HKLM\\SYSTEM\\x", "/v", "y"}).value, "y");
  EXPECT_TRUE(parsed<reg::Delete>({"delete", "HKLM\\SYSTEM\\x", "/va"}).all_values);
}

TEST(RegWords, RefuseWhatRegExeWould) {
  EXPECT_THAT(refusal({}), StartsWith("reg what: query, add, delete"));
  EXPECT_THAT(refusal({"load"}), StartsWith("reg load: there are query"));
  EXPECT_EQ(refusal({"copy", "HKLM\\SYSTEM\\x"}), "reg copy what other key");
  EXPECT_EQ(refusal({"export", "HKLM\\SYSTEM\\x"}), "reg export what file");
  EXPECT_EQ(refusal({"query"}), "reg query what key");
  EXPECT_EQ(refusal({"query", "HKLM\\SYSTEM", "/x"}), "reg query doesn't know \"/x\"");
  EXPECT_EQ(refusal({"add", "HKLM\\SYSTEM", "/v"}), "after /v something is missing");
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
  EXPECT_THAT(add("REG_X", "x"), StartsWith("REG_X isn't a type: REG_SZ"));
  EXPECT_EQ(refusal({"query", "HKLM\\SYSTEM", "/k"}),
            "/k, /d, /c, /e, and /v without a name go with /f");
  EXPECT_EQ(refusal({"query", "HKLM\\SYSTEM", "/se", "ab"}),
            "after /se one letter belongs");
}

Result<hive::Hive> corpus_hive(const std::filesystem::path& path) {
  return hive::open_hive(hive::load_hive_file(path));
}

std::string printed(const std::vector<std::string>& words, const hive::Hive& hive) {
  auto query = parsed<reg::Query>(words, reg::Root::optional);
  auto answer = reg::answer(query, hive, query.key.path);
  return answer ? reg::print(query, *answer) : answer.error().words();
}

using namespace std::string_literals;

// Two keys with subkeys, for what no corpus is needed.
hive::Hive small_hive() {
  HiveBuilder builder(
      {.name = "ROOT",
       .subkeys = {
           {.name = "a",
            .values = {{"Start", 4, "\3\0\0\0"s}, {"Text", 1, "o\0n\0e\0\0\0"s}},
            .subkeys = {{.name = "deep",
                         .values = {{"many", 7, "x\0\0\0y\0\0\0\0\0"s}}}}},
           {.name = "b",
            .values = {{"start", 4, "\4\0\0\0"s}, {"More", 3, "\1\2"s}},
            .subkeys = {{.name = "other"}}}}});
  return *hive::open_hive(builder.bytes());
}

TEST(RegQuery, ShowsAKeyItsValuesAndTheNamesBelow) {
  hive::Hive hive = small_hive();
  EXPECT_EQ(printed({"query", "HKLM\\X\\a"}, hive),
            "\nHKEY_LOCAL_MACHINE\\X\\a\n"
            "    Start    REG_DWORD    0x3\n"
            "    Text    REG_SZ    one\n\n"
            "HKEY_LOCAL_MACHINE\\X\\a\\deep\n");
  EXPECT_EQ(printed({"query", "HKLM\\X\\a", "/v", "start", "/z"}, hive),
            "\nHKEY_LOCAL_MACHINE\\X\\a\n    Start    REG_DWORD (4)    0x3\n\n");
  EXPECT_EQ(printed({"query", "HKLM\\X\\a", "/ve"}, hive),
            "\nHKEY_LOCAL_MACHINE\\X\\a\n"
            "    (Default)    REG_SZ    (value not set)\n\n");
  EXPECT_EQ(printed({"query", "HKLM\\X\\a\\deep", "/se", ","}, hive),
            "\nHKEY_LOCAL_MACHINE\\X\\a\\deep\n    many    REG_MULTI_SZ    x,y\n\n");
}

TEST(RegQuery, WithSNamesEachKeyOnce) {
  hive::Hive hive = small_hive();
  EXPECT_EQ(printed({"query", "HKLM\\X\\b", "/s"}, hive),
            "\nHKEY_LOCAL_MACHINE\\X\\b\n    start    REG_DWORD    0x4\n"
            "    More    REG_BINARY    0102\n\nHKEY_LOCAL_MACHINE\\X\\b\\other\n\n");
}

TEST(RegQuery, CountsWhatASearchFinds) {
  hive::Hive hive = small_hive();
  EXPECT_EQ(printed({"query", "HKLM\\X", "/s", "/v", "START"}, hive),
            "\nHKEY_LOCAL_MACHINE\\X\\a\n    Start    REG_DWORD    0x3\n\n"
            "HKEY_LOCAL_MACHINE\\X\\b\n    start    REG_DWORD    0x4\n\n"
            "End of search: 2 match(es) found.\n");
  EXPECT_EQ(printed({"query", "HKLM\\X", "/s", "/f", "e", "/k"}, hive),
            "\nHKEY_LOCAL_MACHINE\\X\\a\\deep\nHKEY_LOCAL_MACHINE\\X\\b\\other\n\n"
            "End of search: 2 match(es) found.\n");
  EXPECT_EQ(printed({"query", "HKLM\\X", "/f", "zzz"}, hive),
            "End of search: 0 match(es) found.\n");
}

TEST(RegQuery, SearchesWhereAndHowItIsTold) {
  hive::Hive hive = small_hive();
  auto count = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"query", "", "/s"});
    std::string text = printed(words, hive);
    return text.substr(text.rfind(": ") + 2, 1);
  };
  EXPECT_EQ(count({"/f", "one", "/d"}), "1");
  EXPECT_EQ(count({"/f", "one", "/k"}), "0");
  EXPECT_EQ(count({"/f", "o?e", "/d", "/e"}), "1");
  EXPECT_EQ(count({"/f", "on", "/d", "/e"}), "0");
  EXPECT_EQ(count({"/f", "s*t", "/v"}), "2");
  EXPECT_EQ(count({"/f", "Start", "/v", "/c"}), "1");
  EXPECT_EQ(count({"/t", "REG_DWORD"}), "2");
  EXPECT_EQ(count({"/f", "3", "/t", "REG_DWORD"}), "1");
}

TEST(RegQuery, PrintsAsRegExeDoes) {
  DRYDOCK_CORPUS_FILE(path, "bcd/regipy/BCD.xz");
  auto hive = corpus_hive(path);
  ASSERT_TRUE(hive);
  EXPECT_EQ(printed({"query", "HKLM\\BCD00000000\\Description"}, *hive),
            "\nHKEY_LOCAL_MACHINE\\BCD00000000\\Description\n"
            "    KeyName    REG_SZ    BCD00000000\n"
            "    System    REG_DWORD    0x1\n"
            "    TreatAsSystem    REG_DWORD    0x1\n"
            "    GuidCache    REG_BINARY    "
            "EEC9F834158AD701062700005C82C112F60133AB1E000000\n\n");
  EXPECT_EQ(printed({"query", "HKLM\\BCD00000000"}, *hive),
            "\nHKEY_LOCAL_MACHINE\\BCD00000000\\Description\n"
            "HKEY_LOCAL_MACHINE\\BCD00000000\\Objects\n");
}

TEST(RegQuery, WithSShowsAllBelow) {
  DRYDOCK_CORPUS_FILE(path, "bcd/regipy/BCD.xz");
  auto hive = corpus_hive(path);
  ASSERT_TRUE(hive);
  std::string text = printed({"query", "", "/s", "/v", "Type"}, *hive);
  EXPECT_THAT(text, HasSubstr("\nObjects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\"
                              "Description\n    Type    REG_DWORD    0x10100002\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("KeyName")));
}

TEST(RegQuery, MakesOneJsonDocument) {
  DRYDOCK_CORPUS_FILE(path, "hives/nt-hive/testhive");
  auto hive = corpus_hive(path);
  ASSERT_TRUE(hive);
  auto query = parsed<reg::Query>({"query", "data-test", "/v", "reg-multi-sz"},
                                  reg::Root::optional);
  auto answer = reg::answer(query, *hive, query.key.path);
  ASSERT_TRUE(answer) << answer.error().describe();
  EXPECT_EQ(reg::to_json_text(query, *answer), R"({
  "key": "data-test",
  "keys": null,
  "matches": null,
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
  auto query =
      parsed<reg::Query>({"query", "Description", "/v", "x"}, reg::Root::optional);
  auto answer = reg::answer(query, *hive, query.key.path);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::not_found);
}

using Actions = std::vector<repair::Action>;

// What an edit of the small hive comes to; nothing where it is refused.
template <class Command, class... More>
Actions planned(const Command& command, const More&... more) {
  reg::Hives hives(small_hive());
  std::vector<std::string> notes;
  auto actions = reg::plan(command, more..., hives, notes);
  if (!actions) return {};
  return *actions;
}

const repair::RegistrySet& set_of(const repair::Action& action) {
  return std::get<repair::RegistrySet>(action);
}
const repair::RegistryDelete& delete_of(const repair::Action& action) {
  return std::get<repair::RegistryDelete>(action);
}

TEST(RegDelete, IsOfWhatIsThere) {
  reg::KeyName key = *reg::parse_key("a", reg::Root::optional);
  Actions one = planned(reg::Delete{.key = key, .value = "start"});
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(delete_of(one[0]).value, "start");
  EXPECT_EQ(planned(reg::Delete{.key = key, .all_values = true}).size(), 2u);
  EXPECT_EQ(planned(reg::Delete{.key = key, .value = "none"}).size(), 0u);
}

TEST(RegCopy, TakesWhatIsBelowOnlyIfTold) {
  reg::Copy copy{.from = *reg::parse_key("a", reg::Root::optional),
                 .to = *reg::parse_key("c", reg::Root::optional)};
  EXPECT_EQ(planned(copy).size(), 2u);
  copy.recursive = true;
  Actions all = planned(copy);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(set_of(all[2]).key, "c\\deep");
  EXPECT_EQ(set_of(all[2]).value->name, "many");
}

std::vector<reg_file::Section> sections(std::string_view text) {
  auto read = reg_file::read(bytes_of(text));
  return read ? *read : std::vector<reg_file::Section>{};
}

TEST(RegImport, DeletesOnlyWhatIsThereAtThatLine) {
  auto file = sections(
      "REGEDIT4\n[-a]\n[-a\\deep]\n[a]\n\"Text\"=-\n\"new\"=\"1\"\n\"new\"=-\n"
      "[-nowhere]\n[b]\n\"START\"=-\n\"start\"=-\n");
  Actions actions = planned(reg::Import{}, file, reg::Root::optional);
  ASSERT_EQ(actions.size(), 5u);
  EXPECT_EQ(delete_of(actions[0]).key, "a");
  EXPECT_EQ(set_of(actions[1]).key, "a");
  EXPECT_FALSE(set_of(actions[1]).value);
  EXPECT_EQ(set_of(actions[2]).value->name, "new");
  EXPECT_EQ(delete_of(actions[3]).value, "new");
  EXPECT_EQ(delete_of(actions[4]).value, "START");
}

TEST(RegRestore, EmptiesTheKeyFirst) {
  hive::Hive saved = small_hive();
  Actions actions = planned(
      reg::Restore{.key = *reg::parse_key("b", reg::Root::optional), .file = ""},
      saved);
  ASSERT_EQ(actions.size(), 10u);
  EXPECT_EQ(delete_of(actions[0]).value, "start");
  EXPECT_EQ(delete_of(actions[2]).key, "b\\other");
  EXPECT_EQ(set_of(actions[3]).key, "b");
  EXPECT_EQ(set_of(actions[4]).key, "b\\a");
}

std::string compared(const std::vector<std::string>& words, const hive::Hive& hive) {
  auto compare = parsed<reg::Compare>(words, reg::Root::optional);
  reg::Side first{.hive = &hive, .path = compare.first.path, .name = "A"};
  reg::Side second{.hive = &hive, .path = compare.second.path, .name = "B"};
  auto pairs = reg::compare(compare, first, second);
  return pairs ? reg::print(compare, *pairs, first, second) : pairs.error().words();
}

TEST(RegCompare, TellsWhatEitherSideHas) {
  hive::Hive hive = small_hive();
  EXPECT_EQ(compared({"compare", "a", "b", "/s"}, hive),
            "< Value:  A  Start    REG_DWORD    0x3\n"
            "> Value:  B  start    REG_DWORD    0x4\n"
            "< Value:  A  Text    REG_SZ    one\n"
            "> Value:  B  More    REG_BINARY    0102\n"
            "< Key:  A\\deep\n> Key:  B\\other\n"
            "\nResult Compared: Different\n\n"
            "The operation completed successfully.\n");
  EXPECT_EQ(compared({"compare", "a", "a", "/oa", "/v", "text"}, hive),
            "= Value:  A  Text    REG_SZ    one\n\nResult Compared: Identical\n\n"
            "The operation completed successfully.\n");
  EXPECT_EQ(compared({"compare", "a", "b", "/on"}, hive),
            "Result Compared: Different\n\nThe operation completed successfully.\n");
}

}  // namespace
}  // namespace drydock::cli
