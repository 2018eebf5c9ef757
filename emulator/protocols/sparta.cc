#include "emulator/protocols/group_protocol.h"
#include "emulator/protocols/plans.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

namespace murmur {
namespace {

using Mask = std::shared_ptr<const std::vector<std::uint32_t>>;

/// Draws each coordinate with this probability, by the gaps between them: as many draws as are
/// drawn.
Mask draw_mask(RandomStream stream, double share, std::size_t length) {
    auto mask = std::make_shared<std::vector<std::uint32_t>>();
    if (share >= 1) {
        for (std::size_t i = 0; i < length; ++i) {
            mask->push_back(static_cast<std::uint32_t>(i));
        }
        return mask;
    }
    const double log_unlike = std::log1p(-share);
    double place = -1;
    while (true) {
        place += 1 + std::floor(std::log1p(-stream.uniform()) / log_unlike);
        if (place >= static_cast<double>(length)) {
            return mask;
        }
        mask->push_back(static_cast<std::uint32_t>(place));
    }
}

/// SPARTA: after the local work of each round all average a random share of their coordinates, the
/// same at all nodes: the mask follows from the run's seed and the round and does not travel.
/// `exogym/strategy/sparta.py` of exo-explore/gym (9fa323c) does so after each step and sends the
/// mask.
class Sparta final : public GroupProtocol {
  public:
    Sparta(NodeContext& node, CollectiveForm form, double share)
        : GroupProtocol(node), form_(form), share_(share) {}

  private:
    [[nodiscard]] bool has_common_state() const override { return false; }

    void exchange(ModelHandle /*start*/, ModelHandle trained) override {
        be_back_with(trained);
        const Mask mask = draw_mask(
            node().shared_stream("sparta", node().round()), share_, node().num_parameters());
        if (mask->empty()) {
            conclude(std::move(trained));
            return;
        }
        const auto take = [mask](const Parameters& model) {
            auto taken = std::make_shared<ParameterVector>(mask->size());
            for (std::size_t i = 0; i < mask->size(); ++i) {
                taken->values()[i] = model->values()[(*mask)[i]];
            }
            return Parameters(std::move(taken));
        };
        node().compute(cost(mask->size()), take, [this, mask, trained](ModelHandle taken) {
            collectives().all_reduce(collective_of_all(form_),
                                     std::move(taken),
                                     mask->size(),
                                     [this, mask, trained](ModelHandle mean) {
                                         put(mask, trained, std::move(mean));
                                     });
        }, trained);
    }

    void put(const Mask& mask, ModelHandle model, ModelHandle mean) {
        const auto put_back = [mask](const Parameters& own, const Parameters& means) {
            auto mixed = std::make_shared<ParameterVector>(own->size());
            std::ranges::copy(own->values(), mixed->values().begin());
            for (std::size_t i = 0; i < mask->size(); ++i) {
                mixed->values()[(*mask)[i]] = means->values()[i];
            }
            return Parameters(std::move(mixed));
        };
        node().compute(
            cost(node().num_parameters() + mask->size()),
            put_back,
            [this](ModelHandle mixed) { conclude(std::move(mixed)); },
            std::move(model),
            std::move(mean));
    }

    [[nodiscard]] Cost cost(std::uint64_t values) const {
        return {.kind = TaskKind::kMerge, .round = node().round(), .values_read = values};
    }

    CollectiveForm form_;
    double share_;
};

}  // namespace

void register_sparta(ProtocolRegistry& registry) {
    registry.add({"sparta",
                  "all average a random share of their coordinates each round",
                  {named("share", "0.005", "of the coordinates, above 0, at most 1"),
                   collective_form_option()}},
                 [](const Options& options, NodeId) {
                     return plan_of_group(
                         [form = collective_form(options),
                          share = options.fraction("share")](NodeContext& node) {
                             return std::make_unique<Sparta>(node, form, share);
                         },
                         false);
                 });
}

}  // namespace murmur
