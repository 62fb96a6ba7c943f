#include "repair/driver/replace.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "repair/signature/guest_verifier.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"
#include "vhd/memory_device.h"

namespace drydock::driver {

namespace {

using signature::Verification;
using signature::Verified;
using signature::VersionNumber;

bool is_believed(const Verification& found) {
  return found.verified == Verified::embedded || found.verified == Verified::catalog;
}

std::optional<VersionNumber> version_of(const BlockDevice& file,
                                        const signature::Pe& pe) {
  auto version = signature::read_version_resource(file, pe);
  return version ? version->file_number : std::nullopt;
}

// The file that is to be replaced, as far as it can be told.
struct Wanted {
  std::optional<Stat> stat = {};
  std::optional<ByteVector> security = {};
  std::vector<std::string> twins = {};  // its other names
  std::optional<std::uint16_t> machine = {};
  std::optional<VersionNumber> version = {};
};

Result<Wanted> look_at(const FileSystem& volume, const repair::GuestPath& path) {
  Wanted wanted;
  auto file = volume.find(path.path);
  if (!file && file.error().code() == Errc::not_found) return wanted;
  if (!file) return std::move(file).error();
  if (file->stat().kind != FileKind::file) {
    return Error(Errc::bad_argument, "it is no file");
  }
  Details details = TRY(file->details());
  wanted.stat = file->stat();
  wanted.security = std::move(details.security);
  for (std::string& name : details.names) {
    if (!equal_ignoring_case(name, path.path)) wanted.twins.push_back(std::move(name));
  }
  DevicePtr data = TRY(file->data());
  auto pe = signature::read_pe(*data);
  if (!pe) return wanted;
  wanted.machine = pe->machine;
  wanted.version = version_of(*data, *pe);
  return wanted;
}

// [PE] Machine, by what Installation says of the architecture.
std::optional<std::uint16_t> machine_of(const repair::Installation& windows) {
  const auto& architecture = windows.facts().architecture;
  if (architecture == "amd64") return 0x8664;
  if (architecture == "arm64") return 0xAA64;
  if (architecture == "x86") return 0x014C;
  return std::nullopt;
}

// Of what Windows loads: no hive and no catalog is replaced here.
bool names_program(std::string_view path) {
  constexpr std::array<std::string_view, 4> kEnds = {".sys", ".dll", ".exe", ".efi"};
  std::string lower = ascii_lower(path);
  return std::ranges::any_of(
      kEnds, [&](std::string_view end) { return lower.ends_with(end); });
}

std::string_view name_of(std::string_view path) {
  return path.substr(path.find_last_of("\\/") + 1);
}

// The build that this Windows' own files are of: a later one may have been brought by a
// package that only turns on what they hold (22H2, 19045, has files of 19041).
std::optional<std::uint16_t> build_of_files(const repair::Installation& windows) {
  repair::GuestPath path = windows.in_windows("\\System32\\ntoskrnl.exe");
  auto volume = windows.disk().volume(path.partition);
  if (!volume) return std::nullopt;
  auto file = (*volume)->find(path.path);
  auto data = file ? file->data() : Result<DevicePtr>(DevicePtr());
  if (!data || *data == nullptr) return std::nullopt;
  auto pe = signature::read_pe(**data);
  auto version = pe ? version_of(**data, *pe) : std::nullopt;
  return version ? std::optional((*version)[2]) : std::nullopt;
}

// Whether a version is one of Windows 10 and later: 10.0.BUILD.REVISION.
bool is_of_windows(const VersionNumber& version) {
  return version[0] == 10 && version[1] == 0;
}

std::string version_words(const std::optional<VersionNumber>& version) {
  return version ? signature::to_string(*version) : std::string("no version");
}

struct Candidate {
  Replacement replacement;
  ByteVector content;
};

// What a copy must be.
struct Needs {
  std::string_view name;
  std::optional<std::uint16_t> machine = {};
  std::optional<VersionNumber> version = {};
  // Where the version isn't known: that of Windows' own files.
  std::optional<std::uint16_t> build = {};
};

// Why the copy isn't that; "" where it is.  `called` is its file's name, and `own` what
// it calls itself.
std::string why_other(const Replacement& found, const Needs& needs,
                      std::string_view called, std::string_view own) {
  const auto& pe = *found.verification.pe;
  if (needs.machine && pe.machine != *needs.machine) {
    return fmt::format("it is for {}, and this Windows for {}",
                       signature::machine_word(pe.machine),
                       signature::machine_word(*needs.machine));
  }
  if (!equal_ignoring_case(called, needs.name) &&
      !equal_ignoring_case(own, needs.name)) {
    return fmt::format("it is {}, and {} is wanted", own.empty() ? called : own,
                       needs.name);
  }
  const auto& version = found.version;
  if (needs.version && version != needs.version) {
    return fmt::format("its version is {}, and {} is wanted", version_words(version),
                       signature::to_string(*needs.version));
  }
  if (needs.build && version && is_of_windows(*version) &&
      (*version)[2] != *needs.build) {
    return fmt::format(
        "its version is {}, and this Windows has files of build {}; --version takes it "
        "all the same",
        version_words(version), *needs.build);
  }
  return {};
}

// The copy, where it is what is needed and believed; else why not.
Result<Candidate> examine(const FileCopy& copy, const Needs& needs,
                          const signature::Verifier& verifier, std::uint32_t build,
                          const ReplaceOptions& options) {
  Candidate candidate;
  candidate.content = TRY(copy.read());
  MemoryDevice device(candidate.content);
  Replacement& found = candidate.replacement;
  found.place = copy.place;
  found.verification =
      TRY(verifier.verify(device, {.use = signature::Use::kernel, .build = build}));
  const auto& pe = found.verification.pe;
  if (!pe) return Error(Errc::corrupt, "it is no program");
  signature::VersionResource resource;
  if (auto read = signature::read_version_resource(device, *pe)) {
    resource = *std::move(read);
  }
  found.version = resource.file_number;
  std::string why =
      why_other(found, needs, name_of(copy.place), resource.original_filename);
  if (!why.empty()) return Error(Errc::unsupported, why);
  if (!is_believed(found.verification) && !options.allow_unsigned) {
    return Error(Errc::corrupt, found.verification.why);
  }
  return candidate;
}

// bad_argument where nobody knows which version is meant.
Done check_one_version(const std::vector<Candidate>& candidates) {
  std::vector<std::string> versions;
  for (const Candidate& candidate : candidates) {
    versions.push_back(version_words(candidate.replacement.version));
  }
  std::sort(versions.begin(), versions.end());
  versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
  if (versions.size() < 2) return {};
  return Error(Errc::bad_argument,
               fmt::format("the version of what was there can't be told, and there are "
                           "copies of {}: name one by --version",
                           fmt::join(versions, ", ")));
}

// The version that the folder of WinSxS is named for, the last but two of what "_"
// parts: "amd64_microsoft-windows-ntfs_31bf3856ad364e35_10.0.20348.2159_none_89abcdef".
std::optional<VersionNumber> component_version(std::string_view path) {
  constexpr std::string_view kStore = "\\winsxs\\";
  std::string lower = ascii_lower(path);
  std::size_t start = lower.find(kStore);
  if (start == std::string::npos) return std::nullopt;
  std::string_view folder = std::string_view(lower).substr(start + kStore.size());
  folder = folder.substr(0, folder.find('\\'));
  for (int i = 0; i < 2; ++i) {
    std::size_t end = folder.rfind('_');
    if (end == std::string_view::npos) return std::nullopt;
    folder = folder.substr(0, end);
  }
  return signature::parse_version(folder.substr(folder.rfind('_') + 1));
}

// Why the file's other names are to keep what they show; "" where they may show the
// copy, too.  A folder of WinSxS stands for one version, as it was signed: other bytes
// would be a damage that sfc and DISM find, and what they mend from.
std::string why_to_part(const Wanted& wanted, const Candidate& candidate) {
  if (!is_believed(candidate.replacement.verification)) return "it isn't believed";
  const auto& version = candidate.replacement.version;
  auto promised = [&](const std::string& twin) {
    return wanted.version ? wanted.version : component_version(twin);
  };
  for (const std::string& twin : wanted.twins) {
    auto theirs = promised(twin);
    if (!theirs) return "which version they are to have can't be told";
    if (theirs != version) {
      return fmt::format("theirs is {}", signature::to_string(*theirs));
    }
  }
  return {};
}

// The first edits, where the file has other names that are to keep their bytes; and the
// note that says what becomes of them.
void add_twins(const repair::Installation& windows, const repair::GuestPath& file,
               const Wanted& wanted, const Candidate& candidate,
               const ReplaceOptions& options, repair::Plan& plan) {
  if (wanted.twins.empty()) return;
  std::vector<std::string> twins;
  for (const std::string& twin : wanted.twins) {
    twins.push_back(windows.disk().show({.partition = file.partition, .path = twin}));
  }
  std::string note = fmt::format("{} is one file with {}", windows.disk().show(file),
                                 fmt::join(twins, ", "));
  std::string why = why_to_part(wanted, candidate);
  if (options.keep_old) {
    note += ": the old bytes stay there, as in the one that --keep-old leaves";
  } else if (why.empty()) {
    note += fmt::format(": version {}, as there is, is put there, too",
                        version_words(candidate.replacement.version));
  } else {
    note += fmt::format(": they are parted, and the old bytes stay there, as {}", why);
    plan.edits.push_back({.action = repair::FileDelete{.file = file},
                          .why = "its other names keep the old bytes"});
  }
  plan.notes.push_back(std::move(note));
}

void add_edits(const repair::Installation& windows, const repair::GuestPath& file,
               Wanted wanted, Candidate candidate, const ReplaceOptions& options,
               repair::Plan& plan) {
  std::size_t slash = file.path.rfind('\\') + 1;
  std::string why = fmt::format("{} is believed", candidate.replacement.place);
  if (!is_believed(candidate.replacement.verification)) {
    why = fmt::format("{} was named", candidate.replacement.place);
    plan.notes.push_back(fmt::format(
        "{}: what is put there isn't believed ({}); Windows stops at it unless its "
        "checks are off",
        file.path.substr(slash), candidate.replacement.verification.why));
  }
  add_twins(windows, file, wanted, candidate, options, plan);
  if (options.keep_old && wanted.stat) {
    plan.edits.push_back(
        {.action = repair::FileRename{.file = file,
                                      .to = file.path.substr(0, slash) + "old_" +
                                            file.path.substr(slash)},
         .why = "--keep-old"});
  }
  std::optional<repair::FileFacts> facts;
  if (wanted.stat) {
    facts =
        repair::FileFacts{.stat = *wanted.stat, .security = std::move(wanted.security)};
  }
  plan.edits.push_back(
      {.action = repair::FilePut{.file = file,
                                 .content = std::move(candidate.content),
                                 .facts = std::move(facts)},
       .why = std::move(why)});
}

}  // namespace

Result<Replacement> plan_replacement(const repair::Installation& windows,
                                     const repair::GuestPath& file,
                                     const std::vector<FileCopy>& copies,
                                     const signature::Verifier& verifier,
                                     const ReplaceOptions& options,
                                     repair::Plan& plan) {
  std::string place = windows.disk().show(file);
  if (!names_program(file.path)) {
    return Error(Errc::bad_argument,
                 "it is no program by its name; `drydock put` replaces other files")
        .in(place);
  }
  FileSystemPtr volume = TRY(windows.disk().volume(file.partition));
  Wanted wanted = TRY(look_at(*volume, file).in(place));
  auto version = options.version ? options.version : wanted.version;
  Needs needs{
      .name = name_of(file.path), .machine = machine_of(windows), .version = version};
  if (!needs.machine) needs.machine = wanted.machine;
  if (!version) needs.build = build_of_files(windows);
  std::uint32_t build = signature::build_of(windows);
  std::vector<std::string> refused;
  std::vector<Candidate> candidates;
  for (const FileCopy& copy : copies) {
    auto candidate = examine(copy, needs, verifier, build, options);
    if (!candidate) {
      refused.push_back(fmt::format("{}: {}", copy.place, candidate.error().words()));
    } else {
      candidates.push_back(*std::move(candidate));
    }
  }
  if (candidates.empty()) {
    std::string words = copies.empty() ? "no copy was found" : "no copy will do: ";
    return Error(Errc::not_found, words + fmt::format("{}", fmt::join(refused, "; ")))
        .in(place);
  }
  if (!version) TRY(check_one_version(candidates).in(place));
  Replacement chosen = candidates.front().replacement;
  chosen.refused = std::move(refused);
  add_edits(windows, file, std::move(wanted), std::move(candidates.front()), options,
            plan);
  return chosen;
}

}  // namespace drydock::driver
