// NTFS volumes for the tests, and what others say that is in them: mkntfs makes
// them, sleuthkit's fls and icat read them.

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "ntfs/file_system.h"
#include "vhd/block_device.h"
#include "vhd/file_device.h"

namespace drydock {

// A sparse file of `size` bytes, formatted; empty words in `mkntfs` are left out.
bool make_ntfs(const std::filesystem::path& file, std::uint64_t size,
               const std::vector<std::string>& mkntfs = {});

// Unpacks a .gz, .xz or .zip of one file, or a .qcow2; copies any other.  Holes
// stay holes.
bool unpack(const std::filesystem::path& packed, const std::filesystem::path& file);

// A volume in a file of the host, at `offset`.
struct Place {
  std::filesystem::path file;
  std::uint64_t offset = 0;  // in bytes
};

DevicePtr open_place(const Place& place, FileOptions options = {});

// By path ("a/b"), what is there: NTFS's own files left out.
struct Found {
  std::uint64_t record = 0;
  bool directory = false;
  friend bool operator==(const Found&, const Found&) = default;
};
using Tree = std::map<std::string, Found>;
Tree tree_by_fls(const Place& place);
Tree tree_by_us(const FileSystem& volume);

ByteVector data_by_icat(const Place& place, std::uint64_t record);

// The same by two more who know nothing of libntfs-3g, for a volume that has its
// file to itself: 7z and GRUB.  "a/b".
std::string data_by_7z(const Place& place, const std::string& path);
std::string data_by_grub(const Place& place, const std::string& path);
// libfsntfs' paths, "\\a\\b", one a line; streams too.
std::string paths_by_libfsntfs(const Place& place);

// "" where the two agree, else what they differ in.
std::string difference(const Tree& ours, const Tree& theirs);

// Compares every file's bytes; returns the paths of those that differ.
std::vector<std::string> files_that_differ(const FileSystem& volume, const Place& place,
                                           const Tree& tree);

// Makes a file of `count` clusters, no two of them together: some 300
// of them take an attribute list.
void put_in_pieces(FileSystem& volume, const std::string& path, int count);

// A copy of the file beside it: what is open here can be judged there.
Place copy_of(const Place& place);

// The volume in a file of its own, where ntfs-3g's tools find it.
Place cut_out(const Place& place);

// Asks ntfs-3g's tools whether the volume is consistent: ntfsresize compares
// every file's clusters with $Bitmap, ntfsfix looks at $MFT and its mirror.
void expect_sound(const Place& place);

// A device that passes reads on, and fails the test on any write or flush.
DevicePtr write_trap(DevicePtr below);

}  // namespace drydock
