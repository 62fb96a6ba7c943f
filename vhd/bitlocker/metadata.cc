#include "vhd/bitlocker/metadata.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/crc.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"
#include "vhd/bitlocker/entries.h"
#include "vhd/bitlocker/format.h"

namespace drydock::bitlocker {

namespace {

// Where the boot sector says that the copies are.
struct Pointers {
  std::uint32_t sector_size = 0;  // 0 where it doesn't say
  std::uint64_t cluster_size = 0;
  bool to_go = false;
  bool encrypts_on_write = false;
  std::vector<std::uint64_t> offsets = {};
  std::vector<std::uint64_t> eow_offsets = {};
};

bool has_signature(const std::array<char, 8>& signature) {
  return std::string_view(signature.data(), signature.size()) == kSignature;
}

std::optional<Pointers> read_pointers(Bytes bytes) {
  auto boot = load<BootSector>(bytes);
  if (!boot) return std::nullopt;
  Pointers found{
      .sector_size = boot->sector_size,
      .cluster_size = std::uint64_t{boot->sector_size} * boot->sectors_per_cluster};
  for (std::size_t offset : {kPlacesOffset, kToGoPlacesOffset}) {
    auto places = load<Places>(bytes, offset);
    if (!places) continue;
    bool on_write = places->id == kEncryptOnWriteId;
    if (places->id != kMetadataId && !on_write) continue;
    found.to_go = offset == kToGoPlacesOffset;
    found.encrypts_on_write = on_write;
    found.offsets.assign(places->offsets.begin(), places->offsets.end());
    if (on_write) {
      found.eow_offsets.assign(places->eow_offsets.begin(), places->eow_offsets.end());
    }
    return found;
  }
  if (!has_signature(boot->signature)) return std::nullopt;
  // Vista, which names the first copy only; that one names the others.
  auto first = checked::mul(boot->vista_metadata_cluster, found.cluster_size);
  if (first) found.offsets.push_back(*first);
  return found;
}

// The bytes of one copy that are checked, and what checks them.
struct Copy {
  std::uint64_t offset = 0;
  BlockHeader header;
  SetHeader set;
  ByteVector checked = {};
  ByteVector wrapped_hash = {};
};

Result<Copy> read_copy(const BlockDevice& volume, std::uint64_t offset) {
  if (offset == 0 || offset >= volume.size()) {
    return Error(Errc::corrupt, "it lies outside of the volume");
  }
  std::uint64_t length = std::min(kRegionSize, volume.size() - offset);
  ByteVector bytes = TRY(read_bytes(volume, offset, length, kRegionSize));
  auto header = load<BlockHeader>(bytes);
  if (!header || !has_signature(header->signature)) {
    return Error(Errc::corrupt, "it doesn't begin with -FVE-FS-");
  }
  if (header->version != 1 && header->version != 2) {
    return Error(Errc::unsupported, fmt::format("its version {} isn't known",
                                                std::uint16_t(header->version)));
  }
  std::size_t size = std::size_t{header->size} * (header->version == 1 ? 1 : 16);
  auto validation = load<Validation>(bytes, size);
  auto set = load<SetHeader>(bytes, sizeof(BlockHeader));
  if (!validation || size < sizeof(BlockHeader) + sizeof(SetHeader)) {
    return Error(Errc::corrupt, fmt::format("it says that it has {} bytes", size));
  }
  std::uint32_t crc = crc32(Bytes(bytes).first(size));
  if (crc != validation->crc) {
    return Error(Errc::corrupt, fmt::format("its checksum is {:#010x}, not {:#010x}",
                                            std::uint32_t(validation->crc), crc));
  }
  Copy copy{.offset = offset, .header = *header, .set = *set};
  auto after = read_entries(Bytes(bytes).subspan(size + sizeof(Validation)));
  const Entry* hash = after ? find(*after, Type::wrapped_key) : nullptr;
  if (hash != nullptr) copy.wrapped_hash.assign(hash->data.begin(), hash->data.end());
  bytes.resize(size);
  copy.checked = std::move(bytes);
  return copy;
}

// The copy in force; why others aren't is added to `problems`.
Result<Copy> choose_copy(const BlockDevice& volume, std::vector<std::uint64_t> offsets,
                         std::vector<std::string>& problems) {
  std::optional<Copy> best;
  std::optional<Error> first_error;
  // Vista's first copy names the rest.
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    std::string place = fmt::format("metadata at {:#x}", offsets[i]);
    auto copy = read_copy(volume, offsets[i]);
    if (!copy) {
      problems.push_back(fmt::format("{}: {}", place, copy.error().describe()));
      if (!first_error) first_error = std::move(copy).error().in(place);
      continue;
    }
    if (offsets.size() == 1) {
      offsets.insert(offsets.end(), copy->header.offsets.begin() + 1,
                     copy->header.offsets.end());
    }
    if (best && best->checked != copy->checked) {
      problems.push_back(place + ": it differs from the others");
    }
    if (!best || copy->set.nonce_counter > best->set.nonce_counter) {
      best = *std::move(copy);
    }
  }
  if (best) return *std::move(best);
  if (first_error) return *std::move(first_error);
  return Error(Errc::corrupt, "its boot sector says nowhere where its metadata is");
}

ProtectorKind kind_of(std::uint16_t bits) {
  if (bits == 0) return ProtectorKind::clear_key;
  bool key = (bits & kBitStartupKey) != 0;
  bool pin = (bits & kBitPin) != 0;
  if ((bits & kBitTpm) != 0) {
    if (pin) return key ? ProtectorKind::tpm_pin_startup_key : ProtectorKind::tpm_pin;
    return key ? ProtectorKind::tpm_startup_key : ProtectorKind::tpm;
  }
  if (key) return ProtectorKind::startup_key;
  if ((bits & kBitRecoveryPassword) != 0) return ProtectorKind::recovery_password;
  if ((bits & kBitPublicKey) != 0) return ProtectorKind::public_key;
  if ((bits & kBitPassword) != 0) return ProtectorKind::password;
  return ProtectorKind::unknown;
}

// Without its NUL, nor what follows one.
std::string text_of(const Entry& entry) {
  std::u16string text = utf16le(entry.data);
  return to_utf8(std::u16string_view(text).substr(0, text.find(u'\0')));
}

Result<Protector> read_protector(const Entry& entry) {
  auto header = TRY(head_of<ProtectorHeader>(entry));
  Protector protector;
  protector.id = header.id;
  protector.kind = kind_of(header.kind);
  protector.changed = header.changed;
  std::vector<Entry> parts =
      TRY(read_entries(after<ProtectorHeader>(entry)).in(to_string(header.id)));
  if (const Entry* name = find(parts, Type::text)) protector.name = text_of(*name);
  if (const Entry* stretch = find(parts, Type::stretched_key)) {
    protector.salt = TRY(head_of<StretchHeader>(*stretch)).salt;
  }
  const Entry* key = find(parts, Type::key);
  if (key != nullptr && protector.kind == ProtectorKind::clear_key) {
    TRY(head_of<KeyHeader>(*key));
    Bytes bytes = after<KeyHeader>(*key);
    protector.clear_key.assign(bytes.begin(), bytes.end());
  }
  if (const Entry* wrapped = find(parts, Type::wrapped_key)) {
    protector.wrapped_master_key.assign(wrapped->data.begin(), wrapped->data.end());
  }
  return protector;
}

// Where the volume's first bytes are, by its entry, else by the block's header.
Done read_head(const Entry* entry, const BlockHeader& block, Metadata& metadata) {
  if (entry != nullptr) {
    auto head = TRY(head_of<Head>(*entry));
    metadata.head = {.offset = head.offset, .size = head.size};
    auto more = load<HeadExtension>(entry->data, sizeof(Head));
    if (more && metadata.sector_size == 0) metadata.sector_size = more->sector_size;
  }
  if (metadata.sector_size == 0) metadata.sector_size = 512;
  if (entry == nullptr) {
    metadata.head = {
        .offset = block.head_offset,
        .size = std::uint64_t{block.head_sector_count} * metadata.sector_size};
  }
  return {};
}

Done read_set(const Copy& copy, Metadata& metadata) {
  std::size_t size = copy.set.size;
  std::size_t room = copy.checked.size() - sizeof(BlockHeader);
  if (copy.set.header_size != sizeof(SetHeader) || size < sizeof(SetHeader) ||
      size > room) {
    return Error(Errc::corrupt,
                 fmt::format("its entries take {} of {} bytes", size, room));
  }
  auto method = method_of(copy.set.method);
  if (!method) {
    return Error(Errc::unsupported, fmt::format("its encryption method {:#06x} isn't "
                                                "known",
                                                std::uint16_t(copy.set.method)));
  }
  metadata.method = *method;
  metadata.volume_id = copy.set.id;
  metadata.created = copy.set.created;
  std::vector<Entry> entries = TRY(read_entries(Bytes(copy.checked)
                                                    .subspan(sizeof(BlockHeader), size)
                                                    .subspan(sizeof(SetHeader))));
  for (const Entry& entry : entries) {
    if (entry.type == Type::protector) {
      metadata.protectors.push_back(TRY(read_protector(entry)));
    } else if (entry.role == Role::volume_key && entry.type == Type::wrapped_key) {
      metadata.wrapped_volume_key.assign(entry.data.begin(), entry.data.end());
    } else if (entry.role == Role::description && entry.type == Type::text) {
      metadata.description = text_of(entry);
    }
  }
  if (metadata.version == 1) return {};
  return read_head(find(entries, Type::head), copy.header, metadata);
}

// Whether either copy of what leads to the bitmaps is there.
Result<bool> find_bitmaps(const BlockDevice& volume,
                          const std::vector<std::uint64_t>& offsets) {
  for (std::uint64_t offset : offsets) {
    std::array<std::byte, kEncryptOnWriteMark.size()> mark;
    if (!checked::within(offset, mark.size(), volume.size())) continue;
    TRY(volume.read(offset, mark));
    if (as_text(mark) == kEncryptOnWriteMark) return true;
  }
  return false;
}

}  // namespace

