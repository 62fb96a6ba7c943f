// A small disk on a simulated host, with its journals beside it, for the tests
// of journal and commit.

#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "harness/power_cut/cuts.h"
#include "harness/power_cut/host.h"
#include "harness/power_cut/journal_folder.h"
#include "repair/commit.h"

namespace drydock::repair {

// What is on a disk is told by a letter for each sector that the tests use: of
// that letter's bytes all of it is made, '.' is zeros, and '?' is anything else.
// A sector that the tests don't use is zeros, or '!' stands at the end.
ByteVector sector_of(char letter);

// An image like a VHDX in what commit() cares for: it has a data GUID, which
// changes, and is safe, before the first write of an opening reaches the disk.
// The GUID is in the last sector of its file.
class TestImage final : public Image {
 public:
  explicit TestImage(DevicePtr file);

  ImageFacts facts() const override;
  std::uint64_t size() const override { return size_; }
  std::uint32_t sector_size() const override { return 512; }
  bool writable() const override { return file_->writable(); }
  Result<Mapping> map(std::uint64_t offset) const override {
    return Mapping{.length = size_ - offset, .present = true, .file_offset = offset};
  }

 private:
  Done do_read(std::uint64_t offset, MutableBytes into) const override {
    return file_->read(offset, into);
  }
  Done do_write(std::uint64_t offset, Bytes from) override;
  Done do_flush() override { return file_->flush(); }

  DevicePtr file_;
  std::uint64_t size_;
  bool written_ = false;
};

// What holds the disk: nothing, a TestImage, or a VHDX made by qemu-img, in
// which each four sectors are at the start of a block of their own.
enum class Container { raw, with_guid, vhdx };

void PrintTo(Container container, std::ostream* out);
// Whether it can be made here: qemu-img may be missing.
bool can_make(Container container);

// A host with the image "disk" on it.
class Machine {
 public:
  explicit Machine(std::shared_ptr<power_cut::Host> host,
                   Container container = Container::raw)
      : host_(std::move(host)),
        container_(container),
        folder_(power_cut::journals_on(host_, "disk")) {}
  // At rest, with these sectors and no journal.
  explicit Machine(std::string_view letters, Container container = Container::raw)
      : Machine(power_cut::Host::start(files_with(letters, container)), container) {}

  static power_cut::Files files_with(std::string_view letters, Container container);

  power_cut::Host& host() { return *host_; }
  JournalFolder& folder() { return *folder_; }

  OpenForWriting open();
  Result<std::shared_ptr<Image>> open_for_reading() const;
  // What lies on the disk.
  std::string letters() const;
  // The same of this disk, if it is laid out alike.
  std::string letters_on(const BlockDevice& disk) const;
  // What a reader is shown: with an unfinished change laid over it.
  std::string shown_letters() const;
  // What a guest does: it opens the image, and writes one sector.
  Done write(std::size_t sector, char letter);

  // The changes that make what lies there into `letters`.
  std::vector<Overlay::Change> changes_to(std::string_view letters) const;
  Result<Receipt> commit(const std::vector<Overlay::Change>& changes);
  Result<Receipt> commit_to(std::string_view letters) {
    return commit(changes_to(letters));
  }
  Result<Receipt> undo() { return repair::undo(open(), *folder_); }
  Result<std::vector<Settled>> settle() { return repair::settle(open(), *folder_); }
  // "sealed undone", oldest first.
  std::string states() const;
  // Copies the image to a file of the real host.
  Done save(const std::filesystem::path& path) const;

 private:
  std::uint64_t place_of(std::size_t letter) const;
  std::shared_ptr<power_cut::Host> host_;
  Container container_;
  std::unique_ptr<JournalFolder> folder_;
};

}  // namespace drydock::repair
