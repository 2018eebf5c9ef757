#pragma once

#include "emulator/nodes/protocol.h"

namespace murmur {

/// Training alone: every node does its local work and never talks; the baseline that sharing has
/// to beat.
class LocalTraining : public Protocol {
  public:
    using Protocol::Protocol;

    void on_start() override;
    void on_message(const Incoming& message) override;
    /// Trains on from where it was, or from another model.
    void on_return(ModelHandle model) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    void train(ModelHandle model);
};

}  // namespace murmur
