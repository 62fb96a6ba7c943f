// What the tests of VHD have in common.

#pragma once

#include "tests/support/vhd_builder.h"
#include "tests/vhd/vhdx_support.h"

namespace drydock::testing {

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kSmallBlock = 64 * kKiB;  // the builder's

inline Result<std::shared_ptr<Image>> open_vhd(ByteVector bytes,
                                               ImageOptions options = {}) {
  return open_image(std::make_shared<MemoryDevice>(std::move(bytes)),
                    std::move(options));
}

// An image that must open.
inline std::shared_ptr<Image> opened(Result<std::shared_ptr<Image>> image) {
  EXPECT_TRUE(image) << (image ? "" : image.error().describe());
  return image ? *image : nullptr;
}

inline std::string words_of(ByteVector bytes, ImageOptions options = {}) {
  auto image = open_vhd(std::move(bytes), std::move(options));
  return image ? "" : image.error().describe();
}

inline std::shared_ptr<Image> open_file(const std::filesystem::path& path,
                                        bool writable = false,
                                        std::shared_ptr<const Image> parent = nullptr) {
  auto file = FileDevice::open(path, {.writable = writable});
  EXPECT_TRUE(file) << (file ? "" : file.error().describe());
  if (!file) return nullptr;
  return opened(open_image(*file, {.writable = writable, .parent = std::move(parent)}));
}

// The builder's differencing file, whose parent is the builder's other files.
inline VhdText child_text() {
  return {.kind = 4,
          .id = "99999999-2222-3333-4444-555555555555",
          .parent_id = "11111111-2222-3333-4444-555555555555",
          .parent_name = u"base.vhd",
          .relative_path = u".\\base.vhd",
          .absolute_path = u"C:\\vm\\base.vhd"};
}

}  // namespace drydock::testing

#define EXPECT_DONE(...)                                        \
  do {                                                          \
    auto done = __VA_ARGS__;                                    \
    EXPECT_TRUE(done) << (done ? "" : done.error().describe()); \
  } while (false)
