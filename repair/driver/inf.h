// An INF file: named sections of lines, as Windows' setup reads them.
//
// The text alone is read here; what a section means is for models.h and install.h.
// Sections of one name are one section, whatever the case of its letters.  A string
// (%NAME%) is put in only when a field is asked for, so that no small file becomes a
// large one in memory.
//
// The rules are those of Microsoft's "General Syntax Rules for INF Files" and "INF
// Strings Section".

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::driver {

// Some graphics drivers have INF files of 4 MiB.
inline constexpr std::uint64_t kInfSizeMax = std::uint64_t{16} << 20;
// Of all lines together.
inline constexpr std::size_t kInfFieldCountMax = 1'000'000;
// Setup's own limits, with a zero behind the letters.
inline constexpr std::size_t kInfFieldLengthMax = 4095;
inline constexpr std::size_t kInfSectionNameLengthMax = 255;

// KEY = FIELD, FIELD...; or fields alone.  Quotes are taken away, strings aren't put
// in.
struct InfLine {
  std::optional<std::string> key = {};
  std::vector<std::string> fields = {};
  std::size_t number = 0;  // from 1; of the first, where a line goes on
};

struct InfSection {
  std::string name;  // as it was first written
  std::vector<InfLine> lines = {};
};

// Windows' number of a language, by which a file chooses its strings.
using Language = std::uint16_t;
inline constexpr Language kAmericanEnglish = 0x0409;

class Inf {
 public:
  // corrupt, with the line in the places, for what isn't an INF file or is beyond the
  // bounds above; bad_argument for an encoding that isn't read.
  static Result<Inf> read(Bytes file, Language language = kAmericanEnglish);

  const std::vector<InfSection>& sections() const { return sections_; }
  // nullptr where there is none.
  const InfSection* find(std::string_view name) const;
  // The first line of this key; nullptr where there is none.
  const InfLine* find(std::string_view section, std::string_view key) const;

  // A line's key, or a field of it, with its strings put in; "" for a field behind the
  // last.  corrupt where that gets longer than kInfFieldLengthMax.
  Result<std::string> key(const InfLine& line) const;
  Result<std::string> field(const InfLine& line, std::size_t index) const;
  // The fields from `index` on; empty ones among them are left out.
  Result<std::vector<std::string>> fields_from(const InfLine& line,
                                               std::size_t index) const;
  // The first field of the first line of this key; "" where there is none.
  Result<std::string> value(std::string_view section, std::string_view key) const;
  // The fields of every line of this key.
  Result<std::vector<std::string>> list(const InfSection& section,
                                        std::string_view key) const;

 private:
  friend class InfReader;

  // A name that stands for no string stays as it is, for %12% is a folder.  What is put
  // in isn't looked at again.
  Result<std::string> expand(std::string_view text, std::size_t line) const;
  void choose_strings(Language language);

  std::vector<InfSection> sections_;
  std::map<std::string, std::size_t, std::less<>> by_name_;  // in lower case
  std::map<std::string, std::string, std::less<>> strings_;  // by name likewise
};

// A number of an INF file: decimal, or 0x and hexadecimal.  Nothing for what isn't one
// or takes more than 32 bits.
std::optional<std::uint32_t> parse_inf_number(std::string_view text);

}  // namespace drydock::driver
