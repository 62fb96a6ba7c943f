#include "vhd/bitlocker/key_ring.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "vhd/base/try.h"
#include "vhd/bitlocker/crypto.h"
#include "vhd/bitlocker/entries.h"
#include "vhd/bitlocker/format.h"

namespace drydock::bitlocker {

namespace {

// Windows lets a volume have a few protectors of each kind.  With a ring of keys for
// any volume, a disk from a stranger could cost hours of stretching otherwise.
constexpr std::size_t kStretchCountMax = 64;

// An entry of Type::wrapped_key's data, opened: the key within.
std::optional<Secret> unwrap(const Secret& with, Bytes wrapped) {
  auto header = load<WrapHeader>(wrapped);
  if (!header) return std::nullopt;
  auto plain = open_wrapped(with, header->nonce, header->mac,
                            wrapped.subspan(sizeof(WrapHeader)));
  if (!plain) return std::nullopt;
  auto entries = read_entries(plain->bytes());
  const Entry* key = entries ? find(*entries, Type::key) : nullptr;
  if (key == nullptr || key->data.size() < sizeof(KeyHeader)) return std::nullopt;
  return Secret(after<KeyHeader>(*key));
}

// "a recovery password {..}, a tpm {..}", for who has to find one.
std::string protector_list(const Metadata& metadata) {
  std::string list;
  for (const Protector& protector : metadata.protectors) {
    if (!list.empty()) list += ", ";
    std::string kind(to_string(protector.kind));
    std::ranges::replace(kind, '_', ' ');
    list += fmt::format("{} {}", kind, to_string(protector.id));
  }
  return list.empty() ? "none" : list;
}

Done check_hash(const Metadata& metadata, const Secret& master) {
  if (metadata.wrapped_hash.empty()) return {};
  auto hash = unwrap(master, metadata.wrapped_hash);
  Secret mine = sha256(metadata.checked);
  if (hash && std::ranges::equal(hash->bytes(), mine.bytes())) return {};
  return Error(Errc::corrupt,
               "the metadata of this volume isn't what the owner of its key wrote: its "
               "hash differs");
}

}  // namespace

struct KeyRing::Impl {
  struct Held {
    std::optional<Guid> id;
    Key key;
  };
  std::vector<Held> keys;
  // Of the volumes that were opened.  The only thing that a const call changes.
  std::mutex mutex;
  std::vector<Secret> masters;

