#include "ntfs/fat/tree.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/fat/time.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::fat {

namespace {

// Nodes that nobody holds any more are looked for when there are this many.
constexpr std::size_t kNodeCountMax = 1024;

constexpr std::uint64_t kZeroSize = 256 * 1024;

constexpr std::uint8_t kKnownAttributes = attribute::read_only | attribute::hidden |
                                          attribute::system | attribute::directory |
                                          attribute::archive;

void set_modified(ShortSlot& slot, const Stamp& now) {
  slot.modified_time = now.time;
  slot.modified_date = now.date;
  slot.accessed_date = now.date;
}

ShortSlot new_slot(std::uint8_t attributes, const Stamp& now) {
  ShortSlot slot{};
  slot.attributes = attributes;
  slot.created_tenths = now.tenths;
  slot.created_time = now.time;
  slot.created_date = now.date;
  set_modified(slot, now);
  return slot;
}

Error not_found(std::string_view words) {
  return Error(Errc::not_found, std::string(words));
}

Error bad_argument(std::string_view words) {
  return Error(Errc::bad_argument, std::string(words));
}

}  // namespace

Stat stat_of(const ShortSlot& slot) {
  bool is_directory = (slot.attributes & attribute::directory) != 0;
  return {.kind = is_directory ? FileKind::directory : FileKind::file,
          .size = is_directory ? 0u : std::uint32_t(slot.size),
          .attributes = slot.attributes & std::uint32_t(kKnownAttributes),
          .created =
              to_file_time({slot.created_date, slot.created_time, slot.created_tenths}),
          .modified = to_file_time({slot.modified_date, slot.modified_time, 0}),
          .changed = 0,
          .accessed = to_file_time({slot.accessed_date, 0, 0}),
          .id = slot.cluster(),
          .security_id = std::nullopt,
          .link_count = 1};
}

Result<std::shared_ptr<Tree>> Tree::open(DevicePtr device, VolumeOptions options) {
  Clusters clusters = TRY(Clusters::open(std::move(device)));
  std::shared_ptr<Tree> tree(new Tree(std::move(clusters), std::move(options)));
  if (tree->options_.unclean == Unclean::refuse) TRY(tree->check_clean());
  return tree;
}

Result<VolumeCondition> Tree::condition() const {
  VolumeCondition condition;
  std::string reason = TRY(clusters_.unclean());
  if (!reason.empty()) condition.add(VolumeState::dirty, std::move(reason));
  return condition;
}

Done Tree::check_clean() const {
  std::string reason = TRY(clusters_.unclean());
  if (reason.empty()) return {};
  return Error(Errc::busy,
               fmt::format("the volume isn't clean: {}; let Windows check it before it "
                           "is changed, or have it changed as it is with --unclean "
                           "discard",
                           reason));
}

Done Tree::check_writable() const {
  if (!writable()) {
    return Error(Errc::read_only, "the volume was opened for reading only");
  }
  // There is no log in FAT: given up is only the caution.  The mark stays, so
  // that Windows still looks.
  if (options_.unclean == Unclean::discard) return {};
  return check_clean();
}

// Everything that writes goes through here.
template <class Change>
Done Tree::change(const Change& change) {
  TRY(check_writable());
  Done done = change();
  if (done) done = clusters_.commit();
  if (!done) clusters_.rollback();
  return done;
}

Result<Tree::Place> Tree::place(std::string_view path) {
  std::vector<std::string> names = TRY(split_path(path));
  if (names.empty()) return bad_argument("the root itself has no name");
  std::uint32_t root = clusters_.geometry().root_cluster;
  Place place{.directory = TRY(Directory::open(clusters_, root).in("root directory")),
              .name = {},
              .item = {},
              .way = {root}};
  for (std::size_t i = 0;; ++i) {
    place.name = *to_utf16(names[i]);  // split_path() has tried it
    place.item = TRY(place.directory.find(place.name));
    bool last = i + 1 == names.size();
    bool is_directory =
        place.item && (place.item->slot.attributes & attribute::directory) != 0;
    if (is_directory) {
      // A tree that bites its tail would be walked forever.
      std::uint32_t cluster = start_of(place.item->slot);
      if (std::ranges::find(place.way, cluster) != place.way.end()) {
        return Error(Errc::corrupt,
                     fmt::format("directory \"{}\" is inside itself: cluster {}",
                                 names[i], cluster));
      }
    }
    if (last) return place;
    if (!is_directory) {
      return not_found(fmt::format("there is no directory \"{}\"", names[i]));
    }
    std::uint32_t cluster = start_of(place.item->slot);
    place.directory = TRY(Directory::open(clusters_, cluster).in(names[i]));
    place.way.push_back(cluster);
  }
}

