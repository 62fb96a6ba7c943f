// The component store of a built Windows: folders of WinSxS, named as Windows names
// them, that have drivers of System32 by another name -- one record of NTFS with two
// names, as most files of a real Windows are.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/images/layout.h"
#include "harness/images/volumes.h"

namespace drydock::images {

struct ComponentFile {
  std::string_view path;       // below the Windows folder
  std::string_view component;  // the middle of its folder's name
};

// A few of the drivers: enough for what has to be known of twins.
std::span<const ComponentFile> component_files();

// "\Windows\WinSxS\amd64_microsoft-windows-ntfs_31bf3856ad364e35_10.0.20348.2159_none_
// 0123456789abcdef\ntfs.sys"
std::string twin_of(const Layout& layout, const ComponentFile& file);

// Adds the folders, and in them the names; the files must be in `contents` already.
void add_component_store(const Layout& layout, std::vector<Content>& contents);

}  // namespace drydock::images
