#include <string_view>

#include "tests/fuzz/seeds.h"

namespace drydock::fuzz {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kTexts[] = {
    "{default}\0bcddit /store F: boot\\bcd /ems {<A>} ON\r\nset X=%windir%\\y\r\n"
    "reg add \"HKLM\\B\\k\" /v v /t REG_EXPAND_SZ /d \"%SystemRoot%\\M\" & dir\n"sv,
    "F:\0xcopy <A>:\\a\\*.cat F:\\b /s /y > nul 2>&1\n"
    "ren *.a *.b\nF:\ncd ..\\x\n"sv,
    "x\0if not exist \"a b\" copy /y a b ^\n c\n"
    "icacls a /grant *S-1-5-18:(OI)(RX,W)\n"sv,
    "x\0bcdedit /set '{default}' x `\n y\ndism /image:F:\\ /get-packages >> <A>\n"sv,
    "x\0PS C:\\> reg load HKLM\\x F:\\y\nrobocopy a b /mir /copy:dat\nattrib +r -h a\n"
    "del/f/q a & rd /s /q b && md c\nreg delete HKLM\\x /va /f\nset X=%X%%X%\n"sv,
    "x\0\xff\xfe"
    "d\0i\0r\0\n\0"sv};

}  // namespace

std::vector<ByteVector> make_seeds() {
  std::vector<ByteVector> seeds;
  for (std::string_view text : kTexts) {
    Bytes bytes = bytes_of(text);
    seeds.emplace_back(bytes.begin(), bytes.end());
  }
  return seeds;
}

}  // namespace drydock::fuzz
