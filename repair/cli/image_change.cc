// drydock image compact and resize.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "repair/cli/calm_commit.h"
#include "repair/cli/container.h"
#include "repair/cli/image_source.h"
#include "repair/cli/image_words.h"
#include "repair/cli/progress_bar.h"
#include "vhd/base/try.h"
#include "vhd/compare.h"
#include "vhd/memory_device.h"
#include "vhd/partition/table.h"
#include "vhd/partition/table_writer.h"
#include "vhd/slice.h"

namespace drydock::cli {
namespace {

using nlohmann::json;

// The last sectors of a GPT disk: the backup header, and its entries before it.
constexpr std::uint64_t kGptBackupSectors = 33;

Result<Chain> open_to_change(const ImageChoice& choice, Report& report) {
  auto file = TRY(FileDevice::open(choice.file, {.writable = true}));
  report.track(file);
  ChainOptions options;
  options.writable = true;
  options.parents.assign(choice.parents.begin(), choice.parents.end());
  return open_chain(file, std::move(options));
}

// A volume that BitLocker encrypts begins so, at this place of its boot sector.
constexpr std::string_view kBitlockerMark = "-FVE-FS-";
constexpr std::uint64_t kBitlockerMarkOffset = 3;

Result<Compaction> compact(const ImageChoice& choice, Report& report) {
  Chain chain = TRY(open_to_change(choice, report));
  ProgressBar bar("compact");
  return chain.image->compact(bar.progress()).in(choice.file);
}

// ---- resize

// "20G", "+5G", "-5G": what the size becomes.
Result<std::uint64_t> new_size(const std::string& word, std::uint64_t size) {
  if (word.empty() || (word[0] != '+' && word[0] != '-')) return parse_size(word);
  std::uint64_t change = TRY(parse_size(word.substr(1)));
  if (word[0] == '+') return size + change;
  if (change < size) return size - change;
  return Error(Errc::bad_argument,
               fmt::format("the disk has {} bytes, and can't lose {}", size, change));
}

// Whether bytes from `offset` to `end` are all zeros.
Result<bool> is_empty(const DevicePtr& disk, std::uint64_t offset, std::uint64_t end) {
  if (offset >= end) return true;
  DevicePtr part = TRY(Slice::create(disk, offset, end - offset));
  MemoryDevice nothing{ByteVector{}};
  return !TRY(find_difference(*part, nothing)).has_value();
}

// A volume that has the whole disk begins with a boot sector, which ends so.
Result<bool> is_bare_volume(const BlockDevice& disk) {
  ByteVector sector = TRY(read_bytes(disk, 0, 512, 512));
  return sector[510] == std::byte{0x55} && sector[511] == std::byte{0xAA};
}

// A smaller disk must not lose anything that somebody put there.
Done check_shrink(const std::shared_ptr<Image>& image, std::uint64_t size) {
  partition::Table table = TRY(partition::read_table(*image));
  if (table.scheme != partition::Scheme::none || TRY(is_bare_volume(*image))) {
    std::uint64_t least = TRY(partition::least_size(*image));
    if (size < least) {
      return Error(Errc::bad_argument,
                   fmt::format("its partitions need {} bytes; a disk of {} would cut "
                               "them",
                               least, size));
    }
  }
  std::uint64_t end = image->size();
  if (table.scheme == partition::Scheme::gpt) {
    end -= std::min(end, kGptBackupSectors * image->sector_size());
  }
  if (TRY(is_empty(image, size, end))) return {};
  return Error(
      Errc::bad_argument,
      fmt::format("the disk isn't empty from {} on: what is there would be lost",
                  size));
}

struct Resized {
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  bool moved_gpt = false;  // its backup is at the disk's new end
  std::vector<std::string> notes = {};
};

// Who measures what it starts from may measure the partition table, too.
std::vector<std::string> warnings_of(const BlockDevice& disk,
                                     const partition::Table& table) {
  std::vector<std::string> warnings;
  for (const partition::Partition& partition : table.partitions) {
    auto mark = read_bytes(disk, partition.offset + kBitlockerMarkOffset,
                           kBitlockerMark.size(), kBitlockerMark.size());
    if (!mark || as_text(*mark) != kBitlockerMark) continue;
    warnings.push_back(
        fmt::format("partition {} is encrypted by BitLocker: after a change of the "
                    "partition table the machine may ask for its recovery key",
                    partition.number));
  }
  return warnings;
}

Done shrink(const ImageResizeRequest& request, const std::shared_ptr<Image>& image,
            const Resized& resized, bool gpt) {
  if (!request.shrink) {
    return Error(Errc::bad_argument,
                 fmt::format("{} bytes are less than the disk's {}; --shrink cuts it",
                             resized.after, resized.before));
  }
  TRY(check_shrink(image, resized.after));
  // Safe at its new place before the old one is cut off.
  if (gpt) TRY(partition::move_backup_gpt(*image, resized.after));
  return image->resize(resized.after);
}

Done grow(const std::shared_ptr<Image>& image, const Resized& resized, bool gpt) {
  TRY(image->resize(resized.after));
  if (gpt) TRY(partition::move_backup_gpt(*image, resized.after));
  return {};
}

Result<Resized> resize(const ImageResizeRequest& request, Report& report) {
  if (!request.force) TRY(check_no_children(request.image.file));
  Chain chain = TRY(open_to_change(request.image, report));
  const std::shared_ptr<Image>& image = chain.image;
  Resized resized{.before = image->size(), .after = 0, .moved_gpt = false};
  resized.after = TRY(new_size(request.size, resized.before));
  if (resized.after == resized.before) return resized;
  if (resized.after % image->sector_size() != 0) {
    return Error(Errc::bad_argument, fmt::format("{} bytes aren't whole sectors of {}",
                                                 resized.after, image->sector_size()));
  }
  CalmCommit calm;
  // A table that can't be understood is no reason to keep a disk from growing.
  auto table = partition::read_table(*image);
  resized.moved_gpt = table && table->scheme == partition::Scheme::gpt;
  Done done = resized.after < resized.before
                  ? shrink(request, image, resized, resized.moved_gpt)
                  : grow(image, resized, resized.moved_gpt);
  TRY(std::move(done).in(request.image.file));
  TRY(image->flush().in(request.image.file));
  if (resized.moved_gpt) resized.notes = warnings_of(*image, *table);
  return resized;
}

}  // namespace

Exit image_compact(const ImageChoice& choice, Report& report) {
  auto done = compact(choice, report);
  if (!done) return report.fail(done.error());
  report.print(fmt::format(
      "{}: {} blocks of zeros dropped, {} moved; the file had {} and has {}\n",
      choice.file, done->dropped_block_count, done->moved_block_count,
      binary_size(done->size_before), binary_size(done->size_after)));
  report.document({{"image", choice.file},
                   {"dropped_blocks", done->dropped_block_count},
                   {"moved_blocks", done->moved_block_count},
                   {"size_before", done->size_before},
                   {"size_after", done->size_after}});
  return Exit::done;
}

Exit image_resize(const ImageResizeRequest& request, Report& report) {
  auto resized = resize(request, report);
  if (!resized) return report.fail(resized.error());
  report.print(fmt::format("{}: the disk had {} and has {}\n", request.image.file,
                           binary_size(resized->before), binary_size(resized->after)));
  if (resized->moved_gpt) {
    report.print("  the backup of its partition table is at the new end\n");
  }
  for (const std::string& note : resized->notes) report.print("note: " + note + "\n");
  report.document({{"image", request.image.file},
                   {"size_before", resized->before},
                   {"size_after", resized->after},
                   {"moved_gpt", resized->moved_gpt},
                   {"notes", resized->notes}});
  return Exit::done;
}

}  // namespace drydock::cli
