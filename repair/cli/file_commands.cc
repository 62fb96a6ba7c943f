// drydock ls, cat, stat: what an image's files are.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "ntfs/security/sddl.h"
#include "repair/cli/commands.h"
#include "repair/cli/guest_files.h"
#include "repair/cli/json.h"
#include "repair/file_tree.h"
#include "vhd/base/try.h"

namespace drydock::cli {
namespace {

using nlohmann::json;

// Of a directory tree that a stranger's disk may hold.
constexpr int kFolderDepthMax = 256;

std::string_view line_end(FileKind kind) {
  return kind == FileKind::directory ? "\\\n" : "\n";
}

std::string line_of(const Entry& entry, const std::string& shown, bool all) {
  if (!all) return shown + std::string(line_end(entry.stat.kind));
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

bool wants_names_only(const Listing& listing) {
  return !listing.request.all && !listing.report.json();
}

// With the facts of each where somebody wants them.
Result<std::vector<Entry>> entries_of(const Listing& listing, const File& folder) {
  std::vector<Entry> entries;
  if (!wants_names_only(listing)) {
    TRY(listing.volume.list(folder, [&](const Entry& entry) {
      entries.push_back(entry);
      return true;
    }));
    return entries;
  }
  TRY(listing.volume.list_names(folder, [&](const std::string& name, FileKind kind) {
    entries.push_back({.name = name, .stat = {.kind = kind}});
    return true;
  }));
  return entries;
}

// The names of a folder that isn't gone down into.  A hundred thousand of them make
// some fifty pieces to print.
Done print_names(const Listing& listing, const File& folder) {
  constexpr std::size_t kPieceSize = 64 << 10;
  std::string piece;
  TRY(listing.volume.list_names(folder, [&](const std::string& name, FileKind kind) {
    piece += name;
    piece += line_end(kind);
    if (piece.size() >= kPieceSize) {
      listing.report.print(piece);
      piece.clear();
    }
    return true;
  }));
  listing.report.print(piece);
  return {};
}

// `shown` is the folder's path as the person wrote it; names are printed below
// `below`, the part of it that this listing went down itself.
Done list_folder(Listing& listing, const File& folder, const std::string& path,
                 const std::string& below, const std::string& inner, int depth) {
  if (depth > kFolderDepthMax) {
    return Error(Errc::corrupt,
                 fmt::format("folders are nested deeper than {}", kFolderDepthMax))
        .in(path);
  }
  for (const Entry& entry : TRY(entries_of(listing, folder).in(path))) {
    std::string name = below.empty() ? entry.name : below + '\\' + entry.name;
    listing.report.print(line_of(entry, name, listing.request.all));
    if (listing.report.json()) {
      listing.entries.push_back(entry_json(entry, repair::join(path, entry.name)));
    }
    if (!listing.request.recursive || entry.stat.kind != FileKind::directory) continue;
    std::string child = repair::join(inner, entry.name);
    File file = TRY(listing.volume.find(child).in(child));
    TRY(list_folder(listing, file, repair::join(path, entry.name), name, child,
                    depth + 1));
  }
  return {};
}

Done list_path(const OpenImage& image, const ReadRequest& request,
               const std::string& text, Report& report, json& paths) {
  Found found = TRY(find_file(*image.disk, text, request.installation, report));
  std::string shown = image.disk->show(found.path);
  Listing listing{.volume = *found.volume, .request = request, .report = report};
  if (found.file.is_directory() && wants_names_only(listing) && !request.recursive) {
    TRY(print_names(listing, found.file).in(shown));
  } else if (found.file.is_directory()) {
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

Done to_stdout(Bytes bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size()) return {};
  return Error(Errc::io, "standard output takes no more");
}

// What is told of a descriptor that can't be decoded is its bytes.
void add_security(const Details& details, json& object) {
  object["owner"] = object["sddl"] = object["security"] = nullptr;
  if (!details.security) return;
  object["security"] = hex(*details.security);
  auto descriptor = security::decode_descriptor(*details.security);
  if (!descriptor) return;
  object["sddl"] = security::to_sddl(*descriptor);
  if (!descriptor->owner) return;
  std::string_view account = security::account_of(*descriptor->owner);
  object["owner"] =
      account.empty() ? security::to_string(*descriptor->owner) : std::string(account);
}

Result<json> stat_json(const OpenImage& image, const Found& found) {
  Details details = TRY(found.file.details());
  json object = to_json(found.file.stat());
  object["path"] = image.disk->show(found.path);
  object["stored"] = details.stored;
  object["allocated"] = details.allocated;
  object["short_name"] =
      details.short_name.empty() ? json(nullptr) : json(details.short_name);
  object["names"] = json::array();
  for (const std::string& name : details.names) {
    object["names"].push_back(
        image.disk->show({.partition = found.path.partition, .path = name}));
  }
  object["streams"] = json::array();
  for (const Stream& stream : details.streams) {
    object["streams"].push_back({{"name", stream.name},
                                 {"size", stream.size},
                                 {"allocated", stream.allocated}});
  }
  object["reparse_point"] = nullptr;
  if (const auto& point = details.reparse_point) {
    object["reparse_point"] = {
        {"tag", fmt::format("{:#010x}", point->tag)},
        {"kind", point->kind},
        {"target", point->target.empty() ? json(nullptr) : json(point->target)}};
  }
  add_security(details, object);
  return object;
}

// One line a fact; what isn't known, and the descriptor's bytes, are left out.
std::string stat_text(const json& object) {
  std::string text = object["path"].get<std::string>() + "\n";
  auto line = [&](std::string_view key, const json& value) {
    text += fmt::format("  {:<16}{}\n", key,
                        value.is_string() ? value.get<std::string>() : value.dump());
  };
  for (const auto& [key, value] : object.items()) {
    if (key == "path" || key == "security" || value.is_null()) continue;
    if (key == "names") {
      // One is what was asked for.
      if (value.size() > 1) {
        for (const json& name : value) line("name", name);
      }
    } else if (key == "streams") {
      for (const json& stream : value) {
        line("stream", fmt::format("{} ({} bytes)", stream["name"].get<std::string>(),
                                   stream["size"].get<std::uint64_t>()));
      }
    } else if (key == "reparse_point") {
      std::string target =
          value["target"].is_null() ? "" : " to " + value["target"].get<std::string>();
      line(key, value["kind"].get<std::string>() + target);
    } else {
      line(key, value);
    }
  }
  return text;
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
        Found found = TRY(find_file(*image.disk, path, request.installation, report));
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
        Found found = TRY(find_file(*image.disk, path, request.installation, report));
        json object = TRY(stat_json(image, found).in(path));
        report.print(stat_text(object));
        files.push_back(std::move(object));
        return {};
      });
  if (exit == Exit::done) report.document({{"files", std::move(files)}});
  return exit;
}

}  // namespace drydock::cli
