#include <gtest/gtest.h>

#include <map>
#include <set>

#include "repair/bcd/elements.h"
#include "repair/bcd/names.h"

namespace drydock::bcd {
namespace {

constexpr ObjectType kMemoryTester = 0x10200005;

const std::vector<std::span<const ElementName>> kTables = {
    library_elements(), boot_manager_elements(),  os_loader_elements(),
    resume_elements(),  memory_tester_elements(), legacy_loader_elements(),
    startup_elements(), mobile_elements(),        other_elements(),
    device_elements(),  template_elements()};

TEST(BcdNames, ClassTwoIdMeansWhatTheObjectsTypeSays) {
  EXPECT_EQ(element_name(0x26000025, kBootManagerType), "hiberboot");
  EXPECT_EQ(element_name(0x26000025, kOsLoader), "lastknowngood");
  EXPECT_EQ(element_name(0x21000001, kResumeLoader), "filedevice");
  EXPECT_EQ(element_name(0x21000001, kOsLoader), "osdevice");
  EXPECT_EQ(element_name(0x25000004, kBootManagerType), "timeout");
  EXPECT_EQ(element_name(0x25000004, kMemoryTester), "testtofail");
}

TEST(BcdNames, SettingsThatLoadersInheritAreNamedAsLoadersAre) {
  EXPECT_EQ(element_name(0x250000f3, 0x20200003), "hypervisordebugtype");
  EXPECT_EQ(element_name(0x2500012c, 0x20100000), "kerneldebugtype");
  EXPECT_EQ(element_name(0x16000020, 0x20100000), "bootems");
}

TEST(BcdNames, LibraryElementsAreOfAnyObject) {
  EXPECT_EQ(element_name(0x12000004, kOsLoader), "description");
  EXPECT_EQ(element_name(0x12000004, 0x30000000), "description");
  EXPECT_EQ(element_name(0x12000004, 0x101fffff), "description");
}

TEST(BcdNames, ElementWithoutAWordIsCustom) {
  EXPECT_EQ(element_name(0x21000026, kResumeLoader), "custom:21000026");
  EXPECT_NE(find_element(ElementId{0x21000026}, kResumeLoader), nullptr);
  EXPECT_EQ(element_name(0x2f000001, kOsLoader), "custom:2f000001");
  EXPECT_EQ(find_element(ElementId{0x2f000001}, kOsLoader), nullptr);
}

TEST(BcdNames, WordIsLookedUpByTypeAndThenInTheLibrary) {
  EXPECT_EQ(find_element("SafeBoot", kOsLoader), 0x25000080U);
  EXPECT_EQ(find_element("safeboot", kBootManagerType), std::nullopt);
  EXPECT_EQ(find_element("resumeobject", kOsLoader), 0x23000003U);
  EXPECT_EQ(find_element("resumeobject", kBootManagerType), 0x23000006U);
  EXPECT_EQ(find_element("device", kOsLoader), 0x11000001U);
  EXPECT_EQ(find_element("ramdisksdipath", 0x30000000), 0x32000004U);
  EXPECT_EQ(find_element("ramdisksdipath", kOsLoader), std::nullopt);
}

TEST(BcdNames, IdIsTakenInThreeSpellings) {
  EXPECT_EQ(find_element("0x25000080", kOsLoader), 0x25000080U);
  EXPECT_EQ(find_element("250000C2", kOsLoader), 0x250000c2U);
  EXPECT_EQ(find_element("Custom:25000080", kBootManagerType), 0x25000080U);
  EXPECT_EQ(find_element("custom:2500008", kOsLoader), std::nullopt);
  EXPECT_EQ(find_element("custom:250000800", kOsLoader), std::nullopt);
  EXPECT_EQ(find_element("", kOsLoader), std::nullopt);
}

TEST(BcdNames, ValuesHaveTheirWords) {
  const ElementName* safe_boot = find_element(element::safe_boot, kOsLoader);
  ASSERT_NE(safe_boot, nullptr);
  ASSERT_EQ(safe_boot->words.size(), 3U);
  EXPECT_EQ(safe_boot->words[0].word, "Minimal");
  EXPECT_EQ(safe_boot->words[2].word, "DsRepair");
}

TEST(BcdNames, AliasesGoBothWays) {
  EXPECT_EQ(alias_of(kBootManager), "{bootmgr}");
  EXPECT_EQ(object_of_alias("{BootMgr}"), kBootManager);
  EXPECT_EQ(object_of_alias("{legacy}"), object_of_alias("{ntldr}"));
  EXPECT_EQ(alias_of(*object_of_alias("{legacy}")), "{ntldr}");
  EXPECT_EQ(alias_of(Guid{}), std::nullopt);
  EXPECT_EQ(object_of_alias("{default}"), std::nullopt);
  EXPECT_EQ(object_of_alias(""), std::nullopt);
}

TEST(BcdNames, TitlesAreBcdeditsOwn) {
  EXPECT_EQ(title_of(kBootManager, kBootManagerType), "Windows Boot Manager");
  EXPECT_EQ(title_of(kEmsSettings, 0x20100000), "EMS Settings");
  EXPECT_EQ(title_of(Guid{}, 0x101fffff), "Firmware Application (101fffff)");
  EXPECT_EQ(title_of(Guid{}, 0x20200003), "Inherited Settings (20200003)");
  EXPECT_EQ(title_of(Guid{}, 0x30000000), "Device options");
}

TEST(BcdNames, NoTableHasAnIdTwice) {
  for (const auto& table : kTables) {
    std::set<ElementId> seen;
    for (const ElementName& row : table) {
      EXPECT_TRUE(seen.insert(row.id).second) << std::hex << row.id;
    }
  }
}

// cacheenable moved between Windows 7 and 8; of forcefipscrypto two ids are
// published.
TEST(BcdNames, NoTableHasANameTwiceButForTwoKnown) {
  for (const auto& table : kTables) {
    std::map<std::string_view, int> seen;
    for (const ElementName& row : table) ++seen[row.name];
    for (const auto& [name, count] : seen) {
      bool known = name.empty() || name == "cacheenable" || name == "forcefipscrypto";
      EXPECT_TRUE(count == 1 || known) << name;
    }
  }
}

TEST(BcdNames, OnlyIntegersHaveWords) {
  for (const auto& table : kTables) {
    for (const ElementName& row : table) {
      EXPECT_NE(kind_name(row.id), "unknown");
      EXPECT_TRUE(row.words.empty() || kind_name(row.id) == "integer") << row.name;
    }
  }
}

TEST(BcdNames, ClassOfEachTableIsItsOwn) {
  std::set<ElementId> classes;
  for (const ElementName& row : library_elements()) classes.insert(row.id >> 28);
  EXPECT_EQ(classes, std::set<ElementId>{1});
  classes.clear();
  for (const ElementName& row : os_loader_elements()) classes.insert(row.id >> 28);
  EXPECT_EQ(classes, std::set<ElementId>{2});
}

}  // namespace
}  // namespace drydock::bcd
