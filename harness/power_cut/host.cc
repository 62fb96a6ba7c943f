#include "harness/power_cut/host.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::power_cut {

// A file by whatever name: as programs see it, and as the medium has it.
struct Host::Node {
  std::string name;
  Content live;
  Content safe;
};

// An event whose effect isn't safe yet.
struct Host::Pending {
  std::uint64_t event = 0;  // its number
  EventKind kind = EventKind::write;
  std::shared_ptr<Node> node;
  std::uint64_t offset = 0;  // of a write: its first sector's; of a resize: the size
  ByteVector sectors;        // of a write: what its sectors held just after it

  std::size_t part_count() const {
    return std::max<std::size_t>(sectors.size() / kSectorSize, 1);
  }
  bool is_of(const Node& other) const {
    return node.get() == &other &&
           (kind == EventKind::write || kind == EventKind::resize);
  }
  // Carries those parts of a write or a resize to `content` of which `kept`,
  // which takes a part's number, is true.
  template <class Kept>
  Done apply(Content& content, Kept kept) const;
};

template <class Kept>
Done Host::Pending::apply(Content& content, Kept kept) const {
  if (kind == EventKind::resize) return kept(0) ? content.resize(offset) : Done();
  for (std::size_t part = 0; part < part_count(); ++part) {
    std::uint64_t at = offset + part * kSectorSize;
    // Where the file's growth was lost, so is what was written there.
    if (!kept(part) || at >= content.size()) continue;
    std::uint64_t length = std::min(kSectorSize, content.size() - at);
    TRY(content.write(at, Bytes(sectors).subspan(part * kSectorSize, length)));
  }
  return {};
}

class SimulatedFile final : public BlockDevice {
 public:
  SimulatedFile(std::shared_ptr<const Host> host, std::shared_ptr<Host::Node> node)
      : host_(std::move(host)), node_(std::move(node)) {}
  SimulatedFile(std::shared_ptr<Host> host, std::shared_ptr<Host::Node> node)
      : host_(host), writer_(std::move(host)), node_(std::move(node)) {}

  std::uint64_t size() const override { return node_->live.size(); }
  std::uint32_t sector_size() const override { return kSectorSize; }
  bool writable() const override { return writer_ != nullptr; }

 private:
  Done do_read(std::uint64_t offset, MutableBytes into) const override {
    TRY(host_->check_power());
    return node_->live.read(offset, into);
  }

  Done do_write(std::uint64_t offset, Bytes from) override {
    Host::Step step = writer_->step({.kind = EventKind::write,
                                     .file = node_->name,
                                     .offset = offset,
                                     .length = from.size()});
    if (!step.takes_effect) return std::move(step.done);
    TRY(node_->live.write(offset, from));
    std::uint64_t start = offset / kSectorSize * kSectorSize;
    std::uint64_t end =
        checked::div_up(offset + from.size(), kSectorSize) * kSectorSize;
    ByteVector sectors(end - start);
    std::uint64_t held = std::min(end, size()) - start;
    TRY(node_->live.read(start, MutableBytes(sectors).first(held)));
    writer_->pending_.push_back({.event = writer_->events_.size(),
                                 .kind = EventKind::write,
                                 .node = node_,
                                 .offset = start,
                                 .sectors = std::move(sectors)});
    return std::move(step.done);
  }

  Done do_flush() override { return writer_->flush(*node_); }

  Done do_resize(std::uint64_t size) override {
    Host::Step step =
        writer_->step({.kind = EventKind::resize, .file = node_->name, .length = size});
    if (!step.takes_effect) return std::move(step.done);
    TRY(node_->live.resize(size));
    writer_->pending_.push_back({.event = writer_->events_.size(),
                                 .kind = EventKind::resize,
                                 .node = node_,
                                 .offset = size,
                                 .sectors = {}});
    return std::move(step.done);
  }

  std::shared_ptr<const Host> host_;
  std::shared_ptr<Host> writer_;  // null where it was opened for reading
  std::shared_ptr<Host::Node> node_;
};

std::string to_string(const Event& event) {
  switch (event.kind) {
    case EventKind::write:
      return fmt::format("write of {} bytes at {} in {}", event.length, event.offset,
                         event.file);
    case EventKind::resize:
      return fmt::format("resize of {} to {}", event.file, event.length);
    case EventKind::flush:
      return fmt::format("flush of {}", event.file);
    case EventKind::create:
      return fmt::format("creation of {}", event.file);
    case EventKind::remove:
      return fmt::format("removal of {}", event.file);
    case EventKind::flush_names:
      return "flush of the names";
  }
  return "unknown";
}

Host::Host() = default;
Host::~Host() = default;

std::shared_ptr<Host> Host::start(Files files) {
  std::shared_ptr<Host> host(new Host);
  for (auto& [name, content] : files) {
    auto node = std::make_shared<Node>(Node{name, content, content});
    host->names_[name] = node;
    host->safe_names_[name] = node;
  }
  return host;
}

