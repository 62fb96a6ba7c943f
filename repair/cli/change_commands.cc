// drydock rm, mv, mkdir, sddl: changes of what files are called, and whose they are.

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "ntfs/security/sddl.h"
#include "repair/cli/change.h"
#include "repair/cli/file_verbs.h"
#include "repair/cli/guest_files.h"
#include "repair/cli/json.h"
#include "repair/file_tree.h"
#include "vhd/base/try.h"

namespace drydock::cli {
namespace {

using nlohmann::json;

Result<ByteVector> from_hex(std::string_view text) {
  ByteVector bytes;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    unsigned value = 0;
    const char* end = text.data() + std::min(at + 2, text.size());
    auto [stop, error] = std::from_chars(text.data() + at, end, value, 16);
    if (error != std::errc() || stop != text.data() + at + 2) {
      return Error(Errc::bad_argument, "--raw takes two digits of hex for each byte");
    }
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

// The descriptor that the request asks for.  What SDDL leaves out -- an owner, a
// list -- the file keeps.
Result<ByteVector> descriptor_for(const SddlRequest& request, const File& file) {
  if (request.raw) return from_hex(request.sddl);
  auto wanted = TRY(security::parse_sddl(request.sddl));
  Details details = TRY(file.details());
  if (details.security) {
    auto kept = TRY(security::decode_descriptor(*details.security));
    if (!wanted.owner) wanted.owner = kept.owner;
    if (!wanted.group) wanted.group = kept.group;
    if (!wanted.dacl && !wanted.null_dacl) {
      wanted.dacl = kept.dacl;
      wanted.null_dacl = kept.null_dacl;
      wanted.control |= kept.control & security::control::of_dacl;
    }
    if (!wanted.sacl) {
      wanted.sacl = kept.sacl;
      wanted.control |= kept.control & security::control::of_sacl;
    }
  }
  ByteVector bytes = TRY(security::encode_descriptor(wanted));
  TRY(security::check_descriptor(bytes));
  return bytes;
}

Exit show_sddl(const SddlRequest& request, Report& report) {
  auto show = [&]() -> Result<json> {
    OpenImage image = TRY(open_image_file(request.image, request.change.disk, report));
    Found found = TRY(find_file(*image.disk, request.path,
                                request.change.installation.value_or(0), report));
    Details details = TRY(found.file.details().in(request.path));
    json document = {{"path", image.disk->show(found.path)},
                     {"sddl", nullptr},
                     {"security", nullptr}};
    if (details.security) {
      document["security"] = hex(*details.security);
      document["sddl"] = TRY(security::sddl_of(*details.security).in(request.path));
    }
    return document;
  };
  auto document = show();
  if (!document) return report.fail(document.error());
  const json& text = (*document)["sddl"];
  report.print((text.is_null() ? "none" : text.get<std::string>()) + "\n");
  report.document(std::move(*document));
  return Exit::done;
}

// The folders on the way to `path`, and it, as far as they aren't there.
Done plan_folders(const repair::Disk& disk, const repair::GuestPath& path, bool parents,
                  repair::Plan& plan) {
  FileSystemPtr volume = TRY(disk.volume(path.partition));
  for (std::size_t slash = parents ? 0 : path.path.rfind('\\');
       slash != std::string::npos; slash = path.path.find('\\', slash + 1)) {
    std::size_t end = path.path.find('\\', slash + 1);
    repair::GuestPath folder{.partition = path.partition,
                             .path = path.path.substr(0, end)};
    bool last = end == std::string::npos;
    if (!last && volume->find(folder.path)) continue;
    plan.edits.push_back(
        {.action = repair::FolderMake{.folder = std::move(folder)}, .why = "mkdir"});
  }
  return {};
}

}  // namespace

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

Exit move(const MoveRequest& request, Report& report) {
  auto make_plan = [&](const repair::Disk& disk,
                       std::size_t installation) -> Result<repair::Plan> {
    repair::GuestPath from = TRY(disk.resolve(request.from, installation));
    repair::GuestPath to = TRY(disk.resolve(request.to, installation));
    if (from.partition != to.partition) {
      return Error(Errc::bad_argument,
                   "a file moves within its volume; to another, cp and rm take it");
    }
    auto target = TRY(disk.volume(to.partition))->find(to.path);
    if (target && target->is_directory()) {
      to.path = repair::join(to.path, from.path.substr(from.path.rfind('\\') + 1));
    }
    repair::Plan plan;
    plan.edits.push_back({.action = repair::FileRename{.file = std::move(from),
                                                       .to = std::move(to.path)},
                          .why = "mv"});
    return plan;
  };
  return change_image(request.image, request.change, "mv", make_plan, report);
}

Exit make_folder(const MakeFolderRequest& request, Report& report) {
  auto make_plan = [&](const repair::Disk& disk,
                       std::size_t installation) -> Result<repair::Plan> {
    repair::Plan plan;
    for (const std::string& text : request.paths) {
      repair::GuestPath path = TRY(disk.resolve(text, installation));
      TRY(plan_folders(disk, path, request.parents, plan).in(text));
    }
    return plan;
  };
  return change_image(request.image, request.change, "mkdir", make_plan, report);
}

Exit sddl(const SddlRequest& request, Report& report) {
  if (request.sddl.empty()) return show_sddl(request, report);
  auto make_plan = [&](const repair::Disk& disk,
                       std::size_t installation) -> Result<repair::Plan> {
    Found found = TRY(find_file(disk, request.path, installation, report));
    ByteVector descriptor = TRY(descriptor_for(request, found.file).in(request.path));
    repair::Plan plan;
    plan.edits.push_back(
        {.action = repair::FileSecure{.file = std::move(found.path),
                                      .descriptor = std::move(descriptor)},
         .why = "sddl"});
    return plan;
  };
  return change_image(request.image, request.change, "sddl", make_plan, report);
}

}  // namespace drydock::cli
