// drydock find: files by name, kind, size, time and hash; and which are the largest,
// beside the room that is left.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "repair/cli/file_verbs.h"
#include "repair/cli/guest_files.h"
#include "repair/cli/image_words.h"
#include "repair/cli/json.h"
#include "repair/file_tree.h"
#include "repair/glob.h"
#include "vhd/base/sha256.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::cli {
namespace {

using nlohmann::json;

// The request, understood.
struct Query {
  std::vector<std::string> names;
  std::optional<FileKind> kind;
  std::uint64_t size_min = 0;
  std::uint64_t size_max = UINT64_MAX;
  FileTime newer = 0;
  FileTime older = UINT64_MAX;
  std::string sha256;
};

struct Match {
  Entry entry;
  std::string path;  // in the volume
  std::string below;
  std::string sha256;
};

Done read_size(const std::string& text, Query& query) {
  if (text.empty()) return {};
  bool above = text[0] == '+';
  bool below = text[0] == '-';
  std::uint64_t size = TRY(parse_size(above || below ? text.substr(1) : text));
  if (above && size == UINT64_MAX)
    return Error(Errc::bad_argument, "no file is larger");
  if (below && size == 0) return Error(Errc::bad_argument, "no file is smaller");
  if (!below) query.size_min = size + (above ? 1 : 0);
  if (!above) query.size_max = size - (below ? 1 : 0);
  return {};
}

Result<Query> read_query(const FindRequest& request) {
  Query query;
  for (const std::string& name : request.names) {
    query.names.push_back(ascii_lower(name));
  }
  if (request.type == "f") query.kind = FileKind::file;
  if (request.type == "d") query.kind = FileKind::directory;
  if (request.type == "l") query.kind = FileKind::reparse_point;
  TRY(read_size(request.size, query).in("--size"));
  if (!request.newer.empty())
    query.newer = TRY(repair::parse_time(request.newer).in("--newer"));
  if (!request.older.empty())
    query.older = TRY(repair::parse_time(request.older).in("--older"));
  query.sha256 = ascii_lower(request.sha256);
  return query;
}

bool fits(const Query& query, const Entry& entry) {
  if (query.kind && entry.stat.kind != *query.kind) return false;
  bool sized = query.size_min > 0 || query.size_max < UINT64_MAX;
  if (sized && entry.stat.kind == FileKind::directory) return false;
  if (entry.stat.size < query.size_min || entry.stat.size > query.size_max)
    return false;
  if (entry.stat.modified < query.newer || entry.stat.modified >= query.older) {
    return false;
  }
  if (query.names.empty()) return true;
  std::string name = ascii_lower(entry.name);
  return std::ranges::any_of(query.names, [&](const std::string& pattern) {
    return repair::matches_glob(pattern, name);
  });
}

Result<std::string> hash_of(const File& file) {
  Sha256 digest;
  TRY(copy_out(file, [&](Bytes bytes) -> Done {
    digest.add(bytes);
    return {};
  }));
  return digest.hex();
}

class Finder {
 public:
  Finder(const FileSystem& volume, Query query, Report& report)
      : volume_(volume), query_(std::move(query)), report_(report) {}

  Done take(const repair::BelowFolder& found);
  void tell(const Error& error);
  bool whole() const { return whole_; }
  std::vector<Match>& matches() { return matches_; }

 private:
  const FileSystem& volume_;
  Query query_;
  Report& report_;
  std::vector<Match> matches_;
  bool whole_ = true;
};

void Finder::tell(const Error& error) {
  whole_ = false;
  report_.note(fmt::format("drydock: {}\n", error.describe()));
}

Done Finder::take(const repair::BelowFolder& found) {
  if (!fits(query_, found.entry)) return {};
  std::string hash;
  if (!query_.sha256.empty()) {
    if (found.entry.stat.kind != FileKind::file) return {};
    File file = TRY(volume_.find(found.path));
    auto hashed = hash_of(file);
    if (!hashed && hashed.error().code() == Errc::io) return std::move(hashed).error();
    if (!hashed) {
      tell(std::move(hashed).error().in(found.path));
      return {};
    }
    if (*hashed != query_.sha256) return {};
    hash = *hashed;
  }
  matches_.push_back({found.entry, found.path, found.below, std::move(hash)});
  return {};
}

void keep_largest(std::vector<Match>& matches, std::size_t count) {
  auto larger = [](const Match& a, const Match& b) {
    return a.entry.stat.size != b.entry.stat.size
               ? a.entry.stat.size > b.entry.stat.size
               : a.path < b.path;
  };
  std::ranges::sort(matches, larger);
  if (matches.size() > count) {
    matches.erase(matches.begin() + static_cast<std::ptrdiff_t>(count), matches.end());
  }
}

Result<bool> find_in(const FindRequest& request, Report& report) {
  Query query = TRY(read_query(request));
  OpenImage image = TRY(open_image_file(request.image, request.disk, report));
  Found found = TRY(find_file(*image.disk, request.path, request.installation, report));
  if (!found.file.is_directory()) {
    return Error(Errc::bad_argument, "this isn't a folder").in(request.path);
  }
  Finder finder(*found.volume, std::move(query), report);
  TRY(repair::walk_tree(
      *found.volume, found.file, found.path.path,
      [&](const repair::BelowFolder& below) { return finder.take(below); },
      [&](const Error& error) { finder.tell(error); }));
  json document = {{"path", image.disk->show(found.path)},
                   {"entries", json::array()},
                   {"free", nullptr},
                   {"whole", finder.whole()}};
  if (request.largest) keep_largest(finder.matches(), *request.largest);
  for (const Match& match : finder.matches()) {
    if (request.largest) {
      report.print(fmt::format("{:>15} {}\n", match.entry.stat.size, match.below));
    } else {
      report.print(match.below + "\n");
    }
    if (!report.json()) continue;
    json entry = to_json(match.entry.stat);
    entry["name"] = match.entry.name;
    entry["path"] = image.disk->show(
        {.partition = found.path.partition, .path = match.path}, request.installation);
    entry["sha256"] = match.sha256.empty() ? json(nullptr) : json(match.sha256);
    document["entries"].push_back(std::move(entry));
  }
  if (request.largest) {
    std::uint64_t free = TRY(found.volume->facts()).free;
    document["free"] = free;
    report.print(fmt::format("{:>15} free\n", free));
  }
  report.document(std::move(document));
  return finder.whole();
}

}  // namespace

Exit find_files(const FindRequest& request, Report& report) {
  auto whole = find_in(request, report);
  if (!whole) return report.fail(whole.error());
  return *whole ? Exit::done : Exit::could_not_tell;
}

}  // namespace drydock::cli
