// The signatures and catalogs of a built disk, judged by osslsigncode.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/images/authority.h"
#include "harness/images/build.h"
#include "harness/images/services.h"
#include "harness/images/signed_windows.h"
#include "harness/work_folder.h"
#include "ntfs/ntfs/volume.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/base/sha256.h"
#include "vhd/file_device.h"
#include "vhd/slice.h"

namespace drydock::images {
namespace {

using testing::HasSubstr;

// One small disk for all that follows.
class SignedDisk : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    missing_ = missing_programs();
    if (!have_program("osslsigncode")) missing_.emplace_back("osslsigncode");
    if (!missing_.empty()) return;
    folder_ = new TempFolder;
    auto spec = read_spec(*harness::Yaml::parse("{ size: 300MiB }", "spec"));
    ASSERT_TRUE(spec);
    auto built = build_raw(*spec, 7, *folder_ / "disk.raw");
    ASSERT_TRUE(built) << built.error().describe();
    layout_ = new Layout(*built);
    auto disk = FileDevice::open(*folder_ / "disk.raw");
    auto slice = Slice::create(*disk, layout_->windows.offset, layout_->windows.size);
    auto opened = ntfs::open(*slice, {});
    ASSERT_TRUE(opened) << opened.error().describe();
    files_ = new FileSystemPtr(*std::move(opened));
    ASSERT_TRUE(harness::write_host_file(
        root(), bytes_of(std::string_view(*Authority::create()->root_pem()))));
  }
  static void TearDownTestSuite() {
    delete files_;
    delete layout_;
    delete folder_;
  }
  void SetUp() override {
    if (!missing_.empty()) GTEST_SKIP() << missing_[0] << " isn't here";
    ASSERT_NE(files_, nullptr);
  }

  static std::filesystem::path root() { return *folder_ / "root.pem"; }
  static ByteVector read(const std::string& path) {
    auto file = (*files_)->find(path);
    EXPECT_TRUE(file) << path;
    return file ? *read_file(*file, kMiB) : ByteVector();
  }
  // A copy on the host, for others to look at.
  static std::filesystem::path take(const std::string& path, const std::string& name) {
    EXPECT_TRUE(harness::write_host_file(*folder_ / name, read(path)));
    return *folder_ / name;
  }
  static std::vector<std::string> names(std::string_view folder) {
    std::vector<std::string> all;
    auto found = (*files_)->find(folder);
    EXPECT_TRUE(found);
    EXPECT_TRUE((*files_)->list(*found, [&](const Entry& entry) {
      all.push_back(entry.name);
      return true;
    }));
    return all;
  }

  static inline std::vector<std::string> missing_;
  static inline TempFolder* folder_ = nullptr;
  static inline Layout* layout_ = nullptr;
  static inline FileSystemPtr* files_ = nullptr;
};

TEST_F(SignedDisk, HasItsDriversCoveredByTheirCatalogs) {
  std::size_t alone_count = 0;
  for (const Service& service : services()) {
    if (driver_file(service).empty()) continue;
    std::string path = "\\Windows\\" + driver_file(service);
    bool alone = by_catalog_alone(path);
    if (alone) ++alone_count;
    if (!alone && service.start != 0) continue;  // enough of those
    std::string catalog = catalog_of(*layout_, path);
    RunResult result =
        run({"osslsigncode", "verify", "-catalog",
             take(std::string(kCatalogStore) + catalog, "a.cat"), "-CAfile", root(),
             "-TSA-CAfile", root(), "-in", take(path, "a.sys")});
    EXPECT_EQ(result.exit_code, 0) << path << ", " << catalog << ": " << result.out;
  }
  EXPECT_GE(alone_count, 20u);
}

TEST_F(SignedDisk, HasSignaturesInDriversButThoseKnownByCatalogAlone) {
  auto verify = [&](const std::string& driver) {
    return run({"osslsigncode", "verify", "-CAfile", root(), "-TSA-CAfile", root(),
                "-in", take("\\Windows\\System32\\drivers\\" + driver, driver)});
  };
  EXPECT_EQ(verify("disk.sys").exit_code, 0);
  EXPECT_EQ(verify("Ntfs.sys").exit_code, 0);
  for (const char* driver : {"filecrypt.sys", "ctsvideo.sys"}) {
    RunResult bare = verify(driver);
    EXPECT_NE(bare.exit_code, 0) << driver;
    EXPECT_THAT(bare.err, HasSubstr("signature"));
  }
}

TEST_F(SignedDisk, HasTwinsOfAllInboxCatalogs) {
  std::size_t inbox_count = 0;
  for (const std::string& name : names(kCatalogStore)) {
    ByteVector catalog = read(std::string(kCatalogStore) + name);
    if (name == "oem9.cat") {
      EXPECT_FALSE((*files_)->find(std::string(kServicingPackages) + name));
      continue;
    }
    ++inbox_count;
    EXPECT_EQ(read(std::string(kServicingPackages) + name), catalog) << name;
    Sha256 hash;
    hash.add(catalog);
    EXPECT_EQ(read(std::string(kComponentCatalogs) + hash.hex() + ".cat"), catalog);
  }
  EXPECT_EQ(inbox_count, 10u);
  EXPECT_EQ(names(kComponentCatalogs).size(), inbox_count);
}

}  // namespace
}  // namespace drydock::images
