#include "emulator/protocols/gathered_drift.h"
#include "emulator/protocols/plans.h"

#include <memory>

namespace murmur {

void register_sparseloco(ProtocolRegistry& registry) {
    registry.add(
        {"sparseloco",
         "DiLoCo with the largest entries of each tile in a few bits, and error feedback",
         {named("lr", "1", "of the outer step, which has no momentum"),
          named("beta", "0.95", "decay of the residual, 0 to 1"),
          named("top-k", "64", "entries of each tile"),
          named("tile", "64", "longest side of a tile"),
          named("bits", "2", "of a value, 1 ... 8"),
          word("mean", {"all", "senders"}, "over all workers, or those that have sent an entry"),
          index_form_option(),
          gather_form_option()}},
        [](const Options& options, NodeId) {
            constexpr std::int64_t kMost = 4096;
            const SparseLocoOptions loco{
                .lr = options.number("lr", {0, 1e6}),
                .beta = options.number("beta", {0, 1}),
                .side = static_cast<std::size_t>(options.integer("tile", {1, kMost})),
                .top_k = static_cast<std::size_t>(options.integer("top-k", {1, kMost * kMost})),
                .bits = static_cast<unsigned>(options.integer("bits", {1, 8})),
                .averages_senders =
                    options.choice<bool>("mean", {{"all", false}, {"senders", true}}),
                .indices = index_form(options)};
            return plan_of_group([loco, form = gather_form(options)](NodeContext& node) {
                return std::make_unique<GatheredDrift>(
                    node, form, [loco](const ParameterLayout& layout, std::size_t size) {
                        return make_sparse_loco(layout, size, loco);
                    });
            });
        });
}

}  // namespace murmur
