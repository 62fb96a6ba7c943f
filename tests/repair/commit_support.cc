#include "tests/repair/commit_support.h"

#include <algorithm>
#include <cstring>

#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/base/try.h"
#include "vhd/file_device.h"
#include "vhd/memory_device.h"

namespace drydock::repair {

namespace {

constexpr std::size_t kSectorSize = power_cut::kSectorSize;

constexpr std::uint64_t kBlockSize = 1 << 20;
constexpr std::size_t kSectorsPerBlock = 4;

// Never the same twice in a run of the tests.
Guid new_guid() {
  static std::uint64_t count = 0;
  ++count;
  Guid guid;
  std::memcpy(guid.bytes.data(), &count, sizeof count);
  return guid;
}

Result<Guid> next_guid() { return new_guid(); }

// Of three blocks, none of which is there.
ByteVector empty_vhdx() {
  TempFolder folder;
  std::string path = (folder / "disk.vhdx").string();
  RunResult made = run({"qemu-img", "create", "-q", "-f", "vhdx", "-o",
                        "block_size=1M,log_size=1M", path, "3M"});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  auto file = FileDevice::open(path);
  auto bytes = read_bytes(**file, 0, (*file)->size(), 16 << 20);
  EXPECT_TRUE(bytes);
  return *bytes;
}

ByteVector guid_sector(const Guid& guid) {
  ByteVector sector(kSectorSize);
  std::ranges::copy(guid.bytes, sector.begin());
  return sector;
}

}  // namespace

ByteVector sector_of(char letter) {
  return ByteVector(kSectorSize,
                    letter == '.' ? std::byte{0} : static_cast<std::byte>(letter));
}

void PrintTo(Container container, std::ostream* out) {
  constexpr const char* kNames[] = {"raw", "with_guid", "vhdx"};
  *out << kNames[static_cast<std::size_t>(container)];
}

bool can_make(Container container) {
  return container != Container::vhdx || have_program("qemu-img");
}

TestImage::TestImage(DevicePtr file)
    : file_(std::move(file)), size_(file_->size() - kSectorSize) {}

ImageFacts TestImage::facts() const {
  ImageFacts facts;
  facts.virtual_size = size_;
  Guid guid;
  if (file_->read(size_, guid.bytes)) facts.data_guid = guid;
  return facts;
}

Done TestImage::do_write(std::uint64_t offset, Bytes from) {
  if (!written_) {
    TRY(file_->write(size_, guid_sector(new_guid())));
    TRY(file_->flush());
    written_ = true;
  }
  return file_->write(offset, from);
}

power_cut::Files Machine::files_with(std::string_view letters, Container container) {
  power_cut::Files files;
  if (container == Container::vhdx) {
    files["disk"] = power_cut::Content(empty_vhdx());
  } else {
    ByteVector bytes(letters.size() * kSectorSize);
    if (container == Container::with_guid) {
      std::ranges::copy(guid_sector(new_guid()), std::back_inserter(bytes));
    }
    files["disk"] = power_cut::Content(std::move(bytes));
  }
  Machine machine(power_cut::Host::start(std::move(files)), container);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (letters[i] == '.') continue;
    Done written = machine.write(i, letters[i]);
    EXPECT_TRUE(written) << written.error().describe();
  }
  return machine.host().files();
}

OpenForWriting Machine::open() {
  return [this]() -> Result<std::shared_ptr<Image>> {
    DevicePtr file = TRY(host_->open_for_writing("disk"));
    if (container_ == Container::with_guid) return std::make_shared<TestImage>(file);
    return open_image(file, {.writable = true, .make_guid = next_guid});
  };
}

Result<std::shared_ptr<Image>> Machine::open_for_reading() const {
  DevicePtr file = TRY(host_->open("disk"));
  if (container_ == Container::with_guid) return std::make_shared<TestImage>(file);
  return open_image(file);
}

std::uint64_t Machine::place_of(std::size_t letter) const {
  if (container_ != Container::vhdx) return letter * kSectorSize;
  return letter / kSectorsPerBlock * kBlockSize +
         letter % kSectorsPerBlock * kSectorSize;
}

std::string Machine::letters_on(const BlockDevice& disk) const {
  auto read = [&]() -> Result<std::string> {
    std::string letters;
    std::uint64_t at = 0;
    bool rest_is_zero = true;
    ByteVector sector(kSectorSize);
    for (std::size_t i = 0; place_of(i) < disk.size(); ++i) {
      ByteVector rest = TRY(read_bytes(disk, at, place_of(i) - at, kBlockSize));
      rest_is_zero &= is_zero(rest);
      TRY(disk.read(place_of(i), sector));
      char letter = static_cast<char>(sector[0]);
      if (letter == 0) letter = '.';
      letters += sector == sector_of(letter) ? letter : '?';
      at = place_of(i) + kSectorSize;
    }
    ByteVector rest = TRY(read_bytes(disk, at, disk.size() - at, kBlockSize));
    return letters + (rest_is_zero && is_zero(rest) ? "" : "!");
  };
  auto letters = read();
  return letters ? *letters : letters.error().describe();
}

std::string Machine::letters() const {
  auto image = open_for_reading();
  return image ? letters_on(**image) : image.error().describe();
}

std::string Machine::shown_letters() const {
  auto show = [&]() -> Result<std::string> {
    std::shared_ptr<Image> image = TRY(open_for_reading());
    Overlay overlay(image);
    for (const Overlay::Change& change : TRY(unsettled_changes(*image, *folder_))) {
      TRY(overlay.write(change.offset, change.after));
    }
    return letters_on(overlay);
  };
  auto shown = show();
  return shown ? *shown : shown.error().describe();
}

Done Machine::write(std::size_t sector, char letter) {
  std::shared_ptr<Image> image = TRY(open()());
  TRY(image->write(place_of(sector), sector_of(letter)));
  return image->flush();
}

std::vector<Overlay::Change> Machine::changes_to(std::string_view letters) const {
  Overlay overlay(*open_for_reading());
  for (std::size_t i = 0; i < letters.size(); ++i) {
    EXPECT_TRUE(overlay.write(place_of(i), sector_of(letters[i])));
  }
  return *overlay.changes();
}

Result<Receipt> Machine::commit(const std::vector<Overlay::Change>& changes) {
  JournalHead head;
  head.id = new_guid();
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

Done Machine::save(const std::filesystem::path& path) const {
  DevicePtr image = TRY(host_->open("disk"));
  ByteVector bytes = TRY(read_bytes(*image, 0, image->size(), 64 << 20));
  std::filesystem::remove(path);
  auto file = TRY(FileDevice::open(path, {.writable = true, .create = true}));
  TRY(file->resize(bytes.size()));
  return file->write(0, bytes);
}

}  // namespace drydock::repair
