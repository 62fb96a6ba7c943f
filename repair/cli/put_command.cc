// drydock put: files into an image, one or a whole folder's.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "repair/cli/change.h"
#include "repair/cli/guest_files.h"
#include "repair/cli/host_file.h"
#include "repair/file_tree.h"
#include "vhd/base/try.h"

namespace drydock::cli {
namespace {

namespace fs = std::filesystem;

// --keep-old: what is replaced stays beside it.
Done add_keep_old(const repair::Disk& disk, const repair::GuestPath& path,
                  repair::Plan& plan) {
  FileSystemPtr volume = TRY(disk.volume(path.partition));
  if (!volume->find(path.path)) return {};
  std::size_t slash = path.path.rfind('\\') + 1;
  std::string old = path.path.substr(0, slash) + "old_" + path.path.substr(slash);
  plan.edits.push_back(
      {.action = repair::FileRename{.file = path, .to = old}, .why = "--keep-old"});
  return {};
}

Result<std::vector<fs::path>> names_in(const fs::path& folder) {
  std::vector<fs::path> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    names.push_back(at->path());
  }
  if (error) {
    return Error(Errc::io, fmt::format("the host says: {}", error.message()))
        .in(folder.string());
  }
  // So that one folder gives one plan, whatever order the host has.
  std::ranges::sort(names);
  return names;
}

Result<ByteVector> read_to_put(const fs::path& host, std::uint64_t held) {
  auto file = TRY(FileDevice::open(host));
  return cli::read_to_put(*file, held).in(host.string());
}

// Plans what is below `host` into `guest`.  Links of the host aren't followed.
Result<std::uint64_t> plan_folder(const fs::path& host, const repair::GuestPath& guest,
                                  std::uint64_t size, repair::Plan& plan) {
  plan.edits.push_back({.action = repair::FolderMake{.folder = guest},
                        .why = "put -r " + host.string()});
  for (const fs::path& path : TRY(names_in(host))) {
    repair::GuestPath below{.partition = guest.partition,
                            .path = repair::join(guest.path, path.filename().string())};
    std::error_code error;
    auto status = fs::symlink_status(path, error);
    if (!fs::status_known(status)) {
      return Error(Errc::io, fmt::format("the host says: {}", error.message()))
          .in(path.string());
    }
    if (status.type() == fs::file_type::directory) {
      size = TRY(plan_folder(path, below, size, plan));
    } else if (status.type() == fs::file_type::regular) {
      ByteVector content = TRY(read_to_put(path, size));
      size += content.size();
      plan.edits.push_back({.action = repair::FilePut{.file = std::move(below),
                                                      .content = std::move(content)},
                            .why = "put " + path.string()});
    } else {
      plan.notes.push_back(
          fmt::format("{} is left out: neither a file nor a folder", path.string()));
    }
  }
  return size;
}

Exit put_folder(const PutRequest& request, Report& report) {
  auto make_plan = [&](const repair::Disk& disk,
                       std::size_t installation) -> Result<repair::Plan> {
    repair::GuestPath path = TRY(disk.resolve(request.guest, installation));
    repair::Plan plan;
    TRY(plan_folder(request.host, path, 0, plan));
    // The root is there, and nothing that could be made.
    if (path.path == "\\") plan.edits.erase(plan.edits.begin());
    return plan;
  };
  return change_image(request.image, request.change, "put -r", make_plan, report);
}

}  // namespace

Exit put(const PutRequest& request, Report& report) {
  std::error_code ignored;  // What can't be looked at is no folder.
  if (request.recursive &&
      (request.keep_old || !fs::is_directory(request.host, ignored))) {
    return report.fail(
        Error(Errc::bad_argument, request.keep_old
                                      ? "--keep-old is of one file, and -r isn't"
                                      : "-r is of a folder, and this isn't one")
            .in(request.host));
  }
  if (request.recursive) return put_folder(request, report);
  auto content = request.host == "-" ? read_standard_input(kPutSizeMax)
                                     : read_to_put(request.host, 0);
  if (!content) return report.fail(content.error());
  auto make_plan = [&](const repair::Disk& disk,
                       std::size_t installation) -> Result<repair::Plan> {
    repair::Plan plan;
    repair::GuestPath path = TRY(disk.resolve(request.guest, installation));
    if (request.keep_old) TRY(add_keep_old(disk, path, plan));
    plan.edits.push_back(
        {.action = repair::FilePut{.file = path, .content = std::move(*content)},
         .why = "put " + request.host});
    return plan;
  };
  return change_image(request.image, request.change, "put", make_plan, report);
}

}  // namespace drydock::cli