  std::optional<Secret> with(const Secret& master, const Metadata& metadata) {
    return unwrap(master, metadata.wrapped_volume_key);
  }
  std::optional<Secret> with_remembered(const Metadata& metadata, Secret& master);
  std::optional<Secret> master_by(const Key& key, const Protector& protector,
                                  std::size_t& stretch_count);
  std::vector<const Held*> in_order(const Metadata& metadata) const;
};

KeyRing::KeyRing() : impl_(std::make_unique<Impl>()) {}
KeyRing::~KeyRing() = default;
KeyRing::KeyRing(KeyRing&&) noexcept = default;
KeyRing& KeyRing::operator=(KeyRing&&) noexcept = default;

void KeyRing::add(std::optional<Guid> id, Key key) {
  impl_->keys.push_back({.id = id, .key = std::move(key)});
}

std::size_t KeyRing::size() const { return impl_->keys.size(); }

std::optional<Secret> KeyRing::Impl::with_remembered(const Metadata& metadata,
                                                     Secret& master) {
  std::lock_guard lock(mutex);
  for (const Secret& remembered : masters) {
    if (auto key = with(remembered, metadata)) {
      master = remembered.copy();
      return key;
    }
  }
  return std::nullopt;
}

// Those that may be meant for this volume, the most particular first.
std::vector<const KeyRing::Impl::Held*> KeyRing::Impl::in_order(
    const Metadata& metadata) const {
  std::vector<const Held*> order;
  auto add = [&](auto fits) {
    for (const Held& held : keys) {
      if (fits(held.id)) order.push_back(&held);
    }
  };
  add([&](const std::optional<Guid>& id) {
    return id && std::ranges::find(metadata.protectors, *id, &Protector::id) !=
                     metadata.protectors.end();
  });
  add([&](const std::optional<Guid>& id) { return id == metadata.volume_id; });
  add([&](const std::optional<Guid>& id) { return !id; });
  return order;
}

// The master key, where `key` is the one to `protector`.
std::optional<Secret> KeyRing::Impl::master_by(const Key& key,
                                               const Protector& protector,
                                               std::size_t& stretch_count) {
  if (key.kind == Key::Kind::startup_key) {
    if (key.protector != protector.id) return std::nullopt;
    return unwrap(key.bytes, protector.wrapped_master_key);
  }
  ProtectorKind kind = key.kind == Key::Kind::password
                           ? ProtectorKind::password
                           : ProtectorKind::recovery_password;
  if (key.kind == Key::Kind::volume_key || protector.kind != kind || !protector.salt) {
    return std::nullopt;
  }
  if (stretch_count == kStretchCountMax) return std::nullopt;
  ++stretch_count;
  return unwrap(stretch(key.bytes, *protector.salt), protector.wrapped_master_key);
}

Result<VolumeKey> KeyRing::unlock(const Metadata& metadata) const {
  auto opened = [&](const Secret& master, Secret key) -> Result<VolumeKey> {
    TRY(check_hash(metadata, master));
    if (key.size() < key_size(metadata.method)) {
      return Error(Errc::corrupt,
                   fmt::format("its key has {} bytes, and {} takes {}", key.size(),
                               to_string(metadata.method), key_size(metadata.method)));
    }
    return VolumeKey{.method = metadata.method, .bytes = std::move(key)};
  };
  for (const Protector& protector : metadata.protectors) {
    if (protector.kind != ProtectorKind::clear_key) continue;
    auto master =
        unwrap(Secret(Bytes(protector.clear_key)), protector.wrapped_master_key);
    if (!master) continue;
    if (auto key = impl_->with(*master, metadata)) {
      return opened(*master, *std::move(key));
    }
  }
  Secret remembered;
  if (auto key = impl_->with_remembered(metadata, remembered)) {
    return opened(remembered, *std::move(key));
  }
  std::vector<const Impl::Held*> order = impl_->in_order(metadata);
  std::size_t stretch_count = 0;
  for (const Impl::Held* held : order) {
    if (held->key.kind == Key::Kind::volume_key &&
        held->key.bytes.size() == key_size(metadata.method)) {
      return VolumeKey{.method = metadata.method, .bytes = held->key.bytes.copy()};
    }
    for (const Protector& protector : metadata.protectors) {
      // Of a key to one protector the others needn't be tried.
      bool other =
          held->id && *held->id != metadata.volume_id && *held->id != protector.id;
      if (other) continue;
      auto master = impl_->master_by(held->key, protector, stretch_count);
      if (!master) continue;
      auto key = impl_->with(*master, metadata);
      if (!key) continue;
      {
        std::lock_guard lock(impl_->mutex);
        impl_->masters.push_back(master->copy());
      }
      return opened(*master, *std::move(key));
    }
  }
  return Error(Errc::unsupported,
               fmt::format("the volume {} is locked by BitLocker, and {}; its "
                           "protectors: {}",
                           to_string(metadata.volume_id),
                           order.empty() ? "no key was given for it"
                                         : "no key that was given opens it",
                           protector_list(metadata)));
}

namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  std::size_t end = std::min(text.find_first_of(kBlanks), text.size());
  std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

Result<Key> read_key(std::string_view kind, std::string_view rest,
                     const ReadStartupKey& read_startup_key) {
  if (kind == "recovery-password") return recovery_password(trimmed(rest));
  if (kind == "volume-key") return volume_key(trimmed(rest));
  // One space parts it from the word before; others may be the password's own.
  if (kind == "password") return password(rest.substr(rest.empty() ? 0 : 1));
  if (kind == "startup-key") {
    Secret file = TRY(read_startup_key(std::string(trimmed(rest))));
    return startup_key(file.bytes());
  }
  return Error(Errc::bad_argument,
               "after the id stands recovery-password, password, startup-key or "
               "volume-key");
}

Done read_line(std::string_view line, const ReadStartupKey& read_startup_key,
               KeyRing& ring) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (trimmed(line).empty() || trimmed(line).front() == '#') return {};
  std::string_view word = take_word(line);
  std::optional<Guid> id;
  if (word != "*") {
    id = parse_guid(word);
    if (!id) {
      return Error(Errc::bad_argument,
                   "a line begins with the id of a volume or protector, or with *");
    }
  }
  std::string_view kind = take_word(line);
  ring.add(id, TRY(read_key(kind, line, read_startup_key)));
  return {};
}

}  // namespace

Result<KeyRing> read_key_file(Bytes file, const ReadStartupKey& read_startup_key) {
  KeyRing ring;
  // A startup key begins with its size, whose upper bytes no text has.
  auto set = load<SetHeader>(file);
  if (set && set->header_size == sizeof(SetHeader)) {
    ring.add(std::nullopt, TRY(startup_key(file)));
    return ring;
  }
  std::string_view text = as_text(file);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::size_t end = std::min(text.find('\n'), text.size());
    TRY(read_line(text.substr(0, end), read_startup_key, ring)
            .in(fmt::format("line {}", number)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return ring;
}

}  // namespace drydock::bitlocker
