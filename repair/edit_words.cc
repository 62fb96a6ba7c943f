#include "repair/edit_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "repair/bcd/names.h"
#include "vhd/base/sha256.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

// What one line shows of a text, in bytes, or of binary data.
constexpr std::size_t kTextShownMax = 400;
constexpr std::size_t kBinaryShownMax = 64;
constexpr std::size_t kChunkSize = std::size_t{1} << 20;

std::string hex(Bytes bytes, std::string_view between = {}) {
  std::string text;
  for (std::byte byte : bytes) {
    if (!text.empty()) text += between;
    text += fmt::format("{:02x}", static_cast<unsigned>(byte));
  }
  return text;
}

std::string shortened(std::string text) {
  if (text.size() <= kTextShownMax) return text;
  std::size_t end = kTextShownMax;
  // Not in the middle of a letter.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return fmt::format("{}... ({} bytes)", text.substr(0, end), text.size());
}

std::string binary(Bytes bytes) {
  std::string text = hex(bytes.first(std::min(bytes.size(), kBinaryShownMax)), " ");
  if (bytes.size() > kBinaryShownMax) {
    text += fmt::format(" ... ({} bytes)", bytes.size());
  }
  return text;
}

std::string words_of_device(const bcd::Device& device) {
  switch (device.kind) {
    case bcd::Device::Kind::boot:
      return "boot";
    case bcd::Device::Kind::partition:
      if (device.gpt) {
        return fmt::format("partition {} of disk {}", to_string(device.partition_id),
                           to_string(device.disk_id));
      }
      return fmt::format("partition at {} of disk {:08x}", device.mbr_offset,
                         device.mbr_signature);
    default:
      break;
  }
  std::string words(to_string(device.kind));
  if (!device.path.empty()) words += " " + device.path;
  const bcd::Device& lowest = bcd::innermost(device);
  if (&lowest != &device) words += " on " + words_of_device(lowest);
  return words;
}

// One overload for each shape of an element's value.
struct ElementWords {
  bcd::ElementId element;
  bcd::ObjectType type;

  std::string operator()(const bcd::Device& device) const {
    return words_of_device(device);
  }
  std::string operator()(const std::string& text) const { return shortened(text); }
  std::string operator()(const bcd::ObjectId& id) const { return words_of(id); }
  std::string operator()(const std::vector<bcd::ObjectId>& ids) const {
    std::vector<std::string> words;
    for (const bcd::ObjectId& id : ids) words.push_back(words_of(id));
    return fmt::format("{}", fmt::join(words, " "));
  }
  std::string operator()(std::uint64_t number) const {
    if (const bcd::ElementName* name = bcd::find_element(element, type)) {
      for (const auto& word : name->words) {
        if (word.value == number) return std::string(word.word);
      }
      if (name->notation == bcd::Notation::address) return bcd::address_words(number);
    }
    return fmt::format("{}", number);
  }
  std::string operator()(bool yes) const { return yes ? "Yes" : "No"; }
  std::string operator()(const std::vector<std::uint64_t>& numbers) const {
    return shortened(fmt::format("{:#x}", fmt::join(numbers, " ")));
  }
};

}  // namespace

std::string words_of(const hive::Value& value) {
  std::string type = hive::to_string(value.type);
  if (auto text = value.text()) {
    return fmt::format("{} \"{}\"", type, shortened(*text));
  }
  if (auto texts = value.texts()) {
    return fmt::format(
        "{} {}", type,
        shortened(texts->empty() ? "(empty)"
                                 : fmt::format("\"{}\"", fmt::join(*texts, "\" \""))));
  }
  if (auto number = value.number()) return fmt::format("{} {}", type, *number);
  if (value.data.empty()) return fmt::format("{} (empty)", type);
  return fmt::format("{} {}", type, binary(value.data));
}

std::string words_of(const bcd::Value& value, bcd::ElementId element,
                     bcd::ObjectType type) {
  return std::visit(ElementWords{element, type}, value);
}

std::string words_of(const bcd::Object& object) {
  std::string text = bcd::title_of(object.id, object.type);
  for (const bcd::Element& each : object.elements) {
    const auto* name = std::get_if<std::string>(&each.value);
    if (each.id != bcd::element::description || name == nullptr) continue;
    text += fmt::format(" \"{}\"", shortened(*name));
  }
  std::size_t count = object.elements.size();
  return fmt::format("{} with {} element{}", text, count, count == 1 ? "" : "s");
}

std::string words_of(const bcd::ObjectId& object) {
  if (auto alias = bcd::alias_of(object)) return std::string(*alias);
  return to_string(object);
}

Result<std::string> words_of(const BlockDevice& data) {
  Sha256 digest;
  ByteVector chunk;
  for (std::uint64_t at = 0; at < data.size(); at += kChunkSize) {
    chunk.resize(std::min<std::uint64_t>(kChunkSize, data.size() - at));
    TRY(data.read(at, chunk));
    digest.add(chunk);
  }
  return fmt::format("{} bytes, sha256 {}", data.size(), digest.hex());
}

std::string sha256_of(Bytes bytes) {
  Sha256 digest;
  digest.add(bytes);
  return digest.hex();
}

}  // namespace drydock::repair
