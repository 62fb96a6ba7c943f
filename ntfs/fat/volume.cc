#include "ntfs/fat/volume.h"

#include <fmt/format.h>

#include "ntfs/fat/tree.h"
#include "vhd/base/try.h"

namespace drydock::fat {

namespace {

using TreePtr = std::shared_ptr<Tree>;

// The data of one file.
class FileData final : public BlockDevice {
 public:
  FileData(TreePtr tree, NodePtr node)
      : tree_(std::move(tree)), node_(std::move(node)) {}

  std::uint64_t size() const override { return node_->slot.size; }
  std::uint32_t sector_size() const override {
    return tree_->clusters().geometry().sector_size;
  }
  bool writable() const override { return tree_->writable(); }

 private:
  Done do_read(std::uint64_t offset, MutableBytes into) const override {
    return tree_->read(*node_, offset, into);
  }
  Done do_write(std::uint64_t offset, Bytes from) override {
    return tree_->write(*node_, offset, from);
  }
  Done do_flush() override { return tree_->clusters().flush(); }
  Done do_resize(std::uint64_t size) override { return tree_->resize(*node_, size); }

  TreePtr tree_;
  NodePtr node_;
};

struct Body final : File::Body {
  Body(TreePtr of, NodePtr at) : tree(std::move(of)), node(std::move(at)) {}

  Result<DevicePtr> data() const override {
    if (node->is_directory()) {
      return Error(Errc::bad_argument, "a directory has no data of its own");
    }
    if (node->removed) return Error(Errc::not_found, "the file was removed");
    return DevicePtr(std::make_shared<FileData>(tree, node));
  }

  Result<Details> details() const override {
    Details details;
    details.stored = node->is_directory() ? "none" : "clusters";
    const Clusters& clusters = tree->clusters();
    details.allocated = std::uint64_t{clusters.count_for(node->slot.size)} *
                        clusters.geometry().cluster_size;
    return details;
  }

  TreePtr tree;
  NodePtr node;
};

class Volume final : public FileSystem {
 public:
  explicit Volume(TreePtr tree) : tree_(std::move(tree)) {}

  Result<VolumeFacts> facts() const override;
  Result<VolumeCondition> condition() const override { return tree_->condition(); }
  Done settle() override { return tree_->check_writable(); }
  Done check_settle() const override { return tree_->check_writable(); }
  // FAT keeps no log: there is nothing to finish, and nothing to give up.
  const std::vector<Settlement>& settlements() const override { return settlements_; }

  Result<File> find(std::string_view path) const override {
    return file(tree_->find(path), path);
  }
  Done list(const File& directory, const Visit& visit) const override {
    auto body = std::dynamic_pointer_cast<const Body>(directory.body());
    if (!body || body->tree != tree_) {
      return Error(Errc::bad_argument, "the directory is of another volume");
    }
    return tree_->list(*body->node, visit);
  }
  Result<File> create(std::string_view path) override {
    return file(tree_->create(path, attribute::archive), path);
  }
  Result<File> create_directory(std::string_view path) override {
    return file(tree_->create(path, attribute::directory), path);
  }
  Done remove(std::string_view path) override { return tree_->remove(path).in(path); }
  Done rename(std::string_view from, std::string_view to) override {
    return tree_->rename(from, to).in(from);
  }
  Result<File> put(std::string_view path, Bytes content) override {
    return file(tree_->put(path, content), path);
  }
  Done set_stat(std::string_view path, const Stat& stat) override {
    return tree_->set_stat(path, stat).in(path);
  }
  Done flush() override { return tree_->clusters().flush(); }

 private:
  Result<File> file(Result<NodePtr> found, std::string_view path) const {
    NodePtr node = TRY(std::move(found).in(path));
    return File(stat_of(node->slot), std::make_shared<Body>(tree_, node));
  }

  TreePtr tree_;
  std::vector<Settlement> settlements_;
};

Result<VolumeFacts> Volume::facts() const {
  Clusters& clusters = tree_->clusters();
  const Geometry& geometry = clusters.geometry();
  Directory root = TRY(Directory::open(clusters, geometry.root_cluster));
  auto label = TRY(root.label());
  VolumeFacts facts;
  facts.file_system = to_string(geometry.kind);
  if (label) facts.label = decode_label(*label);
  facts.serial =
      fmt::format("{:04X}-{:04X}", geometry.serial >> 16, geometry.serial & 0xFFFF);
  facts.size = geometry.size;
  facts.free = std::uint64_t(TRY(clusters.free_count())) * geometry.cluster_size;
  facts.cluster_size = geometry.cluster_size;
  facts.condition = TRY(tree_->condition());
  return facts;
}

}  // namespace

Result<FileSystemPtr> open(DevicePtr partition, VolumeOptions options) {
  TreePtr tree = TRY(Tree::open(std::move(partition), std::move(options)));
  return FileSystemPtr(std::make_shared<Volume>(std::move(tree)));
}

}  // namespace drydock::fat
