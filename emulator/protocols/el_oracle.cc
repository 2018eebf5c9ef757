// Epidemic Learning with an oracle [de Vos, 2023]: D-PSGD over a random regular graph that is drawn
// anew each round, with plain averages.  All nodes know the graph without a message.
// - [de Vos, 2023] M. de Vos et al. Epidemic Learning: boosting decentralized learning with
//   randomized communication. NeurIPS 36, algorithm 1 with EL-Oracle.

#include "emulator/protocols/dpsgd.h"
#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <algorithm>

namespace murmur {

void register_el_oracle(ProtocolRegistry& registry) {
    registry.add(
        {"el-oracle",
         "Epidemic Learning, a new regular graph each round that all know",
         {named("degree", "5", "neighbors of each node; all others where there are fewer"),
          on_missing_option()}},
        [](const Options& options, NodeId num_nodes) {
            const std::int64_t degree = integer_or_fewer(options, "degree", num_nodes - 1);
            ProtocolPlan plan = plan_of<Dpsgd>(on_missing(options));
            plan.lives_with_churn = true;
            plan.overlay = {.topology = fmt::format("dynamic:regular:{}", degree),
                            .weights = "uniform"};
            return plan;
        });
}

}  // namespace murmur
