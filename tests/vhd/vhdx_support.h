// What the tests of VHDX have in common.

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "tests/support/vhdx_builder.h"
#include "vhd/file_device.h"
#include "vhd/image.h"
#include "vhd/memory_device.h"
#include "vhd/vhdx/image.h"

namespace drydock::testing {

using Numbers = std::initializer_list<std::uint64_t>;
using ImagePtr = std::shared_ptr<vhdx::Image>;

// GUIDs that count up, so that runs repeat.
inline MakeGuid counting_guids() {
  return [count = std::make_shared<std::uint64_t>(0)]() -> Result<Guid> {
    Guid guid;
    put(guid.bytes, 0, 8, 0xD0D0D0D000000000 + ++*count);
    return guid;
  };
}

inline Result<ImagePtr> open_bytes(ByteVector bytes) {
  return vhdx::Image::open(std::make_shared<MemoryDevice>(std::move(bytes)));
}

// The words of the Error with which opening these bytes fails; "" if it doesn't.
inline std::string why_not(ByteVector bytes) {
  auto image = open_bytes(std::move(bytes));
  return image ? "" : image.error().describe();
}
inline Errc code_of(ByteVector bytes) {
  return open_bytes(std::move(bytes)).error().code();
}

inline ByteVector read_all(const BlockDevice& device, std::uint64_t offset,
                           std::uint64_t length) {
  ByteVector bytes(length);
  auto done = device.read(offset, bytes);
  EXPECT_TRUE(done) << (done ? "" : done.error().describe());
  return bytes;
}
inline unsigned byte_at(const BlockDevice& device, std::uint64_t offset) {
  return std::to_integer<unsigned>(read_all(device, offset, 1)[0]);
}

inline ByteVector filled(std::size_t size, unsigned value) {
  return ByteVector(size, static_cast<std::byte>(value));
}

inline ByteVector read_file(const std::filesystem::path& path) {
  ByteVector bytes(std::filesystem::file_size(path));
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  return bytes;
}
inline void write_file(const std::filesystem::path& path, Bytes bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

inline ImagePtr open_path(const std::filesystem::path& path, bool writable = false) {
  auto file = FileDevice::open(path, {.writable = writable});
  EXPECT_TRUE(file) << (file ? "" : file.error().describe());
  if (!file) return nullptr;
  auto image = vhdx::Image::open(*file, {.writable = writable, .make_guid = {}});
  EXPECT_TRUE(image) << (image ? "" : image.error().describe());
  return image ? *image : nullptr;
}

// Whether `device` holds what `raw` holds.
inline ::testing::AssertionResult same_as_raw(const BlockDevice& device,
                                              const std::filesystem::path& raw) {
  auto file = FileDevice::open(raw);
  if (!file) return ::testing::AssertionFailure() << file.error().describe();
  if ((*file)->size() != device.size()) {
    return ::testing::AssertionFailure()
           << "sizes " << device.size() << " and " << (*file)->size();
  }
  for (std::uint64_t at = 0; at < device.size();) {
    auto ours = device.extent(at);
    auto theirs = (*file)->extent(at);
    if (!ours || !theirs) return ::testing::AssertionFailure() << "no extent";
    std::uint64_t length = std::min(ours->length, theirs->length);
    if (!ours->zero || !theirs->zero) {
      length = std::min(length, kMiB);
      if (read_all(device, at, length) != read_all(**file, at, length)) {
        return ::testing::AssertionFailure()
               << "differs within " << length << " at " << at;
      }
    }
    at += length;
  }
  return ::testing::AssertionSuccess();
}

// A writable image over bytes in memory, which can be looked at.
struct WritableVhdx {
  explicit WritableVhdx(ByteVector bytes, std::shared_ptr<const Image> parent = nullptr)
      : file(std::make_shared<MemoryDevice>(std::move(bytes))) {
    auto opened = vhdx::Image::open(
        file,
        {.writable = true, .make_guid = counting_guids(), .parent = std::move(parent)});
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().describe());
    if (opened) image = *opened;
  }
  void write(std::uint64_t offset, Bytes bytes) {
    auto done = image->write(offset, bytes);
    EXPECT_TRUE(done) << (done ? "" : done.error().describe());
  }
  void flush() {
    auto done = image->flush();
    EXPECT_TRUE(done) << (done ? "" : done.error().describe());
  }
  ByteVector bytes() const { return {file->bytes().begin(), file->bytes().end()}; }
  // What another reader sees of the disk now.
  ByteVector reread(std::uint64_t offset, std::uint64_t length) const {
    auto reader = open_bytes(bytes());
    EXPECT_TRUE(reader) << (reader ? "" : reader.error().describe());
    return reader ? read_all(**reader, offset, length) : ByteVector();
  }

  std::shared_ptr<MemoryDevice> file;
  ImagePtr image;
};

// Runs a shell command; the test fails if it does.
inline void shell(const std::string& command) {
  RunResult result = run({"sh", "-c", command});
  EXPECT_EQ(result.exit_code, 0) << command << "\n" << result.out << result.err;
}

}  // namespace drydock::testing

// In a test: skips it where the program isn't installed.
#define DRYDOCK_NEEDS(program) \
  if (!::drydock::have_program(program)) GTEST_SKIP() << program " isn't here"
