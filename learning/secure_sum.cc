#include "learning/secure_sum.h"

#include "learning/codecs/little_endian.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sodium.h>
#include <stdexcept>
#include <string_view>

namespace murmur {
namespace {

static_assert(kKeyBytes == crypto_scalarmult_BYTES && kKeyBytes == crypto_scalarmult_SCALARBYTES);
static_assert(kKeyBytes == crypto_stream_chacha20_KEYBYTES);
static_assert(kKeyBytes >= crypto_generichash_KEYBYTES_MIN);

[[noreturn]] void refuse(std::string_view what) {
    throw std::invalid_argument(fmt::format("secure sum: {}", what));
}

/// Lets libsodium choose the fastest code for this processor, once.
void prepare_library() {
    static const bool is_ready = sodium_init() >= 0;
    if (!is_ready) {
        throw std::runtime_error("secure sum: libsodium cannot be initialized");
    }
}

/// BLAKE2b of a purpose and what follows it.
class Hash {
  public:
    explicit Hash(std::string_view purpose, std::span<const std::uint8_t> key = {}) {
        prepare_library();
        crypto_generichash_init(&state_, key.data(), key.size(), kKeyBytes);
        add({reinterpret_cast<const std::uint8_t*>(purpose.data()), purpose.size()});
    }
    Hash& add(std::span<const std::uint8_t> bytes) {
        crypto_generichash_update(&state_, bytes.data(), bytes.size());
        return *this;
    }
    Hash& add(std::uint64_t number) {
        std::array<std::uint8_t, sizeof(number)> bytes{};
        store_little_endian(number, bytes.data());
        return add(bytes);
    }
    [[nodiscard]] std::array<std::uint8_t, kKeyBytes> finish() {
        std::array<std::uint8_t, kKeyBytes> digest{};
        crypto_generichash_final(&state_, digest.data(), digest.size());
        return digest;
    }

