// In which order a VHD file may be written, held against every write.
//
// A medium that loses its power may lose the whole of a sector that it was writing.  A
// table and a bitmap there are but once, and no order helps them; but of the two
// footers one must always be safe, and the header that they name.

#include "tests/vhd/vhd1_support.h"
#include "vhd/check.h"

namespace drydock::testing {
namespace {

using ::testing::IsEmpty;

// A file that notes each write that comes too early.
class WatchedVhd final : public BlockDevice {
 public:
  explicit WatchedVhd(ByteVector bytes) : now_(bytes), safe_(std::move(bytes)) {}

  const std::vector<std::string>& breaches() const { return breaches_; }
  bool is_safe() const { return now_ == safe_; }

  std::uint64_t size() const override { return now_.size(); }
  std::uint32_t sector_size() const override { return 512; }
  bool writable() const override { return true; }

 private:
  Done do_read(std::uint64_t offset, MutableBytes into) const override {
    std::memcpy(into.data(), now_.data() + offset, into.size());
    return {};
  }
  Done do_write(std::uint64_t offset, Bytes from) override {
    std::uint64_t tail = safe_.size() - 512;
    bool to_copy = offset < 512;
    bool to_tail = offset < tail + 512 && offset + from.size() > tail;
    expect(!to_copy || !differs(tail), "the copy was written while the footer flew");
    expect(!to_tail || !differs(0), "the footer was written while the copy flew");
    if (from.size() == 512 && as_text(from.first(8)) == "conectix") {
      std::uint64_t header = get_big(from, 16, 8);
      expect(header + 1024 <= safe_.size() &&
                 std::memcmp(now_.data() + header, safe_.data() + header, 1024) == 0,
             "a footer was written that names a header in flight");
    }
    for (std::uint64_t footer : {std::uint64_t{0}, tail}) {
      Bytes safe = Bytes(safe_).subspan(footer, 512);
      if (get_big(safe, 64, 4) != vhd_checksum(safe, 64)) continue;
      std::uint64_t header = get_big(safe, 16, 8);
      expect(offset >= header + 1024 || offset + from.size() <= header,
             "a header was written that a safe footer names");
    }
    std::memcpy(now_.data() + offset, from.data(), from.size());
    return {};
  }
  Done do_flush() override {
    safe_ = now_;
    return {};
  }
  Done do_resize(std::uint64_t size) override {
    // What is cut off, is safe to have been.
    expect(size > safe_.size() || !differs(size - 512),
           "the file was cut before its new footer was safe");
    now_.resize(size);
    if (size < safe_.size()) safe_.resize(size);
    return {};
  }

  // Whether the footer there is in flight.
  bool differs(std::uint64_t footer) const {
    return footer + 512 > now_.size() ||
           std::memcmp(now_.data() + footer, safe_.data() + footer, 512) != 0;
  }
  void expect(bool true_statement, const std::string& otherwise) {
    if (!true_statement) breaches_.push_back(otherwise);
  }

  ByteVector now_;
  ByteVector safe_;
  std::vector<std::string> breaches_;
};

std::shared_ptr<Image> open_watched(const std::shared_ptr<WatchedVhd>& file,
                                    std::shared_ptr<const Image> parent = nullptr) {
  return opened(open_image(file, {.writable = true, .parent = std::move(parent)}));
}

// The suites of this name are those that the check of flushes runs.
TEST(VhdPowerCutOrder, OfResizingAndCompacting) {
  VhdBuilder builder({.virtual_size = 8 * kSmallBlock});
  builder.add_block(5, 0x11);
  builder.add_block(2, 0);
  builder.add_block(7, 0x22);
  auto file = std::make_shared<WatchedVhd>(builder.bytes);
  auto image = open_watched(file);
  EXPECT_TRUE(image->write(0, filled(1, 1)));
  EXPECT_TRUE(image->resize(6 * kSmallBlock));
  EXPECT_TRUE(file->is_safe());
  EXPECT_TRUE(image->compact({}));
  EXPECT_TRUE(file->is_safe());
  EXPECT_TRUE(image->resize(3000 * kSmallBlock));
  EXPECT_TRUE(file->is_safe());
  EXPECT_THAT(file->breaches(), IsEmpty());
}

TEST(VhdPowerCutOrder, OfNamingAnotherParent) {
  auto file = std::make_shared<WatchedVhd>(VhdBuilder(child_text()).bytes);
  auto parent = opened(open_vhd(VhdBuilder().bytes));
  auto image = open_watched(file, parent);
  for (std::size_t length : Numbers{5, 900}) {
    EXPECT_TRUE(image->relink({.link_id = *parent->facts().link_id,
                               .link_id2 = {},
                               .relative_path = std::string(length, 'p'),
                               .absolute_path = {}}));
    EXPECT_TRUE(file->is_safe());
  }
  EXPECT_THAT(file->breaches(), IsEmpty());
}

TEST(VhdPowerCutOrder, OfMendingTheCopyOfTheFooter) {
  VhdBuilder builder;
  builder.bytes[9] ^= std::byte{1};
  auto file = std::make_shared<WatchedVhd>(builder.bytes);
  auto image = open_watched(file);
  EXPECT_TRUE(image->write(0, filled(1, 1)));
  EXPECT_TRUE(image->resize(7 * kSmallBlock));
  EXPECT_THAT(file->breaches(), IsEmpty());
}

TEST(VhdPowerCutOrder, OfGivingNewSums) {
  VhdBuilder builder;
  for (std::size_t at : {std::size_t{0}, builder.footer_at()}) {
    put_text(builder.bytes, at + 28, "py  ");
  }
  put_big(builder.bytes, VhdBuilder::kHeader + 56, 4, 0x1234567);
  auto file = std::make_shared<WatchedVhd>(builder.bytes);
  EXPECT_TRUE(mend_image(file));
  EXPECT_TRUE(file->is_safe());
  EXPECT_THAT(file->breaches(), IsEmpty());
}

}  // namespace
}  // namespace drydock::testing
