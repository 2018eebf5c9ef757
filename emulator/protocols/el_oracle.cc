// Epidemic Learning with an oracle [de Vos, 2023]: D-PSGD over a random regular graph that is drawn
// anew each round, with plain averages.  All nodes know the graph without a message.
// - [de Vos, 2023] M. de Vos et al. Epidemic Learning: boosting decentralized learning with
//   randomized communication. NeurIPS 36, algorithm 1 with EL-Oracle.

#include "emulator/protocols/dpsgd.h"
#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <algorithm>

namespace murmur {

ProtocolPlan plan_el_oracle(const Spec& spec, NodeId num_nodes) {
    constexpr std::int64_t kUsualDegree = 5;
    const std::int64_t most = num_nodes - 1;
    const std::int64_t degree = protocol_options(spec, {"degree"})
                                    .integer("degree", std::min(kUsualDegree, most), {1, most});
    ProtocolPlan plan = plan_of<Dpsgd>();
    plan.overlay = {.topology = fmt::format("dynamic:regular:{}", degree), .weights = "uniform"};
    return plan;
}

}  // namespace murmur
