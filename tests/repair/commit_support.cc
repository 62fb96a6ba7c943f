#include "tests/repair/commit_support.h"

#include <algorithm>
#include <cstring>

#include "vhd/base/try.h"
#include "vhd/memory_device.h"

namespace drydock::repair {

namespace {

constexpr std::size_t kSectorSize = power_cut::kSectorSize;

// Never the same twice in a run of the tests.
Guid next_guid() {
  static std::uint64_t count = 0;
  ++count;
  Guid guid;
  std::memcpy(guid.bytes.data(), &count, sizeof count);
  return guid;
}

ByteVector guid_sector(const Guid& guid) {
  ByteVector sector(kSectorSize);
  std::ranges::copy(guid.bytes, sector.begin());
  return sector;
}

}  // namespace

std::string letters_of(Bytes bytes) {
  std::string letters;
  for (std::size_t at = 0; at < bytes.size(); at += kSectorSize) {
    Bytes sector = bytes.subspan(at, std::min(kSectorSize, bytes.size() - at));
    bool alike = std::memcmp(sector.data(), &sector[1], sector.size() - 1) == 0;
    letters += alike ? std::to_integer<char>(sector.front()) : '?';
  }
  return letters;
}

ByteVector sectors_of(std::string_view letters) {
  ByteVector bytes;
  for (char letter : letters) {
    bytes.insert(bytes.end(), kSectorSize, static_cast<std::byte>(letter));
  }
  return bytes;
}

TestImage::TestImage(DevicePtr file, bool has_guid)
    : file_(std::move(file)),
      size_(file_->size() - (has_guid ? kSectorSize : 0)),
      has_guid_(has_guid) {}

ImageFacts TestImage::facts() const {
  ImageFacts facts;
  facts.virtual_size = size_;
  Guid guid;
  if (has_guid_ && file_->read(size_, guid.bytes)) facts.data_guid = guid;
  return facts;
}

Done TestImage::do_write(std::uint64_t offset, Bytes from) {
  if (has_guid_ && !written_) {
    TRY(file_->write(size_, guid_sector(next_guid())));
    TRY(file_->flush());
    written_ = true;
  }
  return file_->write(offset, from);
}

power_cut::Files Machine::files_with(std::string_view letters, Container container) {
  ByteVector bytes = sectors_of(letters);
  if (container == Container::with_guid) {
    std::ranges::copy(guid_sector(next_guid()), std::back_inserter(bytes));
  }
  power_cut::Files files;
  files["disk"] = power_cut::Content(std::move(bytes));
  return files;
}

OpenForWriting Machine::open() {
  return [this]() -> Result<std::shared_ptr<Image>> {
    return std::make_shared<TestImage>(TRY(host_->open_for_writing("disk")),
                                       container_ == Container::with_guid);
  };
}

Result<std::shared_ptr<Image>> Machine::open_for_reading() const {
  return std::make_shared<TestImage>(TRY(host_->open("disk")),
                                     container_ == Container::with_guid);
}

std::string Machine::letters() const {
  auto image = open_for_reading();
  if (!image) return image.error().describe();
  ByteVector bytes((*image)->size());
  Done read = (*image)->read(0, bytes);
  return read ? letters_of(bytes) : read.error().describe();
}

std::string Machine::shown_letters() const {
  auto show = [&]() -> Result<std::string> {
    std::shared_ptr<Image> image = TRY(open_for_reading());
    Overlay overlay(image);
    for (const Overlay::Change& change : TRY(unsettled_changes(*image, *folder_))) {
      TRY(overlay.write(change.offset, change.after));
    }
    ByteVector bytes(overlay.size());
    TRY(overlay.read(0, bytes));
    return letters_of(bytes);
  };
  auto shown = show();
  return shown ? *shown : shown.error().describe();
}

Done Machine::write(std::size_t sector, char letter) {
  std::shared_ptr<Image> image = TRY(open()());
  TRY(image->write(sector * kSectorSize, sectors_of({&letter, 1})));
  return image->flush();
}

std::vector<Overlay::Change> Machine::changes_to(std::string_view letters) const {
  Overlay overlay(*open_for_reading());
  EXPECT_TRUE(overlay.write(0, sectors_of(letters)));
  return *overlay.changes();
}

Result<Receipt> Machine::commit(const std::vector<Overlay::Change>& changes) {
  JournalHead head;
  head.id = next_guid();
  head.time = 7;
  head.description = "{}";
  return repair::commit(open(), *folder_, head, changes);
}

std::string Machine::states() const {
  auto entries = history(*folder_);
  if (!entries) return entries.error().describe();
  std::string text;
  for (const HistoryEntry& entry : *entries) {
    if (!text.empty()) text += ' ';
    text += entry.problem.empty() ? to_string(entry.state) : entry.problem;
  }
  return text;
}

}  // namespace drydock::repair
