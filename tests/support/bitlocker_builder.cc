#include "tests/support/bitlocker_builder.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <bit>
#include <cstdlib>
#include <map>
#include <utility>

#include "vhd/base/crc.h"
#include "vhd/base/endian.h"
#include "vhd/base/utf16.h"

namespace drydock::testing {

namespace {

constexpr std::size_t kRegion = 65536;

void must(bool true_statement) {
  if (!true_statement) std::abort();
}

unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }
const unsigned char* raw(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}

// Keys that count up from `first`.
ByteVector counting(std::size_t size, unsigned first) {
  ByteVector bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(first + i);
  return bytes;
}
const ByteVector kMasterKey = counting(32, 0x11);
const ByteVector kClearKey = counting(32, 0x41);
const ByteVector kStartupKey = counting(32, 0x71);
const ByteVector kSalt = counting(16, 0xa1);

ByteVector volume_key_of(std::uint16_t method) {
  switch (method) {
    case 0x8002:
      return counting(16, 0xc1);
    case 0x8003:
    case 0x8004:
      return counting(32, 0xc1);
    default:
      return counting(64, 0xc1);
  }
}

// ---- bytes, one after the other

void add(ByteVector& to, Bytes bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}
template <class T>
void add_number(ByteVector& to, T number) {
  add(to, bytes_of(number));
}
ByteVector entry(std::uint16_t role, std::uint16_t type, Bytes data) {
  ByteVector bytes;
  add_number(bytes, le16(static_cast<std::uint16_t>(data.size() + 8)));
  add_number(bytes, le16(role));
  add_number(bytes, le16(type));
  add_number(bytes, le16(1));
  add(bytes, data);
  return bytes;
}
ByteVector text_entry(std::uint16_t role, std::u16string text) {
  text.push_back(u'\0');
  return entry(role, 2, utf16le_bytes(text));
}
ByteVector key_entry(std::uint16_t role, std::uint32_t method, Bytes key) {
  ByteVector data;
  add_number(data, le32(method));
  add(data, key);
  return entry(role, 1, data);
}

// ---- ciphers

// What `inside` is under `key`: an entry that holds it.
ByteVector wrapped(std::uint16_t role, Bytes key, Bytes inside, std::uint32_t counter) {
  ByteVector nonce = counting(8, 0x21);
  add_number(nonce, le32(counter));
  ByteVector out(inside.size());
  ByteVector mac(16);
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  int length = 0;
  must(EVP_EncryptInit_ex(context, EVP_aes_256_ccm(), nullptr, nullptr, nullptr) == 1);
  must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_CCM_SET_IVLEN, 12, nullptr) == 1);
  must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_CCM_SET_TAG, 16, nullptr) == 1);
  must(EVP_EncryptInit_ex(context, nullptr, nullptr, raw(key.data()),
                          raw(nonce.data())) == 1);
  must(EVP_EncryptUpdate(context, raw(out.data()), &length, raw(inside.data()),
                         static_cast<int>(inside.size())) == 1);
  must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_CCM_GET_TAG, 16, mac.data()) == 1);
  EVP_CIPHER_CTX_free(context);
  ByteVector data = nonce;
  add(data, mac);
  add(data, out);
  return entry(role, 5, data);
}

// One for each cipher and key, since a new one costs more than a sector does.  They
// are kept until the end, when OpenSSL may be gone before them.
EVP_CIPHER_CTX* context_of(const EVP_CIPHER* cipher, Bytes key) {
  using Contexts = std::map<std::pair<const EVP_CIPHER*, std::string>, EVP_CIPHER_CTX*>;
  static auto* const known = new Contexts;
  EVP_CIPHER_CTX*& context = (*known)[{cipher, std::string(as_text(key))}];
  if (context == nullptr) {
    context = EVP_CIPHER_CTX_new();
    must(EVP_EncryptInit_ex(context, cipher, nullptr, raw(key.data()), nullptr) == 1);
    EVP_CIPHER_CTX_set_padding(context, 0);
  }
  return context;
}

ByteVector one_block(const EVP_CIPHER* cipher, Bytes key, const unsigned char* vector,
                     Bytes plain) {
  ByteVector out(plain.size());
  EVP_CIPHER_CTX* context = context_of(cipher, key);
  int length = 0;
  must(EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, vector) == 1);
  must(EVP_EncryptUpdate(context, raw(out.data()), &length, raw(plain.data()),
                         static_cast<int>(plain.size())) == 1);
  return out;
}

