// drydock get: files out of an image, one or a whole folder's.

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "repair/cli/guest_files.h"
#include "repair/cli/host_file.h"
#include "repair/cli/host_flush.h"
#include "repair/cli/host_name.h"
#include "repair/cli/progress_bar.h"
#include "repair/file_tree.h"
#include "vhd/base/try.h"

namespace drydock::cli {
namespace {

using nlohmann::json;

// What a whole folder came to.
struct Tally {
  std::uint64_t size = 0;  // in bytes
  std::uint64_t files = 0;
  std::uint64_t folders = 0;
  json problems = json::array();
};

class FolderCopy {
 public:
  FolderCopy(const FileSystem& volume, std::filesystem::path target, Report& report)
      : volume_(volume), target_(std::move(target)), report_(report) {}

  Done take(const repair::BelowFolder& found);
  void tell(const Error& error);
  Tally& tally() { return tally_; }

 private:
  Done take_file(const repair::BelowFolder& found, const std::filesystem::path& host);

  const FileSystem& volume_;
  std::filesystem::path target_;
  Report& report_;
  Tally tally_;
  ProgressBar bar_{"get"};
  Progress progress_ = bar_.progress();
};

void FolderCopy::tell(const Error& error) {
  report_.note(fmt::format("drydock: {}\n", error.describe()));
  tally_.problems.push_back(error.describe());
}

Done FolderCopy::take_file(const repair::BelowFolder& found,
                           const std::filesystem::path& host) {
  auto copy = [&]() -> Done {
    File file = TRY(volume_.find(found.path));
    HostFile target = TRY(HostFile::create(host));
    TRY(copy_out(file, [&](Bytes bytes) { return target.append(bytes); }));
    return target.keep(Flush::later);
  };
  Done done = copy();
  // The host's troubles end it all; the image's are this file's alone.
  if (!done && done.error().code() == Errc::io) return done;
  if (!done) {
    tell(std::move(done).error().in(found.path));
    return {};
  }
  ++tally_.files;
  tally_.size += found.entry.stat.size;
  return progress_(tally_.size, 0);
}

Done FolderCopy::take(const repair::BelowFolder& found) {
  auto below = host_path_of(found.below);
  if (!below) {
    tell(std::move(below).error().in(found.path));
    return {};
  }
  std::filesystem::path host = target_ / *below;
  // The person may have named a link; what lies below is the image's doing.
  bool below_target = host.parent_path() != target_;
  Done ready = below_target ? check_host_folder(host.parent_path()) : Done();
  if (ready && found.entry.stat.kind == FileKind::directory) {
    ready = make_host_folder(host);
  }
  if (!ready) {
    tell(std::move(ready).error().in(found.path));
    return {};
  }
  if (found.entry.stat.kind == FileKind::directory) {
    ++tally_.folders;
    return {};
  }
  if (found.entry.stat.kind == FileKind::reparse_point) {
    tell(Error(Errc::unsupported,
               "left out: a reparse point, which stands for "
               "something elsewhere")
             .in(found.path));
    return {};
  }
  return take_file(found, host);
}

Result<json> get_folder(const GetRequest& request, Report& report) {
  OpenImage image = TRY(open_image_file(request.image, request.disk, report));
  Found found =
      TRY(find_file(*image.disk, request.guest, request.installation, report));
  if (!found.file.is_directory()) {
    return Error(Errc::bad_argument, "-r is of a folder, and this isn't one")
        .in(request.guest);
  }
  if (request.host == "-") {
    return Error(Errc::bad_argument, "a folder doesn't go to standard output");
  }
  std::error_code ignored;
  std::filesystem::create_directories(request.host, ignored);
  if (!std::filesystem::is_directory(request.host, ignored)) {
    return Error(Errc::bad_argument,
                 "this isn't a folder of the host, and can't be made")
        .in(request.host);
  }
  FolderCopy copy(*found.volume, request.host, report);
  TRY(repair::walk_tree(
      *found.volume, found.file, found.path.path,
      [&](const repair::BelowFolder& below) { return copy.take(below); },
      [&](const Error& error) { copy.tell(error); }));
  // A flush for each file would take most of the time.
  TRY(flush_file_system(request.host));
  Tally& tally = copy.tally();
  return json{{"path", image.disk->show(found.path)},
              {"size", tally.size},
              {"file", request.host},
              {"files", tally.files},
              {"folders", tally.folders},
              {"problems", std::move(tally.problems)}};
}

Done to_stdout(Bytes bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size()) return {};
  return Error(Errc::io, "standard output takes no more");
}

Result<std::uint64_t> get_file(const GetRequest& request, Report& report) {
  OpenImage image = TRY(open_image_file(request.image, request.disk, report));
  Found found =
      TRY(find_file(*image.disk, request.guest, request.installation, report));
  std::uint64_t size = found.file.stat().size;
  if (request.host == "-") {
    TRY(copy_out(found.file, to_stdout).in(request.guest));
    return size;
  }
  auto target = TRY(HostFile::create(request.host));
  ProgressBar bar("get");
  Progress progress = bar.progress();
  std::uint64_t done = 0;
  TRY(copy_out(found.file, [&](Bytes bytes) -> Done {
        TRY(target.append(bytes));
        return progress(done += bytes.size(), size);
      }).in(request.guest));
  TRY(target.keep());
  return size;
}

}  // namespace

Exit get(const GetRequest& request, Report& report) {
  if (!request.recursive) {
    auto size = get_file(request, report);
    if (!size) return report.fail(size.error());
    if (request.host == "-") return Exit::done;
    report.document({{"path", request.guest},
                     {"size", *size},
                     {"file", request.host},
                     {"files", 1},
                     {"folders", 0},
                     {"problems", json::array()}});
    return Exit::done;
  }
  auto document = get_folder(request, report);
  if (!document) return report.fail(document.error());
  bool whole = (*document)["problems"].empty();
  report.print(fmt::format("{} files, {} bytes\n",
                           (*document)["files"].get<std::uint64_t>(),
                           (*document)["size"].get<std::uint64_t>()));
  report.document(std::move(*document));
  return whole ? Exit::done : Exit::could_not_tell;
}

}  // namespace drydock::cli
