#include "vhd/content_hash.h"

#include <gtest/gtest.h>

#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/file_device.h"
#include "vhd/memory_device.h"

namespace drydock {
namespace {

TEST(ContentHash, IsTheSameForHolesAndForWrittenZeros) {
  TempFolder folder;
  auto sparse = FileDevice::open(folder / "a", {.writable = true, .create = true});
  ASSERT_TRUE(sparse);
  ASSERT_TRUE((*sparse)->resize(9'000'000));
  ASSERT_TRUE((*sparse)->write(5'000'001, bytes_of("hello")));
  MemoryDevice dense(9'000'000);
  ASSERT_TRUE(dense.write(5'000'001, bytes_of("hello")));
  EXPECT_EQ(*content_hash(**sparse), *content_hash(dense));
}

TEST(ContentHash, SeesOneBitAndOnePlace) {
  MemoryDevice a(200'000);
  MemoryDevice b(200'000);
  ASSERT_TRUE(a.write(0, bytes_of("x")));
  ASSERT_TRUE(b.write(65536, bytes_of("x")));
  EXPECT_NE(*content_hash(a), *content_hash(b));
  EXPECT_NE(*content_hash(a), *content_hash(MemoryDevice(200'000)));
  EXPECT_NE(*content_hash(MemoryDevice(200'000)), *content_hash(MemoryDevice(200'001)));
}

// The definition in the header, in another language.
TEST(ContentHash, IsWhatAScriptMakesOfTheDefinition) {
  if (!have_program("python3")) GTEST_SKIP() << "python3 isn't here";
  TempFolder folder;
  auto file = FileDevice::open(folder / "a", {.writable = true, .create = true});
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->resize(1'000'003));
  ASSERT_TRUE((*file)->write(70'000, bytes_of("one")));
  ASSERT_TRUE((*file)->write(1'000'000, bytes_of("two")));
  auto script = run({"python3", "-c",
                     "import hashlib, struct, sys\n"
                     "data = open(sys.argv[1], 'rb').read()\n"
                     "h = hashlib.sha256(struct.pack('<Q', len(data)))\n"
                     "for at in range(0, len(data), 65536):\n"
                     "    piece = data[at:at + 65536]\n"
                     "    if any(piece): h.update(struct.pack('<Q', at) + piece)\n"
                     "print(h.hexdigest(), end='')\n",
                     (folder / "a").string()});
  EXPECT_EQ(*content_hash(**file), script.out);
}

}  // namespace
}  // namespace drydock
