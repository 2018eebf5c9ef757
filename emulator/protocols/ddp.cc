#include "emulator/protocols/group_protocol.h"
#include "emulator/protocols/plans.h"

#include <memory>

namespace murmur {
namespace {

/// Data-parallel training: all average their models after the local work of each round.  With one
/// step a round of SGD, with momentum or without, that is the step of the mean gradient; the moments
/// of Adam are those of each node's own gradients.
class Ddp final : public GroupProtocol {
  public:
    Ddp(NodeContext& node, CollectiveForm form) : GroupProtocol(node), form_(form) {}

  private:
    void exchange(ModelHandle /*start*/, ModelHandle trained) override {
        collectives().all_reduce(collective_of_all(form_),
                                 std::move(trained),
                                 node().num_parameters(),
                                 [this](ModelHandle mean) { conclude(std::move(mean)); });
    }

    CollectiveForm form_;
};

}  // namespace

void register_ddp(ProtocolRegistry& registry) {
    registry.add({"ddp",
                  "all average their models each round, by an all-reduce; --local-steps=1 is DDP",
                  {collective_form_option()}},
                 [](const Options& options, NodeId) {
                     return plan_of_group([form = collective_form(options)](NodeContext& node) {
                         return std::make_unique<Ddp>(node, form);
                     });
                 });
}

}  // namespace murmur
