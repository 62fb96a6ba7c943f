#include "harness/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "vhd/base/try.h"

namespace drydock::harness {

namespace {

// Deeper than any story needs; shallow enough for the stack.
constexpr int kDepthMax = 32;

}  // namespace

// From yaml-cpp's nodes to ours.
class YamlReader {
 public:
  explicit YamlReader(std::string_view name) : name_(name) {}

  std::string place(const YAML::Mark& mark) const {
    return mark.is_null() ? name_ : fmt::format("{}:{}", name_, mark.line + 1);
  }

  Result<Yaml> read(const YAML::Node& node, int depth) const {
    Yaml out;
    out.place_ = place(node.Mark());
    if (depth > kDepthMax) return out.error("lists within lists, too deep");
    switch (node.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        break;
      case YAML::NodeType::Scalar:
        out.kind_ = Yaml::Kind::text;
        out.text_ = node.Scalar();
        break;
      case YAML::NodeType::Sequence:
        out.kind_ = Yaml::Kind::list;
        for (const YAML::Node& item : node) {
          out.items_.push_back(TRY(read(item, depth + 1)));
        }
        break;
      case YAML::NodeType::Map:
        out.kind_ = Yaml::Kind::map;
        for (const auto& field : node) {
          Yaml key = TRY(read(field.first, depth + 1));
          std::string word = TRY(key.text());
          if (out.get(word).kind() != Yaml::Kind::null) {
            return key.error(fmt::format("'{}' stands here twice", word));
          }
          out.keys_.push_back(std::move(key));
          out.items_.push_back(TRY(read(field.second, depth + 1)));
        }
        break;
    }
    return out;
  }

 private:
  std::string name_;
};

Result<Yaml> Yaml::parse(std::string_view text, std::string_view name) {
  YamlReader reader(name);
  try {  // yaml-cpp throws; nothing of ours does
    return reader.read(YAML::Load(std::string(text)), 0);
  } catch (const YAML::Exception& bad) {
    return Error(Errc::bad_argument, bad.msg).in(reader.place(bad.mark));
  }
}

Error Yaml::error(std::string words) const {
  return Error(Errc::bad_argument, std::move(words)).in(place_);
}

Result<std::string> Yaml::text() const {
  if (kind_ != Kind::text) return error("a word or a text belongs here");
  return text_;
}

Result<std::vector<Yaml>> Yaml::list() const {
  if (kind_ != Kind::list) return error("a list belongs here");
  return items_;
}

Result<std::vector<Yaml::Field>> Yaml::fields() const {
  if (kind_ != Kind::map) return error("names with values belong here");
  std::vector<Field> out;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    Yaml value = items_[i];
    out.push_back({keys_[i].text_, std::move(value)});
  }
  return out;
}

Yaml Yaml::get(std::string_view key) const {
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i].text_ == key) return items_[i];
  }
  Yaml nothing;
  nothing.place_ = place_;
  return nothing;
}

Done Yaml::only(std::initializer_list<std::string_view> known) const {
  if (kind_ != Kind::map) return error("names with values belong here");
  for (const Yaml& key : keys_) {
    if (std::find(known.begin(), known.end(), key.text_) == known.end()) {
      return key.error(
          fmt::format("'{}' isn't a word that is known here; these are: {}", key.text_,
                      fmt::join(known, ", ")));
    }
  }
  return {};
}

}  // namespace drydock::harness
