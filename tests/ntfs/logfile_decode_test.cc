// Logs that Windows wrote and somebody took out of their volumes, read whole.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ntfs/logfile/action.h"
#include "ntfs/logfile/format.h"
#include "tests/ntfs/log_history.h"
#include "tests/support/corpus.h"
#include "vhd/file_device.h"
#include "vhd/memory_device.h"

namespace drydock::ntfs {
namespace {

struct Log {
  const char* name;
  std::uint16_t major_version;
  bool clean;
  std::size_t record_count;  // as a decoder in another language counted them
};

class LogDecode : public ::testing::TestWithParam<Log> {};

TEST_P(LogDecode, FindsEveryRecordAndKnowsItsOperations) {
  DRYDOCK_CORPUS_FILE(path, fmt::format("ntfs/dfir_ntfs/{}", GetParam().name));
  auto file = *FileDevice::open(path);
  auto bytes = read_bytes(*file, 0, file->size(), kLogSizeMax);
  ASSERT_TRUE(bytes);
  auto restart = read_restart(Bytes(*bytes).first(kLogStartSize));
  ASSERT_TRUE(restart);
  // The part that was never used was cut off.
  bytes->resize(restart->log_size, std::byte{0xff});
  MemoryDevice whole(std::move(*bytes));
  SystemFile log = SystemFile::by_itself(whole);
  EXPECT_EQ(restart->major_version, GetParam().major_version);
  EXPECT_EQ(restart->clean(), GetParam().clean);
  auto reader = reader_of(log);
  ASSERT_TRUE(reader) << reader.error().describe();
  auto records = records_of(*reader);
  EXPECT_EQ(records.size(), GetParam().record_count);
  for (const auto& [lsn, record] : records) {
    EXPECT_LE(record.previous_lsn, lsn);
    if (record.type != kActionRecord) continue;
    auto action = decode_action(record);
    ASSERT_TRUE(action) << action.error().describe();
  }
}

std::string name_of(const ::testing::TestParamInfo<Log>& info) {
  std::string name = info.param.name;
  return name.substr(0, name.find('.'));
}

INSTANTIATE_TEST_SUITE_P(Of, LogDecode,
                         ::testing::Values(Log{"LogFile_7.bin", 1, true, 779},
                                           Log{"LogFile_10.bin", 2, false, 304},
                                           Log{"LogFile_10_downgraded.bin", 1, true,
                                               283},
                                           Log{"LogFile_10_large.bin", 2, false, 405}),
                         name_of);

}  // namespace
}  // namespace drydock::ntfs
