#include "repair/boot_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

#include "vhd/base/checked.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::repair {

namespace {

constexpr std::string_view kUefiStore = "\\EFI\\Microsoft\\Boot\\BCD";
constexpr std::string_view kBiosStore = "\\Boot\\BCD";
constexpr std::string_view kUefiManager = "\\EFI\\Microsoft\\Boot\\bootmgfw.efi";
constexpr std::string_view kBiosManager = "\\bootmgr";
// The same, signed by Microsoft's certificate of 2023.
constexpr std::string_view kNewerManager = "Boot\\EFI_EX\\bootmgfw_EX.efi";

// \Windows\Boot has some 250 files of 30 MB in all languages; more isn't Windows' own.
constexpr std::size_t kFileCountMax = 4096;
constexpr std::uint64_t kFileSizeMax = std::uint64_t{64} << 20;
constexpr std::uint64_t kAllSizeMax = std::uint64_t{256} << 20;
// For folders, and the ends of clusters.
constexpr std::uint64_t kRoomToLeave = std::uint64_t{1} << 20;

// What a folder below \Windows\Boot is on the system partition.  Folders of languages
// are inside them, one deep.
struct Tree {
  std::string_view from;
  std::string_view to;
};
constexpr Tree kUefiTrees[] = {
    {"Boot\\EFI", "\\EFI\\Microsoft\\Boot"},
    {"Boot\\Fonts", "\\EFI\\Microsoft\\Boot\\Fonts"},
    {"Boot\\Resources", "\\EFI\\Microsoft\\Boot\\Resources"},
};
constexpr Tree kBiosTrees[] = {
    {"Boot\\PCAT", "\\Boot"},
    {"Boot\\Fonts", "\\Boot\\Fonts"},
    {"Boot\\Resources", "\\Boot\\Resources"},
};
constexpr int kTreeDepth = 2;

bool is_uefi(const Installation& windows) { return windows.boot().firmware == "uefi"; }

// Nothing where there is no such file.
Result<std::optional<File>> find_file(const FileSystem& volume, std::string_view path) {
  auto found = volume.find(path);
  if (found) return std::optional<File>(*std::move(found));
  if (found.error().code() == Errc::not_found) return std::optional<File>();
  return std::move(found).error();
}

// The machine that a program is for, as its PE header says.  [PE] COFF File Header
std::optional<std::uint16_t> machine_of(Bytes program) {
  constexpr std::size_t kOffsetOfPe = 0x3c;
  constexpr std::uint32_t kPe = 0x00004550;
  auto dos = load<le16>(program);
  auto at = load<le32>(program, kOffsetOfPe);
  if (!dos || *dos != 0x5a4d || !at || *at > program.size()) return std::nullopt;
  auto signature = load<le32>(program, *at);
  auto machine = load<le16>(program, *at + sizeof(le32));
  if (!signature || *signature != kPe || !machine) return std::nullopt;
  return static_cast<std::uint16_t>(*machine);
}

// What firmware looks for where nothing told it what to start.  UEFI 2.10, 3.5.1.1
std::optional<std::string_view> fallback_name(std::uint16_t machine) {
  switch (machine) {
    case 0x8664:
      return "bootx64.efi";
    case 0x014c:
      return "bootia32.efi";
    case 0xaa64:
      return "bootaa64.efi";
    case 0x01c4:
      return "bootarm.efi";
    default:
      return std::nullopt;
  }
}

// Why `content` can't be a boot manager; "" where it may be one.
std::string content_wound(Bytes content, bool uefi) {
  if (content.empty()) return "is empty";
  if (uefi) return machine_of(content) ? "" : "is no program";
  bool zeros =
      std::ranges::all_of(content, [](std::byte byte) { return byte == std::byte{0}; });
  return zeros ? "holds zeros alone" : "";
}

Result<std::string> file_wound(const FileSystem& volume, std::string_view path,
                               bool uefi) {
  auto file = TRY(find_file(volume, path));
  if (!file) return std::string("is missing");
  if (file->is_directory()) return std::string("is a folder");
  return content_wound(TRY(read_file(*file, kFileSizeMax)), uefi);
}

// A file to be copied.
struct Copy {
  std::string from;  // in the Windows volume
  std::string to;    // on the system partition
  std::uint64_t size = 0;
};

// Gathers what there is to copy.
class Copies {
 public:
  Copies(const Installation& windows, FileSystemPtr source, FileSystemPtr target)
      : windows_(windows), source_(std::move(source)), target_(std::move(target)) {}