ByteVector sixteen(std::uint64_t number, std::byte last = std::byte{0}) {
  ByteVector block;
  add_number(block, le64(number));
  block.resize(16);
  block[15] = last;
  return block;
}

// Ferguson's diffusers, A then B, as the paper writes them for encryption.
void elephant(ByteVector& sector, Bytes sector_key) {
  for (std::size_t i = 0; i < sector.size(); ++i) {
    sector[i] ^= sector_key[i % sector_key.size()];
  }
  int n = static_cast<int>(sector.size() / 4);
  std::vector<std::uint32_t> d;
  for (int i = 0; i < n; ++i) d.push_back(*load<le32>(sector, std::size_t(i) * 4));
  auto word = [&](int i) { return d[static_cast<std::size_t>((i + n) % n)]; };
  static const int kA[4] = {9, 0, 13, 0};
  static const int kB[4] = {0, 10, 0, 25};
  for (int i = 5 * n - 1; i >= 0; --i) {
    d[static_cast<std::size_t>(i % n)] -=
        word(i % n - 2) ^ std::rotl(word(i % n - 5), kA[i % 4]);
  }
  for (int i = 3 * n - 1; i >= 0; --i) {
    d[static_cast<std::size_t>(i % n)] -=
        word(i % n + 2) ^ std::rotl(word(i % n + 5), kB[i % 4]);
  }
  for (int i = 0; i < n; ++i) {
    must(store(sector, std::size_t(i) * 4, le32(d[static_cast<std::size_t>(i)])));
  }
}

ByteVector encrypted(ByteVector sector, std::uint64_t offset, std::uint16_t method) {
  ByteVector key = volume_key_of(method);
  ByteVector place = sixteen(offset);
  if (method >= 0x8004) {
    ByteVector tweak = sixteen(offset / sector.size());
    const EVP_CIPHER* xts = method == 0x8004 ? EVP_aes_128_xts() : EVP_aes_256_xts();
    return one_block(xts, key, raw(tweak.data()), sector);
  }
  bool wide = method == 0x8001 || method == 0x8003;
  const EVP_CIPHER* ecb = wide ? EVP_aes_256_ecb() : EVP_aes_128_ecb();
  const EVP_CIPHER* cbc = wide ? EVP_aes_256_cbc() : EVP_aes_128_cbc();
  if (method <= 0x8001) {
    Bytes tweak_key = Bytes(key).subspan(32);
    ByteVector sector_key = one_block(ecb, tweak_key, nullptr, place);
    add(sector_key,
        one_block(ecb, tweak_key, nullptr, sixteen(offset, std::byte{0x80})));
    elephant(sector, sector_key);
  }
  ByteVector vector = one_block(ecb, key, nullptr, place);
  return one_block(cbc, key, raw(vector.data()), sector);
}

ByteVector hash_of(Bytes bytes) {
  ByteVector hash(32);
  SHA256(raw(bytes.data()), bytes.size(), raw(hash.data()));
  return hash;
}

ByteVector stretched(ByteVector hash) {
  ByteVector state(32);
  add(state, hash);
  add(state, kSalt);
  add_number(state, le64(0));
  for (std::uint64_t i = 0; i < 0x100000; ++i) {
    must(store(state, 80, le64(i)));
    ByteVector next = hash_of(state);
    std::memcpy(state.data(), next.data(), 32);
  }
  state.resize(32);
  return state;
}

// ---- the metadata

ByteVector protector(const Guid& id, std::uint16_t kind, Bytes entries) {
  ByteVector data;
  add(data, bytes_of(id));
  add_number(data, le64(0x01d5000000000000));
  add_number(data, le16(0));
  add_number(data, le16(kind));
  add(data, entries);
  return entry(2, 8, data);
}

