#pragma once

#include "emulator/nodes/protocol.h"

namespace murmur {

/// Training alone: every node does its local work and never talks; the baseline that sharing has
/// to beat.
class LocalTraining : public Protocol {
  public:
    void on_start(NodeContext& node) override;
    void on_message(NodeContext& node, const Incoming& message) override;
    [[nodiscard]] std::string waits_for() const override;

  private:
    void train(NodeContext& node, ModelHandle model);

    std::uint64_t round_ = 0;
};

}  // namespace murmur
