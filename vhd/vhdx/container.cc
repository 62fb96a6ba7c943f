#include "vhd/vhdx/container.h"

#include <fmt/format.h>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::vhdx {

namespace {

Result<std::string> read_creator(const BlockDevice& file) {
  if (file.size() < kHeaderSectionSize) {
    return Error(Errc::corrupt,
                 fmt::format("the file has been cut: it has {} bytes, and the headers "
                             "alone take {}",
                             file.size(), kHeaderSectionSize));
  }
  ByteVector raw = TRY(read_bytes(file, 0, sizeof(FileIdentifier), kPageSize));
  auto identifier = *load<FileIdentifier>(raw);
  if (identifier.signature != kFileSignature) {
    return Error(Errc::corrupt, "the file doesn't begin with \"vhdxfile\"");
  }
  std::u16string creator = utf16le(identifier.creator);
  return to_utf8(creator.substr(0, creator.find(u'\0')));
}

}  // namespace

Result<Container> read_container(DevicePtr file) {
  std::string creator = TRY(read_creator(*file));
  Headers headers = TRY(Headers::read(*file).in("header"));
  std::shared_ptr<const ReplayedFile> replayed;
  std::shared_ptr<const BlockDevice> view = file;
  if (!headers.current().log_guid.is_zero()) {
    Replay replay = TRY(read_log(*file, headers.current()).in("log"));
    replayed = std::make_shared<ReplayedFile>(file, std::move(replay));
    view = replayed;
  }
  RegionTable regions =
      TRY(read_region_table(*view, headers.current()).in("region table"));
  Metadata metadata = TRY(read_metadata(*view, regions.metadata).in("metadata"));
  return Container{.creator = std::move(creator),
                   .headers = std::move(headers),
                   .replayed = std::move(replayed),
                   .view = std::move(view),
                   .regions = std::move(regions),
                   .metadata = std::move(metadata)};
}

ImageFacts facts_of(const Container& container) {
  const Metadata& metadata = container.metadata;
  ImageFacts facts;
  facts.format = ImageFormat::vhdx;
  facts.kind = ImageKind::dynamic;
  facts.virtual_size = metadata.virtual_size;
  facts.block_size = metadata.block_size;
  facts.logical_sector_size = metadata.logical_sector_size;
  facts.physical_sector_size = metadata.physical_sector_size;
  facts.log = ImageLog::clean;
  if (container.replayed) {
    facts.log = ImageLog::pending;
    facts.log_entry_count = container.replayed->replay().entry_count;
  }
  facts.data_guid = container.headers.current().data_write_guid;
  facts.link_id = facts.data_guid;
  facts.disk_id = metadata.disk_id;
  if (metadata.has_parent) {
    facts.parent_link_id = metadata.parent.link_id;
    facts.parent_link_id2 = metadata.parent.link_id2;
    facts.parent_paths = metadata.parent.paths;
  }
  facts.refusal = refusal_of(container);
  if (metadata.leave_blocks_allocated) facts.kind = ImageKind::fixed;
  if (metadata.has_parent) facts.kind = ImageKind::differencing;
  if (!container.creator.empty()) facts.creator = container.creator;
  return facts;
}

std::optional<std::string> refusal_of(const Container& container) {
  const Metadata& metadata = container.metadata;
  if (metadata.incomplete) {
    return "the program that made this VHDX never finished: the disk in it isn't "
           "whole; "
           "make it again";
  }
  return std::nullopt;
}

}  // namespace drydock::vhdx
