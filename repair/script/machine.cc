#include "repair/script/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "repair/installation.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::script {

namespace {

// Of all that a script puts into files: it is held in memory, and in the journal.
constexpr std::uint64_t kPutSizeMax = std::uint64_t{1} << 30;
// What is appended to is read whole first.
constexpr std::uint64_t kAppendedSizeMax = std::uint64_t{64} << 20;

Error wrong(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

char upper(char letter) {
  return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A')
                                        : letter;
}

bool is_drive_letter(char letter) {
  return upper(letter) >= 'A' && upper(letter) <= 'Z';
}

// `path` below `folder`, without "." and "..", which stops at the root.
std::string normal_path(std::string_view folder, std::string_view path) {
  bool rooted = path.starts_with('\\') || path.starts_with('/');
  std::string whole = rooted ? std::string(path) : fmt::format("{}\\{}", folder, path);
  std::vector<std::string_view> parts;
  std::string_view rest = whole;
  while (!rest.empty()) {
    std::size_t end = rest.find_first_of("\\/");
    std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (!part.empty() && part != "." && part != "..") parts.push_back(part);
  }
  std::string normal;
  for (std::string_view part : parts) normal += '\\' + std::string(part);
  return normal.empty() ? "\\" : normal;
}

std::string with_windows_lines(std::string_view text) {
  std::string lines;
  for (char letter : text) {
    if (letter == '\n') lines += '\r';
    lines += letter;
  }
  return lines;
}

}  // namespace

Machine::Machine(repair::Disk& disk, std::size_t installation, Drives drives,
                 MakeGuid make_guid)
    : disk_(&disk),
      installation_(installation),
      drives_(std::move(drives)),
      make_guid_(std::move(make_guid)) {
  if (!drives_.empty() && !drives_.contains('C')) letter_ = drives_.begin()->first;
}

void Machine::begin(std::size_t line, std::string text) {
  steps_.push_back({.line = line, .text = std::move(text)});
}

void Machine::note(std::string words) {
  std::vector<std::string>& notes = steps_.back().notes;
  if (std::ranges::find(notes, words) == notes.end()) notes.push_back(std::move(words));
}

void Machine::note_once(std::string words) {
  bool told = std::ranges::any_of(steps_, [&](const Step& step) {
    return std::ranges::find(step.notes, words) != step.notes.end();
  });
  if (!told) note(std::move(words));
}

void Machine::print(std::string_view text) { steps_.back().output += text; }

Done Machine::edit(repair::Action action) {
  if (const auto* put = std::get_if<repair::FilePut>(&action)) {
    put_size_ += put->content.size();
    if (put_size_ > kPutSizeMax) {
      return wrong(
          fmt::format("the script's files are more than {} bytes together, "
                      "which have to be held in memory",
                      kPutSizeMax));
    }
  }
  const Step& step = steps_.back();
  pending_.edits.push_back({.action = std::move(action),
                            .why = fmt::format("line {}: {}", step.line, step.text)});
  pending_steps_.push_back(steps_.size() - 1);
  return {};
}

Done Machine::settle() {
  if (pending_.edits.empty()) return {};
  auto first = steps_[pending_steps_.front()].line;
  auto last = steps_[pending_steps_.back()].line;
  auto outcomes = repair::rehearse(pending_, *disk_);
  if (!outcomes) {
    return std::move(outcomes).error().in(
        first == last ? fmt::format("line {}", first)
                      : fmt::format("lines {}-{}", first, last));
  }
  // What had to be settled before the first of them comes first, told anew each time.
  std::size_t before = outcomes->size() - pending_.edits.size();
  for (std::size_t i = 0; i < outcomes->size(); ++i) {
    repair::Outcome& outcome = (*outcomes)[i];
    if (i >= before) {
      steps_[pending_steps_[i - before]].outcomes.push_back(std::move(outcome));
      continue;
    }
    bool told = std::ranges::any_of(settled_, [&](const repair::Outcome& one) {
      return one.edit == outcome.edit && one.where == outcome.where;
    });
    if (!told) settled_.push_back(std::move(outcome));
  }
  for (repair::Edit& edit : pending_.edits) {
    // Its bytes are on the disk by now.
    if (auto* put = std::get_if<repair::FilePut>(&edit.action)) put->content = {};
    done_.edits.push_back(std::move(edit));
  }
  pending_.edits.clear();
  pending_steps_.clear();
  hives_.reset();
  return {};
}

Done Machine::end(const std::optional<Redirection>& output) {
  if (!output) return {};
  std::string text = std::exchange(steps_.back().output, {});
  if (equal_ignoring_case(output->file, "nul")) return {};
  if (is_elsewhere(output->file)) {
    note(fmt::format("{} isn't on this disk: what would go there is shown here",
                     output->file));
    steps_.back().output = std::move(text);
    return {};
  }
  repair::GuestPath path = TRY(resolve(output->file));
  std::string lines = with_windows_lines(text);
  ByteVector content;
  if (output->appends) {
    TRY(settle());
    auto file = TRY(disk_->volume(path.partition))->find(path.path);
    if (file) {
      DevicePtr data = TRY(file->data());
      content = TRY(read_bytes(*data, 0, data->size(), kAppendedSizeMax));
    }
  }
  Bytes bytes = bytes_of(std::string_view(lines));
  content.insert(content.end(), bytes.begin(), bytes.end());
  return edit(repair::FilePut{.file = std::move(path), .content = std::move(content)});
}

Done Machine::finish() {
  TRY(settle());
  for (const std::string& name : loaded_hives()) {
    note(fmt::format("{} isn't unloaded by the script; its changes are kept", name));
  }
  return {};
}

std::vector<repair::Outcome> Machine::outcomes() const {
  std::vector<repair::Outcome> outcomes = settled_;
  for (const Step& step : steps_) {
    outcomes.insert(outcomes.end(), step.outcomes.begin(), step.outcomes.end());
  }
  return outcomes;
}

Result<const repair::Disk*> Machine::disk() {
  TRY(settle());
  return disk_;
}

const repair::Installation& Machine::windows() const {
  return *disk_->installations()[installation_];
}

std::optional<std::string> Machine::volume_of(char letter) const {
  if (drives_.empty()) return std::string(1, letter) + ":";
  auto found = drives_.find(letter);
  if (found == drives_.end()) return std::nullopt;
  return found->second;
}

Result<Machine::Location> Machine::locate(std::string_view path) const {
  if (path.starts_with("\\\\") || path.starts_with("//")) {
    return wrong(fmt::format("{}: other machines aren't here", path));
  }
  Location location{.letter = letter_, .path = {}};
  if (path.size() > 1 && path[1] == ':') {
    if (!is_drive_letter(path[0])) return wrong(fmt::format("{} is no path", path));
    location.letter = upper(path[0]);
    path.remove_prefix(2);
  }
  constexpr std::string_view kNever = "<>\"|*?";
  if (path.find_first_of(kNever) != std::string_view::npos) {
    return wrong(fmt::format("{}: a path that no file can have", path));
  }
  auto folder = folders_.find(location.letter);
  std::string from = folder == folders_.end() ? "\\" : folder->second;
  location.path = normal_path(from, path);
  return location;
}

bool Machine::is_elsewhere(std::string_view path) const {
  auto location = locate(path);
  return location && !volume_of(location->letter);
}

Result<repair::GuestPath> Machine::resolve(std::string_view path) const {
  Location location = TRY(locate(path));
  auto volume = volume_of(location.letter);
  if (!volume) {
    return Error(Errc::not_found,
                 fmt::format("{0}: isn't on this disk; if a volume of it is meant, say "
                             "which: --drive {0}:=VOLUME",
                             location.letter));
  }
  return disk_->resolve(*volume + location.path, installation_);
}

std::string Machine::show(const repair::GuestPath& path) const {
  for (const auto& [letter, volume] : drives_) {
    auto root = disk_->resolve(volume + "\\", installation_);
    if (root && root->partition == path.partition) {
      return fmt::format("{}:{}", letter, path.path);
    }
  }
  return disk_->show(path, installation_);
}

void Machine::enter(const std::string& folder) {
  auto location = locate(folder);
  if (location) folders_[location->letter] = std::move(location->path);
}

void Machine::enter_drive(char letter) { letter_ = upper(letter); }

std::string Machine::folder() const {
  auto found = folders_.find(letter_);
  return fmt::format("{}:{}", letter_, found == folders_.end() ? "\\" : found->second);
}

Done Machine::load_hive(std::string name, repair::GuestPath file) {
  auto [at, added] = loaded_.try_emplace(ascii_lower(name), name, std::move(file));
  if (!added) return wrong(fmt::format("a hive is loaded as {} already", name));
  hives_.reset();
  return {};
}

Done Machine::unload_hive(const std::string& name) {
  if (loaded_.erase(ascii_lower(name)) == 0) {
    return Error(Errc::not_found, fmt::format("no hive is loaded as {}", name));
  }
  hives_.reset();
  return {};
}

std::vector<std::string> Machine::loaded_hives() const {
  std::vector<std::string> names;
  for (const auto& [key, loaded] : loaded_) names.push_back(loaded.first);
  return names;
}

reg::Hives& Machine::hives() {
  if (!hives_) {
    hives_.emplace(windows());
    for (const auto& [key, loaded] : loaded_) hives_->load(loaded.first, loaded.second);
  }
  return *hives_;
}

}  // namespace drydock::script
