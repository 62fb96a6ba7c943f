#include "repair/driver/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/repair/windows_disk.h"
#include "tests/signature/pe_files.h"
#include "tests/support/corpus.h"
#include "tests/support/pe_builder.h"
#include "tests/support/run.h"
#include "vhd/base/utf16.h"

namespace drydock::driver {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kDrivers[] = "C:\\Windows\\System32\\drivers\\";
constexpr char kCatalogs[] =
    "C:\\Windows\\System32\\CatRoot\\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}\\";
constexpr char kVirtio[] = "drivers/virtio-win-0.1.240/vioscsi/2k22/amd64/vioscsi";

Audit audit_of(const repair::WindowsDisk& windows, AuditOptions options = {}) {
  auto disk = windows.open();
  auto result =
      audit(*disk->installations().at(0), signature::TrustStore::built_in(), options);
  EXPECT_TRUE(result) << result.error().describe();
  return result ? *std::move(result) : Audit{};
}

const Audited& of(const Audit& audit, std::string_view name) {
  static const Audited kNone{};
  for (std::size_t i = 0; i < audit.verdicts.size(); ++i) {
    if (equal_ignoring_case(audit.inventory.drivers[i].name, name)) {
      return audit.verdicts[i];
    }
  }
  ADD_FAILURE() << "there is no " << name;
  return kNone;
}

TEST(DriverAudit, FilesThatNobodySignedAreUnsignedAndStopTheBootWhereTheyMust) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.put(std::string(kDrivers) + "ACPI.sys", build_pe({}));
  windows.put(std::string(kDrivers) + "HTTP.sys", build_pe({}));
  Audit audit = audit_of(windows);
  EXPECT_EQ(of(audit, "ACPI").verdict, Verdict::unsigned_file);
  EXPECT_EQ(of(audit, "HTTP").verdict, Verdict::unsigned_file);
  EXPECT_EQ(of(audit, "udfs").verdict, Verdict::disabled);
  // The harness's own root isn't one that Windows knows.
  EXPECT_EQ(of(audit, "disk").verdict, Verdict::could_not_tell);
  EXPECT_EQ(audit.count(Verdict::unsigned_file), 2u);
  EXPECT_EQ(audit.boot_stopping_count(), 1u);
  EXPECT_THAT(audit.unread_catalogs, IsEmpty());
}

TEST(DriverAudit, AMissingFileAndADamagedOneAreTold) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive("C:\\Windows\\System32\\config\\SYSTEM",
                    "[ControlSet001\\Services\\gone]\nStart = dword 3\n"
                    "Type = dword 1\nErrorControl = dword 1\n");
  // A certificate table that holds no message.
  windows.put(std::string(kDrivers) + "disk.sys",
              build_pe({.certificates = pe_certificate(ByteVector(9))}));
  Audit audit = audit_of(windows);
  EXPECT_EQ(of(audit, "gone").verdict, Verdict::missing);
  EXPECT_EQ(of(audit, "disk").verdict, Verdict::bad);
  EXPECT_NE(of(audit, "disk").why, "");
}

TEST(DriverAudit, ADriverOfMicrosoftsHardwareProgramIsBelievedByItsSignature) {
  DRYDOCK_CORPUS_FILE(file, std::string(kVirtio) + ".sys");
  DRYDOCK_WINDOWS_DISK(windows);
  ByteVector bytes = read_host_file(file);
  windows.put(std::string(kDrivers) + "disk.sys", bytes);
  EXPECT_EQ(of(audit_of(windows), "disk").verdict, Verdict::embedded);
  bytes.at(0x1000) ^= std::byte{1};
  windows.put(std::string(kDrivers) + "disk.sys", bytes);
  const Audited changed = of(audit_of(windows), "disk");
  EXPECT_EQ(changed.verdict, Verdict::bad);
  EXPECT_THAT(changed.why, HasSubstr("changed after it was signed"));
}

TEST(DriverAudit, ADriverWithoutASignatureIsBelievedByTheGuestsCatalog) {
  DRYDOCK_CORPUS_FILE(driver, std::string(kVirtio) + ".sys");
  DRYDOCK_CORPUS_FILE(catalog, std::string(kVirtio) + ".cat");
  DRYDOCK_WINDOWS_DISK(windows);
  std::filesystem::path stripped = windows.folder() / "stripped.sys";
  if (run({"osslsigncode", "remove-signature", "-in", driver.string(), "-out",
           stripped.string()})
          .exit_code != 0) {
    GTEST_SKIP() << "osslsigncode isn't here";
  }
  windows.put(std::string(kDrivers) + "disk.sys", read_host_file(stripped));
  Audit before = audit_of(windows);
  EXPECT_EQ(of(before, "disk").verdict, Verdict::unsigned_file);
  windows.put(std::string(kCatalogs) + "oem1.cat", read_host_file(catalog));
  windows.put(std::string(kCatalogs) + "oem2.cat", {});
  Audit audit = audit_of(windows);
  EXPECT_EQ(of(audit, "disk").verdict, Verdict::catalog);
  EXPECT_EQ(of(audit, "disk").verification->catalog, "oem1.cat");
  EXPECT_EQ(audit.catalog_count, before.catalog_count + 2);
  EXPECT_THAT(audit.unread_catalogs, ElementsAre(HasSubstr("oem2.cat")));
}

TEST(DriverAudit, AListOfVulnerableDriversThatCannotBeReadIsAProblem) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open_writable();
  auto volume = disk->volume(disk->installations().at(0)->partition());
  ASSERT_TRUE(volume);
  ASSERT_TRUE((*volume)->create_directory("\\Windows\\System32\\CodeIntegrity"));
  ASSERT_TRUE(disk->flush());
  windows.put("C:\\Windows\\System32\\CodeIntegrity\\driversipolicy.p7b",
              ByteVector(100));
  EXPECT_THAT(audit_of(windows).inventory.problems,
              ElementsAre(HasSubstr("list of vulnerable drivers")));
}

TEST(DriverAudit, AnyNumberOfThreadsComesToTheSame) {
  DRYDOCK_WINDOWS_DISK(windows);
  Audit one = audit_of(windows, {.thread_count = 1});
  Audit many = audit_of(windows, {.thread_count = 8});
  ASSERT_EQ(one.verdicts.size(), many.verdicts.size());
  for (std::size_t i = 0; i < one.verdicts.size(); ++i) {
    EXPECT_EQ(one.verdicts[i].verdict, many.verdicts[i].verdict);
    const auto& a = one.verdicts[i].verification;
    const auto& b = many.verdicts[i].verification;
    ASSERT_EQ(a.has_value(), b.has_value());
    if (a) {
      EXPECT_EQ(a->hashes, b->hashes);
    }
  }
}

TEST(DriverAudit, ItsProgressEndsAtAllBytesAndCanStopIt) {
  DRYDOCK_WINDOWS_DISK(windows);
  std::uint64_t last = 0;
  std::uint64_t all = 0;
  audit_of(windows, {.files = [&](std::uint64_t done, std::uint64_t total) -> Done {
             EXPECT_GE(done, last);
             last = done;
             all = total;
             return {};
           }});
  EXPECT_GT(all, 0u);
  EXPECT_EQ(last, all);
  auto disk = windows.open();
  auto stopped = audit(*disk->installations().at(0), signature::TrustStore::built_in(),
                       {.files = [](std::uint64_t, std::uint64_t) -> Done {
                         return Error(Errc::busy, "stopped");
                       }});
  EXPECT_EQ(stopped.error().code(), Errc::busy);
}

}  // namespace
}  // namespace drydock::driver