NodePtr Tree::node_of(const Place& place) {
  if (nodes_.size() >= kNodeCountMax) {
    std::erase_if(nodes_, [](const auto& known) { return known.second.expired(); });
  }
  auto key = std::pair(place.directory.first_cluster(), place.item->last);
  std::weak_ptr<Node>& known = nodes_[key];
  if (NodePtr node = known.lock()) return node;
  auto node = std::make_shared<Node>();
  node->directory = key.first;
  node->index = key.second;
  node->slot = place.item->slot;
  known = node;
  return node;
}

Result<NodePtr> Tree::find(std::string_view path) {
  if (TRY(split_path(path)).empty()) {
    auto root = std::make_shared<Node>();
    root->slot.attributes = attribute::directory;
    root->slot.set_cluster(clusters_.geometry().root_cluster);
    return root;
  }
  Place place = TRY(this->place(path));
  if (!place.item) return not_found("there is no such name");
  return node_of(place);
}

Done Tree::list(const Node& directory, const FileSystem::Visit& visit) {
  if (!directory.is_directory()) return bad_argument("it isn't a directory");
  if (directory.removed) return not_found("the directory was removed");
  Directory slots = TRY(Directory::open(clusters_, start_of(directory.slot)));
  return slots.visit([&](const Item& item) {
    return visit({.name = to_utf8(item.name), .stat = stat_of(item.slot)});
  });
}

Result<NodePtr> Tree::create(std::string_view path, std::uint8_t attributes) {
  Place place = TRY(this->place(path));
  if (place.item) return bad_argument("the name is taken");
  TRY(check_name(place.name));
  TRY(change([&]() -> Done {
    ShortSlot slot = new_slot(attributes, to_stamp(options_.clock()));
    if ((attributes & attribute::directory) != 0) {
      Chain chain;
      TRY(clusters_.extend(chain, 1));
      std::uint32_t parent = place.way.size() == 1 ? 0 : place.way.back();
      TRY(Directory::format(clusters_, chain, slot, parent));
      slot.set_cluster(chain.first());
    }
    place.item = TRY(place.directory.insert(place.name, slot));
    return {};
  }));
  return node_of(place);
}

Done Tree::remove(std::string_view path) {
  Place place = TRY(this->place(path));
  if (!place.item) return not_found("there is no such name");
  NodePtr node = node_of(place);
  TRY(change([&]() -> Done {
    std::uint32_t first = start_of(node->slot);
    if (node->is_directory()) {
      Directory directory = TRY(Directory::open(clusters_, first));
      if (!TRY(directory.empty())) return bad_argument("the directory isn't empty");
    }
    Chain chain = TRY(clusters_.chain(first, clusters_.count_for(kFileSizeMax)));
    TRY(clusters_.cut(chain, 0));
    return place.directory.erase(*place.item);
  }));
  node->removed = true;
  nodes_.erase({node->directory, node->index});
  return {};
}

Done Tree::move(Place& source, Place& target, Item& moved) {
  TRY(source.directory.erase(*source.item));
  moved = TRY(target.directory.insert(target.name, source.item->slot));
  bool is_directory = (moved.slot.attributes & attribute::directory) != 0;
  if (!is_directory || source.way.back() == target.way.back()) return {};
  Directory directory = TRY(Directory::open(clusters_, start_of(moved.slot)));
  ShortSlot parent = TRY(directory.slot(1));
  if (parent.name[0] != '.' || parent.name[1] != '.') {
    return Error(Errc::corrupt, "the directory's second slot isn't \"..\"");
  }
  parent.set_cluster(target.way.size() == 1 ? 0 : target.way.back());
  return directory.set_slot(1, parent);
}

Done Tree::rename(std::string_view from, std::string_view to) {
  Place source = TRY(place(from));
  if (!source.item) return not_found("there is no such name");
  Place target = TRY(place(to).in(to));
  bool same_directory = source.way.back() == target.way.back();
  if (target.item && !(same_directory && target.item->last == source.item->last)) {
    return bad_argument("the new name is taken");
  }
  TRY(check_name(target.name));
  NodePtr node = node_of(source);
  if (node->is_directory() &&
      std::ranges::find(target.way, start_of(node->slot)) != target.way.end()) {
    return bad_argument("a directory can't be moved into itself");
  }
  Item moved;
  TRY(change([&] { return move(source, target, moved); }));
  nodes_.erase({node->directory, node->index});
  node->directory = target.way.back();
  node->index = moved.last;
  node->slot = moved.slot;
  nodes_[{node->directory, node->index}] = node;
  return {};
}

Done Tree::load_chain(Node& node) {
  if (node.removed) return not_found("the file was removed");
  if (node.chain) return {};
  Chain chain =
      TRY(clusters_.chain(start_of(node.slot), clusters_.count_for(kFileSizeMax)));
  if (chain.count() < clusters_.count_for(node.slot.size)) {
    return Error(Errc::corrupt,
                 fmt::format("a chain of {} clusters is too short for {} bytes",
                             chain.count(), std::uint32_t(node.slot.size)));
  }
  node.chain = std::move(chain);
  return {};
}

