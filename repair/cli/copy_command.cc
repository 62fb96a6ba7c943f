// drydock cp: files from one image to another, or within one, with all that they
// have: owner and rights, times, attributes, streams.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "repair/cli/change.h"
#include "repair/cli/file_verbs.h"
#include "repair/cli/guest_files.h"
#include "repair/cli/image_path.h"
#include "repair/cli/progress_bar.h"
#include "repair/file_copy.h"
#include "repair/file_tree.h"
#include "vhd/base/try.h"

namespace drydock::cli {
namespace {

bool same_file(const std::string& a, const std::string& b) {
  std::error_code error;
  return std::filesystem::equivalent(a, b, error) && !error;
}

// Plans the copies, one by one.
class CopyPlan {
 public:
  CopyPlan(const FileSystem& source, const FileSystem& target)
      : source_(source), target_(target) {}

  // Whether descriptors and streams have a place there.  First.
  Done examine();
  Done add_file(const std::string& path, repair::GuestPath to);
  Done add_folder(const std::string& path, repair::GuestPath to);
  void leave_out(const std::string& path, std::string_view why);
  repair::Plan take() { return std::move(plan_); }

 private:
  Result<repair::FileFacts> facts_of(const File& file, const std::string& path);
  Result<ByteVector> read(const File& file);

  const FileSystem& source_;
  const FileSystem& target_;
  bool keeps_all_ = false;
  std::uint64_t size_ = 0;  // so far, held in memory
  repair::Plan plan_;
  ProgressBar bar_{"cp"};
  Progress progress_ = bar_.progress();
};

Done CopyPlan::examine() {
  keeps_all_ = TRY(target_.facts()).file_system == "ntfs";
  return {};
}

void CopyPlan::leave_out(const std::string& path, std::string_view why) {
  plan_.notes.push_back(fmt::format("{} is left out: {}", path, why));
}

Result<ByteVector> CopyPlan::read(const File& file) {
  DevicePtr data = TRY(file.data());
  ByteVector bytes = TRY(read_to_put(*data, size_));
  size_ += bytes.size();
  TRY(progress_(size_, 0));
  return bytes;
}

Result<repair::FileFacts> CopyPlan::facts_of(const File& file,
                                             const std::string& path) {
  repair::FileFacts facts{.stat = file.stat()};
  Details details = TRY(file.details());
  if (keeps_all_) {
    // By the descriptor itself: its number is another one in each volume.
    facts.security = std::move(details.security);
  }
  for (std::string& stream : repair::copied_streams(details)) {
    std::string name = path + ':' + stream;
    if (!keeps_all_) {
      leave_out(name, "the target's file system has no streams");
      continue;
    }
    File found = TRY(source_.find(name));
    ByteVector content = TRY(read(found).in(name));
    facts.streams.emplace_back(std::move(stream), std::move(content));
  }
  return facts;
}

Done CopyPlan::add_file(const std::string& path, repair::GuestPath to) {
  File file = TRY(source_.find(path));
  auto facts = TRY(facts_of(file, path).in(path));
  ByteVector content = TRY(read(file).in(path));
  plan_.edits.push_back({.action = repair::FilePut{.file = std::move(to),
                                                   .content = std::move(content),
                                                   .facts = std::move(facts)},
                         .why = "cp " + path});
  return {};
}

Done CopyPlan::add_folder(const std::string& path, repair::GuestPath to) {
  File folder = TRY(source_.find(path));
  auto facts = TRY(facts_of(folder, path).in(path));
  plan_.edits.push_back(
      {.action = repair::FolderMake{.folder = std::move(to), .facts = std::move(facts)},
       .why = "cp " + path});
  return {};
}

Done plan_tree(const Found& from, const repair::GuestPath& to, CopyPlan& plan) {
  if (to.path != "\\") TRY(plan.add_folder(from.path.path, to));
  return repair::walk_tree(
      *from.volume, from.file, from.path.path,
      [&](const repair::BelowFolder& found) -> Done {
        repair::GuestPath target{.partition = to.partition,
                                 .path = repair::join(to.path, found.below)};
        switch (found.entry.stat.kind) {
          case FileKind::directory:
            return plan.add_folder(found.path, std::move(target));
          case FileKind::file:
            return plan.add_file(found.path, std::move(target));
          case FileKind::reparse_point:
            plan.leave_out(found.path, "a reparse point");
        }
        return {};
      },
      [&](const Error& error) { plan.leave_out(from.path.path, error.describe()); });
}

Result<repair::Plan> make_plan(const repair::Disk& source, const std::string& from_text,
                               std::size_t from_installation,
                               const repair::Disk& target, repair::GuestPath to,
                               bool recursive, Report& report) {
  Found from = TRY(find_file(source, from_text, from_installation, report));
  FileSystemPtr volume = TRY(target.volume(to.partition));
  CopyPlan plan(*from.volume, *volume);
  TRY(plan.examine());
  if (from.file.is_directory() != recursive) {
    return Error(Errc::bad_argument, recursive ? "-r is of a folder, and this isn't one"
                                               : "this is a folder; -r copies one")
        .in(from_text);
  }
  if (recursive) {
    if (from.volume == volume && repair::is_within(to.path, from.path.path)) {
      return Error(Errc::bad_argument, "a folder can't be copied into itself");
    }
    TRY(plan_tree(from, to, plan));
    return plan.take();
  }
  auto there = volume->find(to.path);
  if (there && there->is_directory()) {
    to.path =
        repair::join(to.path, from.path.path.substr(from.path.path.rfind('\\') + 1));
  }
  TRY(plan.add_file(from.path.path, std::move(to)));
  return plan.take();
}

}  // namespace

Exit copy(const CopyRequest& request, Report& report) {
  auto from = split_image_path(request.source);
  if (!from) return report.fail(from.error());
  auto to = split_image_path(request.target);
  if (!to) return report.fail(to.error());
  DiskChoice source_choice{.parents = request.source_parents,
                           .unclean = request.change.disk.unclean,
                           .keys = request.change.disk.keys};
  auto plan = [&](const repair::Disk& target,
                  std::size_t installation) -> Result<repair::Plan> {
    repair::GuestPath path = TRY(target.resolve(to->guest, installation));
    if (same_file(from->image, to->image)) {
      return make_plan(target, from->guest, installation, target, std::move(path),
                       request.recursive, report);
    }
    OpenImage source = TRY(open_image_file(from->image, source_choice, report));
    return make_plan(*source.disk, from->guest, request.source_installation, target,
                     std::move(path), request.recursive, report);
  };
  return change_image(to->image, request.change, "cp", plan, report);
}

}  // namespace drydock::cli