  Done add_tree(const std::string& from, const std::string& to, int depth);
  Done add_if_absent(const std::string& from, const std::string& to,
                     std::uint64_t size);
  Result<ByteVector> read(const Copy& copy) const;
  void keep_only(std::string_view to);

  const std::vector<Copy>& all() const { return all_; }
  std::uint64_t size() const { return size_; }

 private:
  std::string target_of(const std::string& to, const std::string& name) const;

  const Installation& windows_;
  FileSystemPtr source_;
  FileSystemPtr target_;
  std::vector<Copy> all_;
  std::uint64_t size_ = 0;
};

// A BIOS' own boot sector looks for two of the files in the root.
std::string Copies::target_of(const std::string& to, const std::string& name) const {
  bool in_root =
      !is_uefi(windows_) && equal_ignoring_case(to, "\\Boot") &&
      (equal_ignoring_case(name, "bootmgr") || equal_ignoring_case(name, "bootnxt"));
  return fmt::format("{}\\{}", in_root ? "" : to, name);
}

Done Copies::add_if_absent(const std::string& from, const std::string& to,
                           std::uint64_t size) {
  auto there = TRY(find_file(*target_, to));
  if (there && (there->is_directory() || there->stat().size != 0)) return {};
  if (all_.size() == kFileCountMax || size > kAllSizeMax - size_) {
    return Error(Errc::unsupported,
                 fmt::format("below it are more than {} files, or {} MiB",
                             kFileCountMax, kAllSizeMax >> 20))
        .in(windows_.show() + "\\Boot");
  }
  all_.push_back({.from = from, .to = to, .size = size});
  size_ += size;
  return {};
}

Done Copies::add_tree(const std::string& from, const std::string& to, int depth) {
  auto folder = TRY(find_file(*source_, from));
  if (!folder || !folder->is_directory()) return {};
  std::vector<Entry> entries;
  TRY(source_->list(*folder, [&](const Entry& entry) {
    entries.push_back(entry);
    return entries.size() <= kFileCountMax;
  }));
  for (const Entry& entry : entries) {
    std::string below = fmt::format("{}\\{}", from, entry.name);
    if (entry.stat.kind == FileKind::file) {
      TRY(add_if_absent(below, target_of(to, entry.name), entry.stat.size));
    } else if (entry.stat.kind == FileKind::directory && depth > 1) {
      TRY(add_tree(below, fmt::format("{}\\{}", to, entry.name), depth - 1));
    }
  }
  return {};
}

Result<ByteVector> Copies::read(const Copy& copy) const {
  return read_file(TRY(source_->find(copy.from)), kFileSizeMax).in(copy.from);
}

void Copies::keep_only(std::string_view to) {
  std::erase_if(all_,
                [&](const Copy& copy) { return !equal_ignoring_case(copy.to, to); });
}

}  // namespace

Done plan_folders(const Disk& disk, const GuestPath& file, Plan& plan) {
  FileSystemPtr volume = TRY(disk.volume(file.partition));
  for (std::size_t end = file.path.find('\\', 1); end != std::string::npos;
       end = file.path.find('\\', end + 1)) {
    GuestPath folder{.partition = file.partition, .path = file.path.substr(0, end)};
    bool planned = std::ranges::any_of(plan.edits, [&](const Edit& edit) {
      const auto* make = std::get_if<FolderMake>(&edit.action);
      return make != nullptr && make->folder.partition == folder.partition &&
             equal_ignoring_case(make->folder.path, folder.path);
    });
    if (planned || TRY(find_file(*volume, folder.path))) continue;
    plan.edits.push_back({.action = FolderMake{.folder = std::move(folder)},
                          .why = "a file that the machine starts from belongs there"});
  }
  return {};
}

std::string_view boot_store_path(const Installation& windows) {
  return is_uefi(windows) ? kUefiStore : kBiosStore;
}

