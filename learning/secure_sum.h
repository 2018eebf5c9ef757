#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace murmur {

// The cryptography of secure aggregation, for one receiver j and one round t [Bonawitz, 2017].
// Every two senders a < b of j share a mask: a adds it to its vector, b subtracts it, so that in
// the sum of all senders the masks cancel exactly and the receiver learns that sum alone.  Who
// sends what when is the protocol's part.
//
// Nodes are taken to be honest but curious: a sender that lies is not found out.  One mask a pair,
// without the paper's second one of each sender: a vector that arrives after its masks were
// revealed could be read, and is to be thrown away, as `MaskedSum` does.
// - [Bonawitz, 2017] K. Bonawitz et al. Practical secure aggregation for privacy-preserving machine
//   learning. CCS 2017.

/// 32 bytes of key material; a type of its own for each use, so that none stands in for another.
template <class Use>
struct Key {
    std::array<std::uint8_t, 32> bytes{};
    bool operator==(const Key&) const = default;
};
using PublicKey = Key<struct PublicUse>;
using SecretKey = Key<struct SecretUse>;
using PairSecret = Key<struct PairUse>;  ///< of two nodes, for all rounds
using MaskSeed = Key<struct MaskUse>;    ///< of two senders, for one receiver in one round

/// What a public key or a revealed mask seed takes on the wire.
constexpr std::size_t kKeyBytes = 32;

struct KeyPair {
    SecretKey secret;
    PublicKey open;
};

/// Returns the key pair that follows from a node's stream seed.  For runs that can be repeated,
/// keys hold the 64 bits of that seed and no more, and who knows the run's seed knows all of them:
/// real cryptography at its real cost, secret in the emulation only.  A deployment draws keys from
/// the operating system instead.
[[nodiscard]] KeyPair make_key_pair(std::uint64_t stream_seed);

/// Returns the public key of a secret one: X25519 of the base point [RFC 7748].
[[nodiscard]] PublicKey public_key(const SecretKey& secret);

/// Returns the coordinate that X25519 gives [RFC 7748]; both sides compute the same.
/// @throws std::invalid_argument  on a public key of low order, which would give 0 to everyone
[[nodiscard]] std::array<std::uint8_t, 32> x25519(const SecretKey& own, const PublicKey& other);

/// Returns the secret of two nodes, the same on both sides: BLAKE2b of their X25519 coordinate and
/// of both public keys.
/// @throws std::invalid_argument  on a public key of low order
[[nodiscard]] PairSecret agree(const KeyPair& own, const PublicKey& other);

/// Returns the seed of the mask of two senders for this receiver and round: BLAKE2b of both, keyed
/// with the secret.  To reveal one gives away no other.
[[nodiscard]] MaskSeed mask_seed(const PairSecret& secret,
                                 std::uint32_t receiver,
                                 std::uint64_t round);

/// Adds the mask of `self` and `other` to a vector modulo 2^32, or subtracts it where self > other.
/// The mask is the key stream of ChaCha20.
/// @throws std::invalid_argument  where self is other
void apply_mask(std::span<std::uint32_t> words,
                const MaskSeed& seed,
                std::uint32_t self,
                std::uint32_t other);

/// Numbers as multiples of 2^-f modulo 2^32.
///
/// Terms w_a x_a of up to 2^16 senders, w_a >= 0 with a sum of at most 1, and each |x_a| within
/// `limit()`, have a sum that does not wrap.  It is off by at most 2^-(f + 1) for each sender,
/// beside the rounding to float32.
class FixedPoint {
  public:
    /// @throws std::invalid_argument  unless 1 <= fraction_bits <= 30
    explicit FixedPoint(int fraction_bits = 20);

    /// Returns 2^(31 - f) - 2^(16 - f): 2047.9 for the default.
    [[nodiscard]] double limit() const;

    /// Returns the words of weight x.
    /// @throws std::invalid_argument  on a value that is not within +- limit(), NaN included, and
    ///                                on a weight outside of [0, 1]
    [[nodiscard]] std::vector<std::uint32_t> encode(std::span<const float> values,
                                                    double weight) const;

    /// Writes what a sum of words stands for, shape [words.size()].
    void decode(std::span<const std::uint32_t> words, std::span<float> values) const;

  private:
    int fraction_bits_;
};

/// What a receiver gathers in one round: the sum of its senders' masked vectors.
class MaskedSum {
  public:
    /// @param senders  those who masked, in ascending order; the receiver is none of them
    /// @throws std::invalid_argument  on fewer than two: the sum of one is that one's vector
    MaskedSum(std::vector<std::uint32_t> senders, std::size_t num_words);

    /// Adds a sender's masked vector.
    /// @throws std::invalid_argument  on another length, and on who is no sender or was added
    ///                                before
    void add(std::uint32_t sender, std::span<const std::uint32_t> words);

    /// Returns the senders whose vectors are not there, ascending.
    [[nodiscard]] std::vector<std::uint32_t> missing() const;

    /// Takes the mask that `survivor` shares with a vanished sender out of the sum, by the seed
    /// that the survivor reveals.
    /// @throws std::invalid_argument  unless one of the two was added and the other is missing, on
    ///                                a pair that was revealed before, and where fewer than two
    ///                                senders survive: their sum would be one vector in the clear
    void recover(std::uint32_t survivor, std::uint32_t vanished, const MaskSeed& revealed);

    /// Returns whether no mask is left in the sum.
    [[nodiscard]] bool is_clear() const;

    /// Returns the sum of those who were added, modulo 2^32.
    /// @throws std::invalid_argument  where a mask is left in it, or nobody was added
    [[nodiscard]] std::span<const std::uint32_t> words() const;

  private:
    struct Sender {
        bool is_added = false;
        std::vector<std::uint32_t> revealed_by;
    };

    [[nodiscard]] Sender& find(std::uint32_t sender);
    [[nodiscard]] std::size_t num_added() const;

    std::map<std::uint32_t, Sender> senders_;
    std::vector<std::uint32_t> sum_;
};

}  // namespace murmur
