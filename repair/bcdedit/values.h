// What the words of a command line mean as the value of an element.

#pragma once

#include <string>
#include <vector>

#include "repair/bcdedit/words.h"

namespace drydock::bcdedit {

// What an element belongs to, and what may be named in its value.
struct Target {
  const bcd::Store& store;
  bcd::ObjectType type = 0;  // of the object
  bcd::ElementId element = 0;
  const PartitionNames& partitions;
};

// bad_argument where the words don't suit the element, not_found for an object or a
// partition that isn't there, unsupported for a device that can't be written.
Result<bcd::Value> parse_value(const std::vector<std::string>& words,
                               const Target& target);

// "boot", "partition=C:", "ramdisk=[C:]\x.wim,{id}", "vhd=[C:]\x.vhdx", "locate",
// "locate=\x".
// Of `device` and `osdevice` a vhd is one that is looked for, as bcdedit stores it.
Result<bcd::Device> parse_device(std::string_view word, const Target& target);

}  // namespace drydock::bcdedit
