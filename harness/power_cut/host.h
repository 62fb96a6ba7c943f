// A simulated host: some named files on one disk, and a switch for the power.
//
// What programs write is seen by all readers at once, but lies in the host's
// memory until a flush of that file; a new or removed name until a flush of
// the names.  When the power is cut, each sector that wasn't flushed holds any
// of the bytes that it had since its last flush, whatever its neighbours hold;
// each new size and each new name came to stay or didn't.  This is what POSIX
// allows, and more than most hosts do.
//
// Every write, flush, resize, creation and removal is an event; events are
// numbered from 1 in the order in which they happen, over all files, so that
// the image and its journal share one order.
//
// Threads: one at a time for a host and all of its files.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/power_cut/content.h"

namespace drydock::power_cut {

// What reaches the medium whole or not at all.
inline constexpr std::uint64_t kSectorSize = 512;

// A disk at rest: its files by name.
using Files = std::map<std::string, Content>;

enum class EventKind : std::uint8_t {
  write,
  resize,
  flush,
  create,
  remove,
  flush_names
};

struct Event {
  EventKind kind = EventKind::write;
  std::string file;          // "" for flush_names
  std::uint64_t offset = 0;  // of a write
  std::uint64_t length = 0;  // of a write; the new size of a resize
};

// "write of 512 bytes at 4096 in disk.raw".
std::string to_string(const Event& event);

// Something that a cut may still undo, in parts that share no fate.
struct Unsafe {
  std::uint64_t event = 0;     // its number
  std::size_t part_count = 1;  // sectors of a write; 1 of any other
};

// For each part of each Unsafe, in order: whether it reached the medium.
using Outcome = std::vector<bool>;

class Host : public std::enable_shared_from_this<Host> {
 public:
  static std::shared_ptr<Host> start(Files files);
  ~Host();

  // The power goes at this event: it isn't done, or only in part, and
  // everything from there on fails with io, "the power is off".
  void cut_at(std::uint64_t event) { cut_at_ = event; }
  // This event fails with `code`, and does nothing; the host goes on.  But a
  // flush that fails takes what it should have made safe for safe: reads show
  // it until the power goes, and no later flush writes it.  Linux does so.
  void fail_at(std::uint64_t event, Errc code = Errc::io);

  bool is_off() const { return off_; }
  const std::vector<Event>& events() const { return events_; }

  // A file as a device; it may be opened any number of times.  not_found, or
  // for create() bad_argument, by whether the name is there.
  Result<DevicePtr> open(const std::string& name) const;
  Result<DevicePtr> open_for_writing(const std::string& name);
  Result<DevicePtr> create(const std::string& name);
  Done remove(const std::string& name);
  // What was created and removed before is safe.
  Done flush_names();
  std::vector<std::string> names() const;

  // As programs see it: what lies there if the power stays.
  Files files() const;

  // What a cut now may undo, in the order of events.
  std::vector<Unsafe> unsafe() const;
  // What lies there after a cut now.  `kept` has a bit for each part.
  Result<Files> after_cut(const Outcome& kept) const;

 private:
  friend class SimulatedFile;
  struct Node;
  struct Pending;

  Host();
  // Counts the event.  Where the power goes at it, it may have taken effect
  // and yet `done` is an Error; where a fault was asked for, it has not.
  struct Step {
    bool takes_effect = false;
    Done done;
  };
  Step step(Event event);
  Done check_power() const;
  Done flush(Node& node);

  std::vector<Event> events_;
  std::optional<std::uint64_t> cut_at_;
  std::map<std::uint64_t, Errc> faults_;
  bool off_ = false;
  std::map<std::string, std::shared_ptr<Node>> names_;       // as programs see them
  std::map<std::string, std::shared_ptr<Node>> safe_names_;  // as the medium has them
  std::vector<Pending> pending_;
};

}  // namespace drydock::power_cut
