#include "emulator/protocols/diloco.h"

#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace murmur {

void Diloco::exchange(ModelHandle start, ModelHandle trained) {
    theta_ = start;
    compute_drift(node(), std::move(start), std::move(trained), [this](ModelHandle drift) {
        share(std::move(drift));
    });
}

void Diloco::share(ModelHandle drift) {
    if (is_away()) {
        return;
    }
    if (owes_state(node().round())) {
        held_ = std::move(drift);
        return;
    }
    is_waiting_ = true;
    drift_ = drift;
    const Collective all = collective_of_all(options_.form);
    earlier_share_ = std::exchange(share_, 1.0 / static_cast<double>(all.members.size()));
    // The mean of the round before has come by now, or the next one would wait for it, too.
    collectives().all_reduce(all,
                             std::move(drift),
                             node().num_parameters(),
                             [this, round = node().round()](ModelHandle mean) {
                                 (round == node().round() ? mean_ : earlier_mean_) =
                                     std::move(mean);
                                 serve();
                                 on_released();
                                 proceed();
                             });
    proceed();
}

// Nodes that leave and return.

void Diloco::forget_round() {
    GroupProtocol::forget_round();
    expects_earlier_ = is_waiting_ = false;
    share_ = earlier_share_ = 0;
    theta_ = drift_ = earlier_drift_ = mean_ = earlier_mean_ = held_ = {};
}

bool Diloco::stands_before(std::uint64_t number) const {
    return GroupProtocol::stands_before(number) && (!expects_earlier_ || earlier_mean_);
}

void Diloco::on_released() {
    if (held_ && !owes_state(node().round())) {
        share(std::exchange(held_, {}));
    }
}

void Diloco::give_state(NodeContext::EncodedCallback done) {
    OuterStep::Drifts drifts;
    if (expects_earlier_) {
        drifts = {.parts = {earlier_mean_}, .factors = {1}};
        if (options_.overlap == Overlap::kEager) {
            // Of its own it has counted its share.
            drifts.parts.push_back(earlier_drift_);
            drifts.factors.push_back(-static_cast<float>(share_));
        }
    }
    outer_.give(round_start(), std::move(drifts), std::move(done));
}

void Diloco::take_state(EncodedHandle state, NodeContext::ModelCallback done) {
    outer_.take(std::move(state), std::move(done));
}

void Diloco::proceed() {
    const bool is_last = node().round() + 1 == node().num_rounds();
    const bool overlaps = options_.overlap != Overlap::kNone;
    const bool needs_own = !overlaps || is_last;
    const bool needs_earlier = expects_earlier_;
    if (!is_waiting_ || (needs_own && !mean_) || (needs_earlier && !earlier_mean_)) {
        return;
    }
    is_waiting_ = false;
    switch (options_.overlap) {
        case Overlap::kNone:
            step(std::exchange(mean_, {}));
            break;
        case Overlap::kDelayed:
            step_along_delayed();
            break;
        case Overlap::kEager:
            step_eagerly();
            break;
    }
}

void Diloco::step_along_delayed() {
    const bool is_last = node().round() + 1 == node().num_rounds();
    drift_ = {};
    if (is_last && earlier_mean_) {
        outer_.along(std::exchange(theta_, {}),
                     std::exchange(earlier_mean_, {}),
                     node().round(),
                     [this](ModelHandle theta) {
                         theta_ = std::move(theta);
                         step(std::exchange(mean_, {}));
                     });
    } else if (is_last) {
        step(std::exchange(mean_, {}));
    } else if (earlier_mean_) {
        step(std::exchange(earlier_mean_, {}));
    } else {
        step({});
    }
}

void Diloco::step_eagerly() {
    // own + (mean - earlier own): what there is of each, with the share that it counts.
    const auto share = static_cast<float>(share_);
    std::vector<ModelHandle> parts;
    std::vector<float> factors;
    const bool is_last = node().round() + 1 == node().num_rounds();
    parts.push_back(is_last ? std::exchange(mean_, {}) : drift_);
    factors.push_back(is_last ? 1 : share);
    if (earlier_mean_) {
        parts.push_back(std::exchange(earlier_mean_, {}));
        factors.push_back(1);
        parts.push_back(std::move(earlier_drift_));
        factors.push_back(-static_cast<float>(earlier_share_));
    }
    earlier_drift_ = std::exchange(drift_, {});
    const std::uint64_t values_read = parts.size() * node().num_parameters();
    node().compute(
        {.kind = TaskKind::kMerge, .round = node().round(), .values_read = values_read},
        [factors = std::move(factors)](const std::vector<Parameters>& drifts) {
            return weighted_sum(drifts, factors);
        },
        [this](ModelHandle drift) { step(std::move(drift)); },
        std::move(parts));
}

