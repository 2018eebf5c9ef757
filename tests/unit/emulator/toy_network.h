#pragma once

#include "emulator/nodes/protocol.h"
#include "learning/encoding/whole_model.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur::test {

/// Some nodes without ns-3, devices and workers: messages and work take the times that the test
/// gives them, values exist at once.  What a protocol does is seen from outside.
class ToyNetwork {
  public:
    using Values = std::vector<float>;

    /// A merge that a node has done.
    struct Merge {
        NodeId node;
        double self_weight;
        std::vector<std::pair<NodeId, double>> others;
        Values result;
    };
    struct Sent {
        NodeId from;
        NodeId to;
        std::uint64_t round;
        bool has_model;
        NotePtr note;
        EncodedHandle content;
        SimTime time{0};  ///< when it was sent
    };
    enum class Fate { kArrives, kIsLost, kIsGivenUp };

    struct Options {
        NodeId num_nodes = 2;
        std::uint64_t num_rounds = 1;
        MixingMatrix::Row (*neighbors)(NodeId node, NodeId num_nodes) = nullptr;
        std::function<SimTime(NodeId from, NodeId to)> delay = [](auto, auto) {
            return SimTime(1'000'000);
        };
        std::function<SimTime(NodeId node)> training_time = [](auto) { return SimTime(5'000'000); };
        std::function<Values(NodeId node, Values)> train = [](auto, Values x) { return x; };
        std::int64_t steps_per_round = 1;
        /// Trains so many steps; takes the place of `train` where parts of rounds are trained.
        std::function<Values(NodeId node, Values, std::int64_t steps)> train_steps{};
        /// What becomes of a message.
        std::function<Fate(const Sent&)> fate = [](const Sent&) { return Fate::kArrives; };
        bool has_static_overlay = true;
        /// Neighbors in and out of a round; takes the place of `neighbors`.
        std::function<Neighbors(NodeId node, std::uint64_t round)> overlay{};
        std::vector<Values> starts;                            ///< [num_nodes]
        std::vector<std::vector<std::uint32_t>> histograms{};  ///< [num_nodes]
    };

    ToyNetwork(Options options, const ProtocolFactory& factory) : options_(std::move(options)) {
        for (NodeId node = 0; node < options_.num_nodes; ++node) {
            nodes_.push_back(std::make_unique<Node>(*this, node));
        }
        for (const auto& node : nodes_) {
            node->protocol = factory(*node);
        }
    }

    /// Runs until nothing is left to happen, or so many events are over.
    void run(std::uint64_t most_events = 1'000'000) {
        for (const auto& node : nodes_) {
            at(SimTime(0), [&node] { node->protocol->on_start(); });
        }
        while (!events_.empty() && events_done < most_events) {
            const auto first = events_.begin();
            now_ = first->first.first;
            const std::function<void()> event = std::move(first->second);
            events_.erase(first);
            ++events_done;
            event();
        }
    }

    [[nodiscard]] SimTime now() const { return now_; }
    /// Returns the node's latest merged or changed model.
    [[nodiscard]] const Values& newest(NodeId node) const { return nodes_[node]->newest; }
    [[nodiscard]] const std::vector<Values>& finished(NodeId node) const {
        return nodes_[node]->finished;
    }
    /// Returns when the node finished its latest round.
    [[nodiscard]] SimTime finished_at(NodeId node) const { return nodes_[node]->finished_at; }
    [[nodiscard]] std::string waits_for(NodeId node) const {
        return nodes_[node]->protocol->waits_for();
    }

    std::vector<Merge> merges;
    std::vector<Sent> sent;
    std::map<std::string, std::uint64_t> counts;  ///< by what, over all nodes
    std::uint64_t events_done = 0;

  private:
    static Values values_of(const ModelHandle& model) {
        const auto values = model.value()->values();
        return {values.begin(), values.end()};
    }
    static ModelHandle handle_of(const Values& values) {
        return ModelHandle::ready(make_parameters(values));
    }

