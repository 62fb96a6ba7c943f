#include <string_view>

#include "tests/fuzz/seeds.h"
#include "vhd/base/utf16.h"

namespace drydock::fuzz {
namespace {

constexpr std::string_view kTexts[] = {
    "\uFEFFWindows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM]\r\n"
    "@=\"text\"\r\n\"a\\\"b\"=dword:0000001f\r\n\"c\"=hex:01,02,\\\r\n  03\r\n"
    "\"d\"=hex(7):61,00,00,00,00,00\r\n\"e\"=-\r\n\r\n[-HKLM\\SYSTEM\\x]\r\n",
    "\uFEFFWindows Registry Editor Version 5.00\n[k]\n\"two\nlines\"=\"a\nb\"\n",
    "\uFEFFWindows Registry Editor Version 5.00\n[k]\n@=hex(1):00\n;x\n\"q"};
constexpr std::string_view kBytes[] = {
    "REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\\xe4]\n\"x\"=hex(2):25,61,25,00 ; y\n",
    "Windows Registry Editor Version 5.00\n[k]\n\"\xc3\xa4\"=hex(4):01\n",
    "REGEDIT4\n[k]\n\"C:\\x\"=\"\\\\\\\"\"\n@=hex(ffffffff):"};

}  // namespace

std::vector<ByteVector> make_seeds() {
  std::vector<ByteVector> seeds;
  for (std::string_view text : kTexts) {
    seeds.push_back(utf16le_bytes(to_utf16(text).value_or(u"")));
  }
  for (std::string_view text : kBytes) {
    Bytes bytes = bytes_of(text);
    seeds.emplace_back(bytes.begin(), bytes.end());
  }
  return seeds;
}

}  // namespace drydock::fuzz
