#include "repair/script/copier.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "repair/file_copy.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::script {

using repair::Disk;
using repair::FileFacts;
using repair::GuestPath;

namespace {

// What waits to be written is carried out beyond this.
constexpr std::uint64_t kHeldSizeMax = std::uint64_t{64} << 20;
constexpr std::size_t kHeldCountMax = 256;
// Of one file, which has to be in memory.
constexpr std::uint64_t kFileSizeMax = std::uint64_t{1} << 30;

Error wrong(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

bool same_place(const GuestPath& a, const GuestPath& b) {
  return a.partition == b.partition && equal_ignoring_case(a.path, b.path);
}

}  // namespace

Result<Copier> Copier::begin(Machine& machine, CopyRules rules) {
  const Disk* disk = TRY(machine.disk());
  return Copier(machine, *disk, rules);
}

Done Copier::check_target(const Named& from, const std::optional<Named>& there,
                          const GuestPath& to) const {
  if (same_place(from.path, to)) return wrong("a file isn't copied onto itself");
  if (!there) return {};
  if (there->is_folder()) return wrong("a folder of this name is there");
  bool read_only = (there->stat.attributes & attribute::read_only) != 0;
  if (!read_only || rules_.over_read_only) return {};
  return wrong("the file that is there is read-only; attrib -r lets it be replaced");
}

Result<ByteVector> Copier::read(const File& file) {
  DevicePtr data = TRY(file.data());
  if (data->size() > kFileSizeMax) {
    return Error(Errc::unsupported,
                 fmt::format("{} bytes are more than is copied at once ({})",
                             data->size(), kFileSizeMax));
  }
  ByteVector bytes = TRY(read_bytes(*data, 0, data->size(), kFileSizeMax));
  held_size_ += bytes.size();
  return bytes;
}

Result<FileFacts> Copier::facts_of(const File& file, const Named& from,
                                   const std::optional<Named>& there,
                                   const GuestPath& to) {
  FileFacts facts;
  const Stat& stat = from.stat;
  if (rules_.modified) facts.stat.modified = stat.modified;
  if (rules_.created) facts.stat.created = stat.created;
  std::uint32_t kept = there ? there->stat.attributes : attribute::archive;
  facts.stat.attributes = rules_.attributes ? stat.attributes : kept;
  if (!rules_.read_only) facts.stat.attributes &= ~attribute::read_only;
  if (rules_.archived) facts.stat.attributes |= attribute::archive;
  Details details = TRY(file.details());
  bool keeps_all = TRY(disk_->file_system(to.partition)) == "ntfs";
  if (rules_.security && keeps_all) facts.security = std::move(details.security);
  FileSystemPtr volume = TRY(disk_->volume(from.path.partition));
  for (std::string& stream : repair::copied_streams(details)) {
    if (!keeps_all) {
      machine_->note(fmt::format("{}:{} is left out: {} has no streams",
                                 machine_->show(from.path), stream,
                                 TRY(disk_->file_system(to.partition))));
      continue;
    }
    File found = TRY(volume->find(from.path.path + ':' + stream));
    ByteVector content = TRY(read(found).in("stream " + stream));
    facts.streams.emplace_back(std::move(stream), std::move(content));
  }
  return facts;
}

Result<bool> Copier::copy(const Named& from, const GuestPath& to) {
  std::string place = machine_->show(from.path);
  if (from.stat.kind == FileKind::reparse_point) {
    machine_->note(place + " is left out: a reparse point, whose file is elsewhere");
    return false;
  }
  std::optional<Named> there = TRY(look(*disk_, to));
  TRY(check_target(from, there, to).in(machine_->show(to)));
  FileSystemPtr volume = TRY(disk_->volume(from.path.partition));
  File file = TRY(volume->find(from.path.path).in(place));
  FileFacts facts = TRY(facts_of(file, from, there, to).in(place));
  ByteVector content = TRY(read(file).in(place));
  TRY(machine_->edit(repair::FilePut{
      .file = to, .content = std::move(content), .facts = std::move(facts)}));
  TRY(settle_if_much());
  return true;
}

Done Copier::make_folder(const GuestPath& folder) {
  for (GuestPath& missing : TRY(missing_folders(*disk_, folder))) {
    auto [at, added] = made_.emplace(missing.partition, ascii_lower(missing.path));
    if (!added) continue;
    TRY(machine_->edit(
        repair::FolderMake{.folder = std::move(missing), .facts = std::nullopt}));
    TRY(settle_if_much());
  }
  return {};
}

Done Copier::settle_if_much() {
  if (++held_count_ < kHeldCountMax && held_size_ < kHeldSizeMax) return {};
  held_count_ = 0;
  held_size_ = 0;
  return machine_->settle();
}

Result<std::vector<GuestPath>> missing_folders(const Disk& disk,
                                               const GuestPath& folder) {
  std::vector<GuestPath> missing;
  for (std::size_t slash = 0; slash != std::string::npos;) {
    slash = folder.path.find('\\', slash + 1);
    GuestPath path{.partition = folder.partition, .path = folder.path.substr(0, slash)};
    // Below one that is missing, nothing is there.
    std::optional<Named> there;
    if (missing.empty()) there = TRY(look(disk, path));
    if (!there) {
      missing.push_back(std::move(path));
    } else if (!there->is_folder()) {
      return wrong("a file is where a folder is to be").in(disk.show(path));
    }
  }
  return missing;
}

}  // namespace drydock::script
