#include "vhd/bitlocker/key.h"

#include <fmt/format.h>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"
#include "vhd/bitlocker/crypto.h"
#include "vhd/bitlocker/entries.h"
#include "vhd/bitlocker/format.h"

namespace drydock::bitlocker {

namespace {

constexpr std::size_t kGroupCount = 8;
constexpr std::size_t kGroupLength = 6;

// Each group is a 16-bit number times 11.  libbde, "Recovery key".
std::optional<std::uint16_t> group_value(std::string_view digits) {
  std::uint32_t value = 0;
  for (char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  if (value % 11 != 0 || value / 11 > 0xffff) return std::nullopt;
  return static_cast<std::uint16_t>(value / 11);
}

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  char lower = ascii_lower(digit);
  if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
  return -1;
}

}  // namespace

Result<Key> recovery_password(std::string_view digits) {
  constexpr std::size_t kLength = kGroupCount * (kGroupLength + 1) - 1;
  if (digits.size() != kLength) {
    return Error(Errc::bad_argument,
                 fmt::format("a recovery password is 8 groups of 6 digits with a '-' "
                             "between, {} characters; this has {}",
                             kLength, digits.size()));
  }
  Secret packed(kGroupCount * sizeof(le16));
  for (std::size_t i = 0; i < kGroupCount; ++i) {
    std::size_t at = i * (kGroupLength + 1);
    bool parted = i == 0 || digits[at - 1] == '-' || digits[at - 1] == ' ';
    auto value = group_value(digits.substr(at, kGroupLength));
    if (!parted || !value) {
      return Error(Errc::bad_argument,
                   fmt::format("group {} of the recovery password isn't 6 digits that "
                               "11 divides: a digit of it was mistyped",
                               i + 1));
    }
    le16 number = *value;
    std::memcpy(packed.writable().data() + i * sizeof(le16), &number, sizeof(number));
  }
  return Key{.kind = Key::Kind::recovery_password,
             .bytes = sha256(packed.bytes()),
             .protector = {}};
}

Result<Key> password(std::string_view text) {
  auto wide = to_utf16(text);
  if (!wide || wide->empty()) {
    return Error(Errc::bad_argument, "a password is text in UTF-8, and not empty");
  }
  ByteVector bytes = utf16le_bytes(*wide);
  Secret once = sha256(bytes);
  wipe(bytes);
  wipe(std::as_writable_bytes(std::span(*wide)));
  return Key{
      .kind = Key::Kind::password, .bytes = sha256(once.bytes()), .protector = {}};
}

Result<Key> startup_key(Bytes file) {
  auto set = load<SetHeader>(file);
  if (!set || set->header_size != sizeof(SetHeader) || set->size > file.size() ||
      set->size < sizeof(SetHeader)) {
    return Error(Errc::corrupt, "it isn't a startup key (.BEK)");
  }
  std::size_t size = set->size;
  std::vector<Entry> entries =
      TRY(read_entries(file.first(size).subspan(sizeof(SetHeader))));
  const Entry* external = find(entries, Type::external_key);
  if (external == nullptr) {
    return Error(Errc::corrupt, "there is no key in this startup key");
  }
  auto header = TRY(head_of<ExternalKeyHeader>(*external));
  std::vector<Entry> parts = TRY(read_entries(after<ExternalKeyHeader>(*external)));
  const Entry* key = find(parts, Type::key);
  if (key == nullptr) {
    return Error(Errc::corrupt, "there is no key in this startup key");
  }
  TRY(head_of<KeyHeader>(*key));
  return Key{.kind = Key::Kind::startup_key,
             .bytes = Secret(after<KeyHeader>(*key)),
             .protector = header.id};
}

Result<Key> volume_key(std::string_view digits) {
  Secret bytes(digits.size() / 2);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    int value = hex_value(digits[i]);
    if (value < 0 || digits.size() % 2 != 0) {
      return Error(Errc::bad_argument,
                   fmt::format("a volume's key is an even count of hexadecimal digits; "
                               "these are {} characters",
                               digits.size()));
    }
    std::byte& byte = bytes.writable()[i / 2];
    byte = (byte << 4) | static_cast<std::byte>(value);
  }
  return Key{.kind = Key::Kind::volume_key, .bytes = std::move(bytes), .protector = {}};
}

}  // namespace drydock::bitlocker
