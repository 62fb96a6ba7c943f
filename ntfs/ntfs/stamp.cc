#include "ntfs/ntfs/stamp.h"

#include <algorithm>
#include <string_view>

#include "ntfs/ntfs/libntfs.h"
#include "ntfs/ntfs/mount.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

ntfs_time time_of(const Inode& inode) {
  return cpu_to_sle64(static_cast<s64>(inode.mount().time()));
}

// The library keeps sizes for the copies in directories, but forgets them where
// it makes data non-resident.
void take_sizes(ntfs_inode* inode) {
  ntfs_attr_search_ctx* search = ntfs_attr_get_search_ctx(inode, nullptr);
  if (search == nullptr) return;
  if (ntfs_attr_lookup(AT_DATA, AT_UNNAMED, 0, CASE_SENSITIVE, 0, nullptr, 0, search) ==
      0) {
    const ATTR_RECORD& data = *search->attr;
    if (data.non_resident == 0) {
      inode->data_size = le32_to_cpu(data.value_length);
      inode->allocated_size = (inode->data_size + 7) & ~s64{7};
    } else {
      bool holes = (data.flags & (ATTR_IS_COMPRESSED | ATTR_IS_SPARSE)) != 0;
      inode->data_size = sle64_to_cpu(data.data_size);
      inode->allocated_size =
          sle64_to_cpu(holes ? data.compressed_size : data.allocated_size);
    }
  }
  ntfs_attr_put_search_ctx(search);
}

// So that the record, and the copy of times and sizes in each directory, get
// written.
void mark_dirty(const Inode& inode) {
  if (!inode.is_directory()) take_sizes(inode.get());
  NInoFileNameSetDirty(inode.get());
  NInoSetDirty(inode.get());
}

// Copies the times and attributes into the record's names in `directory`.
Done stamp_names(Inode& inode, Reference directory) {
  ntfs_attr_search_ctx* search = ntfs_attr_get_search_ctx(inode.get(), nullptr);
  if (search == nullptr) return inode.mount().failure("stamping its names");
  while (ntfs_attr_lookup(AT_FILE_NAME, AT_UNNAMED, 0, CASE_SENSITIVE, 0, nullptr, 0,
                          search) == 0) {
    ATTR_RECORD* found = search->attr;
    if (le32_to_cpu(found->value_length) < sizeof(FILE_NAME_ATTR)) continue;
    auto* name = reinterpret_cast<FILE_NAME_ATTR*>(reinterpret_cast<char*>(found) +
                                                   le16_to_cpu(found->value_offset));
    if (MREF_LE(name->parent_directory) != directory.record) continue;
    name->file_attributes =
        static_cast<FILE_ATTR_FLAGS>((name->file_attributes & ~FILE_ATTR_VALID_FLAGS) |
                                     (inode.get()->flags & FILE_ATTR_VALID_FLAGS));
    name->creation_time = inode.get()->creation_time;
    name->last_data_change_time = inode.get()->last_data_change_time;
    name->last_mft_change_time = inode.get()->last_mft_change_time;
    name->last_access_time = inode.get()->last_access_time;
    // Behind the value the library leaves what lay there before.
    char* end = reinterpret_cast<char*>(name) + le32_to_cpu(found->value_length);
    std::fill(end, reinterpret_cast<char*>(found) + le32_to_cpu(found->length), '\0');
    ntfs_inode_mark_dirty(search->ntfs_ino);
  }
  ntfs_attr_put_search_ctx(search);
  return {};
}

// The names of a record stand in the order of their bytes, times first.  While
// libntfs-3g gives a file its alias, one of the two names has the host's time,
// so that chance orders them; now that their times are equal, this does.
Done sort_names(Inode& inode) {
  ntfs_attr_search_ctx* search = ntfs_attr_get_search_ctx(inode.get(), nullptr);
  if (search == nullptr) return inode.mount().failure("ordering its names");
  ATTR_RECORD* before = nullptr;
  while (ntfs_attr_lookup(AT_FILE_NAME, AT_UNNAMED, 0, CASE_SENSITIVE, 0, nullptr, 0,
                          search) == 0) {
    auto* now = reinterpret_cast<char*>(search->attr);
    auto* last = reinterpret_cast<char*>(before);
    bool neighbours = before != nullptr && last + le32_to_cpu(before->length) == now;
    auto value = [](ATTR_RECORD* name) {
      return std::string_view(
          reinterpret_cast<char*>(name) + le16_to_cpu(name->value_offset),
          le32_to_cpu(name->value_length));
    };
    if (neighbours && value(search->attr) < value(before)) {
      std::rotate(last, now, now + le32_to_cpu(search->attr->length));
      ntfs_inode_mark_dirty(search->ntfs_ino);
      break;  // a new file has two names at most
    }
    before = search->attr;
  }
  ntfs_attr_put_search_ctx(search);
  return {};
}

}  // namespace

Done stamp_new(Inode& inode) {
  ntfs_inode* raw = inode.get();
  raw->creation_time = raw->last_data_change_time = raw->last_mft_change_time =
      raw->last_access_time = time_of(inode);
  mark_dirty(inode);
  for (const NameRecord& name : TRY(names_of(inode))) {
    TRY(stamp_names(inode, name.parent));
  }
  return sort_names(inode);
}

void stamp_modified(Inode& inode) {
  inode.get()->last_data_change_time = inode.get()->last_mft_change_time =
      time_of(inode);
  mark_dirty(inode);
}

void stamp_changed(Inode& inode) {
  inode.get()->last_mft_change_time = time_of(inode);
  mark_dirty(inode);
}

Done stamp_renamed(Inode& inode, Reference directory) {
  stamp_changed(inode);
  return stamp_names(inode, directory);
}

void set_times(Inode& inode, const Stat& stat) {
  auto set = [](ntfs_time& time, FileTime to) {
    if (to != 0) time = cpu_to_sle64(static_cast<s64>(to));
  };
  set(inode.get()->creation_time, stat.created);
  set(inode.get()->last_data_change_time, stat.modified);
  set(inode.get()->last_mft_change_time, stat.changed);
  set(inode.get()->last_access_time, stat.accessed);
  mark_dirty(inode);
}

Done stamp_directory(Mount& mount, Reference directory) {
  Inode inode = TRY(Inode::open(mount, directory));
  stamp_modified(inode);
  return inode.close();
}

}  // namespace drydock::ntfs
