// A small program file of Windows' own form (PE32+, x86-64), made from a few
// words: what stands in for winload.efi, ntoskrnl.exe and the drivers.
//
// It is sound -- headers, checksum, a version resource, one function that
// returns 0 -- and does nothing.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "vhd/base/bytes.h"

namespace drydock::images {

// [PE] Windows Subsystem
enum class Subsystem : std::uint16_t {
  native = 1,         // the kernel and its drivers
  windows = 2,        // what runs in a session
  efi = 10,           // what firmware starts
  boot_program = 16,  // what the boot manager starts
};

// [PE] Machine Types
enum class Machine : std::uint16_t { amd64 = 0x8664, arm64 = 0xaa64 };

struct PeText {
  std::string_view name;  // "storahci.sys"
  std::string_view description;
  std::string_view company = "Microsoft Corporation";
  std::string_view product = "Microsoft® Windows® Operating System";
  std::array<std::uint16_t, 4> version = {10, 0, 0, 0};
  Subsystem subsystem = Subsystem::native;
  std::uint32_t time = 0;  // Unix; Windows' own files hold a hash there
  Machine machine = Machine::amd64;
};

ByteVector make_pe(const PeText& text);

// Works the checksum in a program's header out anew.
void set_checksum(MutableBytes program);

}  // namespace drydock::images
