#include "vhd/chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "vhd/base/try.h"

namespace drydock {

namespace {

namespace fs = std::filesystem;

// "C:\\vm\\base.vhdx", "..\\base.vhdx", "/vm/base.vhdx": "base.vhdx".
std::string last_component(const std::string& path) {
  return path.substr(path.find_last_of("\\/") + 1);
}

std::string in_lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) {
    return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a')
                                : static_cast<char>(c);
  });
  return text;
}

// The file of that name in `folder`; Windows doesn't mind the case.
std::optional<fs::path> find_in(const fs::path& folder, const std::string& name) {
  if (name.empty() || name == "." || name == "..") return std::nullopt;
  std::error_code ignored;
  if (fs::exists(folder / name, ignored)) return folder / name;
  for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end;
       entry.increment(ignored)) {
    std::string found = entry->path().filename().string();
    if (in_lower_case(found) == in_lower_case(name)) return entry->path();
  }
  return std::nullopt;
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

Result<fs::path> find_parent(const fs::path& child, const ImageFacts& facts) {
  std::string tried;
  for (const std::string& path : facts.parent_paths) {
    std::string name = last_component(path);
    if (auto found = find_in(folder_of(child), name)) return *found;
    if (!tried.empty()) tried += ", ";
    tried += path;
  }
  return Error(Errc::not_found,
               fmt::format("this image holds only what has changed since its parent, "
                           "and no file of its name is beside it: {}; say where it is "
                           "(--parent FILE)",
                           tried.empty() ? "it records no name" : tried));
}

// The files from `file` down, as the images in them say.
class Walk {
 public:
  Walk(std::shared_ptr<FileDevice> file, const ChainOptions& options)
      : options_(options) {
    files_.push_back(std::move(file));
  }

  Result<std::vector<std::shared_ptr<FileDevice>>> go() {
    for (;;) {
      ImageFacts facts =
          TRY(examine_image(files_.back()).in(files_.back()->path().string()));
      // What can't be opened says so best itself, when it is opened.
      if (facts.kind != ImageKind::differencing || facts.refusal) {
        return std::move(files_);
      }
      if (files_.size() == kChainLengthMax) {
        return Error(Errc::corrupt,
                     fmt::format("the chain has more than {} images", kChainLengthMax));
      }
      TRY(step(facts).in(files_.back()->path().string()));
    }
  }

 private:
  Done step(const ImageFacts& facts) {
    std::size_t index = files_.size() - 1;
    fs::path path;
    if (index < options_.parents.size()) path = options_.parents[index];
    if (path.empty()) path = TRY(find_parent(files_.back()->path(), facts));
    for (const auto& file : files_) {
      std::error_code ignored;
      if (fs::equivalent(file->path(), path, ignored)) {
        return Error(Errc::corrupt,
                     "its chain of parents comes back to " + file->path().string());
      }
    }
    files_.push_back(TRY(FileDevice::open(path).in("parent")));
    return {};
  }

  const ChainOptions& options_;
  std::vector<std::shared_ptr<FileDevice>> files_;
};

bool may_be_image(const fs::path& path) {
  constexpr std::array<std::string_view, 4> kExtensions = {".vhdx", ".avhdx", ".vhd",
                                                           ".avhd"};
  std::string extension = in_lower_case(path.extension().string());
  return std::ranges::find(kExtensions, extension) != kExtensions.end();
}

bool names_parent(const ImageFacts& child, const Guid& link_id) {
  return child.kind == ImageKind::differencing &&
         (child.parent_link_id == link_id || child.parent_link_id2 == link_id);
}

}  // namespace

Result<Chain> open_chain(std::shared_ptr<FileDevice> file, ChainOptions options) {
  Chain chain;
  chain.files = TRY(Walk(std::move(file), options).go());
  for (std::size_t i = chain.files.size(); i-- > 0;) {
    bool writable = options.writable && i == 0;
    ImageOptions image{.writable = writable,
                       .make_guid = options.make_guid,
                       .parent = chain.image,
                       .accept_any_parent = options.accept_any_parent};
    chain.image = TRY(open_image(chain.files[i], std::move(image))
                          .in(chain.files[i]->path().string()));
  }
  return chain;
}

Result<ParentLink> link_to_parent(const fs::path& parent, const fs::path& child) {
  std::error_code error;
  fs::path relative = fs::relative(parent, folder_of(child), error);
  if (error || relative.empty()) {
    return Error(Errc::not_found, "there is no way here from the child's folder")
        .in(parent.string());
  }
  std::string path = relative.generic_string();
  std::ranges::replace(path, '/', '\\');
  ParentLink link;
  link.relative_path = path.starts_with("..") ? path : ".\\" + path;
  return link;
}

Result<std::vector<fs::path>> find_children(const fs::path& image) {
  std::vector<fs::path> children;
  auto link_id = TRY(examine_image(TRY(FileDevice::open(image)))).link_id;
  if (!link_id) return children;
  std::error_code error;
  for (fs::directory_iterator entry(folder_of(image), error), end;
       !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    bool other = may_be_image(entry->path()) && entry->is_regular_file(ignored) &&
                 !fs::equivalent(entry->path(), image, ignored);
    if (!other) continue;
    auto file = FileDevice::open(entry->path());
    if (!file) continue;
    auto facts = examine_image(*file);
    if (facts && names_parent(*facts, *link_id)) children.push_back(entry->path());
  }
  if (error) {
    return Error(Errc::io, "the host doesn't list the folder: " + error.message())
        .in(folder_of(image).string());
  }
  std::ranges::sort(children);
  return children;
}

Done check_no_children(const fs::path& image, const fs::path& except) {
  std::string names;
  for (const fs::path& child : TRY(find_children(image))) {
    std::error_code ignored;
    if (!except.empty() && fs::equivalent(child, except, ignored)) continue;
    if (!names.empty()) names += ", ";
    names += child.filename().string();
  }
  if (names.empty()) return {};
  return Error(Errc::busy,
               fmt::format("these hold only what has changed since this image, and "
                           "would show wrong bytes once it is written to: {}",
                           names))
      .in(image.string());
}

}  // namespace drydock