    struct Node final : NodeContext {
        Node(ToyNetwork& owner, NodeId id)
            : network(owner), self(id), newest(owner.options_.starts[id]) {
            if (owner.options_.neighbors != nullptr) {
                MixingMatrix::Row row = owner.options_.neighbors(id, owner.options_.num_nodes);
                neighbors = {.self = row.self, .in = row.neighbors, .out = row.neighbors};
            }
        }

        [[nodiscard]] NodeId id() const override { return self; }
        [[nodiscard]] NodeId num_nodes() const override { return network.options_.num_nodes; }
        [[nodiscard]] SimTime now() const override { return network.now_; }
        [[nodiscard]] std::uint64_t num_rounds() const override {
            return network.options_.num_rounds;
        }
        [[nodiscard]] std::uint64_t round() const override { return finished.size(); }
        [[nodiscard]] Neighbors neighbors_of(NodeId node, std::uint64_t round) const override {
            return network.options_.overlay ? network.options_.overlay(node, round)
                                            : network.nodes_[node]->neighbors;
        }
        [[nodiscard]] bool has_static_overlay() const override {
            return network.options_.has_static_overlay;
        }
        [[nodiscard]] ModelHandle initial_model() const override {
            return handle_of(network.options_.starts[self]);
        }
        [[nodiscard]] std::size_t num_parameters() const override {
            return network.options_.starts[self].size();
        }
        [[nodiscard]] const ParameterLayout& layout() const override {
            static const ParameterLayout none;
            return none;
        }
        [[nodiscard]] std::uint32_t num_samples() const override { return self + 1; }
        [[nodiscard]] double learning_rates(std::uint64_t) const override { return 1; }
        [[nodiscard]] std::vector<std::uint32_t> label_histogram() const override {
            return network.options_.histograms[self];
        }
        [[nodiscard]] RandomStream stream(std::string_view purpose,
                                          std::uint64_t round) const override {
            return RandomStream(stream_seed(1, purpose, self, round));
        }
        [[nodiscard]] RandomStream shared_stream(std::string_view purpose,
                                                 std::uint64_t round) const override {
            return RandomStream(stream_seed(1, purpose, 0, round));
        }
        [[nodiscard]] std::int64_t steps_per_round() const override {
            return network.options_.steps_per_round;
        }
        void train(LocalWork work, std::function<void(TrainedModel)> done) override {
            network.after(network.options_.training_time(self), [this, work, done] {
                const Options& options = network.options_;
                const std::int64_t left = options.steps_per_round - work.steps.first;
                Values trained =
                    options.train_steps
                        ? options.train_steps(
                              self, values_of(work.model), std::min(work.steps.count, left))
                        : options.train(self, values_of(work.model));
                done({handle_of(trained), Handle<double>::ready(0)});
            });
        }
        void gradient(ModelHandle model, std::uint64_t /*round*/, ModelCallback done) override {
            // By what the local work, taken for one step of rate 1, makes of it.
            Values gradient = values_of(model);
            const Values trained = network.options_.train(self, gradient);
            for (std::size_t i = 0; i < gradient.size(); ++i) {
                gradient[i] -= trained[i];
            }
            network.after(SimTime(0), [gradient, done] { done(handle_of(gradient)); });
        }
        void encode(ModelHandle model, std::uint64_t /*round*/, EncodedCallback done) override {
            const auto encoded = std::make_shared<WholeModel>(model.value());
            network.after(SimTime(0), [encoded, done] { done(EncodedHandle::ready(encoded)); });
        }
        void merge(ModelHandle model,
                   double self_weight,
                   std::vector<WeightedModel> neighbors,
                   std::uint64_t /*round*/,
                   ModelCallback done) override {
            Merge merge{self, self_weight, {}, values_of(model)};
            for (float& value : merge.result) {
                value *= static_cast<float>(self_weight);
            }
            for (const WeightedModel& neighbor : neighbors) {
                merge.others.emplace_back(neighbor.from, neighbor.weight);
                const auto other = dynamic_cast<const WholeModel&>(*neighbor.content.value())
                                       .parameters()
                                       ->values();
                for (std::size_t i = 0; i < other.size(); ++i) {
                    merge.result[i] += static_cast<float>(neighbor.weight) * other[i];
                }
            }
            network.merges.push_back(merge);
            give(merge.result, done);
        }
        void run(Work work) override {
            const AnyHandle made =
                work.submit(*network.graph_, {.node = self, .cost = work.cost});
            network.graph_->wait(made);
            if (const ModelHandle model = ModelHandle::of(made)) {
                newest = values_of(model);
            }
            const SimTime time(work.cost.kind == TaskKind::kEncode ? 0 : 1000);
            network.after(time, work.complete);
        }
        void when_made(const AnyHandle& value, std::function<void()> then) override {
            network.graph_->wait(value);
            network.after(SimTime(0), std::move(then));
        }
        MessageId send(Outgoing message) override {
            const MessageId id{network.sent.size()};
            network.sent.push_back({self,
                                    message.to,
                                    message.round,
                                    static_cast<bool>(message.content),
                                    message.note,
                                    message.content,
                                    network.now_});
            const Fate fate = network.options_.fate(network.sent.back());
            network.after(network.options_.delay(self, message.to), [this, id, fate, message] {
                if (network.cancelled_.contains(id)) {
                    return;
                }
                if (fate == Fate::kArrives) {
                    network.nodes_[message.to]->protocol->on_message(
                        {self, message.round, message.content, message.note});
                } else if (fate == Fate::kIsGivenUp) {
                    protocol->on_send_failed(message, "link down");
                }
            });
            return id;
        }
        void cancel(MessageId message) override { network.cancelled_.insert(message); }
        TimerId after(SimTime delay, std::function<void()> event) override {
            const TimerId id{network.timers_++};
            network.after(delay, [this, id, event = std::move(event)] {
                if (!network.cancelled_timers_.contains(id)) {
                    event();
                }
            });
            return id;
        }
        void cancel(TimerId timer) override { network.cancelled_timers_.insert(timer); }
        void count(std::string_view what) override { ++network.counts[std::string(what)]; }
        void finish_round(ModelHandle model) override {
            finished.push_back(values_of(model));
            finished_at = network.now_;
        }
        void finish_round_of_all(ModelHandle model) override {
            for (const auto& node : network.nodes_) {
                node->finish_round(model);
            }
        }

