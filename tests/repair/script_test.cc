#include "repair/script/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repair/bcd/names.h"
#include "repair/installation.h"
#include "repair/transaction.h"
#include "tests/repair/windows_disk.h"

namespace drydock::script {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<Call> calls(std::string_view text, const Fillings& fillings = {},
                        const Places& places = {.drive = "F:"}) {
  auto read = read_calls(text, places, fillings);
  EXPECT_TRUE(read) << read.error().describe();
  return read ? *read : std::vector<Call>();
}

std::string refusal(std::string_view text, const Fillings& fillings = {}) {
  auto read = read_script(text, {.drive = "F:"}, fillings);
  return read ? "taken" : read.error().describe();
}

// Name and tail of the only call.
std::pair<std::string, std::string> only(std::string_view text) {
  auto read = calls(text);
  EXPECT_THAT(read, SizeIs(1)) << text;
  return read.size() == 1 ? std::pair(read[0].name, read[0].tail)
                          : std::pair<std::string, std::string>();
}

TEST(ScriptText, CommentsPromptsAndFencesAreNoCommands) {
  auto read = calls(
      "REM a comment with <A PLACE> and %NOTHING%\n"
      ":: one\n# two\n:label\n@REM three\n\n```cmd\n"
      "C:\\Windows\\system32> whoami\nPS C:\\> pause\n```\n  rem\n");
  ASSERT_THAT(read, SizeIs(2));
  EXPECT_EQ(read[0].name, "whoami");
  EXPECT_EQ(read[0].line, 8u);
  EXPECT_EQ(read[1].name, "pause");
}

TEST(ScriptText, NamesLoseFoldersSuffixesAndWhatIsGluedToThem) {
  EXPECT_EQ(only("C:\\Windows\\System32\\REG.EXE query HKLM\\X").first, "reg");
  EXPECT_EQ(only("\"C:\\Program Files\\bcdedit.exe\" /enum").first, "bcdedit");
  EXPECT_EQ(only("cd..").first, "cd");
  EXPECT_EQ(only("cd\\windows"),
            std::pair(std::string("cd"), std::string("\\windows")));
  EXPECT_EQ(only("del/f/q x"), std::pair(std::string("del"), std::string("/f/q x")));
  EXPECT_EQ(only("echo.").first, "echo");
  EXPECT_EQ(only("F:").first, "f:");
}

TEST(ScriptText, ALineMayHaveSeveralCommandsAndACommandSeveralLines) {
  auto read = calls("ren a b & ren c d&&ren e f\nren ^\n  g h\nren `\n i j\n");
  ASSERT_THAT(read, SizeIs(5));
  EXPECT_EQ(read[2].tail, " e f");
  EXPECT_EQ(read[3].line, 2u);
  EXPECT_THAT(shell_words(read[3].tail), ElementsAre("g", "h"));
  EXPECT_EQ(read[4].line, 4u);
}

TEST(ScriptText, QuotesAndCaretsKeepLettersFromMeaningSomething) {
  EXPECT_EQ(only("echo a ^& b ^> c").second, " a & b > c");
  EXPECT_EQ(only("ren \"a & b\" c").second, " \"a & b\" c");
  EXPECT_THAT(program_words(only("bcdedit /set '{default}' safeboot minimal").second),
              ElementsAre("/set", "{default}", "safeboot", "minimal"));
  EXPECT_THAT(program_words(only("bcdedit /set `{default`} safeboot minimal").second),
              ElementsAre("/set", "{default}", "safeboot", "minimal"));
  EXPECT_THAT(program_words(R"( "a \"b\" c" d\\ "e\\" "")"),
              ElementsAre("a \"b\" c", "d\\\\", "e\\", ""));
  EXPECT_THAT(shell_words(" /y \"a b\\\" c/d"), ElementsAre("/y", "a b\\", "c", "/d"));
}

TEST(ScriptText, OutputGoesWhereItIsSent) {
  auto read = calls(
      "dir > \"F:\\a b.txt\"\ndir >>F:\\x 2>&1\ndir 2>nul\n"
      "echo 12> x\necho off > F:\\y & pause");
  ASSERT_THAT(read, SizeIs(6));
  EXPECT_EQ(read[0].output->file, "F:\\a b.txt");
  EXPECT_FALSE(read[0].output->appends);
  EXPECT_EQ(read[1].output->file, "F:\\x");
  EXPECT_TRUE(read[1].output->appends);
  EXPECT_FALSE(read[2].output);
  EXPECT_EQ(read[3].tail, " 12");
  EXPECT_EQ(read[3].output->file, "x");
  EXPECT_EQ(read[4].output->file, "F:\\y");
}

TEST(ScriptText, VariablesAreThoseOfTheGuest) {
  auto read = calls(
      "set HIVE=%windir%\\System32\\config\\SYSTEM\n"
      "reg load HKLM\\B %hive%\n"
      "reg add HKLM\\B\\X /v F /t REG_EXPAND_SZ /d \"%SystemRoot%\\MEMORY.DMP\" /f\n"
      "type $env:SystemDrive\\x.txt\n"
      "echo 100%%\n");
  ASSERT_THAT(read, SizeIs(4));
  EXPECT_EQ(read[0].tail, " load HKLM\\B F:\\Windows\\System32\\config\\SYSTEM");
  EXPECT_THAT(read[1].tail, HasSubstr("\"C:\\Windows\\MEMORY.DMP\""));
  EXPECT_EQ(read[2].tail, " F:\\x.txt");
  EXPECT_EQ(read[3].tail, " 100%");
}

TEST(ScriptText, WhatIsNotUnderstoodStopsItWithTheLine) {
  EXPECT_THAT(refusal("pause\ndir %NOTHING%\\x"),
              AllOf(HasSubstr("%NOTHING% is set nowhere"), HasSubstr("line 2")));
  EXPECT_THAT(refusal("dir %1"), HasSubstr("without arguments"));
  EXPECT_THAT(refusal("dir | more"), HasSubstr("another"));
  EXPECT_THAT(refusal("if errorlevel 1 pause"), HasSubstr("only `if exist`"));
  EXPECT_THAT(refusal("if exist x (\npause\n)"), HasSubstr("blocks"));
  EXPECT_THAT(refusal("ren \"a b"), HasSubstr("a quote without"));
  EXPECT_THAT(refusal("set /p X=who"), HasSubstr("set NAME=VALUE"));
  EXPECT_THAT(refusal("REM nothing but this"), HasSubstr("no command in it"));
  std::string doubling = "set A=0123456789\n";
  for (int i = 0; i < 12; ++i) doubling += "set A=%A%%A%\n";
  EXPECT_THAT(refusal(doubling), HasSubstr("letters long"));
}

TEST(ScriptText, AnUnknownCommandIsGuessedAt) {
  EXPECT_THAT(refusal("bcdedti /enum"), HasSubstr("is bcdedit meant?"));
  EXPECT_THAT(refusal("xcoppy a b"), HasSubstr("is xcopy meant?"));
  EXPECT_THAT(refusal("frobnicate now"), AllOf(HasSubstr("no command that is known"),
                                               testing::Not(HasSubstr("meant"))));
}

TEST(ScriptText, PlacesAreFilledInWithOrWithoutBraces) {
  constexpr char kLine[] = "bcdedit /store <OS DISK LETTER>:\\boot\\bcd /ems {<ID>} ON";
  EXPECT_THAT(refusal(kLine), AllOf(HasSubstr("<OS DISK LETTER>"),
                                    HasSubstr("--set \"OS DISK LETTER=...\"")));
  for (const char* letter : {"F", "F:"}) {
    for (const char* id : {"default", "{default}"}) {
      auto read = calls(kLine, {{"os  disk letter", letter}, {"{ID}", id}});
      ASSERT_THAT(read, SizeIs(1));
      EXPECT_EQ(read[0].tail, " /store F:\\boot\\bcd /ems {default} ON");
    }
  }
  EXPECT_EQ(calls("dism /image:<<BROKEN DISK LETTER>>:\\ /get-packages",
                  {{"BROKEN DISK LETTER", "F"}})[0]
                .tail,
            " /image:F:\\ /get-packages");
  EXPECT_THAT(refusal("pause", {{"OS DISK", "F"}}), HasSubstr("no line has"));
}

TEST(ScriptText, MisprintsOfTheArticlesAreCorrectedAndNoOthers) {
  auto read = calls(
      "bcddit /store F:\\boot\\bcd /set {default} integrityservicesenable\n"
      "bcdedit /store F: boot\\bcd /set {default} safeboot minimal\n"
      "DSIM /image:F:\\ /remove-package /packagename:KB44345418\n"
      "echo bcddit KB44345418\n");
  ASSERT_THAT(read, SizeIs(4));
  EXPECT_EQ(read[0].name, "bcdedit");
  EXPECT_EQ(read[0].tail,
            " /store F:\\boot\\bcd /set {default} integrityservices enable");
  EXPECT_THAT(read[0].notes, SizeIs(2));
  EXPECT_EQ(read[1].tail, " /store F:\\boot\\bcd /set {default} safeboot minimal");
  EXPECT_EQ(read[2].name, "dism");
  EXPECT_THAT(read[2].tail, HasSubstr("KB4345418"));
  EXPECT_EQ(read[3].tail, " bcddit KB44345418");
  EXPECT_THAT(read[3].notes, IsEmpty());
}

TEST(ScriptText, IsReadFromUtf8AndUtf16) {
  std::string marked = "\xef\xbb\xbfpause\xc2\xa0now";
  EXPECT_EQ(*decode_text(bytes_of(std::string_view(marked))), "pause now");
  constexpr std::byte kWide[] = {std::byte{0xff}, std::byte{0xfe}, std::byte{'a'},
                                 std::byte{0}};
  EXPECT_EQ(*decode_text(kWide), "a");
  EXPECT_FALSE(decode_text(bytes_of(std::string_view("\xff\x80"))));
}

TEST(ScriptText, DrivesAreLettersWithTheirVolumes) {
  EXPECT_EQ(*parse_drives({"f:", "G:=esp", "H=3:"}),
            (Drives{{'F', "C:"}, {'G', "esp:"}, {'H', "3:"}}));
  EXPECT_EQ(places_of({{'F', "C:"}, {'E', "esp:"}}).drive, "F:");
  for (const char* word : {"", "1:", "F:x", "F:="}) {
    EXPECT_FALSE(parse_drives({word})) << word;
  }
  EXPECT_FALSE(parse_drives({"F:", "f"}));
}

// ---- On a disk.

class ScriptRun : public testing::Test {
 protected:
  void SetUp() override {
    if (std::string reason = repair::WindowsDisk::unable(); !reason.empty()) {
      GTEST_SKIP() << reason;
    }
    windows_ = std::make_unique<repair::WindowsDisk>();
    ASSERT_TRUE(windows_->ready());
    disk_ = windows_->open_writable();
  }

