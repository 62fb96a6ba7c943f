// In which order a VHDX file may be written, held against every write.
//
// A medium that loses its power may lose what is in flight, and may lose the
// whole of a sector that it was writing.  So it isn't enough that a cut ends well
// where sectors are whole (tests/harness/vhdx_power_cut_test.cc cuts there): what
// is in flight must never be the only copy of anything.

#include "tests/vhd/vhdx_support.h"

namespace drydock::testing {
namespace {

using ::testing::IsEmpty;

bool touch(std::uint64_t a, std::uint64_t a_length, std::uint64_t b,
           std::uint64_t b_length) {
  return a < b + b_length && b < a + a_length;
}

// A file that knows what is safe and what is in flight, and notes each write that
// comes too early.
class WatchedFile final : public BlockDevice {
 public:
  explicit WatchedFile(ByteVector bytes) : now_(bytes), safe_(std::move(bytes)) {
    Bytes first = header_in_force();
    first_header_.assign(first.begin(), first.end());
  }

  const std::vector<std::string>& breaches() const { return breaches_; }
  bool is_safe() const { return in_flight_.empty() && safe_.size() == now_.size(); }
  ByteVector bytes() const { return now_; }
  std::size_t flush_count() const { return flush_count_; }

  std::uint64_t size() const override { return now_.size(); }
  std::uint32_t sector_size() const override { return 512; }
  bool writable() const override { return true; }

 private:
  struct Range {
    std::uint64_t offset, length;
  };

  Done do_read(std::uint64_t offset, MutableBytes into) const override {
    std::memcpy(into.data(), now_.data() + offset, into.size());
    return {};
  }
  Done do_resize(std::uint64_t size) override {
    expect(new_guid(16), "the file grew before its FileWriteGuid was safe");
    now_.resize(size);
    return {};
  }
  Done do_flush() override {
    safe_.resize(now_.size());
    for (const Range& range : in_flight_) {
      std::memcpy(safe_.data() + range.offset, now_.data() + range.offset,
                  range.length);
    }
    in_flight_.clear();
    ++flush_count_;
    return {};
  }
  Done do_write(std::uint64_t offset, Bytes from) override {
    if (offset < VhdxBuilder::kRegionTable[0]) {
      check_header(offset, from);
    } else if (offset >= VhdxBuilder::kLog && offset < VhdxBuilder::kMetadata) {
      check_log(offset, from.size());
    } else if (offset < VhdxBuilder::kBlocks) {
      check_structure(offset, from);
    } else {
      expect(new_guid(32), "a block was written before its DataWriteGuid was safe");
    }
    std::memcpy(now_.data() + offset, from.data(), from.size());
    in_flight_.push_back({offset, from.size()});
    return {};
  }

  void expect(bool true_statement, const std::string& otherwise) {
    if (!true_statement) breaches_.push_back(otherwise);
  }
  bool flies(std::uint64_t offset, std::uint64_t length) const {
    return std::ranges::any_of(in_flight_, [&](const Range& range) {
      return touch(range.offset, range.length, offset, length);
    });
  }
  // Of what is safe.
  Bytes header_in_force() const {
    Bytes first = Bytes(safe_).subspan(VhdxBuilder::kHeader[0], 4096);
    Bytes second = Bytes(safe_).subspan(VhdxBuilder::kHeader[1], 4096);
    return get(first, 8, 8) > get(second, 8, 8) ? first : second;
  }
  bool new_guid(std::size_t at) const {
    return std::memcmp(header_in_force().data() + at, first_header_.data() + at, 16) !=
           0;
  }
  static bool has_log_guid(Bytes header) { return !is_zero(header.subspan(48, 16)); }

  // Where the safe log's entry is that bears the GUID of `header`, the newest.
  std::optional<Range> entry_of(Bytes header) const {
    std::optional<Range> found;
    std::uint64_t newest = 0;
    for (std::uint64_t at = VhdxBuilder::kLog; at < VhdxBuilder::kMetadata;
         at += 4096) {
      Bytes page = Bytes(safe_).subspan(at, 4096);
      bool ours = as_text(page.first(4)) == "loge" && get(page, 16, 8) > newest &&
                  std::memcmp(page.data() + 32, header.data() + 48, 16) == 0;
      if (!ours) continue;
      newest = get(page, 16, 8);
      found = Range{at, get(page, 8, 4)};
    }
    return found;
  }

