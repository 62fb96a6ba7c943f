// drydock ls, cat, stat, get, put, rm: files by their guest paths.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "repair/cli/change.h"
#include "repair/cli/commands.h"
#include "repair/cli/host_file.h"
#include "repair/cli/json.h"
#include "repair/cli/notes.h"
#include "repair/disk.h"
#include "repair/transaction.h"
#include "vhd/base/try.h"

namespace drydock::cli {
namespace {

using nlohmann::json;

// Of a directory tree that a stranger's disk may hold.
constexpr int kFolderDepthMax = 256;
// Of what is put into an image in one piece; it is held in memory and in the
// journal.
constexpr std::uint64_t kPutSizeMax = std::uint64_t{1} << 30;
// Files are read out in pieces of this size.
constexpr std::uint64_t kCopySize = 4 << 20;

// An image opened for looking at its files.
struct OpenImage {
  repair::View view;
  std::unique_ptr<repair::Disk> disk;
};

Result<OpenImage> open_image_file(const std::string& image, const DiskChoice& choice,
                                  Report& report) {
  repair::View view = TRY(repair::open_view(image, choice.parent_paths()));
  report.track(view.file);
  note_image(view, report);
  auto disk = TRY(repair::open_disk(view, choice.options()).in(image));
  return OpenImage{std::move(view), std::move(disk)};
}

struct Found {
  FileSystemPtr volume;
  repair::GuestPath path;
  File file;
};

Result<Found> find(const OpenImage& image, const std::string& text,
                   std::size_t installation, Report& report) {
  repair::GuestPath path = TRY(image.disk->resolve(text, installation));
  FileSystemPtr volume = TRY(image.disk->volume(path.partition).in(text));
  note_volume(*image.disk, path.partition, report);
  File file = TRY(volume->find(path.path).in(text));
  return Found{std::move(volume), std::move(path), std::move(file)};
}

std::string join(const std::string& folder, const std::string& name) {
  return folder.ends_with('\\') ? folder + name : folder + '\\' + name;
}

std::string line_of(const Entry& entry, const std::string& shown, bool all) {
  if (!all) return shown + (entry.stat.kind == FileKind::directory ? "\\\n" : "\n");
  char kind = entry.stat.kind == FileKind::directory       ? 'd'
              : entry.stat.kind == FileKind::reparse_point ? 'l'
                                                           : '-';
  return fmt::format("{}{}{}{}{} {:>12} {} {}\n", kind,
                     (entry.stat.attributes & attribute::read_only) != 0 ? 'r' : '-',
                     (entry.stat.attributes & attribute::hidden) != 0 ? 'h' : '-',
                     (entry.stat.attributes & attribute::system) != 0 ? 's' : '-',
                     (entry.stat.attributes & attribute::archive) != 0 ? 'a' : '-',
                     entry.stat.size, to_string_utc(entry.stat.modified), shown);
}

json entry_json(const Entry& entry, const std::string& path) {
  json object = to_json(entry.stat);
  object["name"] = entry.name;
  object["path"] = path;
  return object;
}

struct Listing {
  const FileSystem& volume;
  const ReadRequest& request;
  Report& report;
  json entries = json::array();
};

// `shown` is the folder's path as the person wrote it; names are printed below
// `below`, the part of it that this listing went down itself.
Done list_folder(Listing& listing, const File& folder, const std::string& path,
                 const std::string& below, const std::string& inner, int depth) {
  if (depth > kFolderDepthMax) {
    return Error(Errc::corrupt,
                 fmt::format("folders are nested deeper than {}", kFolderDepthMax))
        .in(path);
  }
  std::vector<Entry> entries;
  TRY(listing.volume
          .list(folder,
                [&](const Entry& entry) {
                  entries.push_back(entry);
                  return true;
                })
          .in(path));
  for (const Entry& entry : entries) {
    std::string name = below.empty() ? entry.name : below + '\\' + entry.name;
    listing.report.print(line_of(entry, name, listing.request.all));
    if (listing.report.json()) {
      listing.entries.push_back(entry_json(entry, join(path, entry.name)));
    }
    if (!listing.request.recursive || entry.stat.kind != FileKind::directory) continue;
    std::string child = join(inner, entry.name);
    File file = TRY(listing.volume.find(child).in(child));
    TRY(list_folder(listing, file, join(path, entry.name), name, child, depth + 1));
  }
  return {};
}

Done list_path(const OpenImage& image, const ReadRequest& request,
               const std::string& text, Report& report, json& paths) {
  Found found = TRY(find(image, text, request.installation, report));
  std::string shown = image.disk->show(found.path);
  Listing listing{.volume = *found.volume, .request = request, .report = report};
  if (found.file.is_directory()) {
    TRY(list_folder(listing, found.file, shown, "", found.path.path, 0));
  } else {
    Entry entry{.name = found.path.path.substr(found.path.path.rfind('\\') + 1),
                .stat = found.file.stat()};
    report.print(line_of(entry, entry.name, request.all));
    listing.entries.push_back(entry_json(entry, shown));
  }
  paths.push_back({{"path", shown}, {"entries", std::move(listing.entries)}});
  return {};
}

Done copy_out(const File& file, const std::function<Done(Bytes)>& sink) {
  DevicePtr data = TRY(file.data());
  ByteVector buffer(std::min(kCopySize, data->size()));
  for (std::uint64_t at = 0; at < data->size();) {
    MutableBytes piece = MutableBytes(buffer).first(
        std::min<std::uint64_t>(buffer.size(), data->size() - at));
    TRY(data->read(at, piece));
    TRY(sink(piece));
    at += piece.size();
  }
  return {};
}

Done to_stdout(Bytes bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size()) return {};
  return Error(Errc::io, "standard output takes no more");
}

// Names a failure in the paths of one request after another, and the rest of
// them is still shown.
template <class Each>
Exit for_each_path(const ReadRequest& request, Report& report, Each each) {
  auto image = open_image_file(request.image, request.disk, report);
  if (!image) return report.fail(image.error());
  Exit exit = Exit::done;
  for (const std::string& path : request.paths) {
    Done done = each(*image, path);
    if (!done) exit = report.fail(done.error());
  }
  return exit;
}

}  // namespace

