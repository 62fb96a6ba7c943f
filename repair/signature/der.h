// DER: how certificates, signatures and catalogs lie in bytes.  ITU-T X.690.
//
// A Reader steps over the elements of one constructed element, and copies
// nothing: what it gives are views of the bytes that it was made from.  It knows
// where it is in them, so that an error names the offset.  It never descends by
// itself: how deep a reader goes is how deep the code that uses it goes.
//
// One leniency: a length may have more bytes than it needs, as all of Windows'
// and OpenSSL's readers allow.  Lengths of the indefinite form are refused.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::signature::der {

// The tags that signatures and catalogs use.  X.690, 8.
inline constexpr std::uint8_t kBoolean = 0x01;
inline constexpr std::uint8_t kInteger = 0x02;
inline constexpr std::uint8_t kBitString = 0x03;
inline constexpr std::uint8_t kOctetString = 0x04;
inline constexpr std::uint8_t kNull = 0x05;
inline constexpr std::uint8_t kObject = 0x06;
inline constexpr std::uint8_t kUtcTime = 0x17;
inline constexpr std::uint8_t kGeneralizedTime = 0x18;
inline constexpr std::uint8_t kBmpString = 0x1e;
inline constexpr std::uint8_t kSequence = 0x30;
inline constexpr std::uint8_t kSet = 0x31;
// [n], of a primitive or a constructed element.
constexpr std::uint8_t context(unsigned n) {
  return static_cast<std::uint8_t>(0x80 | n);
}
constexpr std::uint8_t constructed(unsigned n) {
  return static_cast<std::uint8_t>(0xa0 | n);
}

struct Element {
  std::uint8_t tag = 0;
  Bytes whole = {};  // with tag and length
  Bytes body = {};
};

class Reader {
 public:
  // Over the elements that `bytes` are a run of.
  explicit Reader(Bytes bytes) : start_(bytes.data()), rest_(bytes) {}

  // Over what `element` holds, which must be of this reader's bytes.
  Reader inside(const Element& element) const { return Reader(start_, element.body); }

  bool at_end() const { return rest_.empty(); }

  // Whether an element with this tag is next.
  bool next_is(std::uint8_t tag) const {
    return !rest_.empty() && rest_[0] == std::byte{tag};
  }

  // Where the next element is, from the start of all the bytes.
  std::size_t offset() const { return static_cast<std::size_t>(rest_.data() - start_); }

  // The next element.  corrupt, with the offset, where none that fits is there.
  Result<Element> next();

  // The same, and corrupt where its tag is another; `what` is it in words.
  Result<Element> next(std::uint8_t tag, std::string_view what);

  // Over what the next element with this tag holds.
  Result<Reader> enter(std::uint8_t tag, std::string_view what);

 private:
  Reader(const std::byte* start, Bytes rest) : start_(start), rest_(rest) {}

  const std::byte* start_;
  Bytes rest_;
};

// An object identifier's body: as bytes, so that it can be compared for free.
inline bool is_object(Bytes body, std::string_view bytes) {
  return body.size() == bytes.size() && as_text(body) == bytes;
}

// "1.3.6.1.4.1.311.10.1", for people; "?" where `body` is none.
std::string object_text(Bytes body);

// A non-negative INTEGER below 2^64; nothing for any other.
std::optional<std::uint64_t> to_unsigned(Bytes body);

// UTCTime or GeneralizedTime, in whole seconds since 1970; nothing where it is
// neither, or isn't in UTC.  RFC 5280, 4.1.2.5.
std::optional<std::int64_t> to_time(const Element& element);

}  // namespace drydock::signature::der