ByteVector by_password(const Guid& id, std::uint16_t kind, const ByteVector& hash,
                       Bytes master, std::uint32_t counter) {
  ByteVector key = stretched(hash);
  ByteVector stretch;
  add_number(stretch, le32(kind == 0x800 ? 0x1000 : 0x1001));
  add(stretch, kSalt);
  // The stretched key, under the master key: Windows has it there, and nobody needs it.
  add(stretch, wrapped(0, kMasterKey, key_entry(0, 0x2000, key), counter + 1));
  ByteVector entries = entry(0, 3, stretch);
  add(entries, wrapped(0, key, master, counter));
  return protector(id, kind, entries);
}

ByteVector protectors_of(const BitlockerBuild& build) {
  ByteVector master = key_entry(0, 0x2003, kMasterKey);
  ByteVector all;
  if (build.clear_key) {
    ByteVector entries = key_entry(0, 0x2000, kClearKey);
    add(entries, wrapped(0, kClearKey, master, 2));
    add(all, protector(kBuiltClearId, 0, entries));
  }
  if (!build.recovery.empty()) {
    ByteVector packed;
    for (std::size_t at = 0; at < build.recovery.size(); at += 7) {
      add_number(packed, le16(static_cast<std::uint16_t>(
                             std::stoul(build.recovery.substr(at, 6)) / 11)));
    }
    add(all, by_password(kBuiltRecoveryId, 0x800, hash_of(packed), master, 3));
  }
  if (!build.password.empty()) {
    ByteVector wide = utf16le_bytes(*to_utf16(build.password));
    add(all, by_password(kBuiltPasswordId, 0x2000, hash_of(hash_of(wide)), master, 5));
  }
  if (build.startup_key) {
    ByteVector entries = text_entry(0, u"ExternalKey");
    ByteVector use;
    add_number(use, le32(0x2002));
    add(use, wrapped(0, kMasterKey, key_entry(0, 0x2002, kStartupKey), 8));
    add(entries, entry(0, 4, use));
    add(entries, wrapped(0, kStartupKey, master, 7));
    add(all, protector(kBuiltStartupId, 0x200, entries));
  }
  if (build.tpm) {
    add(all, protector("10000000-2000-3000-4000-500000000005"_guid, 0x100,
                       entry(0, 6, counting(32, 0))));
  }
  return all;
}

ByteVector set_of(std::uint64_t size, const BitlockerBuild& build) {
  ByteVector entries = text_entry(7, u"BUILDER C: 01/02/2020");
  add(entries, protectors_of(build));
  add(entries, wrapped(3, kMasterKey,
                       key_entry(3, build.method, volume_key_of(build.method)), 9));
  ByteVector head;
  add_number(head, le64(built_head(size, build)));
  add_number(head, le64(build.head_size));
  add(entries, entry(0xf, 0xf, head));
  ByteVector set;
  auto whole = static_cast<std::uint32_t>(entries.size() + 48);
  add_number(set, le32(whole));
  add_number(set, le32(1));
  add_number(set, le32(48));
  add_number(set, le32(whole));
  add(set, bytes_of(kBuiltVolumeId));
  add_number(set, le32(10));
  add_number(set, le32(build.method));
  add_number(set, le64(0x01d5000000000000));
  add(set, entries);
  return set;
}

// One copy, of 64 KiB.
ByteVector block_of(std::uint64_t size, const BitlockerBuild& build) {
  ByteVector set = set_of(size, build);
  while (set.size() % 16 != 0) set.push_back(std::byte{0});
  ByteVector block;
  add(block, bytes_of(std::string_view("-FVE-FS-")));
  add_number(block, le16(static_cast<std::uint16_t>((set.size() + 64) / 16)));
  add_number(block, le16(2));
  add_number(block, le16(build.state));
  add_number(block, le16(4));
  add_number(block, le64(std::min(build.encrypted_size, size)));
  add_number(block, le32(build.converting_size));
  add_number(block,
             le32(static_cast<std::uint32_t>(build.head_size / build.sector_size)));
  for (std::uint64_t copy : built_copies(size, build)) add_number(block, le64(copy));
  add_number(block, le64(built_head(size, build)));
  add(block, set);
  ByteVector hash = wrapped(0, kMasterKey, key_entry(0, 0x2005, hash_of(block)), 11);
  add_number(block, le16(static_cast<std::uint16_t>(kRegion - block.size())));
  add_number(block, le16(2));
  add_number(block, le32(crc32(Bytes(block).first(block.size() - 4))));
  add(block, hash);
  block.resize(kRegion);
  return block;
}