  void check_header(std::uint64_t offset, Bytes from) {
    std::uint64_t other = offset == VhdxBuilder::kHeader[0] ? VhdxBuilder::kHeader[1]
                                                            : VhdxBuilder::kHeader[0];
    expect(!flies(other, 4096), "both headers were in flight at once");
    expect(from.size() == 4096, "a header was written in part");
    if (has_log_guid(from)) {
      auto entry = entry_of(from);
      expect(entry && !flies(entry->offset, entry->length),
             "a header named a log whose entry wasn't safe");
      return;
    }
    expect(!flies(VhdxBuilder::kRegionTable[0], 0xC0000) &&
               !flies(VhdxBuilder::kMetadata, 2 * kMiB),
           "the log was given up before its pages were safe in their place");
  }

  void check_log(std::uint64_t offset, std::uint64_t length) {
    Bytes header = header_in_force();
    if (!has_log_guid(header)) return;
    auto entry = entry_of(header);
    expect(entry && !touch(entry->offset, entry->length, offset, length),
           "an entry was overwritten before the next one was safe");
    // The next one will stand alone.
    expect(!flies(VhdxBuilder::kBat, kMiB),
           "an entry was followed by the next before its pages were safe");
  }

  // A page of a table changes only once a safe log holds it, and what it points
  // at is safe.
  void check_structure(std::uint64_t offset, Bytes from) {
    Bytes header = header_in_force();
    auto entry = has_log_guid(header) ? entry_of(header) : std::nullopt;
    expect(entry.has_value(), "a table changed before a log was in force");
    if (!entry) return;
    bool logged = false;
    std::uint64_t count = get(safe_, entry->offset + 24, 4);
    for (std::uint64_t i = 0; i < count; ++i) {
      logged |= get(safe_, entry->offset + 64 + 32 * i + 16, 8) == offset;
    }
    expect(logged, "a page of a table changed that the log doesn't hold");
    if (offset < VhdxBuilder::kBat) return;
    for (std::size_t at = 0; at < from.size(); at += 8) {
      std::uint64_t place = get(from, at, 8);
      if (place == get(now_, offset + at, 8)) continue;
      place &= ~(kMiB - 1);
      if (place == 0) continue;  // a state that needs none
      expect(place + kMiB <= safe_.size() && !flies(place, kMiB),
             "the table pointed at a block that wasn't safe");
    }
  }

