#include "vhd/vhdx/writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/vhdx/log_writer.h"

namespace drydock::vhdx {

Writer::Writer(DevicePtr file, Headers headers, std::uint32_t block_size,
               MakeGuid make_guid)
    : file_(std::move(file)),
      headers_(std::move(headers)),
      block_size_(block_size),
      make_guid_(std::move(make_guid)) {}

Done Writer::check_usable() const {
  if (!broken_) return {};
  return Error(Errc::io,
               "an earlier write to the image's structures was refused by the host; "
               "open the image anew");
}

// Both GUIDs, before anything changes.  [MS-VHDX] 2.2.2
Done Writer::begin() {
  if (begun_) return {};
  repair_ = TRY(find_region_table_repair(*file_));
  Header header = headers_.current();
  header.file_write_guid = TRY(make_guid_());
  header.data_write_guid = TRY(make_guid_());
  broken_ = true;
  TRY(headers_.update(*file_, header));
  broken_ = false;
  begun_ = true;
  return {};
}

Done Writer::write(Bat& bat, std::uint64_t offset, Bytes from) {
  TRY(check_usable());
  while (!from.empty()) {
    Bat::Run run = bat.run(offset, from.size());
    if (!run.file_offset) {  // One block at a time: any may be all zeros.
      run.length = std::min(run.length, block_size_ - offset % block_size_);
    }
    Bytes part = from.first(run.length);
    if (run.file_offset) {
      TRY(begin());
      TRY(file_->write(*run.file_offset, part));
    } else if (!is_zero(part)) {
      TRY(begin());
      TRY(allocate(bat, offset, part));
    }
    offset += run.length;
    from = from.subspan(run.length);
  }
  return {};
}

Done Writer::allocate(Bat& bat, std::uint64_t offset, Bytes from) {
  std::uint64_t block = offset / block_size_;
  std::uint64_t within = offset % block_size_;
  std::uint64_t place = 0;
  if (auto kept = bat.kept_space(block)) {
    place = *kept;
    TRY(file_->zero(place, within));
    TRY(file_->zero(place + within + from.size(), block_size_ - within - from.size()));
  } else {
    place = TRY(find_space(bat));
  }
  TRY(file_->write(place + within, from));
  bat.place(block, place);
  return {};
}

// Always new space past the end, which reads as zeros.  What an earlier session
// lost there in a power cut stays lost: it may hold another block's data.
Result<std::uint64_t> Writer::find_space(const Bat& bat) {
  std::uint64_t end = std::max(file_->size(), bat.structures_end());
  std::uint64_t place = checked::div_up(end, kAlignment) * kAlignment;
  if (!checked::within(place, block_size_, kFileSizeMax)) {
    return Error(Errc::no_space,
                 fmt::format("the file would grow beyond {} bytes", kFileSizeMax));
  }
  TRY(file_->resize(place + block_size_));
  return place;
}

Done Writer::flush(Bat& bat) {
  TRY(check_usable());
  broken_ = true;
  TRY(flush_through(bat));
  broken_ = false;
  return {};
}

Done Writer::flush_through(Bat& bat) {
  std::vector<PageWrite> pages;
  if (repair_) {
    for (std::uint64_t at = 0; at < repair_->bytes.size(); at += kPageSize) {
      pages.push_back({.file_offset = repair_->offset + at,
                       .contents = Bytes(repair_->bytes).subspan(at, kPageSize)});
    }
  }
  for (std::uint64_t page : bat.changed_pages()) {
    pages.push_back(
        {.file_offset = bat.page_offset(page), .contents = bat.page_bytes(page)});
  }
  if (pages.empty()) return file_->flush();
  Guid log_guid = TRY(make_guid_());
  TRY(write_through_log(*file_, headers_, log_guid, pages, bat.structures_end()));
  repair_.reset();
  bat.forget_changes();
  return {};
}

Done settle_log(BlockDevice& file, Headers& headers, const Replay& replay,
                const MakeGuid& make_guid) {
  Header header = headers.current();
  header.file_write_guid = TRY(make_guid());
  TRY(headers.update(file, header));
  TRY(write_replay(replay, file));
  // The log is needed until all of it is safe in its place.
  TRY(file.flush());
  header = headers.current();
  header.log_guid = Guid{};
  TRY(headers.update(file, header));
  return file.flush();
}

}  // namespace drydock::vhdx
