#pragma once

#include "emulator/nodes/message.h"
#include "emulator/nodes/sharing_cell.h"
#include "learning/encoder.h"
#include "learning/sharing.h"

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

namespace murmur {

struct RunServices;

/// Puts forged models in the place of an attacker's own, between the protocol and the network, so
/// that any protocol can be attacked.
///
/// A forgery takes no simulated time and is made of what models are at the instant of the sending:
/// an adversary who knows everything.  Of a node that trains at that instant it is the model that
/// the training will have made, which the run waits for in real time alone; of one that does not,
/// what it has trained or encoded last.  So it is the same for any number of workers.
class Forger {
  public:
    /// @param start  the attacker's first model
    Forger(NodeId id, const RunServices& services, Parameters start);

    /// Says what an encoding was made of.
    void remember(const EncodedHandle& encoded, ModelHandle model, const SharingContext& context);
    /// Returns what a receiver gets for an encoding; the same where that was not remembered, or
    /// where the attack does not mean this receiver.
    [[nodiscard]] EncodedHandle forged(const EncodedHandle& encoded, NodeId receiver);

  private:
    /// An honest encoding, and what stands for it.
    struct Sent {
        EncodedHandle honest;
        ModelHandle model;
        SharingContext context;
        EncodedHandle forged{};  ///< of all receivers; empty before the first, or per victim
    };

    /// What a forgery is made of, as `AttackView` has it.
    struct Seen {
        std::vector<ModelHandle> honest{};
        std::vector<ModelHandle> victim{};  ///< one, or none
        std::vector<double> weights{};
        double attackers_weight = 0;
    };

    [[nodiscard]] EncodedHandle forge_for_all(const Sent& sent);
    [[nodiscard]] EncodedHandle forge_for(const Sent& sent, NodeId victim);
    [[nodiscard]] EncodedHandle forge(const Sent& sent, Seen seen, SharingCell state) const;
    /// Returns what encodes for a receiver, or for all: an attacker's encoder remembers what it
    /// pretended, not what it learnt.
    [[nodiscard]] SharingCell state_for(NodeId receiver);

    NodeId id_;
    const RunServices& services_;
    Parameters start_;
    std::deque<Sent> sent_;  ///< the latest
    std::map<NodeId, SharingCell> states_;
};

}  // namespace murmur