  ByteVector now_;
  ByteVector safe_;
  std::vector<Range> in_flight_;
  ByteVector first_header_;
  std::vector<std::string> breaches_;
  std::size_t flush_count_ = 0;
};

ImagePtr open_writable(const std::shared_ptr<WatchedFile>& file) {
  auto image =
      vhdx::Image::open(file, {.writable = true, .make_guid = counting_guids()});
  EXPECT_TRUE(image) << (image ? "" : image.error().describe());
  return image ? *image : nullptr;
}

TEST(VhdxOrder, OfNewBlocksOverSeveralFlushes) {
  VhdxBuilder builder;
  builder.add_block(7, 0x77);
  auto file = std::make_shared<WatchedFile>(builder.bytes);
  ImagePtr image = open_writable(file);
  for (unsigned block : {0u, 1u, 7u, 4u}) {
    EXPECT_TRUE(image->write(block * kMiB + 512, filled(kMiB - 512, block + 1)));
    EXPECT_TRUE(image->flush());
    EXPECT_TRUE(file->is_safe());
  }
  EXPECT_THAT(file->breaches(), IsEmpty());
}

TEST(VhdxOrder, OfSessionsThatFollowEachOtherAtOnce) {
  auto file = std::make_shared<WatchedFile>(VhdxBuilder().bytes);
  for (unsigned block = 0; block < 3; ++block) {
    ImagePtr image = open_writable(file);
    EXPECT_TRUE(image->write(block * kMiB, filled(4096, block + 1)));
    EXPECT_TRUE(image->flush());
    EXPECT_TRUE(file->is_safe());
  }
  EXPECT_THAT(file->breaches(), IsEmpty());
}

TEST(VhdxOrder, OfWritesInPlace) {
  VhdxBuilder builder;
  builder.add_block(0, 0x11);
  auto file = std::make_shared<WatchedFile>(builder.bytes);
  ImagePtr image = open_writable(file);
  EXPECT_TRUE(image->write(0, filled(4096, 0x22)));
  EXPECT_TRUE(image->flush());
  EXPECT_TRUE(file->is_safe());
  EXPECT_EQ(file->flush_count(), 2u);  // of the header, and of the data
  EXPECT_THAT(file->breaches(), IsEmpty());
}

TEST(VhdxOrder, OfMoreEntriesThanTheLogHasRoomFor) {
  // All of the table's 256 pages change, through a log of 255 and a header.
  VhdxBuilder builder({.virtual_size = 130'000 * kMiB});
  auto file = std::make_shared<WatchedFile>(builder.bytes);
  ImagePtr image = open_writable(file);
  for (std::uint64_t page = 0; page < 254; ++page) {
    EXPECT_TRUE(image->write(page * 511 * kMiB, filled(1, 1)));
  }
  EXPECT_TRUE(image->flush());
  EXPECT_TRUE(file->is_safe());
  EXPECT_THAT(file->breaches(), IsEmpty());
  EXPECT_EQ(why_not(file->bytes()), "");
}

TEST(VhdxOrder, OfAChildOverSeveralFlushes) {
  VhdxBuilder parent;
  parent.add_block(3, 0x33);
  ImagePtr below = *open_bytes(parent.bytes);
  VhdxBuilder builder({.flags = 2});
  builder.add_parent(to_string(*below->facts().link_id));
  auto file = std::make_shared<WatchedFile>(builder.bytes);
  auto image = vhdx::Image::open(
      file, {.writable = true, .make_guid = counting_guids(), .parent = below});
  ASSERT_TRUE(image);
  for (std::uint64_t offset : Numbers{3 * kMiB, 3 * kMiB + 4096, 5 * kMiB}) {
    EXPECT_TRUE((*image)->write(offset, filled(512, 0x55)));
    EXPECT_TRUE((*image)->flush());
    EXPECT_TRUE(file->is_safe());
  }
  EXPECT_THAT(file->breaches(), IsEmpty());
}

// What the parent has behind the child's old end is hidden, and stays so.
TEST(VhdxOrder, OfAChildThatGrowsOverALongerParent) {
  VhdxBuilder parent;
  parent.add_block(5, 0x55);
  ImagePtr below = *open_bytes(parent.bytes);
  VhdxBuilder builder({.virtual_size = 4 * kMiB, .flags = 2});
  builder.add_parent(to_string(*below->facts().link_id));
  auto file = std::make_shared<WatchedFile>(builder.bytes);
  auto image = vhdx::Image::open(
      file, {.writable = true, .make_guid = counting_guids(), .parent = below});
  ASSERT_TRUE(image);
  EXPECT_TRUE((*image)->resize(8 * kMiB));
  EXPECT_TRUE(file->is_safe());
  EXPECT_EQ(byte_at(**image, 5 * kMiB), 0u);
  EXPECT_THAT(file->breaches(), IsEmpty());
  auto again = vhdx::Image::open(std::make_shared<MemoryDevice>(file->bytes()),
                                 {.parent = below});
  ASSERT_TRUE(again);
  EXPECT_EQ(byte_at(**again, 5 * kMiB), 0u);
}

TEST(VhdxOrder, OfAReplayIntoTheFile) {
  VhdxBuilder builder;
  std::uint64_t place = builder.add_block(0, 0x11);
  LogEntryText text{.last_file_offset = place + 4 * kMiB};
  text.descriptors = {
      {.file_offset = VhdxBuilder::kBat, .page = builder.bat_page(0, 6, place)},
      {.file_offset = VhdxBuilder::kMetadata + 0x80000, .page = filled(4096, 1)}};
  builder.set_block(0, 0, 0);
  builder.set_log_guid(VhdxBuilder::kLogGuid);
  builder.put_log(0, log_entry(text));
  auto file = std::make_shared<WatchedFile>(builder.bytes);
  ImagePtr image = open_writable(file);
  EXPECT_TRUE(file->is_safe());
  EXPECT_EQ(byte_at(*image, 0), 0x11u);
  EXPECT_THAT(file->breaches(), IsEmpty());
}

TEST(VhdxOrder, OfMendingARegionTable) {
  VhdxBuilder builder;
  builder.bytes[VhdxBuilder::kRegionTable[1] + 7] ^= std::byte{1};
  auto file = std::make_shared<WatchedFile>(builder.bytes);
  ImagePtr image = open_writable(file);
  EXPECT_TRUE(image->write(0, filled(1, 1)));
  EXPECT_TRUE(image->flush());
  EXPECT_TRUE(file->is_safe());
  EXPECT_THAT(file->breaches(), IsEmpty());
}

}  // namespace
}  // namespace drydock::testing
