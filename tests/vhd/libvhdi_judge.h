// libvhdi, the second and independent reader of VHD and VHDX, as a judge of disks.

#pragma once

#include <gtest/gtest.h>
#include <libvhdi.h>

#include "tests/vhd/vhdx_support.h"

namespace drydock::testing {

// What libvhdi reads of a disk, compared with ours, a MiB at a time.
inline void expect_same_as_libvhdi(const std::filesystem::path& path,
                                   const Image& image) {
  libvhdi_file_t* file = nullptr;
  ASSERT_EQ(libvhdi_file_initialize(&file, nullptr), 1);
  ASSERT_EQ(libvhdi_file_open(file, path.c_str(), LIBVHDI_OPEN_READ, nullptr), 1);
  size64_t size = 0;
  libvhdi_file_get_media_size(file, &size, nullptr);
  ASSERT_EQ(image.size(), size);
  for (std::uint64_t at = 0; at < image.size();) {
    Extent extent = *image.extent(at);
    std::uint64_t length = std::min(extent.length, extent.zero ? extent.length : kMiB);
    ByteVector theirs(std::min(length, kMiB));
    ASSERT_EQ(libvhdi_file_read_buffer_at_offset(file, theirs.data(), theirs.size(),
                                                 static_cast<off64_t>(at), nullptr),
              static_cast<ssize_t>(theirs.size()));
    EXPECT_TRUE(read_all(image, at, theirs.size()) == theirs) << at;
    at += length;
  }
  libvhdi_file_close(file, nullptr);
  libvhdi_file_free(&file, nullptr);
}

}  // namespace drydock::testing
