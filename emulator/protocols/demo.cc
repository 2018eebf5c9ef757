#include "emulator/protocols/gathered_drift.h"
#include "emulator/protocols/plans.h"

#include <memory>

namespace murmur {

void register_demo(ProtocolRegistry& registry) {
    registry.add(
        {"demo",
         "decoupled momentum: the largest DCT components of each tile, and the sign of their mean",
         {named("lr", "0.001", "of the signed step"),
          named("decay", "0.999", "of the momentum that stays, 0 to 1"),
          named("weight-decay", "0", "share of lr by which values shrink in a step"),
          named("top-k", "32", "components of each tile"),
          named("tile", "64", "longest side of a tile"),
          index_form_option(),
          gather_form_option()}},
        [](const Options& options, NodeId) {
            constexpr std::int64_t kMost = 4096;
            const DemoOptions demo{
                .lr = options.number("lr", {0, 1e6}),
                .decay = options.number("decay", {0, 1}),
                .weight_decay = options.number("weight-decay", {0, 1e6}),
                .side = static_cast<std::size_t>(options.integer("tile", {1, kMost})),
                .top_k = static_cast<std::size_t>(options.integer("top-k", {1, kMost * kMost})),
                .indices = index_form(options)};
            return plan_of_group([demo, form = gather_form(options)](NodeContext& node) {
                return std::make_unique<GatheredDrift>(
                    node, form, [demo](const ParameterLayout& layout, std::size_t size) {
                        return make_demo(layout, size, demo);
                    });
            });
        });
}

}  // namespace murmur