  private:
    crypto_generichash_state state_;
};

}  // namespace

KeyPair make_key_pair(std::uint64_t stream_seed) {
    const SecretKey secret{Hash("murmuration secret key").add(stream_seed).finish()};
    return {secret, public_key(secret)};
}

PublicKey public_key(const SecretKey& secret) {
    prepare_library();
    PublicKey open;
    crypto_scalarmult_base(open.bytes.data(), secret.bytes.data());
    return open;
}

std::array<std::uint8_t, 32> x25519(const SecretKey& own, const PublicKey& other) {
    prepare_library();
    std::array<std::uint8_t, 32> shared{};
    if (crypto_scalarmult(shared.data(), own.bytes.data(), other.bytes.data()) != 0) {
        refuse("a public key is of low order, allowed those that X25519 makes");
    }
    return shared;
}

PairSecret agree(const KeyPair& own, const PublicKey& other) {
    // The keys in one order on both sides; their hash binds the secret to this pair.
    const bool own_first = own.open.bytes < other.bytes;
    Hash hash("murmuration pair secret");
    hash.add(x25519(own.secret, other));
    hash.add(own_first ? own.open.bytes : other.bytes);
    hash.add(own_first ? other.bytes : own.open.bytes);
    return {hash.finish()};
}

MaskSeed mask_seed(const PairSecret& secret, std::uint32_t receiver, std::uint64_t round) {
    return {Hash("murmuration mask seed", secret.bytes).add(receiver).add(round).finish()};
}

void apply_mask(std::span<std::uint32_t> words,
                const MaskSeed& seed,
                std::uint32_t self,
                std::uint32_t other) {
    if (self == other) {
        refuse(fmt::format("a mask takes two senders, got {} twice", self));
    }
    prepare_library();
    // A seed makes one mask: the key stream starts anew with each, and its nonce may be 0.
    constexpr std::array<std::uint8_t, crypto_stream_chacha20_NONCEBYTES> kNonce{};
    std::vector<std::uint8_t> stream(sizeof(std::uint32_t) * words.size());
    crypto_stream_chacha20(stream.data(), stream.size(), kNonce.data(), seed.bytes.data());
    const std::uint32_t sign = self < other ? 1 : ~0u;
    for (std::size_t i = 0; i < words.size(); ++i) {
        words[i] += sign * load_little_endian<std::uint32_t>(&stream[sizeof(std::uint32_t) * i]);
    }
}

FixedPoint::FixedPoint(int fraction_bits) : fraction_bits_(fraction_bits) {
    if (fraction_bits < 1 || fraction_bits > 30) {
        refuse(fmt::format("fraction bits out of range, got {}, allowed 1 ... 30", fraction_bits));
    }
}

double FixedPoint::limit() const {
    // Room for 2^16 terms that are rounded up by one half each, and as much again.
    return std::ldexp(0x1p31 - 0x1p16, -fraction_bits_);
}

std::vector<std::uint32_t> FixedPoint::encode(std::span<const float> values, double weight) const {
    if (!(weight >= 0 && weight <= 1)) {
        refuse(fmt::format("a weight is out of range, got {}, allowed 0 ... 1", weight));
    }
    const double units = std::ldexp(weight, fraction_bits_);
    const double most = limit();
    std::vector<std::uint32_t> words(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        // Written so that NaN, which compares false with everything, is refused.
        if (!(std::abs(values[i]) <= most)) {
            refuse(
                fmt::format("value {} is out of range, got {}, allowed {} ... {}; take fewer "
                            "fraction bits than {}",
                            i,
                            values[i],
                            -most,
                            most,
                            fraction_bits_));
        }
        words[i] = static_cast<std::uint32_t>(std::llround(units * values[i]));
    }
    return words;
}

void FixedPoint::decode(std::span<const std::uint32_t> words, std::span<float> values) const {
    if (words.size() != values.size()) {
        refuse(fmt::format("wrong length, got {} words, allowed {}", words.size(), values.size()));
    }
    const double unit = std::ldexp(1, -fraction_bits_);
    for (std::size_t i = 0; i < words.size(); ++i) {
        values[i] = static_cast<float>(unit * static_cast<std::int32_t>(words[i]));
    }
}

MaskedSum::MaskedSum(std::vector<std::uint32_t> senders, std::size_t num_words) : sum_(num_words) {
    for (const std::uint32_t sender : senders) {
        senders_[sender];
    }
    if (senders_.size() < 2) {
        refuse(fmt::format("the sum of one sender is its vector, got {} senders, allowed 2 or more",
                           senders_.size()));
    }
}

void MaskedSum::add(std::uint32_t sender, std::span<const std::uint32_t> words) {
    Sender& entry = find(sender);
    if (entry.is_added) {
        refuse(fmt::format("sender {} is added twice", sender));
    }
    if (!entry.revealed_by.empty()) {
        refuse(fmt::format("sender {} comes too late, its masks are revealed", sender));
    }
    if (words.size() != sum_.size()) {
        refuse(fmt::format("the vector of sender {} has another length, got {}, allowed {}",
                           sender,
                           words.size(),
                           sum_.size()));
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
        sum_[i] += words[i];
    }
    entry.is_added = true;
}

std::vector<std::uint32_t> MaskedSum::missing() const {
    std::vector<std::uint32_t> missing;
    for (const auto& [id, sender] : senders_) {
        if (!sender.is_added) {
            missing.push_back(id);
        }
    }
    return missing;
}

void MaskedSum::recover(std::uint32_t survivor, std::uint32_t vanished, const MaskSeed& revealed) {
    if (!find(survivor).is_added || find(vanished).is_added) {
        refuse(fmt::format(
            "no mask to recover, got {} as survivor and {} as vanished", survivor, vanished));
    }
    if (num_added() < 2) {
        refuse(fmt::format("the sum would be the vector of sender {} in the clear; drop the round",
                           survivor));
    }
    std::vector<std::uint32_t>& by = find(vanished).revealed_by;
    if (std::find(by.begin(), by.end(), survivor) != by.end()) {
        refuse(fmt::format("the mask of {} and {} is revealed twice", survivor, vanished));
    }
    by.push_back(survivor);
    // What the vanished sender would have added cancels what the survivor did add.
    apply_mask(sum_, revealed, vanished, survivor);
}

bool MaskedSum::is_clear() const {
    const std::size_t added = num_added();
    return added > 0 && std::all_of(senders_.begin(), senders_.end(), [&](const auto& entry) {
               return entry.second.is_added || entry.second.revealed_by.size() == added;
           });
}

std::span<const std::uint32_t> MaskedSum::words() const {
    if (!is_clear()) {
        refuse(fmt::format("masks are left in the sum, {} of {} senders are missing",
                           missing().size(),
                           senders_.size()));
    }
    return sum_;
}

MaskedSum::Sender& MaskedSum::find(std::uint32_t sender) {
    const auto found = senders_.find(sender);
    if (found == senders_.end()) {
        refuse(fmt::format("{} is no sender of this sum", sender));
    }
    return found->second;
}

std::size_t MaskedSum::num_added() const {
    return static_cast<std::size_t>(std::count_if(
        senders_.begin(), senders_.end(), [](const auto& entry) { return entry.second.is_added; }));
}

}  // namespace murmur
