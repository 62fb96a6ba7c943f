// Builds a disk such as a Windows machine starts from, out of a spec and a
// seed; the same two give the same bytes to a guest, today and tomorrow.
//
// What is on it can't be started -- its programs are stand-ins that do nothing
// -- but everything that drydock looks at is there and sound: partition table,
// system partition, boot store, NTFS, hives, drivers.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/images/layout.h"
#include "harness/images/spec.h"

namespace drydock::images {

// What ci/setup would install, and isn't there; empty where a disk can be built.
std::vector<std::string> missing_programs();

// The disk as a sparse file of raw bytes.  not_found where a program that is
// needed isn't installed.
Result<Layout> build_raw(const Spec& spec, std::uint64_t seed,
                         const std::filesystem::path& raw);

// The disk in the spec's container.
Result<Layout> build_image(const Spec& spec, std::uint64_t seed,
                           const std::filesystem::path& image);

}  // namespace drydock::images
