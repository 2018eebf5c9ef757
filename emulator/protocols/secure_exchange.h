#pragma once

#include "emulator/nodes/protocol.h"
#include "learning/secure_sum.h"
#include "learning/value_io.h"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur {

// What nodes of secure-dpsgd send each other, and the work of their devices behind it.  Who sends
// what when is in secure_dpsgd.h.

/// What a message is about.
enum class SecureKind : std::uint32_t {
    kKey,        ///< the sender's public key
    kSenders,    ///< to a sender: its weight, and the public keys of the receiver's other senders
    kWithdrawn,  ///< what the sender owes in this round will not come
    kAskSeeds,   ///< to a sender: these others have vanished, reveal the masks shared with them
    kSeeds,      ///< a note beside `RevealedSeeds`
};

/// A sender's model for one receiver: weighted, in fixed point, masked.
class MaskedModel final : public EncodedModel {
  public:
    /// On the wire beside the words: kind and round, 4 bytes each.
    static constexpr std::uint64_t kHeaderBytes = 8;

    explicit MaskedModel(std::vector<std::uint32_t> words) : words_(std::move(words)) {}

    [[nodiscard]] static MessageSize size_of(std::size_t num_words) {
        return {sizeof(std::uint32_t) * num_words, kHeaderBytes};
    }
    [[nodiscard]] MessageSize size() const override { return size_of(words_.size()); }
    static constexpr std::string_view kTypeName = "masked-model";
    [[nodiscard]] std::string_view type_name() const override { return kTypeName; }
    void write(ByteSink& sink) const override;
    [[nodiscard]] static std::shared_ptr<const EncodedModel> read(ByteSource& source);
    [[nodiscard]] std::span<const std::uint32_t> words() const { return words_; }

  private:
    std::vector<std::uint32_t> words_;
};

/// The seeds of the masks that a sender shares with vanished ones, in the order of the question.
class RevealedSeeds final : public EncodedModel {
  public:
    explicit RevealedSeeds(std::vector<MaskSeed> seeds) : seeds_(std::move(seeds)) {}

    [[nodiscard]] static MessageSize size_of(std::size_t num_seeds) {
        return {0, kKeyBytes * num_seeds};
    }
    [[nodiscard]] MessageSize size() const override { return size_of(seeds_.size()); }
    static constexpr std::string_view kTypeName = "revealed-seeds";
    [[nodiscard]] std::string_view type_name() const override { return kTypeName; }
    void write(ByteSink& sink) const override;
    [[nodiscard]] static std::shared_ptr<const EncodedModel> read(ByteSource& source);
    [[nodiscard]] const std::vector<MaskSeed>& seeds() const { return seeds_; }

  private:
    std::vector<MaskSeed> seeds_;
};

/// What a sender has to know to mask its model for one receiver.
struct SenderGroup {
    float weight;  ///< w_ji, which the receiver j gives to this sender i
    std::map<NodeId, PublicKey> others;
};

/// Returns a note with a public key: 40 bytes.
[[nodiscard]] NotePtr key_note(const PublicKey& key);
/// @throws std::invalid_argument  on a note of another length, as those below do
[[nodiscard]] PublicKey read_key(const Note& note);
/// Returns a note with a sender's group: 12 bytes, and 36 for each of the others.
[[nodiscard]] NotePtr group_note(const SenderGroup& group);
[[nodiscard]] SenderGroup read_group(const Note& note);
/// Returns a note that asks for the seeds shared with these: 8 bytes, and 4 for each.
[[nodiscard]] NotePtr question_note(const std::vector<NodeId>& vanished);
[[nodiscard]] std::vector<NodeId> read_question(const Note& note);

/// The secrets that a node shares with others, each agreed upon once.  Used by the encodings of one
/// node, which run one after the other.
class PairSecrets {
  public:
    explicit PairSecrets(const KeyPair& own) : own_(own) {}

    /// Returns the secret shared with the owner of this key.
    [[nodiscard]] const PairSecret& agree_with(NodeId other, const PublicKey& key);
    /// Returns a secret that was agreed upon before.
    [[nodiscard]] const PairSecret& with(NodeId other) const { return secrets_.at(other); }

  private:
    friend void write_value(const PairSecrets& value, ByteSink& sink);
    friend struct ValueReader<PairSecrets>;

    KeyPair own_;
    std::map<NodeId, PairSecret> secrets_;
};

void write_value(const PairSecrets& value, ByteSink& sink);
template <>
struct ValueReader<PairSecrets> {
    static PairSecrets read(ByteSource& source);
};

/// Whose sum is made for whom; masks are bound to it.
struct SumId {
    NodeId receiver;
    std::uint64_t round;
};

/// Returns a model as its receiver gets it.
[[nodiscard]] std::shared_ptr<const MaskedModel> mask_model(const ParameterVector& model,
                                                            NodeId sender,
                                                            const SumId& sum,
                                                            const SenderGroup& group,
                                                            const FixedPoint& format,
                                                            PairSecrets& secrets);

/// Returns the seeds of a sum's masks that a node shares with vanished senders.
[[nodiscard]] std::shared_ptr<const RevealedSeeds> reveal_seeds(const std::vector<NodeId>& vanished,
                                                                const SumId& sum,
                                                                const PairSecrets& secrets);

/// What a receiver merges.
struct SenderSet {
    double self_weight;             ///< that of vanished senders included
    std::vector<NodeId> survivors;  ///< ascending
    std::vector<NodeId> vanished;   ///< ascending
};

/// Returns self_weight x + the sum of the survivors' weighted models.
/// @param contents  a `MaskedModel` of each survivor; then, where senders have vanished,
///                  `RevealedSeeds` of each survivor
[[nodiscard]] Parameters merge_masked(
    const ParameterVector& model,
    const SenderSet& senders,
    const FixedPoint& format,
    std::span<const std::shared_ptr<const EncodedModel>> contents);

/// What masking for one receiver, and merging, cost on a device that is modelled.
[[nodiscard]] std::uint64_t masking_cost(std::size_t num_parameters, std::size_t num_masks);
[[nodiscard]] std::uint64_t merging_cost(std::size_t num_parameters, const SenderSet& senders);

}  // namespace murmur
