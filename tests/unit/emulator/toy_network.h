#pragma once

#include "emulator/nodes/protocol.h"
#include "learning/sharing/whole_model.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
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
        /// What becomes of a message.
        std::function<Fate(const Sent&)> fate = [](const Sent&) { return Fate::kArrives; };
        bool has_static_overlay = true;
        std::vector<Values> starts;                            ///< [num_nodes]
        std::vector<std::vector<std::uint32_t>> histograms{};  ///< [num_nodes]
    };

    ToyNetwork(Options options, const ProtocolFactory& factory) : options_(std::move(options)) {
        for (NodeId node = 0; node < options_.num_nodes; ++node) {
            nodes_.push_back(std::make_unique<Node>(*this, node, factory(node)));
        }
    }

    /// Runs until nothing is left to happen, or so many events are over.
    void run(std::uint64_t most_events = 1'000'000) {
        for (const auto& node : nodes_) {
            at(SimTime(0), [&node] { node->protocol->on_start(*node); });
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
        Node(ToyNetwork& owner, NodeId id, std::unique_ptr<Protocol> made)
            : network(owner),
              self(id),
              protocol(std::move(made)),
              row(owner.options_.neighbors(id, owner.options_.num_nodes)),
              newest(owner.options_.starts[id]) {}

        [[nodiscard]] NodeId id() const override { return self; }
        [[nodiscard]] NodeId num_nodes() const override { return network.options_.num_nodes; }
        [[nodiscard]] SimTime now() const override { return network.now_; }
        [[nodiscard]] std::uint64_t num_rounds() const override {
            return network.options_.num_rounds;
        }
        [[nodiscard]] const MixingMatrix::Row& neighbors(std::uint64_t) const override {
            return row;
        }
        [[nodiscard]] const MixingMatrix::Row& neighbors_of(NodeId node,
                                                            std::uint64_t) const override {
            return network.nodes_[node]->row;
        }
        [[nodiscard]] bool has_static_overlay() const override {
            return network.options_.has_static_overlay;
        }
        [[nodiscard]] ModelHandle initial_model() const override {
            return handle_of(network.options_.starts[self]);
        }
        [[nodiscard]] std::uint32_t num_samples() const override { return self + 1; }
        [[nodiscard]] std::vector<std::uint32_t> label_histogram() const override {
            return network.options_.histograms[self];
        }
        [[nodiscard]] RandomStream stream(std::string_view purpose,
                                          std::uint64_t round) const override {
            return RandomStream(stream_seed(1, purpose, self, round));
        }
        void train(ModelHandle model, std::uint64_t /*round*/, ModelCallback done) override {
            network.after(network.options_.training_time(self), [this, model, done] {
                done(handle_of(network.options_.train(self, values_of(model))));
            });
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
        void encode_with(ModelHandle model,
                         std::uint64_t /*round*/,
                         OwnEncoding encoding,
                         EncodedCallback done) override {
            const auto encoded = encoding.make(model ? model.value() : nullptr);
            network.after(SimTime(0), [encoded, done] { done(EncodedHandle::ready(encoded)); });
        }
        void merge_with(ModelHandle model,
                        OwnMerge merge,
                        std::uint64_t /*round*/,
                        ModelCallback done) override {
            std::vector<std::shared_ptr<const EncodedModel>> contents;
            for (const EncodedHandle& content : merge.contents) {
                contents.push_back(content.value());
            }
            give(values_of(ModelHandle::ready(merge.make(model.value(), contents))), done);
        }
        void apply_change(ModelHandle model,
                          Change change,
                          std::uint64_t /*round*/,
                          ModelCallback done) override {
            give(values_of(ModelHandle::ready(murmur::apply_change(
                     *model.value(), *change.before.value(), *change.after.value()))),
                 done);
        }
        void send(NodeId to, std::uint64_t round, EncodedHandle content) override {
            send_note(to, round, nullptr, std::move(content));
        }
        void send_note(NodeId to,
                       std::uint64_t round,
                       NotePtr note,
                       EncodedHandle content) override {
            network.sent.push_back({self, to, round, static_cast<bool>(content), note, content});
            const Fate fate = network.options_.fate(network.sent.back());
            network.after(network.options_.delay(self, to), [this, fate, to, round, note, content] {
                Node& receiver = *network.nodes_[to];
                if (fate == Fate::kArrives) {
                    receiver.protocol->on_message(receiver, {self, round, content, note});
                } else if (fate == Fate::kIsGivenUp) {
                    protocol->on_send_failed(*this, {to, round, content, note}, "link down");
                }
            });
        }
        void after(SimTime delay, std::function<void()> event) override {
            network.after(delay, std::move(event));
        }
        void count(std::string_view what) override { ++network.counts[std::string(what)]; }
        void finish_round(std::uint64_t /*rounds*/, ModelHandle model) override {
            finished.push_back(values_of(model));
        }
        void finish_round_of_all(std::uint64_t rounds, ModelHandle model) override {
            for (const auto& node : network.nodes_) {
                node->finish_round(rounds, model);
            }
        }

        void give(const Values& values, const ModelCallback& done) {
            newest = values;
            network.after(SimTime(1000), [values, done] { done(handle_of(values)); });
        }

        ToyNetwork& network;
        NodeId self;
        std::unique_ptr<Protocol> protocol;
        MixingMatrix::Row row;
        Values newest;
        std::vector<Values> finished;
    };

    void after(SimTime delay, std::function<void()> event) { at(now_ + delay, std::move(event)); }
    void at(SimTime time, std::function<void()> event) {
        events_.emplace(std::pair(time, sequence_++), std::move(event));
    }

    Options options_;
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
