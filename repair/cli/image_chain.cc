// drydock image snapshot, rebase and merge: images that stand on images.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "repair/cli/container.h"
#include "repair/cli/image_source.h"
#include "repair/cli/progress_bar.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"
#include "vhd/merge.h"

namespace drydock::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

// "C:\...", "\\?\Volume{...}\...", "\\server\...": no way from the child's folder.
bool is_absolute(const std::string& path) {
  return path.starts_with("\\\\") || (path.size() > 1 && path[1] == ':');
}

// The way from `child` to `parent`.  What the child already knows of the parent in
// words of Windows stays, where it is of the same name.
Result<ParentLink> link_of(const fs::path& parent, const fs::path& child,
                           const ImageFacts& facts) {
  ParentLink link = TRY(link_to_parent(parent, child));
  for (const std::string& path : facts.parent_paths) {
    std::string name = path.substr(path.find_last_of("\\/") + 1);
    if (is_absolute(path) && equal_ignoring_case(name, parent.filename().string())) {
      link.absolute_path = path;
    }
  }
  return link;
}

Result<ImageFacts> facts_of_child(const std::shared_ptr<FileDevice>& file) {
  ImageFacts facts = TRY(examine_image(file).in(file->path().string()));
  if (facts.kind == ImageKind::differencing) return facts;
  return Error(Errc::bad_argument,
               fmt::format("this is a {} image, which has no parent",
                           to_string(facts.kind)))
      .in(file->path().string());
}

// ---- rebase

struct Rebased {
  bool another = false;  // not the parent that the child was made from
  ImageFacts facts;
};

// Whether the child is beneath its own new parent.
Done check_loop(const Chain& parents, const fs::path& child) {
  for (const auto& file : parents.files) {
    std::error_code ignored;
    if (fs::equivalent(file->path(), child, ignored)) {
      return Error(Errc::bad_argument, "the parent stands on the child itself")
          .in(file->path().string());
    }
  }
  return {};
}

Result<Rebased> rebase(const ImageRebaseRequest& request, Report& report) {
  auto parent_file = TRY(FileDevice::open(request.parent));
  Chain parents = TRY(open_chain(parent_file));
  TRY(check_loop(parents, request.child));
  auto file = TRY(FileDevice::open(request.child, {.writable = true}));
  report.track(file);
  ImageFacts facts = TRY(facts_of_child(file));
  ImageFacts of_parent = parents.image->facts();
  Rebased rebased;
  rebased.another = facts.parent_link_id != of_parent.link_id &&
                    facts.parent_link_id2 != of_parent.link_id;
  if (rebased.another && !request.unsafe) {
    return Error(Errc::bad_argument,
                 "this isn't the parent that the child was made from, or it has been "
                 "written to since: the child would show a mixture of two disks (-u "
                 "links it all the same)")
        .in(request.parent);
  }
  auto image = TRY(open_image(file, {.writable = true,
                                     .parent = parents.image,
                                     .accept_any_parent = request.unsafe})
                       .in(request.child));
  ParentLink link = TRY(link_of(request.parent, request.child, facts));
  link.link_id = *of_parent.link_id;
  TRY(image->relink(link).in(request.child));
  rebased.facts = TRY(examine_image(file));
  return rebased;
}

// ---- merge

// The files of a merge, opened and checked.
struct MergeWork {
  std::shared_ptr<FileDevice> child;
  std::shared_ptr<FileDevice> parent;
  Chain grandparents;  // none: the parent is no child itself
  ParentLink link;
};

// Nobody else may stand on what is about to change.
Done check_others(const ImageMergeRequest& request, const fs::path& parent) {
  if (request.force) return {};
  TRY(check_no_children(parent, request.child));
  if (request.remove_child) TRY(check_no_children(request.child));
  return {};
}

Result<MergeWork> open_merge(const ImageMergeRequest& request, Report& report) {
  MergeWork work;
  ChainOptions options;
  options.parents.assign(request.parents.begin(), request.parents.end());
  std::vector<fs::path> paths;
  {
    // For reading first: who is whose parent, and whether that is so.
    Chain chain = TRY(open_chain(TRY(FileDevice::open(request.child)), options));
    for (const auto& file : chain.files) paths.push_back(file->path());
  }
  auto look = TRY(FileDevice::open(request.child));
  ImageFacts facts = TRY(facts_of_child(look));
  look.reset();
  TRY(check_others(request, paths[1]));
  work.link = TRY(link_of(paths[1], request.child, facts));
  work.child = TRY(FileDevice::open(request.child, {.writable = true}));
  work.parent = TRY(FileDevice::open(paths[1], {.writable = true}));
  report.track(work.child);
  report.track(work.parent);
  if (paths.size() > 2) {
    ChainOptions above{.parents = {paths.begin() + 3, paths.end()}};
    work.grandparents = TRY(open_chain(TRY(FileDevice::open(paths[2])), above));
  }
  return work;
}

struct MergeDone {
  Merged merged;
  fs::path parent;
};

Result<MergeDone> merge(const ImageMergeRequest& request, Report& report) {
  MergeWork work = TRY(open_merge(request, report));
  ProgressBar bar("merge");
  MergeDone done{.merged = {}, .parent = work.parent->path()};
  done.merged = TRY(merge_into_parent(
      {.child = work.child,
       .parent = work.parent,
       .grandparent = work.grandparents.image},
      {.link = work.link, .make_guid = {}, .progress = bar.progress()}));
  if (request.remove_child) {
    std::error_code error;
    if (!fs::remove(request.child, error)) {
      return Error(Errc::io, "merged, and yet the host doesn't remove the child: " +
                                 error.message())
          .in(request.child);
    }
  }
  return done;
}

}  // namespace

Exit image_rebase(const ImageRebaseRequest& request, Report& report) {
  auto rebased = rebase(request, report);
  if (!rebased) return report.fail(rebased.error());
  std::vector<std::string> chain = chain_by_name(request.child, rebased->facts);
  report.print(
      fmt::format("{} now names {} as its parent\n", request.child, chain.back()));
  if (rebased->another) {
    report.print(
        "  that isn't the one it was made from, as it was: what the child hasn't "
        "changed\n  is shown as this parent has it\n");
  }
  report.document({{"image", request.child},
                   {"container", container_json(rebased->facts, chain)},
                   {"another_parent", rebased->another}});
  return Exit::done;
}

Exit image_merge(const ImageMergeRequest& request, Report& report) {
  auto done = merge(request, report);
  if (!done) return report.fail(done.error());
  report.print(fmt::format("{} now holds what {} showed ({} written, {} of zeros)\n",
                           done->parent.string(), request.child,
                           binary_size(done->merged.bytes_written),
                           binary_size(done->merged.bytes_zeroed)));
  report.print(request.remove_child
                   ? fmt::format("{} is deleted\n", request.child)
                   : fmt::format("{} holds nothing more, and may be deleted; until the "
                                 "parent is written to it still works\n",
                                 request.child));
  report.document({{"child", request.child},
                   {"parent", done->parent.string()},
                   {"bytes_written", done->merged.bytes_written},
                   {"bytes_zeroed", done->merged.bytes_zeroed},
                   {"child_deleted", request.remove_child}});
  return Exit::done;
}

}  // namespace drydock::cli