void write_boot_sector(MutableBytes volume, const BitlockerBuild& build) {
  std::memset(volume.data(), 0, 512);
  std::string_view name = build.to_go ? "MSWIN4.1" : "-FVE-FS-";
  must(store(volume, 0, std::array<std::uint8_t, 3>{0xeb, 0x58, 0x90}));
  std::memcpy(volume.data() + 3, name.data(), name.size());
  must(store(volume, 11, le16(static_cast<std::uint16_t>(build.sector_size))));
  volume[13] = std::byte{8};
  volume[21] = std::byte{0xf8};
  must(store(volume, 32, le32(0)));
  std::size_t at = build.to_go ? 0x1a8 : 0xa0;
  Guid id = build.encrypts_on_write ? "92a84d3b-dd80-4d0e-9e4e-b1e3284eaed8"_guid
                                    : "4967d63b-2e29-4ad8-8399-f6a339e3d001"_guid;
  must(store(volume, at, id));
  for (std::uint64_t copy : built_copies(volume.size(), build)) {
    must(store(volume, at + 16, le64(copy)));
    at += 8;
  }
  must(store(volume, 510, le16(0xaa55)));
}

}  // namespace

std::array<std::uint64_t, 3> built_copies(std::uint64_t size,
                                          const BitlockerBuild& build) {
  std::array<std::uint64_t, 3> copies = build.copies;
  for (std::uint64_t i = 0; i < 3; ++i) {
    if (copies[i] == 0) copies[i] = size / 8 * (5 + i) / kRegion * kRegion;
  }
  return copies;
}

std::uint64_t built_head(std::uint64_t size, const BitlockerBuild& build) {
  return build.head != 0 ? build.head : built_copies(size, build)[0] + kRegion;
}

ByteVector build_bitlocker(Bytes plain, const BitlockerBuild& build) {
  std::uint64_t head = built_head(plain.size(), build);
  ByteVector volume(plain.begin(), plain.end());
  auto encrypt = [&](std::uint64_t from, std::uint64_t to) {
    ByteVector sector(
        plain.begin() + static_cast<std::ptrdiff_t>(from),
        plain.begin() + static_cast<std::ptrdiff_t>(from + build.sector_size));
    if (to < build.encrypted_size) sector = encrypted(sector, to, build.method);
    std::memcpy(volume.data() + to, sector.data(), sector.size());
  };
  for (std::uint64_t at = 0; at < plain.size(); at += build.sector_size) {
    encrypt(at, at);
  }
  for (std::uint64_t at = 0; at < build.head_size; at += build.sector_size) {
    encrypt(at, head + at);
  }
  ByteVector block = block_of(plain.size(), build);
  for (std::uint64_t copy : built_copies(plain.size(), build)) {
    std::memcpy(volume.data() + copy, block.data(), block.size());
  }
  write_boot_sector(volume, build);
  return volume;
}

void seal_bitlocker(MutableBytes volume, std::uint64_t copy) {
  std::size_t size = std::size_t{*load<le16>(volume, copy + 8)} * 16;
  must(store(volume, copy + size + 4, le32(crc32(volume.subspan(copy, size)))));
}

ByteVector built_startup_key() {
  ByteVector external;
  add(external, bytes_of(kBuiltStartupId));
  add_number(external, le64(0x01d5000000000000));
  add(external, text_entry(0, u"ExternalKey"));
  add(external, key_entry(0, 0x2002, kStartupKey));
  ByteVector entries = entry(6, 9, external);
  ByteVector file;
  auto whole = static_cast<std::uint32_t>(entries.size() + 48);
  for (std::uint32_t number : {whole, 1u, 48u, whole}) add_number(file, le32(number));
  add(file, bytes_of(kBuiltStartupId));
  add_number(file, le32(1));
  add_number(file, le32(0));
  add_number(file, le64(0x01d5000000000000));
  add(file, entries);
  return file;
}

std::string built_volume_key(const BitlockerBuild& build) {
  std::string digits;
  for (std::byte byte : volume_key_of(build.method)) {
    const char* hex = "0123456789abcdef";
    digits += hex[std::to_integer<unsigned>(byte) / 16];
    digits += hex[std::to_integer<unsigned>(byte) % 16];
  }
  return digits;
}

}  // namespace drydock::testing