        void give(const Values& values, const ModelCallback& done) {
            newest = values;
            network.after(SimTime(1000), [values, done] { done(handle_of(values)); });
        }

        ToyNetwork& network;
        NodeId self;
        std::unique_ptr<Protocol> protocol;
        Neighbors neighbors;
        Values newest;
        std::vector<Values> finished;
        SimTime finished_at{0};
    };

    void after(SimTime delay, std::function<void()> event) { at(now_ + delay, std::move(event)); }
    void at(SimTime time, std::function<void()> event) {
        events_.emplace(std::pair(time, sequence_++), std::move(event));
    }

    Options options_;
    std::unique_ptr<TaskGraph> graph_ = std::make_unique<TaskGraph>(TaskGraph::Options{.workers = 1});
    std::set<MessageId> cancelled_;
    std::set<TimerId> cancelled_timers_;
    std::uint64_t timers_ = 0;
    std::vector<std::unique_ptr<Node>> nodes_;
    SimTime now_{0};
    std::uint64_t sequence_ = 0;
    std::map<std::pair<SimTime, std::uint64_t>, std::function<void()>> events_;
};

/// Neighbors of a ring, all with weight 1/3.
inline MixingMatrix::Row ring_row(NodeId node, NodeId num_nodes) {
    std::map<NodeId, double> weights;
    weights[(node + 1) % num_nodes] = 1.0 / 3;
    weights[(node + num_nodes - 1) % num_nodes] = 1.0 / 3;
    MixingMatrix::Row row{.self = 1.0 / 3, .neighbors = {}};
    for (const auto& [neighbor, weight] : weights) {
        row.neighbors.push_back({neighbor, weight});
    }
    return row;
}

/// All others, with equal weights.
inline MixingMatrix::Row full_row(NodeId node, NodeId num_nodes) {
    MixingMatrix::Row row{.self = 1.0 / num_nodes, .neighbors = {}};
    for (NodeId other = 0; other < num_nodes; ++other) {
        if (other != node) {
            row.neighbors.push_back({other, 1.0 / num_nodes});
        }
    }
    return row;
}

}  // namespace murmur::test
