#include "emulator/nodes/node_context.h"

#include <fmt/format.h>

#include <stdexcept>

namespace murmur {

void NodeContext::apply_change(ModelHandle model,
                               Change change,
                               std::uint64_t round,
                               ModelCallback done) {
    compute(
        {.kind = TaskKind::kMerge, .round = round, .values_read = 3 * num_parameters()},
        [layout = &layout()](
            const Parameters& x, const Parameters& before, const Parameters& after) {
            return murmur::apply_change(*x, *before, *after, *layout);
        },
        std::move(done),
        std::move(model),
        std::move(change.before),
        std::move(change.after));
}

Encoded NodeContext::checked(Encoded made, const std::optional<MessageSize>& said) {
    if (said && made->size().total() != said->total()) {
        throw std::logic_error(fmt::format(
            "an encoding of {} bytes was sent as one of {}", made->size().total(), said->total()));
    }
    return made;
}

}  // namespace murmur