  // "" or why it stopped.
  std::string run(std::string_view text, Drives drives = {{'F', "C:"}},
                  const Fillings& fillings = {}) {
    machine_ = std::make_unique<Machine>(*disk_, 0, drives);
    auto script = read_script(text, places_of(drives), fillings);
    if (!script) return script.error().describe();
    auto done = script::run(*script, *machine_);
    return done ? "" : done.error().describe();
  }
  const std::vector<Step>& steps() { return machine_->steps(); }

  std::string registry(const std::string& key, const std::string& value) {
    auto hive = disk_->installations()[0]->open_hive("SYSTEM");
    if (!hive) return hive.error().describe();
    auto at = hive->find(key);
    if (!at) return at.error().describe();
    auto found = hive->value(*at, value);
    return found ? found->text().value_or("no text") : found.error().describe();
  }

  std::unique_ptr<repair::WindowsDisk> windows_;
  std::unique_ptr<repair::Disk> disk_;
  std::unique_ptr<Machine> machine_;
};

TEST_F(ScriptRun, ALineSeesWhatThoseBeforeItDid) {
  ASSERT_EQ(run("md F:\\new\n"
                "echo one> F:\\new\\a.txt\n"
                "echo two>> F:\\new\\a.txt\n"
                "cd /d F:\\new\n"
                "ren a.txt b.txt\n"
                "type b.txt\n"
                "reg load HKLM\\B F:\\Windows\\System32\\config\\SYSTEM\n"
                "reg add HKLM\\B\\New /v V /d hello /f\n"
                "reg query HKLM\\B\\New /v V\n"
                "reg unload HKLM\\B\n"),
            "");
  EXPECT_EQ(steps()[5].output, "one\ntwo\n");
  EXPECT_THAT(steps()[8].output, HasSubstr("V    REG_SZ    hello"));
  EXPECT_EQ(registry("New", "V"), "hello");
  EXPECT_EQ(windows_->read("C:\\new\\b.txt").size(), 10u);  // lines end as Windows' do
}

TEST_F(ScriptRun, AHiveIsReachedByTheNameThatItWasLoadedAs) {
  EXPECT_THAT(run("reg add HKLM\\B\\X /v V /d d /f"),
              AllOf(HasSubstr("no hive is loaded"), HasSubstr("line 1")));
  EXPECT_THAT(run("reg load HKLM\\B F:\\Windows\\System32\\config\\NOTHING"),
              HasSubstr("NOTHING"));
  EXPECT_THAT(run("reg load HKLM\\B F:\\Windows\\System32\\config\\SYSTEM\n"
                  "reg load HKLM\\B F:\\Windows\\System32\\config\\SAM"),
              HasSubstr("already"));
  EXPECT_THAT(run("reg unload HKLM\\B"), HasSubstr("no hive is loaded"));
  // HKU takes them, too; one that stays loaded is kept, and said.
  EXPECT_EQ(run("reg load HKU\\B F:\\Windows\\System32\\config\\SYSTEM\n"
                "reg add HKU\\B\\X /v V /d d /f"),
            "");
  EXPECT_THAT(steps()[1].notes, ElementsAre(HasSubstr("isn't unloaded")));
  EXPECT_EQ(registry("X", "V"), "d");
}

TEST_F(ScriptRun, NoControlSetIsMade) {
  EXPECT_EQ(run("reg add HKLM\\SYSTEM\\ControlSet002\\X /v V /d d /f\n"
                "reg add HKLM\\SYSTEM\\ControlSet001\\X /v V /d d /f\n"),
            "");
  EXPECT_THAT(steps()[0].notes, ElementsAre(HasSubstr("ControlSet002")));
  EXPECT_EQ(registry("ControlSet001\\X", "V"), "d");
  EXPECT_THAT(registry("ControlSet002", "V"), HasSubstr("no key"));
}

TEST_F(ScriptRun, TheUsualPlaceOfAStoreMeansTheStoreOfThisWindows) {
  EXPECT_EQ(run("bcdedit /store F:\\boot\\bcd /set {default} safeboot minimal\n"
                "bcdedit /store F:\\boot\\bcd /deletevalue {default} bootlog\n"
                "bcdedit /store G:\\EFI\\Microsoft\\Boot\\BCD /enum {default}\n"
                "bcdedit /enum\n",
                {{'F', "C:"}, {'G', "esp:"}}),
            "");
  EXPECT_THAT(steps()[0].notes, ElementsAre(HasSubstr("the store of this Windows")));
  EXPECT_THAT(steps()[1].notes, ElementsAre(HasSubstr("nothing is deleted")));
  EXPECT_THAT(steps()[2].output, HasSubstr("safeboot                Minimal"));
  EXPECT_THAT(steps()[3].output, HasSubstr("Windows Boot Manager"));
  EXPECT_THAT(run("bcdedit /store F:\\other\\bcd /enum"), HasSubstr("F:\\other\\bcd"));
  EXPECT_THAT(run("bcdedit /set {default} advacnedoptions true"),
              HasSubstr("is it \"advancedoptions\"?"));
}

TEST_F(ScriptRun, ADriveOfAnotherMachineIsNotThisDisk) {
  EXPECT_THAT(run("type C:\\x.txt"), AllOf(HasSubstr("C: isn't on this disk"),
                                           HasSubstr("--drive C:=VOLUME")));
  EXPECT_EQ(run("echo hello > C:\\temp\\x.txt"), "");
  EXPECT_EQ(steps()[0].output, "hello \n");
  EXPECT_THAT(steps()[0].notes, ElementsAre(HasSubstr("shown here")));
}

TEST_F(ScriptRun, ACommandBehindIfExistIsRunWhereItHolds) {
  EXPECT_EQ(run("if exist F:\\Windows\\System32 echo yes\n"
                "if not exist F:\\Windows\\System32 echo no\n"
                "if exist C:\\Windows echo no\n"),
            "");
  EXPECT_EQ(steps()[0].output, "yes\n");
  EXPECT_EQ(steps()[1].output, "");
  EXPECT_EQ(steps()[2].output, "");
  EXPECT_THAT(steps()[1].notes, ElementsAre(HasSubstr("not run")));
}

TEST_F(ScriptRun, ExitEndsItWhereItIsReached) {
  EXPECT_EQ(run("if not exist F:\\Windows exit /b 1\n"
                "echo one\n"
                "if exist F:\\Windows goto :eof\n"
                "echo two\n"
                "del F:\\Windows\\notepad.exe\n"),
            "");
  ASSERT_THAT(steps(), SizeIs(3));
  EXPECT_EQ(steps()[1].output, "one\n");
  EXPECT_THAT(steps()[2].notes, ElementsAre(HasSubstr("2 commands behind it")));
  EXPECT_THAT(run("goto next"), HasSubstr("without jumps"));
  EXPECT_THAT(run("setlocal EnableDelayedExpansion"), HasSubstr("!NAME!"));
  EXPECT_EQ(run("setlocal EnableExtensions\nendlocal"), "");
}

TEST_F(ScriptRun, AKeyGoesOutAndComesBackThroughFiles) {
  EXPECT_EQ(run("reg export HKLM\\SYSTEM\\Select F:\\select.reg /y\n"
                "reg save HKLM\\SYSTEM\\Select F:\\select.hiv\n"
                "reg delete HKLM\\SYSTEM\\Select /v Failed /f\n"
                "reg delete HKLM\\SYSTEM\\Select /v Failed /f\n"
                "reg import F:\\select.reg\n"
                "reg copy HKLM\\SYSTEM\\Select HKLM\\SYSTEM\\Copy /s /f\n"
                "reg compare HKLM\\SYSTEM\\Select HKLM\\SYSTEM\\Copy\n"
                "reg restore HKLM\\SYSTEM\\Copy F:\\select.hiv\n"
                "reg export HKLM\\SYSTEM\\Select D:\\gone.reg\n"),
            "");
  EXPECT_THAT(steps()[2].outcomes, SizeIs(1));
  EXPECT_THAT(steps()[3].notes, ElementsAre(HasSubstr("nothing is deleted")));
  EXPECT_THAT(steps()[6].output, HasSubstr("Identical"));
  EXPECT_THAT(steps()[8].notes, ElementsAre(HasSubstr("isn't written")));
}

TEST_F(ScriptRun, WhatIsNotRunIsAnswered) {
  EXPECT_EQ(run("chkdsk F: /f\nsfc /scannow /offbootdir=F:\\\nexit /b 0\n"), "");
  EXPECT_THAT(steps()[0].notes, ElementsAre(HasSubstr("drydock check")));
  EXPECT_THAT(steps()[1].notes, ElementsAre(HasSubstr("isn't run")));
  EXPECT_THAT(steps()[2].notes, IsEmpty());
}

}  // namespace
}  // namespace drydock::script