Exit list(const ReadRequest& request, Report& report) {
  json paths = json::array();
  Exit exit = for_each_path(request, report,
                            [&](const OpenImage& image, const std::string& path) {
                              return list_path(image, request, path, report, paths);
                            });
  if (exit == Exit::done) report.document({{"paths", std::move(paths)}});
  return exit;
}

Exit cat(const ReadRequest& request, Report& report) {
  json files = json::array();
  Exit exit = for_each_path(
      request, report, [&](const OpenImage& image, const std::string& path) -> Done {
        Found found = TRY(find(image, path, request.installation, report));
        if (!report.json()) return copy_out(found.file, to_stdout).in(path);
        ByteVector bytes = TRY(read_file(found.file, kPutSizeMax).in(path));
        files.push_back({{"path", image.disk->show(found.path)},
                         {"size", bytes.size()},
                         {"data", hex(bytes)}});
        return {};
      });
  if (exit == Exit::done) report.document({{"files", std::move(files)}});
  return exit;
}

Exit stat(const ReadRequest& request, Report& report) {
  json files = json::array();
  Exit exit = for_each_path(
      request, report, [&](const OpenImage& image, const std::string& path) -> Done {
        Found found = TRY(find(image, path, request.installation, report));
        const Stat& stat = found.file.stat();
        json object = to_json(stat);
        object["path"] = image.disk->show(found.path);
        std::string text = object["path"].get<std::string>() + "\n";
        for (const auto& [key, value] : object.items()) {
          if (key == "path" || value.is_null()) continue;
          text +=
              fmt::format("  {:<16}{}\n", key,
                          value.is_string() ? value.get<std::string>() : value.dump());
        }
        report.print(text);
        files.push_back(std::move(object));
        return {};
      });
  if (exit == Exit::done) report.document({{"files", std::move(files)}});
  return exit;
}

Exit get(const GetRequest& request, Report& report) {
  auto copy = [&]() -> Result<std::uint64_t> {
    OpenImage image = TRY(open_image_file(request.image, request.disk, report));
    Found found = TRY(find(image, request.guest, request.installation, report));
    if (request.host == "-") {
      TRY(copy_out(found.file, to_stdout).in(request.guest));
    } else {
      auto target = TRY(HostFile::create(request.host));
      TRY(copy_out(found.file, [&](Bytes bytes) {
            return target.append(bytes);
          }).in(request.guest));
      TRY(target.keep());
    }
    return found.file.stat().size;
  };
  auto size = copy();
  if (!size) return report.fail(size.error());
  if (request.host != "-") {
    report.document({{"path", request.guest}, {"size", *size}, {"file", request.host}});
  }
  return Exit::done;
}

Exit put(const PutRequest& request, Report& report) {
  auto content = request.host == "-" ? read_standard_input(kPutSizeMax)
                                     : read_host_file(request.host, kPutSizeMax);
  if (!content) return report.fail(content.error());
  auto make_plan = [&](const repair::Disk& disk,
                       std::size_t installation) -> Result<repair::Plan> {
    repair::Plan plan;
    repair::GuestPath path = TRY(disk.resolve(request.guest, installation));
    if (request.keep_old) {
      FileSystemPtr volume = TRY(disk.volume(path.partition));
      if (volume->find(path.path)) {
        std::size_t slash = path.path.rfind('\\') + 1;
        std::string old = path.path.substr(0, slash) + "old_" + path.path.substr(slash);
        plan.edits.push_back({.action = repair::FileRename{.file = path, .to = old},
                              .why = "--keep-old"});
      }
    }
    plan.edits.push_back(
        {.action = repair::FilePut{.file = path, .content = std::move(*content)},
         .why = "put " + request.host});
    return plan;
  };
  return change_image(request.image, request.change, "put", make_plan, report);
}

Exit remove(const RemoveRequest& request, Report& report) {
  auto make_plan = [&](const repair::Disk& disk,
                       std::size_t installation) -> Result<repair::Plan> {
    repair::Plan plan;
    for (const std::string& path : request.paths) {
      plan.edits.push_back(
          {.action = repair::FileDelete{.file = TRY(disk.resolve(path, installation))},
           .why = "rm"});
    }
    return plan;
  };
  return change_image(request.image, request.change, "rm", make_plan, report);
}

}  // namespace drydock::cli
