#include "repair/driver/copies.h"

#include "repair/file_tree.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::driver {

namespace {

std::string_view folder_of(Shelf shelf) {
  switch (shelf) {
    case Shelf::component_store:
      return "\\WinSxS";
    case Shelf::driver_store:
      return "\\System32\\DriverStore\\FileRepository";
  }
  return {};
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('\\') + 1);
}

FileCopy copy_at(FileSystemPtr volume, std::string path, std::string place) {
  auto read = [volume = std::move(volume), path = std::move(path),
               place]() -> Result<ByteVector> {
    File file = TRY(volume->find(path).in(place));
    return read_file(file, kCopySizeMax).in(place);
  };
  return {.place = std::move(place), .read = std::move(read)};
}

// Nothing where it isn't there.
Result<std::optional<File>> find_if_there(const FileSystem& volume,
                                          const std::string& path) {
  auto file = volume.find(path);
  if (file) return std::optional(*std::move(file));
  if (file.error().code() == Errc::not_found) return std::optional<File>();
  return std::move(file).error();
}

}  // namespace

Result<std::vector<FileCopy>> copies_on(const repair::Installation& windows,
                                        Shelf shelf, const repair::GuestPath& file) {
  FileSystemPtr volume = TRY(windows.disk().volume(windows.partition()));
  repair::GuestPath folder = windows.in_windows(folder_of(shelf));
  std::vector<FileCopy> copies;
  auto shelf_folder = TRY(find_if_there(*volume, folder.path));
  if (!shelf_folder) return copies;
  auto itself = TRY(find_if_there(*volume, file.path));
  std::vector<std::string> packages;
  TRY(volume->list_names(*shelf_folder, [&](const std::string& name, FileKind kind) {
    if (kind == FileKind::directory) packages.push_back(name);
    return true;
  }));
  std::string name = name_of(file.path);
  for (const std::string& package : packages) {
    std::string path = repair::join(repair::join(folder.path, package), name);
    auto found = TRY(find_if_there(*volume, path));
    if (!found || found->stat().kind != FileKind::file) continue;
    if (itself && found->stat().id == itself->stat().id) continue;
    std::string place =
        windows.disk().show({.partition = folder.partition, .path = path});
    copies.push_back(copy_at(volume, std::move(path), std::move(place)));
  }
  return copies;
}

Result<FileCopy> copy_of(const repair::Installation& donor,
                         const repair::Installation& windows,
                         const repair::GuestPath& file) {
  const std::string& root = windows.root();
  repair::GuestPath there{.partition = donor.partition(), .path = file.path};
  if (file.partition != windows.partition()) {
    auto system = donor.disk().system_partition();
    if (!system) return Error(Errc::not_found, "it has no system partition");
    there.partition = *system;
  } else if (repair::is_within(file.path, root)) {
    there = donor.in_windows(file.path.substr(root.size()));
  }
  FileSystemPtr volume = TRY(donor.disk().volume(there.partition));
  TRY(volume->find(there.path));
  return copy_at(std::move(volume), there.path, donor.disk().show(there));
}

}  // namespace drydock::driver