Result<std::uint32_t> find_system_partition(const Installation& windows) {
  const Disk& disk = windows.disk();
  if (windows.boot().bcd) return windows.boot().bcd->partition;
  std::vector<std::uint32_t> may_be;
  for (const partition::Partition& partition : disk.table().partitions) {
    bool is_one =
        is_uefi(windows) ? partition.type == partition::type::esp : partition.active;
    if (is_one) may_be.push_back(partition.number);
  }
  if (may_be.empty()) {
    return Error(
        Errc::unsupported,
        is_uefi(windows)
            ? "the disk has no EFI system partition"
            : "no partition of the disk is active, so that a BIOS starts none");
  }
  if (may_be.size() > 1) {
    return Error(Errc::unsupported,
                 fmt::format("which system partition is meant can't be told: {}",
                             fmt::join(may_be, " or ")));
  }
  TRY(disk.volume(may_be[0]));
  return may_be[0];
}

Result<std::string> boot_manager_wound(const Installation& windows,
                                       std::uint32_t system) {
  bool uefi = is_uefi(windows);
  std::string_view path = uefi ? kUefiManager : kBiosManager;
  FileSystemPtr volume = TRY(windows.disk().volume(system));
  std::string wound = TRY(file_wound(*volume, path, uefi).in(path));
  if (!wound.empty()) wound = fmt::format("{} {}", path, wound);
  return wound;
}

Done plan_boot_files(const Installation& windows, std::uint32_t system, Plan& plan) {
  const Disk& disk = windows.disk();
  bool uefi = is_uefi(windows);
  FileSystemPtr source = TRY(disk.volume(windows.partition()));
  FileSystemPtr target = TRY(disk.volume(system));
  std::string manager_to(uefi ? kUefiManager : kBiosManager);
  GuestPath manager =
      windows.in_windows(uefi ? "Boot\\EFI\\bootmgfw.efi" : "Boot\\PCAT\\bootmgr");
  std::string own_wound = TRY(file_wound(*source, manager.path, uefi));
  if (!own_wound.empty()) {
    return Error(Errc::unsupported, fmt::format("{} {}, and there is no other to copy",
                                                disk.show(manager), own_wound));
  }
  ByteVector content = TRY(read_file(TRY(source->find(manager.path)), kFileSizeMax));

  Copies copies(windows, source, target);
  std::span<const Tree> trees = uefi ? std::span<const Tree>(kUefiTrees) : kBiosTrees;
  for (const Tree& tree : trees) {
    TRY(copies.add_tree(windows.in_windows(tree.from).path, std::string(tree.to),
                        kTreeDepth));
  }
  if (uefi && source->find(windows.in_windows(kNewerManager).path)) {
    plan.notes.push_back(fmt::format(
        "the boot manager that is copied is signed by Microsoft's certificate of 2011: "
        "firmware that no longer believes in it needs {}",
        disk.show(windows.in_windows(kNewerManager))));
  }
  auto machine = machine_of(content);
  if (auto name = machine ? fallback_name(*machine) : std::nullopt; uefi && name) {
    TRY(copies.add_if_absent(manager.path, fmt::format("\\EFI\\Boot\\{}", *name),
                             content.size()));
  }
  auto plan_file = [&](const std::string& to, ByteVector bytes) -> Done {
    GuestPath path{.partition = system, .path = to};
    TRY(plan_folders(disk, path, plan));
    plan.edits.push_back(
        {.action = FilePut{.file = std::move(path), .content = std::move(bytes)},
         .why = "the machine starts from it, and Windows keeps a copy"});
    return {};
  };
  VolumeFacts facts = TRY(target->facts());
  if (copies.size() > facts.free - std::min(facts.free, kRoomToLeave)) {
    copies.keep_only(manager_to);
    plan.notes.push_back(fmt::format(
        "partition {} has no room for all that Windows keeps for it: of what "
        "it lacks, the boot manager alone is copied",
        system));
  }
  // One that is there, and wounded.
  bool wounded = !TRY(file_wound(*target, manager_to, uefi)).empty();
  bool listed = std::ranges::any_of(copies.all(), [&](const Copy& copy) {
    return equal_ignoring_case(copy.to, manager_to);
  });
  if (wounded && !listed) TRY(plan_file(manager_to, content));
  for (const Copy& copy : copies.all()) TRY(plan_file(copy.to, TRY(copies.read(copy))));
  return {};
}

}  // namespace drydock::repair
