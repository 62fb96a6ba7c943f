// The commands of scripts that are about files, on a whole Windows: what they leave
// on the disk, as a reader finds it that opens it anew.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ntfs/security/sddl.h"
#include "repair/script/copier.h"
#include "repair/script/icacls_words.h"
#include "repair/script/named.h"
#include "repair/script/script.h"
#include "tests/repair/windows_disk.h"
#include "tests/support/run.h"
#include "vhd/base/utf16.h"

namespace drydock::script {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A script's lines on a disk of the test's own.  F: is Windows' volume, S: the
// system partition.
class Article {
 public:
  explicit Article(const repair::WindowsDisk& windows)
      : windows_(windows),
        disk_(windows.open_writable()),
        machine_(*disk_, 0, {{'F', "C:"}, {'S', "esp:"}}) {}

  Done run(std::string_view text) {
    auto script = read_script(text, {.drive = "F:"});
    if (!script) return std::move(script).error();
    return script::run(*script, machine_);
  }

  // All that its lines printed, and all notes.
  std::string output() const {
    std::string text;
    for (const Step& step : machine_.steps()) text += step.output;
    return text;
  }
  std::string notes() const {
    std::string text;
    for (const Step& step : machine_.steps()) {
      for (const std::string& note : step.notes) text += note + '\n';
    }
    return text;
  }

  // What a reader of the disk finds.
  bool has(const std::string& path) const { return find(path).has_value(); }
  Stat stat(const std::string& path) const { return find(path).value_or(Stat()); }
  std::string text(const std::string& path) const {
    return std::string(as_text(windows_.read(path)));
  }
  std::vector<std::string> names(const std::string& folder) const {
    auto disk = windows_.open();
    std::vector<std::string> names;
    auto found = names_in(*disk, *disk->resolve(folder));
    EXPECT_TRUE(found) << found.error().describe();
    if (!found) return names;
    for (const Named& named : *found) names.push_back(last_name(named.path));
    return names;
  }
  std::string sddl(const std::string& path) const {
    auto disk = windows_.open();
    auto place = disk->resolve(path);
    auto file = (*disk->volume(place->partition))->find(place->path);
    EXPECT_TRUE(file) << file.error().describe();
    if (!file) return "";
    auto descriptor = file->details()->security;
    return descriptor ? *security::sddl_of(*descriptor) : "";
  }

 private:
  std::optional<Stat> find(const std::string& path) const {
    auto disk = windows_.open();
    auto named = look(*disk, *disk->resolve(path));
    EXPECT_TRUE(named) << named.error().describe();
    if (!named || !*named) return std::nullopt;
    return (*named)->stat;
  }