std::string_view to_string(ProtectorKind kind) {
  switch (kind) {
    case ProtectorKind::clear_key:
      return "clear_key";
    case ProtectorKind::tpm:
      return "tpm";
    case ProtectorKind::tpm_pin:
      return "tpm_pin";
    case ProtectorKind::tpm_startup_key:
      return "tpm_startup_key";
    case ProtectorKind::tpm_pin_startup_key:
      return "tpm_pin_startup_key";
    case ProtectorKind::startup_key:
      return "startup_key";
    case ProtectorKind::recovery_password:
      return "recovery_password";
    case ProtectorKind::public_key:
      return "public_key";
    case ProtectorKind::password:
      return "password";
    case ProtectorKind::unknown:
      break;
  }
  return "unknown";
}

std::string_view to_string(State state) {
  switch (state) {
    case State::decrypted:
      return "decrypted";
    case State::converting:
      return "converting";
    case State::paused:
      return "paused";
    case State::encrypted:
      return "encrypted";
    case State::switching:
      return "switching";
  }
  return "unknown";
}

bool is_bitlocker(Bytes boot) { return read_pointers(boot).has_value(); }

Result<Metadata> read_metadata(const BlockDevice& volume) {
  if (volume.size() < kBootSectorSize) {
    return Error(Errc::not_found, "a volume has a boot sector of 512 bytes");
  }
  std::array<std::byte, kBootSectorSize> boot;
  TRY(volume.read(0, boot).in("boot sector"));
  auto pointers = read_pointers(boot);
  if (!pointers) return Error(Errc::not_found, "it isn't a volume of BitLocker");

  Metadata metadata;
  Copy copy = TRY(choose_copy(volume, pointers->offsets, metadata.copy_problems));
  std::string place = fmt::format("metadata at {:#x}", copy.offset);
  metadata.version = copy.header.version;
  metadata.to_go = pointers->to_go;
  metadata.state = static_cast<State>(std::uint16_t(copy.header.state));
  metadata.encrypts_on_write = pointers->encrypts_on_write;
  metadata.has_bitmaps = TRY(find_bitmaps(volume, pointers->eow_offsets));
  metadata.sector_size = pointers->sector_size;
  metadata.converting_size = copy.header.converting_size;
  if (metadata.version == 1) metadata.mft_mirror = copy.header.head_offset;
  TRY(read_set(copy, metadata).in(place));
  if (metadata.sector_size != 512 && metadata.sector_size != 4096) {
    return Error(Errc::corrupt,
                 fmt::format("sectors of {} bytes", metadata.sector_size));
  }
  metadata.size = volume.size() / metadata.sector_size * metadata.sector_size;
  metadata.encrypted_size = copy.header.encrypted_size;
  std::uint64_t region_size = kRegionSize;
  if (metadata.version == 1) {
    metadata.encrypted_size = metadata.size;  // Vista doesn't say
    auto whole = checked::align_up(kVistaRegionSize, pointers->cluster_size);
    region_size = whole.value_or(kVistaRegionSize);
  }
  for (std::size_t i = 0; i < metadata.copies.size(); ++i) {
    metadata.copies[i] = {.offset = copy.header.offsets[i], .size = region_size};
  }
  metadata.checked = std::move(copy.checked);
  metadata.wrapped_hash = std::move(copy.wrapped_hash);
  return metadata;
}

}  // namespace drydock::bitlocker
