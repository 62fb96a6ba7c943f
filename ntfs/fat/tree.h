// The files of an open volume: found by path, and changed wholly or not at all.
//
// Each change is checked first (may this volume be written to?), gathers in the
// cache, and is committed at its end; where it fails on the way, the tables and
// directories stay as they were.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "ntfs/fat/clusters.h"
#include "ntfs/fat/directory.h"
#include "ntfs/open_volume.h"

namespace drydock::fat {

// What is known of one file or directory, shared by all who hold it.  It stays
// right while the file is written to and renamed.
struct Node {
  // Where its short slot is: the first cluster of its directory, and the slot's
  // index there.  The root has neither.
  std::uint32_t directory = 0;
  std::uint32_t index = 0;
  ShortSlot slot{};            // as on the disk
  std::optional<Chain> chain;  // once its data was asked for
  bool removed = false;

  bool is_directory() const { return (slot.attributes & attribute::directory) != 0; }
};

using NodePtr = std::shared_ptr<Node>;

Stat stat_of(const ShortSlot& slot);

class Tree {
 public:
  static Result<std::shared_ptr<Tree>> open(DevicePtr device, VolumeOptions options);

  Clusters& clusters() { return clusters_; }
  bool writable() const { return options_.writable && clusters_.writable(); }

  Result<VolumeCondition> condition() const;
  // read_only, or busy, where nothing may be changed.
  Done check_writable() const;

  Result<NodePtr> find(std::string_view path);
  Done list(const Node& directory, const FileSystem::Visit& visit);
  Result<NodePtr> create(std::string_view path, std::uint8_t attributes);
  Result<NodePtr> put(std::string_view path, Bytes content);
  Done remove(std::string_view path);
  Done rename(std::string_view from, std::string_view to);
  Done set_stat(std::string_view path, const Stat& stat);

  // A file's data.  The ranges are within its size.
  Done read(Node& node, std::uint64_t offset, MutableBytes into);
  Done write(Node& node, std::uint64_t offset, Bytes from);
  Done resize(Node& node, std::uint64_t size);

 private:
  // A name in a directory, and what bears it, if anything does.
  struct Place {
    Directory directory;
    std::u16string name;
    std::optional<Item> item;
    // First clusters of the directories on the way, from the root's on.
    std::vector<std::uint32_t> way;
  };

  Tree(Clusters clusters, VolumeOptions options)
      : clusters_(std::move(clusters)), options_(std::move(options)) {}

  Done check_clean() const;
  Result<Place> place(std::string_view path);
  template <class Change>
  Done change(const Change& change);

  std::uint32_t start_of(const ShortSlot& slot) const {
    return clusters_.geometry().first_cluster(slot);
  }
  NodePtr node_of(const Place& place);
  Done load_chain(Node& node);
  Done save_slot(Node& node, const ShortSlot& slot);
  Result<Chain> set_length(const Node& node, std::uint64_t size, ShortSlot& slot);
  Done zero(const Chain& chain, std::uint64_t from, std::uint64_t to);
  Done put_into(Node& node, Bytes content);
  Done move(Place& source, Place& target, Item& moved);

  Clusters clusters_;
  VolumeOptions options_;
  // By directory and index: at most one node for a file.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::weak_ptr<Node>> nodes_;
};

}  // namespace drydock::fat