  const repair::WindowsDisk& windows_;
  std::unique_ptr<repair::Disk> disk_;
  Machine machine_;
};

// A file, and the folders on the way to it.
void put(repair::WindowsDisk& windows, const std::string& path, std::string_view text) {
  auto disk = windows.open_writable();
  auto place = disk->resolve(path);
  auto missing = missing_folders(*disk, folder_of(*place));
  ASSERT_TRUE(missing) << missing.error().describe();
  for (const repair::GuestPath& folder : *missing) {
    ASSERT_TRUE((*disk->volume(folder.partition))->create_directory(folder.path));
  }
  ASSERT_TRUE(disk->flush());
  disk.reset();
  windows.put(path, bytes_of(text));
}

void secure(const repair::WindowsDisk& windows, const std::string& path,
            std::string_view sddl) {
  auto disk = windows.open_writable();
  auto place = disk->resolve(path);
  auto descriptor = security::encode_descriptor(*security::parse_sddl(sddl));
  ASSERT_TRUE(
      (*disk->volume(place->partition))->set_security(place->path, *descriptor));
  ASSERT_TRUE(disk->flush());
}

std::string why(const Done& done) { return done ? "" : done.error().describe(); }

#define EXPECT_RUNS(...)            \
  do {                              \
    Done done = (__VA_ARGS__);      \
    EXPECT_TRUE(done) << why(done); \
  } while (false)

constexpr const char* kCatRoot =
    "C:\\Windows\\System32\\CatRoot\\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}";

TEST(ScriptFiles, FillCatRootFromPackagesAsTheArticleDoes) {
  DRYDOCK_WINDOWS_DISK(windows);
  put(windows, "C:\\Windows\\servicing\\Packages\\one.cat", "first");
  put(windows, "C:\\Windows\\servicing\\Packages\\Two.CAT", "second");
  put(windows, "C:\\Windows\\servicing\\Packages\\one.mum", "not this");
  Article article(windows);
  EXPECT_RUNS(article.run(
      "xcopy F:\\Windows\\servicing\\Packages\\*.Cat "
      "F:\\Windows\\System32\\CatRoot\\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}"));
  EXPECT_THAT(article.output(), HasSubstr("2 File(s) copied"));
  EXPECT_EQ(article.text(std::string(kCatRoot) + "\\one.cat"), "first");
  EXPECT_EQ(article.text(std::string(kCatRoot) + "\\Two.CAT"), "second");
  EXPECT_FALSE(article.has(std::string(kCatRoot) + "\\one.mum"));
  if (!have_program("fls")) return;
  RunResult listed = drydock::run(
      {"fls", "-r", "-p", "-o", std::to_string(windows.layout().windows.offset / 512),
       windows.save().string()});
  EXPECT_THAT(listed.out, HasSubstr("CatRoot/{F750E6C3-38EE-11D1-85E5-00C04FC295EE}/"
                                    "Two.CAT"));
}

TEST(ScriptFiles, SwapADriverAsTheArticleDoes) {
  DRYDOCK_WINDOWS_DISK(windows);
  put(windows, "C:\\Windows\\System32\\drivers\\cdrom.sys", "unsigned");
  put(windows, "C:\\sys\\cdrom.sys", "signed");
  Article article(windows);
  EXPECT_RUNS(
      article.run("cd /d F:\\Windows\\System32\\drivers\n"
                  "ren cdrom.sys old_cdrom.sys\n"
                  "copy F:\\sys\\cdrom.sys\n"));
  const std::string drivers = "C:\\Windows\\System32\\drivers\\";
  EXPECT_EQ(article.text(drivers + "old_cdrom.sys"), "unsigned");
  EXPECT_EQ(article.text(drivers + "cdrom.sys"), "signed");
  EXPECT_THAT(article.output(), HasSubstr("        1 file(s) copied."));
}

TEST(ScriptFiles, CopyWhatAFileHasButNotItsRights) {
  DRYDOCK_WINDOWS_DISK(windows);
  put(windows, "C:\\a\\from", "bytes");
  put(windows, "C:\\a\\from:zone", "3");
  put(windows, "C:\\b\\there", "old");
  secure(windows, "C:\\a\\from", "O:BAG:SYD:(A;;FA;;;BG)");
  secure(windows, "C:\\b\\there", "O:BAG:SYD:(A;;FA;;;BA)");
  Article article(windows);
  EXPECT_RUNS(
      article.run("attrib +h -a F:\\a\\from\n"
                  "icacls F:\\a\\from /grant Guests:F\n"
                  "copy /y F:\\a\\from F:\\b\\there\n"));
  EXPECT_EQ(article.text("C:\\b\\there"), "bytes");
  EXPECT_EQ(article.text("C:\\b\\there:zone"), "3");
  EXPECT_EQ(article.stat("C:\\b\\there").modified,
            article.stat("C:\\a\\from").modified);
  EXPECT_EQ(article.stat("C:\\a\\from").attributes, attribute::hidden);
  EXPECT_EQ(article.stat("C:\\b\\there").attributes,
            attribute::hidden | attribute::archive);
  EXPECT_EQ(article.sddl("C:\\b\\there"), "O:BAG:SYD:(A;;FA;;;BA)");
}

TEST(ScriptFiles, CopyToTheSystemPartition) {
  DRYDOCK_WINDOWS_DISK(windows);
  Article article(windows);
  EXPECT_RUNS(article.run("copy F:\\Windows\\Boot\\EFI\\*.efi S:\\EFI\\"));
  EXPECT_EQ(article.text("esp:\\EFI\\bootmgfw.efi"),
            article.text("C:\\Windows\\Boot\\EFI\\bootmgfw.efi"));
  EXPECT_THAT(article.output(), HasSubstr("        3 file(s) copied."));
}

TEST(ScriptFiles, RefuseToCopySeveralIntoNoFolder) {
  DRYDOCK_WINDOWS_DISK(windows);
  put(windows, "C:\\a\\1.txt", "1");
  put(windows, "C:\\a\\2.txt", "2");
  Article article(windows);
  EXPECT_THAT(why(article.run("copy F:\\a\\*.txt F:\\new")), HasSubstr("no folder"));
  EXPECT_THAT(why(article.run("copy F:\\a\\*.doc F:\\")), HasSubstr("no such file"));
  EXPECT_THAT(why(article.run("copy F:\\a\\1.txt + F:\\a\\2.txt F:\\a\\3.txt")),
              HasSubstr("joins no files"));
  EXPECT_THAT(why(article.run("copy /u F:\\a\\1.txt F:\\a\\3.txt")),
              HasSubstr("/u isn't an option"));
}

TEST(ScriptFiles, LeaveAReadOnlyFileToWhoeverSaysAttribFirst) {
  DRYDOCK_WINDOWS_DISK(windows);
  put(windows, "C:\\a\\from", "new");
  put(windows, "C:\\a\\to", "old");
  Article article(windows);
  EXPECT_THAT(why(article.run("attrib +r F:\\a\\to\ncopy F:\\a\\from F:\\a\\to")),
              HasSubstr("read-only"));
  EXPECT_RUNS(article.run("attrib -r F:\\a\\to\ncopy F:\\a\\from F:\\a\\to"));
  EXPECT_EQ(article.text("C:\\a\\to"), "new");
}

TEST(ScriptFiles, GiveNewNamesByAMask) {
  EXPECT_EQ(apply_mask("one.cat", "*.old"), "one.old");
  EXPECT_EQ(apply_mask("one.two.cat", "*.old"), "one.two.old");
  EXPECT_EQ(apply_mask("one.cat", "x*"), "xne.cat");
  EXPECT_EQ(apply_mask("one.cat", "??.*"), "on.cat");
  EXPECT_EQ(apply_mask("SYSTEM", "*.bak"), "SYSTEM.bak");
  EXPECT_EQ(apply_mask("cdrom.sys", "old_cdrom.sys"), "old_cdrom.sys");
}

TEST(ScriptFiles, RenameAllOrStop) {
  DRYDOCK_WINDOWS_DISK(windows);
  put(windows, "C:\\a\\1.cat", "1");
  put(windows, "C:\\a\\2.cat", "2");
  Article article(windows);
  EXPECT_RUNS(article.run("ren F:\\a\\*.cat *.old"));
  EXPECT_THAT(article.names("C:\\a"), ElementsAre("1.old", "2.old"));
  EXPECT_THAT(why(article.run("ren F:\\a\\1.old 2.old")), HasSubstr("name is taken"));
  EXPECT_THAT(why(article.run("ren F:\\a\\1.old F:\\b\\2.old")),
              HasSubstr("a name alone"));
  EXPECT_RUNS(article.run("ren F:\\a\\1.old 1.OLD"));
  EXPECT_THAT(article.names("C:\\a"), ElementsAre("1.OLD", "2.old"));
}

TEST(ScriptFiles, MoveOverAFileAndAcrossVolumes) {
  DRYDOCK_WINDOWS_DISK(windows);
  put(windows, "C:\\a\\1", "new");
  put(windows, "C:\\b\\1", "old");
  put(windows, "C:\\a\\2", "two");
  Article article(windows);
  EXPECT_RUNS(
      article.run("move /y F:\\a\\1 F:\\b\nmove F:\\a\\2 S:\\two\n"
                  "move F:\\b F:\\a"));
  EXPECT_EQ(article.text("C:\\a\\b\\1"), "new");
  EXPECT_EQ(article.text("esp:\\two"), "two");
  EXPECT_THAT(article.names("C:\\a"), ElementsAre("b"));
}

TEST(ScriptFiles, DeleteWhatWindowsWould) {
  DRYDOCK_WINDOWS_DISK(windows);
  for (const char* name : {"plain.log", "fixed.log", "hidden.log", "other.txt"}) {
    put(windows, std::string("C:\\a\\") + name, "x");
  }
  put(windows, "C:\\a\\below\\deep.log", "x");
  Article article(windows);
  EXPECT_RUNS(
      article.run("attrib +r F:\\a\\fixed.log\nattrib +h F:\\a\\hidden.log\n"
                  "del F:\\a\\*.log\ndel F:\\a\\none.log"));
  EXPECT_THAT(article.names("C:\\a"),
              ElementsAre("below", "fixed.log", "hidden.log", "other.txt"));
  EXPECT_THAT(article.notes(), HasSubstr("F:\\a\\fixed.log stays: read-only"));
  EXPECT_THAT(article.notes(), HasSubstr("F:\\a\\hidden.log stays: hidden"));
  EXPECT_THAT(article.notes(), HasSubstr("nothing is deleted: no F:\\a\\none.log"));
  EXPECT_RUNS(article.run("del /f/s/q/a F:\\a\\*.log"));
  EXPECT_THAT(article.names("C:\\a"), ElementsAre("below", "other.txt"));
  EXPECT_THAT(article.names("C:\\a\\below"), IsEmpty());
}

TEST(ScriptFiles, RemoveAFolderWithAllInItOnlyWhenAsked) {
  DRYDOCK_WINDOWS_DISK(windows);
  put(windows, "C:\\a\\b\\c\\file", "x");
  Article article(windows);
  EXPECT_THAT(why(article.run("rd F:\\a")), HasSubstr("isn't empty"));
  EXPECT_RUNS(article.run("rd /s /q F:\\a\nrd F:\\a"));
  EXPECT_FALSE(article.has("C:\\a"));
  EXPECT_THAT(article.notes(), HasSubstr("nothing is removed: no F:\\a"));
}

TEST(ScriptFiles, MakeFoldersOnTheWay) {
  DRYDOCK_WINDOWS_DISK(windows);
  Article article(windows);
  EXPECT_RUNS(
      article.run("md F:\\x\\y\\z\nmd F:\\x\npushd F:\\x\\y\nmd w\npopd\n"
                  "md v\ncd"));
  EXPECT_THAT(article.names("C:\\x\\y"), ElementsAre("w", "z"));
  EXPECT_THAT(article.notes(), HasSubstr("F:\\x is there already"));
  EXPECT_TRUE(article.has("C:\\v"));
  EXPECT_EQ(article.output(), "F:\\\n");
  EXPECT_THAT(why(article.run("cd \\no such folder")), HasSubstr("no such folder"));
}

TEST(ScriptFiles, ShowAndChangeAttributes) {
  DRYDOCK_WINDOWS_DISK(windows);
  put(windows, "C:\\a\\file", "x");
  Article article(windows);
  EXPECT_RUNS(
      article.run("attrib +r +s +h F:\\a\\file\nattrib F:\\a\\file\n"
                  "attrib -r F:\\a\\file"));
  EXPECT_EQ(article.output(), "A  SHR               F:\\a\\file\n");
  EXPECT_THAT(article.notes(), HasSubstr("F:\\a\\file stays as it is: the system's"));
  EXPECT_RUNS(article.run("attrib -r -s -h F:\\a\\*"));
  EXPECT_EQ(article.stat("C:\\a\\file").attributes, attribute::archive);
}

TEST(ScriptFiles, MarkTheBootStoreOnFat) {
  DRYDOCK_WINDOWS_DISK(windows);
  Article article(windows);
  EXPECT_RUNS(article.run("attrib +h +s S:\\EFI\\Microsoft\\Boot\\BCD"));
  EXPECT_EQ(article.stat("esp:\\EFI\\Microsoft\\Boot\\BCD").attributes &
                (attribute::hidden | attribute::system),
            attribute::hidden | attribute::system);
}

TEST(ScriptFiles, PrintFilesAndFolders) {
  DRYDOCK_WINDOWS_DISK(windows);
  put(windows, "C:\\a\\utf8.txt", "one\r\ntwo\r\n");
  put(windows, "C:\\a\\utf16.txt",
      std::string("\xff\xfe") + std::string(as_text(utf16le_bytes(u"thr\u00e9e\r\n"))));
  Article article(windows);
  EXPECT_RUNS(
      article.run("type F:\\a\\utf8.txt\ntype F:\\a\\utf16.txt\n"
                  "dir /b F:\\a\ndir F:\\a\\utf8.txt"));
  EXPECT_THAT(article.output(), ::testing::StartsWith("one\ntwo\nthr\u00e9e\n"
                                                      "utf16.txt\nutf8.txt\n"
                                                      " Directory of F:\\a\n"));
  EXPECT_THAT(article.output(), HasSubstr("01/02/2024  03:04 AM"));
  EXPECT_THAT(article.output(), HasSubstr("10 utf8.txt"));
}

TEST(ScriptFiles, XcopyTreesAndLeaveOutWhatIsHidden) {
  DRYDOCK_WINDOWS_DISK(windows);
  put(windows, "C:\\a\\1.txt", "1");
  put(windows, "C:\\a\\sub\\2.txt", "2");
  put(windows, "C:\\a\\sub\\secret.txt", "3");
  Article article(windows);
  EXPECT_RUNS(
      article.run("attrib +h F:\\a\\sub\\secret.txt\nmd F:\\a\\empty\n"
                  "xcopy /s /i /q F:\\a F:\\b"));
  EXPECT_THAT(article.names("C:\\b"), ElementsAre("1.txt", "sub"));
  EXPECT_THAT(article.names("C:\\b\\sub"), ElementsAre("2.txt"));
  EXPECT_THAT(article.notes(), HasSubstr("1 left out: hidden"));
  EXPECT_RUNS(article.run("xcopy /e /h F:\\a F:\\b"));
  EXPECT_THAT(article.names("C:\\b"), ElementsAre("1.txt", "empty", "sub"));
  EXPECT_THAT(article.names("C:\\b\\sub"), ElementsAre("2.txt", "secret.txt"));
  EXPECT_THAT(why(article.run("xcopy /e F:\\a F:\\a\\sub")),
              HasSubstr("isn't copied into itself"));
}

TEST(ScriptFiles, RobocopyWhatDiffersAndPurge) {
  DRYDOCK_WINDOWS_DISK(windows);
  put(windows, "C:\\a\\same.txt", "1");
  put(windows, "C:\\a\\sub\\new.txt", "2");
  put(windows, "C:\\a\\skip.tmp", "3");
  {
    Article article(windows);
    EXPECT_RUNS(article.run("robocopy F:\\a F:\\b /e /xf *.tmp /r:1 /w:1 /np"));
    EXPECT_THAT(article.names("C:\\b"), ElementsAre("same.txt", "sub"));
  }
  put(windows, "C:\\a\\same.txt", "longer");
  Article again(windows);
  EXPECT_RUNS(
      again.run("echo extra> F:\\b\\extra.txt\nmd F:\\b\\gone\\deep\n"
                "robocopy F:\\a F:\\b /mir /xf *.tmp"));
  EXPECT_THAT(again.names("C:\\b"), ElementsAre("same.txt", "sub"));
  EXPECT_EQ(again.text("C:\\b\\same.txt"), "longer");
  EXPECT_THAT(again.output(), HasSubstr("1 file(s) copied, 1 alike and left, 3 extra"));
}

TEST(ScriptFiles, RobocopyMovesATree) {
  DRYDOCK_WINDOWS_DISK(windows);
  put(windows, "C:\\a\\1.txt", "1");
  put(windows, "C:\\a\\sub\\2.txt", "2");
  put(windows, "C:\\a\\keep\\3.doc", "3");
  Article article(windows);
  EXPECT_RUNS(article.run("robocopy F:\\a F:\\b *.txt /s /move"));
  EXPECT_EQ(article.text("C:\\b\\sub\\2.txt"), "2");
  EXPECT_THAT(article.names("C:\\a"), ElementsAre("keep"));
}

TEST(ScriptFiles, GrantRightsInWindowsOrder) {
  DRYDOCK_WINDOWS_DISK(windows);
  put(windows, "C:\\a\\file", "x");
  secure(windows, "C:\\a", "O:BAG:SYD:(A;;FA;;;BA)");
  secure(windows, "C:\\a\\file", "O:BAG:SYD:AI(A;;FR;;;SY)(D;;FW;;;AN)(A;ID;FA;;;BA)");
  Article article(windows);
  EXPECT_RUNS(
      article.run("icacls F:\\a\\file /grant *S-1-5-32-546:(R,W) /c\n"
                  "icacls F:\\a\\file /grant:r \"NT AUTHORITY\\SYSTEM\":F\n"
                  "icacls F:\\a /grant Users:(OI)(CI)RX /t\n"
                  "icacls F:\\a\\file\n"));
  const std::string sddl =
      "O:BAG:SYD:AI(D;;FW;;;AN)(A;;0x12019f;;;BG)(A;;FA;;;SY)(A;;0x1200a9;;;BU)"
      "(A;ID;FA;;;BA)";
  EXPECT_EQ(article.sddl("C:\\a\\file"), sddl);
  EXPECT_EQ(article.sddl("C:\\a"), "O:BAG:SYD:(A;;FA;;;BA)(A;OICI;0x1200a9;;;BU)");
  EXPECT_EQ(article.output(), "F:\\a\\file " + sddl + "\n");
}

TEST(ScriptFiles, SayThatNobodyHasToOwnAFileOffline) {
  DRYDOCK_WINDOWS_DISK(windows);
  put(windows, "C:\\a\\file", "x");
  Article article(windows);
  EXPECT_RUNS(
      article.run("takeown /f F:\\a /r /d y\n"
                  "icacls F:\\a\\file /setowner Administrators /c\n"));
  EXPECT_THAT(article.notes(), HasSubstr("F:\\a keeps its owner"));
  EXPECT_THAT(article.notes(), HasSubstr("icacls /setowner does nothing here"));
  EXPECT_THAT(why(article.run("icacls F:\\a\\file /grant bob:F")),
              HasSubstr("*S-1-5-..."));
  EXPECT_THAT(why(article.run("icacls F:\\a\\file /grnt Users:F")),
              HasSubstr("/grnt isn't an option of icacls"));
}

TEST(ScriptFiles, KnowTheNamesThatEveryWindowsHas) {
  for (const char* name :
       {"Administrators", "BUILTIN\\administrators", "system", "NT AUTHORITY\\SYSTEM",
        "Everyone", "NETWORK SERVICE", "NT SERVICE\\TrustedInstaller", "CREATOR OWNER",
        "APPLICATION PACKAGE AUTHORITY\\ALL APPLICATION PACKAGES"}) {
    EXPECT_TRUE(parse_account(name)) << name;
  }
  EXPECT_EQ(to_string(*parse_account("*S-1-5-21-1-2-3-500")), "S-1-5-21-1-2-3-500");
  for (const char* name : {"BA", "S-1-5-18", "Administrator", "", "*BUILTIN"}) {
    EXPECT_FALSE(parse_account(name)) << name;
  }
}

// A package in the SOFTWARE hive, as harness/images/hive_text.h writes it.
std::string package(std::string_view name, std::string_view values) {
  constexpr std::string_view kKey =
      "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages";
  return fmt::format("[{}\\{}]\n{}\n", kKey, name, values);
}

constexpr std::string_view kRollup =
    "Package_for_RollupFix~31bf3856ad364e35~amd64~~14393.1944.1.3";
constexpr std::string_view kFoundation =
    "Microsoft-Windows-Foundation-Package~31bf3856ad364e35~amd64~~10.0.20348.1";

TEST(ScriptFiles, ListPackagesAsDismDoes) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(
      "C:\\Windows\\System32\\config\\SOFTWARE",
      package(kRollup,
              "CurrentState = dword 112\nInstallTimeHigh = dword 30694202\n"
              "InstallTimeLow = dword 4033182208\nVisibility = dword 1") +
          package(kFoundation, "CurrentState = dword 80") +
          package("Package_1_for_KB1~31bf3856ad364e35~amd64~~1.0.0.0",
                  "CurrentState = dword 112\nVisibility = dword 2"));
  put(windows, fmt::format("C:\\Windows\\servicing\\Packages\\{}.mum", kRollup),
      R"(<assembly><package identifier="KB1" releaseType="Security Update"/>)");
  Article article(windows);
  EXPECT_RUNS(article.run("DISM.exe /get-packages /image:F:\\"));
  EXPECT_THAT(article.output(),
              HasSubstr(fmt::format("Packages listing:\n\n"
                                    "Package Identity : {}\nState : Superseded\n"
                                    "Install Time : \n\n"
                                    "Package Identity : {}\nState : Installed\n"
                                    "Release Type : Security Update\n"
                                    "Install Time : 10/3/2018 5:03 PM\n\n"
                                    "The operation completed successfully.\n",
                                    kFoundation, kRollup)));
  EXPECT_THAT(why(article.run("dism /image:S:\\ /get-packages")),
              HasSubstr("isn't the root"));
}

TEST(ScriptFiles, SayWhatThereIsInsteadOfDism) {
  DRYDOCK_WINDOWS_DISK(windows);
  Article article(windows);
  EXPECT_RUNS(
      article.run("dism /Image:F:\\ /Remove-Package /PackageName:x~y~z\n"
                  "DISM /Online /Cleanup-Image /RestoreHealth"));
  EXPECT_THAT(article.notes(), HasSubstr("packages aren't removed offline"));
  EXPECT_THAT(article.notes(), HasSubstr("dism /cleanup-image isn't run"));
}

}  // namespace
}  // namespace drydock::script
