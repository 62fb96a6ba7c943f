// Which files of the host a worker may reach: those that the command line names,
// and what belongs to them.  It is said once, before any byte of an image was looked
// at, so that no image chooses which file is opened next.
//
//   a file    itself; a hive's logs beside it (FILE.LOG1)
//   an image  itself; its journals (FILE.0001.drydock); images beside it, which may be
//             its parents and children
//
// Paths are compared as words, "." and ".." taken out; a link that the command line
// names is followed, and stands for both of its ends.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace drydock::worker {

enum class Wish : std::uint8_t {
  read,
  list,            // the names in a folder
  write,           // to make, to change, to give other permissions
  remove,          // also the old name of a file that is given another
  make_directory,  // or to remove one
};

enum class Answer : std::uint8_t {
  no,
  yes,
  if_image,  // where its bytes are those of a VHD or VHDX
};

class HostFiles {
 public:
  // "" and "-" are no files, and nothing is added for them.
  HostFiles& read(const std::string& path);
  HostFiles& read_image(const std::string& path);
  // To be made, changed, or replaced by way of FILE.drydock-part.
  HostFiles& write(const std::string& path);
  // Its journals are made and removed, too.
  HostFiles& write_image(const std::string& path);
  // One of the images beside it, which is its parent, may be changed, too.
  HostFiles& write_child_and_parent(const std::string& path);
  // A folder with all that is in it.
  HostFiles& read_tree(const std::string& path);
  HostFiles& write_tree(const std::string& path);

  // `path` is absolute.
  Answer allows(Wish wish, const std::filesystem::path& path) const;

  // The folder of read_tree() or write_tree() that `path` is in; "" where it's in none.
  // On the way from there to the file no link may be followed.
  std::filesystem::path tree_of(const std::filesystem::path& path) const;

 private:
  enum class Kind : std::uint8_t { file, image, child, tree };
  struct Grant {
    Kind kind;
    bool writable;
    std::filesystem::path path;  // absolute, as it was named
    std::filesystem::path end;   // absolute, links followed
  };

  HostFiles& add(Kind kind, bool writable, const std::string& path);
  static Answer answer(const Grant& grant, const std::filesystem::path& named,
                       Wish wish, const std::filesystem::path& path);

  std::vector<Grant> grants_;
};

}  // namespace drydock::worker
