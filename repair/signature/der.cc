#include "repair/signature/der.h"

#include <fmt/format.h>

#include <chrono>

#include "vhd/base/try.h"

namespace drydock::signature::der {

namespace {

constexpr std::uint8_t kTagNumberMask = 0x1f;  // all set: the number follows
constexpr std::uint8_t kLongForm = 0x80;
// Lengths of four bytes say 4 GiB: nothing here is larger.
constexpr std::size_t kLengthBytesMax = 4;
// Identifiers in use have arcs of 32 bits at most; UUIDs as arcs aren't used here.
constexpr std::uint64_t kArcMax = 0xffffffff;

std::uint8_t value_of(std::byte byte) { return std::to_integer<std::uint8_t>(byte); }

Error at(std::size_t offset, std::string words) {
  return Error(Errc::corrupt, std::move(words)).in(fmt::format("offset {}", offset));
}

// The digits [at, at + count) as a number; nothing where one is none.
std::optional<int> number(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = 10 * value + (c - '0');
  }
  return value;
}

}  // namespace

Result<Element> Reader::next() {
  if (rest_.size() < 2) {
    return at(offset(), rest_.empty() ? "it ends where another element should be"
                                      : "it ends within the head of an element");
  }
  std::uint8_t tag = value_of(rest_[0]);
  if ((tag & kTagNumberMask) == kTagNumberMask) {
    return at(offset(), fmt::format("a tag of more than one byte (0x{:02x}...)", tag));
  }
  std::size_t head = 2;
  std::size_t length = value_of(rest_[1]);
  if (length == kLongForm) {
    return at(offset(), "an element of indefinite length, which DER hasn't");
  }
  if (length > kLongForm) {
    std::size_t count = length - kLongForm;
    if (count > kLengthBytesMax) {
      return at(offset(), fmt::format("a length of {} bytes", count));
    }
    if (count > rest_.size() - head) {
      return at(offset(), "it ends within the head of an element");
    }
    length = 0;
    for (std::size_t i = 0; i < count; ++i)
      length = length << 8 | value_of(rest_[head++]);
  }
  if (length > rest_.size() - head) {
    return at(offset(), fmt::format("an element of {} bytes where {} are left", length,
                                    rest_.size() - head));
  }
  Element element;
  element.tag = tag;
  element.whole = rest_.first(head + length);
  element.body = element.whole.subspan(head);
  rest_ = rest_.subspan(head + length);
  return element;
}

Result<Element> Reader::next(std::uint8_t tag, std::string_view what) {
  if (!rest_.empty() && value_of(rest_[0]) != tag) {
    return at(offset(), fmt::format("0x{:02x} where {} (0x{:02x}) should be",
                                    value_of(rest_[0]), what, tag));
  }
  auto element = next();
  if (!element) return std::move(element).error().in(what);
  return element;
}

Result<Reader> Reader::enter(std::uint8_t tag, std::string_view what) {
  return inside(TRY(next(tag, what)));
}

std::string object_text(Bytes body) {
  std::string text;
  std::uint64_t arc = 0;
  bool first = true;
  for (std::size_t i = 0; i < body.size(); ++i) {
    std::uint8_t byte = value_of(body[i]);
    arc = arc << 7 | (byte & 0x7f);
    if (arc > kArcMax) return "?";
    if ((byte & 0x80) != 0) {
      if (i + 1 == body.size()) return "?";
      continue;
    }
    if (first) {
      // The first two arcs share a number.  X.690, 8.19.4.
      std::uint64_t root = arc < 80 ? arc / 40 : 2;
      text = fmt::format("{}.{}", root, arc - 40 * root);
    } else {
      text += fmt::format(".{}", arc);
    }
    first = false;
    arc = 0;
  }
  return text.empty() ? "?" : text;
}

std::optional<std::uint64_t> to_unsigned(Bytes body) {
  if (body.empty() || (value_of(body[0]) & 0x80) != 0) return std::nullopt;
  std::uint64_t value = 0;
  for (std::byte byte : body) {
    if (value >> 56 != 0) return std::nullopt;
    value = value << 8 | value_of(byte);
  }
  return value;
}

std::optional<std::int64_t> to_time(const Element& element) {
  std::string_view text = as_text(element.body);
  std::optional<int> year;
  if (element.tag == kUtcTime) {
    if (text.size() != 13) return std::nullopt;
    year = number(text, 0, 2);
    // RFC 5280, 4.1.2.5.1: two digits are of 1950 to 2049.
    if (year) *year += *year < 50 ? 2000 : 1900;
    text.remove_prefix(2);
  } else if (element.tag == kGeneralizedTime) {
    if (text.size() < 15) return std::nullopt;
    year = number(text, 0, 4);
    text.remove_prefix(4);
    // Time stamps have fractions of a second: RFC 3161, 2.4.2.
    if (text[10] == '.') {
      std::size_t after = text.find_first_not_of("0123456789", 11);
      if (after != text.size() - 1) return std::nullopt;
    } else if (text.size() != 11) {
      return std::nullopt;
    }
  }
  if (!year || text.back() != 'Z') return std::nullopt;
  auto month = number(text, 0, 2), day = number(text, 2, 2), hour = number(text, 4, 2),
       minute = number(text, 6, 2), second = number(text, 8, 2);
  if (!month || !day || !hour || !minute || !second) return std::nullopt;
  namespace c = std::chrono;
  c::year_month_day date{c::year{*year}, c::month{static_cast<unsigned>(*month)},
                         c::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  c::seconds since = c::sys_days{date}.time_since_epoch();
  return since.count() + *hour * 3600 + *minute * 60 + *second;
}

}  // namespace drydock::signature::der
