#pragma once

#include "emulator/protocols/dpsgd.h"

namespace murmur {

/// D-PSGD whose neighbors come from a peer sampler: as a round begins, a node asks for the set of
/// that round, and trains while the answer is on its way.  Node 0 learns like all others and is the
/// sampler beside it: it knows the overlay, the others know what it tells them.
///
/// The request has no fields; the answer has, 4 bytes each, the node's own mixing weight and then
/// id and weight of each neighbor, weights as float32.
class DpsgdSampler final : public Dpsgd {
  public:
    using Dpsgd::Dpsgd;

    void on_message(const Incoming& message) override;

  private:
    static constexpr NodeId kSampler = 0;
    enum Kind : std::uint32_t { kRequest, kAnswer };

    void find_neighbors() override;
    static NotePtr answer(const Neighbors& neighbors);
    static Neighbors read_answer(const Note& note);
};

}  // namespace murmur
