// Files with holes: Wine makes none.

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"
#include "vhd/file_device.h"

namespace drydock {
namespace {

TEST(FileDevice, FindsTheHolesOfASparseFile) {
  TempFolder folder;
  auto file = FileDevice::open(folder / "a", {.writable = true, .create = true});
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->resize(64 << 20));
  ASSERT_TRUE((*file)->write(32 << 20, ByteVector(4096, std::byte{1})));
  auto extent = (*file)->extent(0);
  ASSERT_TRUE(extent);
  EXPECT_TRUE(extent->zero);
  EXPECT_LE(extent->length, 32u << 20);
}

}  // namespace
}  // namespace drydock
