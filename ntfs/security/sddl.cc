#include "ntfs/security/sddl.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "vhd/base/guid.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::security {

namespace {

struct Word {
  std::string_view text;
  std::uint32_t value;
};

constexpr std::array kTypes = {Word{"A", ace_type::allowed},
                               Word{"D", ace_type::denied},
                               Word{"AU", ace_type::audit},
                               Word{"OA", ace_type::allowed_object},
                               Word{"OD", ace_type::denied_object},
                               Word{"OU", ace_type::audit_object},
                               Word{"XA", ace_type::allowed_callback},
                               Word{"XD", ace_type::denied_callback},
                               Word{"ZA", ace_type::allowed_callback_object},
                               Word{"XU", ace_type::audit_callback},
                               Word{"ML", ace_type::mandatory_label},
                               Word{"RA", ace_type::resource_attribute},
                               Word{"SP", ace_type::scoped_policy}};

// [MS-DTYP] 2.4.4.1: AceFlags.
constexpr std::array kFlags = {Word{"OI", 0x01}, Word{"CI", 0x02}, Word{"NP", 0x04},
                               Word{"IO", 0x08}, Word{"ID", 0x10}, Word{"SA", 0x40},
                               Word{"FA", 0x80}};

// Those that stand for a whole mask of a file's; the text of one alone.
constexpr std::array kFileRights = {Word{"FA", 0x1f01ff}, Word{"FR", 0x120089},
                                    Word{"FW", 0x120116}, Word{"FX", 0x1200a0}};
// Of a registry key's, which are read, and never written.
constexpr std::array kKeyRights = {Word{"KA", 0xf003f}, Word{"KR", 0x20019},
                                   Word{"KW", 0x20006}, Word{"KX", 0x20019}};
// Of a mandatory label's.
constexpr std::array kLabelRights = {Word{"NW", 1}, Word{"NR", 2}, Word{"NX", 4}};
// One bit each.
constexpr std::array kRights = {
    Word{"CC", 0x1},      Word{"DC", 0x2},      Word{"LC", 0x4},
    Word{"SW", 0x8},      Word{"RP", 0x10},     Word{"WP", 0x20},
    Word{"DT", 0x40},     Word{"LO", 0x80},     Word{"CR", 0x100},
    Word{"SD", 0x10000},  Word{"RC", 0x20000},  Word{"WD", 0x40000},
    Word{"WO", 0x80000},  Word{"GA", 1u << 28}, Word{"GX", 1u << 29},
    Word{"GW", 1u << 30}, Word{"GR", 1u << 31}};

constexpr std::string_view kNullDacl = "NO_ACCESS_CONTROL";

Error bad(std::string_view what, std::string_view text) {
  return Error(Errc::bad_argument, fmt::format("{}: \"{}\"", what, text));
}

const Word* find_word(std::span<const Word> words, std::string_view text) {
  auto found = std::ranges::find_if(
      words, [&](const Word& word) { return equal_ignoring_case(word.text, text); });
  return found == words.end() ? nullptr : &*found;
}

const Word* find_value(std::span<const Word> words, std::uint32_t value) {
  auto found = std::ranges::find(words, value, &Word::value);
  return found == words.end() ? nullptr : &*found;
}

// The words of all bits, or hex where one of them has none.
std::string bits_text(std::uint32_t bits, std::span<const Word> words) {
  std::string text;
  std::uint32_t left = bits;
  for (const Word& word : words) {
    if ((bits & word.value) == 0) continue;
    text += word.text;
    left &= ~word.value;
  }
  return left == 0 ? text : fmt::format("{:#x}", bits);
}

std::string mask_text(const Ace& ace) {
  if (ace.type == ace_type::mandatory_label) return bits_text(ace.mask, kLabelRights);
  if (const Word* word = find_value(kFileRights, ace.mask)) {
    return std::string(word->text);
  }
  return bits_text(ace.mask, kRights);
}

std::string hex(Bytes bytes) {
  std::string text;
  for (std::byte byte : bytes) {
    text += fmt::format("{:02x}", static_cast<unsigned>(byte));
  }
  return text;
}

// As SDDL writes them: without braces.
std::string guid_text(const std::optional<Guid>& guid) {
  if (!guid) return {};
  std::string text = to_string(*guid);
  return text.substr(1, text.size() - 2);
}

std::string ace_text(const Ace& ace) {
  const Word* type = find_value(kTypes, ace.type);
  std::string flags = bits_text(ace.flags, kFlags);
  if (type == nullptr || !ace.sid) {
    return fmt::format("({:#x};{};;;;;#{})", ace.type, flags, hex(ace.rest));
  }
  std::string text =
      fmt::format("({};{};{};{};{};{}", type->text, flags, mask_text(ace),
                  guid_text(ace.object), guid_text(ace.inherited), to_sddl(*ace.sid));
  // Padding says nothing.
  if (!is_zero(ace.rest)) text += ";#" + hex(ace.rest);
  return text + ")";
}

std::string acl_text(const Acl& acl, std::uint16_t bits, std::uint16_t is_protected,
                     std::uint16_t asked, std::uint16_t inherited) {
  std::string text;
  if ((bits & is_protected) != 0) text += "P";
  if ((bits & asked) != 0) text += "AR";
  if ((bits & inherited) != 0) text += "AI";
  for (const Ace& ace : acl.aces) text += ace_text(ace);
  return text;
}

bool starts_with(std::string_view text, std::string_view with) {
  return text.size() >= with.size() &&
         equal_ignoring_case(text.substr(0, with.size()), with);
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  bool is_hex = starts_with(text, "0x");
  if (is_hex) text.remove_prefix(2);
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, is_hex ? 16 : 10);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// Words of two letters, one after another, or a number.
Result<std::uint32_t> parse_bits(std::string_view text,
                                 std::initializer_list<std::span<const Word>> lists) {
  std::uint32_t bits = 0;
  if (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    if (read_number(text, bits)) return bits;
    return bad("this isn't a number", text);
  }
  for (; !text.empty(); text.remove_prefix(2)) {
    const Word* found = nullptr;
    for (std::span<const Word> words : lists) {
      if (found == nullptr) found = find_word(words, text.substr(0, 2));
    }
    if (found == nullptr) return bad("these letters mean nothing here", text);
    bits |= found->value;
  }
  return bits;
}

Result<std::optional<Guid>> read_guid(std::string_view text) {
  if (text.empty()) return std::optional<Guid>();
  auto guid = parse_guid(fmt::format("{{{}}}", text));
  if (!guid) return bad("this isn't a GUID", text);
  return guid;
}

Result<ByteVector> read_hex(std::string_view text) {
  if (text.empty() || text[0] != '#' || text.size() % 2 == 0) {
    return bad("a condition is read as '#' and hex only", text);
  }
  ByteVector bytes;
  for (std::size_t at = 1; at < text.size(); at += 2) {
    unsigned value = 0;
    auto [end, error] =
        std::from_chars(text.data() + at, text.data() + at + 2, value, 16);
    if (error != std::errc() || end != text.data() + at + 2) {
      return bad("this isn't hex", text);
    }
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

// What stands between one pair of parentheses.
Result<Ace> parse_ace(std::string_view text) {
  std::vector<std::string_view> fields;
  for (std::string_view rest = text;;) {
    std::size_t end = rest.find(';');
    fields.push_back(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  if (fields.size() != 6 && fields.size() != 7) {
    return bad("an ACE has six fields, or seven", text);
  }
  Ace ace;
  const Word* type = find_word(kTypes, fields[0]);
  if (type == nullptr) {
    if (!read_number(fields[0], ace.type)) {
      return bad("this isn't a type of ACE", fields[0]);
    }
    type = find_value(kTypes, ace.type);
  }
  if (type != nullptr) ace.type = static_cast<std::uint8_t>(type->value);
  std::uint32_t flags = TRY(parse_bits(fields[1], {kFlags}));
  if (flags > 0xff) return bad("flags have a byte", fields[1]);
  ace.flags = static_cast<std::uint8_t>(flags);
  if (fields.size() == 7) ace.rest = TRY(read_hex(fields[6]));
  if (type == nullptr) return ace;
  ace.mask = ace.type == ace_type::mandatory_label
                 ? TRY(parse_bits(fields[2], {kLabelRights}))
                 : TRY(parse_bits(fields[2], {kRights, kFileRights, kKeyRights}));
  ace.object = TRY(read_guid(fields[3]));
  ace.inherited = TRY(read_guid(fields[4]));
  ace.sid = TRY(parse_sid(fields[5]));
  return ace;
}

struct ListBits {
  std::uint16_t is_protected, asked, inherited;
};

// "PAI(...)(...)", up to where the next part begins.
Result<Acl> parse_acl(std::string_view& text, const ListBits& bits,
                      std::uint16_t& control) {
  while (!text.empty() && text[0] != '(' && (text.size() < 2 || text[1] != ':')) {
    std::size_t length = 2;
    if (starts_with(text, "AR")) {
      control |= bits.asked;
    } else if (starts_with(text, "AI")) {
      control |= bits.inherited;
    } else if (starts_with(text, "P")) {
      control |= bits.is_protected;
      length = 1;
    } else {
      return bad("a list of ACEs doesn't start so", text);
    }
    text.remove_prefix(length);
  }
  Acl acl;
  while (!text.empty() && text[0] == '(') {
    std::size_t end = text.find(')');
    if (end == std::string_view::npos) return bad("this ACE has no end", text);
    acl.aces.push_back(TRY(parse_ace(text.substr(1, end - 1))));
    text.remove_prefix(end + 1);
  }
  return acl;
}

// "BA" or "S-1-...", up to where the next part begins: at a letter and a colon.
std::string_view take_sid(std::string_view& text) {
  std::size_t colon = text.find(':');
  std::size_t length =
      colon == std::string_view::npos || colon == 0 ? text.size() : colon - 1;
  std::string_view sid = text.substr(0, length);
  text.remove_prefix(length);
  return sid;
}

}  // namespace

std::string to_sddl(const Descriptor& descriptor) {
  std::string text;
  if (descriptor.owner) text += "O:" + to_sddl(*descriptor.owner);
  if (descriptor.group) text += "G:" + to_sddl(*descriptor.group);
  if (descriptor.dacl) {
    text +=
        "D:" + acl_text(*descriptor.dacl, descriptor.control, control::dacl_protected,
                        control::dacl_inherit_asked, control::dacl_inherited);
  } else if (descriptor.null_dacl) {
    text += fmt::format("D:{}", kNullDacl);
  }
  if (descriptor.sacl) {
    text +=
        "S:" + acl_text(*descriptor.sacl, descriptor.control, control::sacl_protected,
                        control::sacl_inherit_asked, control::sacl_inherited);
  }
  return text;
}

Result<Descriptor> parse_sddl(std::string_view text) {
  Descriptor descriptor;
  while (!text.empty()) {
    if (text.size() < 2 || text[1] != ':') {
      return bad("SDDL goes O:...G:...D:...S:..., and not so", text);
    }
    char part = ascii_lower(text[0]);
    text.remove_prefix(2);
    if (part == 'o') {
      descriptor.owner = TRY(parse_sid(take_sid(text)));
    } else if (part == 'g') {
      descriptor.group = TRY(parse_sid(take_sid(text)));
    } else if (part == 'd' && starts_with(text, kNullDacl)) {
      descriptor.null_dacl = true;
      text.remove_prefix(kNullDacl.size());
    } else if (part == 'd') {
      descriptor.dacl =
          TRY(parse_acl(text,
                        {control::dacl_protected, control::dacl_inherit_asked,
                         control::dacl_inherited},
                        descriptor.control));
    } else if (part == 's') {
      descriptor.sacl =
          TRY(parse_acl(text,
                        {control::sacl_protected, control::sacl_inherit_asked,
                         control::sacl_inherited},
                        descriptor.control));
    } else {
      return bad("SDDL has no such part", std::string(1, part));
    }
  }
  return descriptor;
}

Result<std::string> sddl_of(Bytes descriptor) {
  return to_sddl(TRY(decode_descriptor(descriptor)));
}

}  // namespace drydock::security
