#pragma once

#include "emulator/nodes/protocol.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace murmur {

/// D-PSGD whose rounds average several times: train; then K times send to all neighbors, wait for
/// the message of every neighbor in this averaging, merge.  The barrier is the neighborhood, in
/// each averaging anew; neighbors are those of the round in all K.
///
/// A message is a model and a note of 12 bytes that says which averaging it belongs to.  One that
/// the network gives up ends the run, as with D-PSGD.
///
/// Where nodes come and go, those that are away or take part from a later round on are left out, and
/// their weight goes to the node's own model (`missing_models`).  A node that is back begins anew
/// with the first round of which nobody has sent a model.
class RepeatedMixing : public Protocol {
  public:
    /// @param mixings  K, 1 or more
    RepeatedMixing(NodeContext& node, std::uint32_t mixings) : Protocol(node), mixings_(mixings) {}

    void on_start() override;
    void on_message(const Incoming& message) override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;
    void on_return(ModelHandle model) override;
    void on_peer_left(NodeId peer) override;
    [[nodiscard]] std::string waits_for() const override;

  protected:
    using Done = std::function<void()>;
    /// Sends this averaging's messages, then calls `done`; the same to all unless overridden.
    virtual void share(Done done);

    [[nodiscard]] std::uint32_t mixing() const { return mixing_; }  ///< 0 ... K - 1
    [[nodiscard]] const Neighbors& neighbors() const { return neighbors_; }
    /// The node's own model: trained, changed by `share`, then merged.
    [[nodiscard]] const ModelHandle& model() const { return model_; }
    void set_model(ModelHandle model) { model_ = std::move(model); }
    void send(NodeId to, EncodedHandle content);

  private:
    enum class Phase { kTraining, kSharing, kShared, kMerging };

    void begin_round();
    void keep(const ModelHandle& model);
    void mix();
    void merge_when_complete();
    void count_lost();
    /// Forgets messages of rounds that this node has missed.
    void drop_missed();

    std::uint32_t mixings_;
    std::uint32_t mixing_ = 0;
    Phase phase_ = Phase::kTraining;
    ModelHandle model_;
    ModelHandle kept_;  ///< of the round's start, then trained, where work may be dropped
    Neighbors neighbors_;
    std::size_t missing_ = 0;
    /// Messages of this and later averagings: by round and averaging, then by sender.
    std::map<std::pair<std::uint64_t, std::uint32_t>, std::map<NodeId, EncodedHandle>> inbox_;
};

}  // namespace murmur