void Diloco::step(ModelHandle drift) {
    const auto go_on = [this](ModelHandle theta) {
        // Moved before the round is over: the mean of this round may have come already.
        earlier_mean_ = std::exchange(mean_, {});
        expects_earlier_ = options_.overlap != Overlap::kNone;
        conclude(std::move(theta));
    };
    if (drift) {
        outer_.along(std::exchange(theta_, {}), std::move(drift), node().round(), go_on);
    } else {
        go_on(std::exchange(theta_, {}));
    }
}

void DilocoServer::conclude(ModelHandle averaged) {
    outer_.towards(
        latest_model(), std::move(averaged), node().round(), [this](const ModelHandle& theta) {
            finish(theta);
            begin_round();
        });
}

void DilocoGossip::on_start() {
    theta_ = node().initial_model();
    Dpsgd::on_start();
}

void DilocoGossip::take_merged(ModelHandle merged) {
    // Kept meanwhile: a node that is away may lose the step.
    outer_.towards(theta_, std::move(merged), node().round(), [this](ModelHandle theta) {
        theta_ = theta;
        go_on(std::move(theta));
    });
}

void DilocoGossip::on_return(ModelHandle model) {
    if (model) {
        theta_ = model;
        outer_.reset();
    }
    Dpsgd::on_return(std::move(model));
}

namespace {

enum class Via : std::uint8_t { kRing, kTree, kDirect, kServer, kGossip };

ProtocolPlan plan_diloco(const Options& options) {
    const OuterOptimizer outer = outer_optimizer(options);
    const auto overlap = options.choice<Diloco::Overlap>("overlap",
                                                         {{"none", Diloco::Overlap::kNone},
                                                          {"delayed", Diloco::Overlap::kDelayed},
                                                          {"eager", Diloco::Overlap::kEager}});
    const auto via = options.choice<Via>("via",
                                         {{"ring", Via::kRing},
                                          {"tree", Via::kTree},
                                          {"direct", Via::kDirect},
                                          {"server", Via::kServer},
                                          {"gossip", Via::kGossip}});
    if (via == Via::kServer || via == Via::kGossip) {
        for (const char* key : {"overlap", "codec"}) {
            if (options.has(key)) {
                options.refuse(fmt::format(
                    "{}: got {} with via={}, allowed with via=ring, tree, direct; models are sent "
                    "as --sharing and --codec say",
                    key,
                    options.text(key),
                    options.text("via")));
            }
        }
    }
    if (via == Via::kServer) {
        return plan_of_server<DilocoServer>(client_weights(options), false, outer);
    }
    if (options.has("weights")) {
        options.refuse("weights: got some without a server, allowed with via=server");
    }
    if (via == Via::kGossip) {
        ProtocolPlan plan = plan_of<DilocoGossip>(outer);
        plan.takes_directed_overlay = true;
        plan.lives_with_churn = true;
        return plan;
    }
    const auto form = via == Via::kRing   ? CollectiveForm::kRing
                      : via == Via::kTree ? CollectiveForm::kTree
                                          : CollectiveForm::kDirect;
    ProtocolPlan plan = plan_of_group(
        [options = Diloco::Options{.form = form,
                                   .outer = outer,
                                   .overlap = overlap,
                                   .codec = value_codec(options)}](NodeContext& node) {
            return std::make_unique<Diloco>(node, options);
        });
    plan.overlaps_training = overlap != Diloco::Overlap::kNone;
    return plan;
}

}  // namespace

void register_diloco(ProtocolRegistry& registry) {
    std::vector<OptionForm> options = outer_optimizer_options();
    options.push_back(word("via",
                           {"ring", "tree", "direct", "server", "gossip"},
                           "how drifts are averaged"));
    options.push_back(
        word("overlap", {"none", "delayed", "eager"}, "what a worker does meanwhile"));
    options.push_back(value_codec_option());
    options.push_back(client_weights_option(ClientWeights::kUniform));
    registry.add({"diloco",
                  "work for a round, average what has changed, take an outer step",
                  std::move(options)},
                 [](const Options& given, NodeId) { return plan_diloco(given); });
}

}  // namespace murmur
