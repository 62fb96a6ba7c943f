#include "repair/file_edits.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "ntfs/security/sddl.h"
#include "repair/edit_words.h"
#include "repair/file_copy.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::repair {

namespace {

constexpr std::size_t kChunkSize = std::size_t{64} << 10;

// Names of one file that an outcome tells; a system file has two or three.
constexpr std::size_t kNamesToldMax = 8;

// What Windows' own drivers have, from Windows 8 on: TrustedInstaller owns them,
// and alone may change them.
constexpr std::string_view kDriverSddl =
    "O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
    "G:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
    "D:PAI(A;;FA;;;S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464)"
    "(A;;0x1200a9;;;BA)(A;;0x1200a9;;;SY)(A;;0x1200a9;;;BU)(A;;0x1200a9;;;AC)"
    "(A;;0x1200a9;;;S-1-15-2-2)";

constexpr std::string_view kDriverFolder = "\\system32\\drivers\\";

Done check_holds(const BlockDevice& data, Bytes content) {
  bool same = data.size() == content.size();
  ByteVector held(kChunkSize);
  for (std::size_t start = 0; same && start < content.size(); start += kChunkSize) {
    Bytes chunk = content.subspan(start, std::min(kChunkSize, content.size() - start));
    MutableBytes into = MutableBytes(held).first(chunk.size());
    TRY(data.read(start, into));
    same = std::equal(chunk.begin(), chunk.end(), into.begin());
  }
  if (same) return {};
  return Error(Errc::corrupt, "what was written doesn't read back");
}

// Size and hash of a file, "" where there is none.
Result<std::string> file_words(const FileSystem& volume, const GuestPath& path) {
  Result<File> file = volume.find(path.path);
  if (!file && file.error().code() == Errc::not_found) return std::string();
  if (!file) return std::move(file).error();
  if (file->is_directory()) return std::string("a folder");
  Result<DevicePtr> data = file->data();
  if (data) return words_of(**data);
  // Bytes that are stored in a way that we don't read can still be replaced.
  return fmt::format("{} bytes, {}", file->stat().size, data.error().words());
}

// What else shows the bytes that are put: the other names of the same file, as
// System32 and WinSxS have one each; and that it is kept in another way from now on.
Result<std::string> side_effects(const Disk& disk, const File& before,
                                 const GuestPath& path) {
  Details details = TRY(before.details());
  std::string words;
  if (details.names.size() > 1) {
    std::vector<std::string> others;
    for (const std::string& name : details.names) {
      if (equal_ignoring_case(name, path.path)) continue;
      if (others.size() == kNamesToldMax) continue;
      others.push_back(disk.show({.partition = path.partition, .path = name}));
    }
    words += fmt::format("; one file with {} names, so these change with it: {}{}",
                         details.names.size(), fmt::join(others, ", "),
                         others.size() + 1 < details.names.size() ? ", ..." : "");
  }
  if (details.stored.starts_with("WOF")) {
    words += fmt::format("; kept plainly from now on, and not as {}", details.stored);
  }
  return words;
}

// A new driver of a folder where no file says who owns it.
Done secure_driver(FileSystem& volume, const GuestPath& path, const File& file) {
  std::string lower = ascii_lower(path.path);
  if (file.stat().security_id.value_or(0) != 0 ||
      TRY(volume.facts()).file_system != "ntfs" ||
      lower.find(kDriverFolder) == std::string::npos) {
    return {};
  }
  auto descriptor = TRY(security::parse_sddl(kDriverSddl));
  return volume.set_security(path.path, TRY(security::encode_descriptor(descriptor)));
}

Done set_facts(FileSystem& volume, const GuestPath& path, const FileFacts& facts) {
  for (const auto& [name, content] : facts.streams) {
    TRY(volume.put(path.path + ':' + name, content).in("stream " + name));
  }
  if (facts.security) TRY(volume.set_security(path.path, *facts.security));
  return volume.set_stat(path.path, facts.stat);
}

Result<std::string> sddl_of_file(const File& file) {
  Details details = TRY(file.details());
  if (!details.security) return std::string("no descriptor");
  return security::sddl_of(*details.security);
}

// "hidden, system"; "no attributes".
std::string attribute_words(std::uint32_t attributes) {
  constexpr std::pair<std::uint32_t, std::string_view> kWords[] = {
      {attribute::read_only, "read-only"},
      {attribute::hidden, "hidden"},
      {attribute::system, "system"},
      {attribute::archive, "archive"},
      {attribute::not_content_indexed, "not content indexed"}};
  std::vector<std::string_view> words;
  for (const auto& [bit, word] : kWords) {
    if ((attributes & bit) != 0) words.push_back(word);
  }
  return words.empty() ? "no attributes" : fmt::format("{}", fmt::join(words, ", "));
}

// Whether a file that holds the right bytes already has those facts, too.
Result<bool> has_facts(const FileSystem& volume, const GuestPath& path,
                       const std::optional<FileFacts>& facts) {
  if (!facts) return true;
  File file = TRY(volume.find(path.path));
  Details details = TRY(file.details());
  const Stat& stat = file.stat();
  auto same_time = [](FileTime wanted, FileTime has) {
    return wanted == 0 || wanted == has;
  };
  return facts->streams.empty() && same_time(facts->stat.modified, stat.modified) &&
         same_time(facts->stat.created, stat.created) &&
         (stat.attributes & kCopiedAttributes) ==
             (facts->stat.attributes & kCopiedAttributes) &&
         (!facts->security || details.security == facts->security);
}

}  // namespace