void Host::fail_at(std::uint64_t event, Errc code) { faults_[event] = code; }

Done Host::check_power() const {
  if (off_) return Error(Errc::io, "the power is off");
  return {};
}

Host::Step Host::step(Event event) {
  if (off_) return {.takes_effect = false, .done = check_power()};
  std::string words = to_string(event);
  events_.push_back(std::move(event));
  auto fault = faults_.find(events_.size());
  if (fault != faults_.end()) {
    return {.takes_effect = false,
            .done = Error(fault->second, "the host refused the " + words)};
  }
  if (cut_at_ != events_.size()) return {.takes_effect = true, .done = {}};
  off_ = true;
  return {.takes_effect = true, .done = check_power()};
}

Result<DevicePtr> Host::open(const std::string& name) const {
  TRY(check_power());
  auto found = names_.find(name);
  if (found == names_.end()) return Error(Errc::not_found, "there is no such file");
  return std::make_shared<SimulatedFile>(shared_from_this(), found->second);
}

Result<DevicePtr> Host::open_for_writing(const std::string& name) {
  TRY(check_power());
  auto found = names_.find(name);
  if (found == names_.end()) return Error(Errc::not_found, "there is no such file");
  return std::make_shared<SimulatedFile>(shared_from_this(), found->second);
}

Result<DevicePtr> Host::create(const std::string& name) {
  TRY(check_power());
  if (names_.contains(name)) {
    return Error(Errc::bad_argument, "there is a file here already");
  }
  Step step = this->step({.kind = EventKind::create, .file = name});
  if (!step.takes_effect) return std::move(step.done).error();
  auto node = std::make_shared<Node>(Node{name, {}, {}});
  names_[name] = node;
  pending_.push_back({.event = events_.size(),
                      .kind = EventKind::create,
                      .node = node,
                      .sectors = {}});
  TRY(std::move(step.done));
  return std::make_shared<SimulatedFile>(shared_from_this(), node);
}

Done Host::remove(const std::string& name) {
  TRY(check_power());
  auto found = names_.find(name);
  if (found == names_.end()) return Error(Errc::not_found, "there is no such file");
  Step step = this->step({.kind = EventKind::remove, .file = name});
  if (!step.takes_effect) return std::move(step.done);
  pending_.push_back({.event = events_.size(),
                      .kind = EventKind::remove,
                      .node = found->second,
                      .sectors = {}});
  names_.erase(found);
  return std::move(step.done);
}

Done Host::flush_names() {
  TRY(step({.kind = EventKind::flush_names, .file = {}}).done);
  safe_names_ = names_;
  std::set<const Node*> reachable;
  for (const auto& [name, node] : names_) reachable.insert(node.get());
  std::erase_if(pending_, [&](const Pending& pending) {
    return pending.kind == EventKind::create || pending.kind == EventKind::remove ||
           !reachable.contains(pending.node.get());
  });
  return {};
}

std::vector<std::string> Host::names() const {
  std::vector<std::string> names;
  for (const auto& [name, node] : names_) names.push_back(name);
  return names;
}

Files Host::files() const {
  Files files;
  for (const auto& [name, node] : names_) files[name] = node->live;
  return files;
}

Done Host::flush(Node& node) {
  Step step = this->step({.kind = EventKind::flush, .file = node.name});
  if (off_) return std::move(step.done);
  if (step.takes_effect) {
    for (const Pending& pending : pending_) {
      if (pending.is_of(node)) {
        TRY(pending.apply(node.safe, [](std::size_t) { return true; }));
      }
    }
  }
  std::erase_if(pending_, [&](const Pending& pending) { return pending.is_of(node); });
  return std::move(step.done);
}

std::vector<Unsafe> Host::unsafe() const {
  std::vector<Unsafe> unsafe;
  for (const Pending& pending : pending_) {
    unsafe.push_back({.event = pending.event, .part_count = pending.part_count()});
  }
  return unsafe;
}

Result<Files> Host::after_cut(const Outcome& kept) const {
  std::map<const Node*, Content> contents;
  auto content_of = [&](const Node* node) -> Content& {
    return contents.try_emplace(node, node->safe).first->second;
  };
  std::map<std::string, std::shared_ptr<Node>> names = safe_names_;
  std::size_t first_part = 0;
  for (const Pending& pending : pending_) {
    const Node* node = pending.node.get();
    auto is_kept = [&](std::size_t part) { return kept.at(first_part + part); };
    if (pending.kind == EventKind::create) {
      if (is_kept(0)) names[node->name] = pending.node;
    } else if (pending.kind == EventKind::remove) {
      if (is_kept(0)) names.erase(node->name);
    } else {
      TRY(pending.apply(content_of(node), is_kept));
    }
    first_part += pending.part_count();
  }
  Files files;
  for (const auto& [name, node] : names) files[name] = content_of(node.get());
  return files;
}

}  // namespace drydock::power_cut
