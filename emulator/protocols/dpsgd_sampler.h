#pragma once

#include "emulator/protocols/dpsgd.h"

#include <optional>

namespace murmur {

/// D-PSGD whose neighbors come from a peer sampler: as a round begins, a node asks for the set of
/// that round, and trains while the answer is on its way.  Node 0 learns like all others and is the
/// sampler beside it: it knows the overlay, the others know what it tells them.
///
/// The request has no numbers; the answer has, 4 bytes each, the node's own mixing weight and then
/// id and weight of each neighbor, weights as float32.
class DpsgdSampler final : public Dpsgd {
  public:
    void on_message(NodeContext& node, const Incoming& message) override;

  private:
    static constexpr NodeId kSampler = 0;
    enum Kind : std::uint32_t { kRequest, kAnswer };

    void on_round(NodeContext& node) override;
    const MixingMatrix::Row* known_neighbors(NodeContext& node) override;
    static NotePtr answer(const MixingMatrix::Row& row);

    std::optional<MixingMatrix::Row> row_;  ///< of the present round, once it is known
};

}  // namespace murmur
