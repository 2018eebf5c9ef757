#pragma once

#include "emulator/protocols/dpsgd.h"
#include "emulator/protocols/plans.h"
#include "emulator/protocols/vector_mixing.h"
#include "emulator/tasks/state_cell.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace murmur {

/// A synchronous method that is state vectors and linear mixing: D-PSGD's rounds and its barrier,
/// with other vectors than the trained model in the messages.
///
/// A message that the network gives up is told to its receiver (8 bytes), who gives its weight to
/// its own vectors and counts `vectors_lost`.  What sums to 0 over all nodes, or to the sum of what
/// they have learnt, does not from then on: the method ends beside the optimum.  Where the word of
/// it is given up as well (`losses_untold`), the receiver waits, and the run ends as one that has
/// come to a halt.
///
/// Where nodes come and go, `on-missing` is D-PSGD's.  With `skip` the weight of a node that is away
/// goes to the own vectors (`missing_models`): the sums hold where both ends of an edge do so in the
/// same round, and not where one has mixed and the other has not (`lost_models` beside it), nor for
/// what a node takes with it for good.  `wait` loses none.  A node that is back with another model
/// begins with state vectors of 0.
class MixingProtocol : public Dpsgd {
  public:
    /// @param halved  mixes with (I + W) / 2
    MixingProtocol(NodeContext& node, const Options& options, bool halved)
        : Dpsgd(node, options), halved_(halved) {}

    void on_start() override;
    void on_send_failed(const Outgoing& message, const std::string& reason) override;

  protected:
    [[nodiscard]] bool has_plain_exchange() const final { return false; }
    void train(ModelHandle model, std::function<void(ModelHandle)> done) final;
    void encode(ModelHandle& trained, NodeContext::EncodedCallback done) final;
    void merge(ModelHandle trained,
               double self_weight,
               std::vector<WeightedModel> neighbors,
               NodeContext::ModelCallback done) final;

    /// Computes what is sent from the model of the round's start and what training made of it.
    virtual void make_message(ModelHandle start,
                              ModelHandle trained,
                              NodeContext::EncodedCallback done) = 0;
    /// Computes the next model from this node's own message and those of its neighbors.
    virtual void mix(MixingWeights weights,
                     EncodedHandle own,
                     std::vector<EncodedHandle> received,
                     NodeContext::ModelCallback done) = 0;
    /// Returns where running statistics lie in a model.
    [[nodiscard]] const BufferPlaces& buffers() const { return buffers_; }

  private:
    bool halved_;
    BufferPlaces buffers_;
    ModelHandle start_;  ///< the round's, from its training to its message
    EncodedHandle own_;  ///< the round's message, from its making to the mixing
};

/// A method that is a rule for each coordinate, see `vector_mixing.h`.
template <class Rule>
class RuleProtocol final : public MixingProtocol {
  public:
    RuleProtocol(NodeContext& node, Rule rule, const Options& options = {}, bool halved = false)
        : MixingProtocol(node, options, halved), rule_(rule), kept_(node.id(), "mixing", {}) {}

  private:
    void forget() override { kept_ = StateCell<KeptVectors>(node().id(), "mixing", {}); }
    void make_message(ModelHandle start,
                      ModelHandle trained,
                      NodeContext::EncodedCallback done) override {
        Rule rule = rule_;
        if constexpr (requires { rule.take_rate(0.0); }) {
            rule.take_rate(node().learning_rates(node().round()));
            // Not before: a message that is dropped is of no round.
            done = [this, rule, done = std::move(done)](const EncodedHandle& message) {
                rule_ = rule;
                done(message);
            };
        }
        node().encode_with(
            {.round = node().round(),
             .values_read = (2 + Rule::kKept) * node().num_parameters(),
             .size = WholeVectors::size_of(Rule::kSent, node().num_parameters())},
            [rule, places = &buffers()](
                const Parameters& x, const Parameters& after, KeptVectors& kept) -> Encoded {
                return vectors_to_send(rule, *places, *x, *after, kept);
            },
            std::move(done),
            std::move(start),
            std::move(trained),
            kept_);
    }
    void mix(MixingWeights weights,
             EncodedHandle own,
             std::vector<EncodedHandle> received,
             NodeContext::ModelCallback done) override {
        // Before `received` is moved: the order in which arguments are made is not known.
        const std::uint64_t vectors = (received.size() + 1) * Rule::kSent + Rule::kKept;
        node().compute(
            {.kind = TaskKind::kMerge,
             .round = node().round(),
             .values_read = vectors * node().num_parameters()},
            [rule = rule_, places = &buffers(), weights = std::move(weights)](
                const Encoded& sent, const std::vector<Encoded>& others, KeptVectors& kept) {
                return mixed_model(rule, *places, weights, sent, others, kept);
            },
            std::move(done),
            std::move(own),
            std::move(received),
            kept_);
    }

    Rule rule_;
    StateCell<KeptVectors> kept_;
};

/// Refuses mixing matrices that do not keep the mean: those whose columns do not sum to 1.
/// @throws std::invalid_argument  naming --weights
void check_keeps_mean(const ProtocolOptions& options, const Overlay& overlay);

/// The same for methods in which a node splits what it has among those that it sends to.
/// @throws std::invalid_argument  naming --weights
void check_splits(const ProtocolOptions& options, const Overlay& overlay);

/// Refuses those that are not symmetric, too.
/// @throws std::invalid_argument  naming --weights
void check_symmetric(const ProtocolOptions& options, const Overlay& overlay);

/// Returns the plan of a method that mixes vectors of its own.
/// @param options  among them `on_missing_option`
template <class Rule>
[[nodiscard]] ProtocolPlan plan_of_rule(Rule rule, const Options& options, bool halved = false) {
    ProtocolPlan plan = plan_of<RuleProtocol<Rule>>(rule, on_missing(options), halved);
    plan.has_own_messages = true;
    plan.lives_with_churn = true;
    plan.check_overlay = check_keeps_mean;
    return plan;
}

}  // namespace murmur