Result<Outcome> apply_to_file(const FilePut& edit, const Disk& disk) {
  Outcome outcome;
  outcome.where = disk.show(edit.file);
  FileSystemPtr volume = TRY(disk.volume(edit.file.partition));
  outcome.before = TRY(file_words(*volume, edit.file).in(outcome.where));
  outcome.after =
      fmt::format("{} bytes, sha256 {}", edit.content.size(), sha256_of(edit.content));
  bool same = outcome.before == outcome.after;
  outcome.changed = !same || !TRY(has_facts(*volume, edit.file, edit.facts));
  if (!outcome.changed) return outcome;
  auto before = volume->find(edit.file.path);
  if (before)
    outcome.after += TRY(side_effects(disk, *before, edit.file).in(outcome.where));
  File file = TRY(volume->put(edit.file.path, edit.content).in(outcome.where));
  if (!before) TRY(secure_driver(*volume, edit.file, file).in(outcome.where));
  if (edit.facts) TRY(set_facts(*volume, edit.file, *edit.facts).in(outcome.where));
  TRY(check_holds(*TRY(file.data().in(outcome.where)), edit.content).in(outcome.where));
  return outcome;
}

Result<Outcome> apply_to_file(const FileMark& edit, const Disk& disk) {
  Outcome outcome;
  outcome.where = disk.show(edit.file);
  FileSystemPtr volume = TRY(disk.volume(edit.file.partition));
  std::string file_system = TRY(disk.file_system(edit.file.partition));
  std::uint32_t marks = kCopiedAttributes;
  if (file_system == "ntfs") marks |= attribute::not_content_indexed;
  Stat before = TRY(volume->find(edit.file.path).in(outcome.where)).stat();
  Stat wanted{.attributes = (before.attributes & ~marks) | (edit.attributes & marks)};
  outcome.before = attribute_words(before.attributes & marks);
  outcome.after = attribute_words(wanted.attributes & marks);
  outcome.changed = outcome.before != outcome.after;
  if (!outcome.changed) return outcome;
  TRY(volume->set_stat(edit.file.path, wanted).in(outcome.where));
  Stat after = TRY(volume->find(edit.file.path).in(outcome.where)).stat();
  if ((after.attributes & marks) == (wanted.attributes & marks)) return outcome;
  return Error(Errc::corrupt, "the attributes that were set don't read back")
      .in(outcome.where);
}

Result<Outcome> apply_to_file(const FileDelete& edit, const Disk& disk) {
  Outcome outcome;
  outcome.where = disk.show(edit.file);
  FileSystemPtr volume = TRY(disk.volume(edit.file.partition));
  outcome.before = TRY(file_words(*volume, edit.file).in(outcome.where));
  TRY(volume->remove(edit.file.path).in(outcome.where));
  if (TRY(file_words(*volume, edit.file).in(outcome.where)).empty()) return outcome;
  return Error(Errc::corrupt, "it is still there after its removal").in(outcome.where);
}

Result<Outcome> apply_to_file(const FileRename& edit, const Disk& disk) {
  GuestPath target{.partition = edit.file.partition, .path = edit.to};
  Outcome outcome;
  outcome.where = disk.show(edit.file);
  FileSystemPtr volume = TRY(disk.volume(edit.file.partition));
  outcome.before = disk.show(edit.file);
  outcome.after = disk.show(target);
  TRY(volume->rename(edit.file.path, edit.to).in(outcome.where));
  static_cast<void>(TRY(volume->find(edit.to).in(outcome.where)));
  return outcome;
}

Result<Outcome> apply_to_file(const FolderMake& edit, const Disk& disk) {
  Outcome outcome;
  outcome.where = disk.show(edit.folder);
  outcome.after = "a folder";
  FileSystemPtr volume = TRY(disk.volume(edit.folder.partition));
  outcome.before = TRY(file_words(*volume, edit.folder).in(outcome.where));
  outcome.changed = outcome.before != outcome.after;
  if (!outcome.changed) return outcome;
  TRY(volume->create_directory(edit.folder.path).in(outcome.where));
  if (edit.facts) TRY(set_facts(*volume, edit.folder, *edit.facts).in(outcome.where));
  if (TRY(volume->find(edit.folder.path).in(outcome.where)).is_directory()) {
    return outcome;
  }
  return Error(Errc::corrupt, "it isn't a folder after it was made").in(outcome.where);
}

Result<Outcome> apply_to_file(const FileSecure& edit, const Disk& disk) {
  Outcome outcome;
  outcome.where = disk.show(edit.file);
  FileSystemPtr volume = TRY(disk.volume(edit.file.partition));
  auto find = [&] { return volume->find(edit.file.path).in(outcome.where); };
  outcome.before = TRY(sddl_of_file(TRY(find())).in(outcome.where));
  outcome.after = TRY(security::sddl_of(edit.descriptor).in(outcome.where));
  outcome.changed = outcome.before != outcome.after;
  if (!outcome.changed) return outcome;
  TRY(volume->set_security(edit.file.path, edit.descriptor).in(outcome.where));
  if (TRY(sddl_of_file(TRY(find())).in(outcome.where)) == outcome.after) return outcome;
  return Error(Errc::corrupt, "the descriptor that was set doesn't read back")
      .in(outcome.where);
}

}  // namespace drydock::repair
