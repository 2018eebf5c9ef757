#pragma once

#include "emulator/nodes/message.h"
#include "emulator/nodes/observation.h"

namespace murmur {

/// What nodes tell of a run: who records it implements this.
class RunEvents {
  public:
    virtual ~RunEvents() = default;

    /// Says that a node has finished a round (or, with 0 rounds, starts) with this model.
    virtual void observe(Observation observation, const ModelHandle& model) = 0;
    /// Says that a node goes on with a later round: those up to `observation.rounds` that it has
    /// not finished it will not.
    virtual void pass_over(const Observation& /*observation*/) {}
    /// Says that a node takes part in no further round.
    virtual void leave(const Observation& /*observation*/) {}
};

}  // namespace murmur
