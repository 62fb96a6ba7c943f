// A disk with a Windows on it, for the tests of what stands on disks: built
// once for the whole program by harness/images, and an overlay of one's own
// over it for each test, so that a test may wound it and mend it.

#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "harness/images/layout.h"
#include "repair/disk.h"
#include "tests/support/temp_folder.h"
#include "vhd/overlay.h"

namespace drydock::repair {

// Windows Server 2022 on 160 MiB: partition 1 the system partition, 2 reserved,
// 3 Windows, 4 recovery.
class WindowsDisk {
 public:
  // Fails the running test where the disk can't be built; see ready().
  WindowsDisk();

  // Why the tests have to be skipped; "" where they needn't.
  static std::string unable();
  bool ready() const { return overlay_ != nullptr; }

  const images::Ids& ids() const;
  const images::Layout& layout() const;
  std::shared_ptr<Overlay> device() const { return overlay_; }

  // Opened anew at each call, over all that was written so far.
  std::unique_ptr<Disk> open() const;  // for reading
  // Its clock stands at images::kBuildTime, as that of everything on the disk.
  std::unique_ptr<Disk> open_writable() const;

  // Changes a hive by hivex: `text` is as in harness/images/hive_text.h.
  void edit_hive(const std::string& path, const std::string& text);
  // Removes a key, or a value of one, by hivexsh.
  void run_hivexsh(const std::string& path, const std::string& script);
  // A file's content, as our own reader finds it.
  ByteVector read(const std::string& path) const;
  void put(const std::string& path, Bytes content);
  // The bytes of a hive, as they would be with its root key's cell damaged.
  ByteVector read_damaged(const std::string& path) const;

  // The disk as a file of the host, for programs that aren't ours.
  std::filesystem::path save();
  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  std::filesystem::path take_out(const std::string& path,
                                 const std::string& name) const;

  TempFolder folder_;
  std::shared_ptr<Overlay> overlay_;
};

// The path of a key's value, as hivexget prints it: hivexget HIVE KEY VALUE.
std::string hivexget(const std::filesystem::path& hive, const std::string& key,
                     const std::string& value);

}  // namespace drydock::repair

// In a test: a disk of one's own in `name`, or the test is skipped.
#define DRYDOCK_WINDOWS_DISK(name)                                   \
  if (std::string reason = ::drydock::repair::WindowsDisk::unable(); \
      !reason.empty()) {                                             \
    GTEST_SKIP() << reason;                                          \
  }                                                                  \
  ::drydock::repair::WindowsDisk name;                               \
  ASSERT_TRUE(name.ready())