Done Tree::save_slot(Node& node, const ShortSlot& slot) {
  Directory directory = TRY(Directory::open(clusters_, node.directory));
  return directory.set_slot(node.index, slot);
}

// The node's chain, made as long as `size` needs, and `slot` changed to match.
Result<Chain> Tree::set_length(const Node& node, std::uint64_t size, ShortSlot& slot) {
  if (size > kFileSizeMax) {
    return Error(
        Errc::no_space,
        fmt::format("a file on FAT has at most {} bytes, not {}", kFileSizeMax, size));
  }
  Chain chain = *node.chain;
  std::uint32_t count = clusters_.count_for(size);
  if (count > chain.count()) {
    TRY(clusters_.extend(chain, count - chain.count()));
  } else {
    TRY(clusters_.cut(chain, count));
  }
  slot.set_cluster(chain.first());
  slot.size = static_cast<std::uint32_t>(size);
  return chain;
}

Done Tree::zero(const Chain& chain, std::uint64_t from, std::uint64_t to) {
  if (from >= to) return {};
  ByteVector zeros(std::min(to - from, kZeroSize));
  while (from < to) {
    std::uint64_t length = std::min<std::uint64_t>(to - from, zeros.size());
    TRY(clusters_.write_data(chain, from, Bytes(zeros).first(length)));
    from += length;
  }
  return {};
}

Done Tree::read(Node& node, std::uint64_t offset, MutableBytes into) {
  TRY(load_chain(node));
  return clusters_.read_data(*node.chain, offset, into);
}

Done Tree::write(Node& node, std::uint64_t offset, Bytes from) {
  TRY(load_chain(node));
  ShortSlot slot = node.slot;
  TRY(change([&]() -> Done {
    set_modified(slot, to_stamp(options_.clock()));
    TRY(clusters_.write_data(*node.chain, offset, from));
    return save_slot(node, slot);
  }));
  node.slot = slot;
  return {};
}

Done Tree::resize(Node& node, std::uint64_t size) {
  TRY(load_chain(node));
  ShortSlot slot = node.slot;
  Chain chain;
  TRY(change([&]() -> Done {
    set_modified(slot, to_stamp(options_.clock()));
    chain = TRY(set_length(node, size, slot));
    TRY(zero(chain, node.slot.size, size));
    return save_slot(node, slot);
  }));
  node.slot = slot;
  node.chain = std::move(chain);
  return {};
}

Done Tree::put_into(Node& node, Bytes content) {
  if (node.is_directory()) return bad_argument("it is a directory");
  TRY(load_chain(node));
  ShortSlot slot = node.slot;
  Chain chain;
  TRY(change([&]() -> Done {
    set_modified(slot, to_stamp(options_.clock()));
    chain = TRY(set_length(node, content.size(), slot));
    TRY(clusters_.write_data(chain, 0, content));
    return save_slot(node, slot);
  }));
  node.slot = slot;
  node.chain = std::move(chain);
  return {};
}

Result<NodePtr> Tree::put(std::string_view path, Bytes content) {
  Place place = TRY(this->place(path));
  if (place.item) {
    NodePtr node = node_of(place);
    TRY(put_into(*node, content));
    return node;
  }
  TRY(check_name(place.name));
  Node fresh;
  fresh.chain = Chain();
  TRY(change([&]() -> Done {
    ShortSlot slot = new_slot(attribute::archive, to_stamp(options_.clock()));
    Chain chain = TRY(set_length(fresh, content.size(), slot));
    TRY(clusters_.write_data(chain, 0, content));
    place.item = TRY(place.directory.insert(place.name, slot));
    return {};
  }));
  return node_of(place);
}

Done Tree::set_stat(std::string_view path, const Stat& stat) {
  NodePtr node = TRY(find(path));
  if (TRY(split_path(path)).empty()) return bad_argument("the root has no times");
  constexpr std::uint8_t kSettable = kKnownAttributes & ~attribute::directory;
  ShortSlot slot = node->slot;
  slot.attributes = static_cast<std::uint8_t>(
      (slot.attributes & ~kSettable) |
      (static_cast<std::uint8_t>(stat.attributes) & kSettable));
  if (stat.modified != 0) set_modified(slot, to_stamp(stat.modified));
  if (stat.accessed != 0) slot.accessed_date = to_stamp(stat.accessed).date;
  if (stat.created != 0) {
    Stamp created = to_stamp(stat.created);
    slot.created_tenths = created.tenths;
    slot.created_time = created.time;
    slot.created_date = created.date;
  }
  TRY(change([&] { return save_slot(*node, slot); }));
  node->slot = slot;
  return {};
}

}  // namespace drydock::fat
