#pragma once

#include "emulator/nodes/protocol.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace murmur::test {

/// A node without a network, a device or a clock: it writes down what a protocol asks for and runs
/// callbacks when the test says so.
class FakeNodeContext final : public NodeContext {
  public:
    FakeNodeContext(NodeId id, MixingMatrix::Row row, std::uint64_t num_rounds)
        : id_(id),
          neighbors_{.self = row.self, .in = row.neighbors, .out = row.neighbors},
          num_rounds_(num_rounds) {}

    /// Completes the oldest piece of work.
    void complete_work() {
        const std::function<void()> done = std::move(work_.front());
        work_.pop_front();
        done();
    }
    [[nodiscard]] std::size_t pending_work() const { return work_.size(); }
    /// Returns what was asked for since the last call, as one text.
    [[nodiscard]] std::string take_log() { return std::exchange(log_, {}); }

    [[nodiscard]] NodeId id() const override { return id_; }
    [[nodiscard]] NodeId num_nodes() const override { return 10; }
    [[nodiscard]] SimTime now() const override { return SimTime(0); }
    [[nodiscard]] std::uint64_t num_rounds() const override { return num_rounds_; }
    [[nodiscard]] std::uint64_t round() const override { return finished_; }
    [[nodiscard]] Neighbors neighbors_of(NodeId, std::uint64_t) const override {
        return neighbors_;
    }
    [[nodiscard]] bool has_static_overlay() const override { return true; }
    [[nodiscard]] std::size_t num_parameters() const override { return 1; }
    [[nodiscard]] const ParameterLayout& layout() const override { return layout_; }
    [[nodiscard]] std::uint32_t num_samples() const override { return 100; }
    [[nodiscard]] double learning_rates(std::uint64_t) const override { return 1; }
    [[nodiscard]] std::vector<std::uint32_t> label_histogram() const override { return {}; }
    [[nodiscard]] ModelHandle initial_model() const override { return model(); }
    [[nodiscard]] RandomStream stream(std::string_view purpose,
                                      std::uint64_t round) const override {
        return RandomStream(stream_seed(1, purpose, id_, round));
    }

    [[nodiscard]] RandomStream shared_stream(std::string_view purpose,
                                             std::uint64_t round) const override {
        return RandomStream(stream_seed(1, purpose, 0, round));
    }
    [[nodiscard]] std::int64_t steps_per_round() const override { return 1; }

    using NodeContext::train;
    void train(LocalWork work, std::function<void(TrainedModel)> done) override {
        note("train " + std::to_string(work.round));
        work_.emplace_back([done] { done({model(), Handle<double>::ready(0)}); });
    }
    void gradient(ModelHandle /*model*/, std::uint64_t round, ModelCallback done) override {
        note("gradient " + std::to_string(round));
        work_.emplace_back([done] { done(model()); });
    }
    void encode(ModelHandle /*model*/, std::uint64_t round, EncodedCallback done) override {
        note("encode " + std::to_string(round));
        work_.emplace_back([done] { done(EncodedHandle::ready(nullptr)); });
    }
    void merge(ModelHandle /*model*/,
               double self_weight,
               std::vector<WeightedModel> neighbors,
               std::uint64_t round,
               ModelCallback done) override {
        std::string text = "merge " + std::to_string(round) + " self " + short_text(self_weight);
        for (const WeightedModel& neighbor : neighbors) {
            text += ", " + std::to_string(neighbor.from) + " " + short_text(neighbor.weight);
        }
        note(text);
        merged = std::move(neighbors);
        work_.emplace_back([this, done] { done(model()); });
    }
    MessageId send(Outgoing message) override {
        const std::string where =
            std::to_string(message.round) + " to " + std::to_string(message.to);
        if (message.note) {
            note("note " + std::to_string(message.note->kind()) + " of round " + where +
                 (message.content ? " with a model" : ""));
        } else {
            note("send " + where);
        }
        return MessageId{next_id_++};
    }
    void cancel(MessageId) override { note("cancel a message"); }
    TimerId after(SimTime /*delay*/, std::function<void()> /*event*/) override {
        note("timer");
        return TimerId{next_id_++};
    }
    void cancel(TimerId) override { note("cancel a timer"); }
    void count(std::string_view what) override { note("count " + std::string(what)); }
    void finish_round(ModelHandle /*model*/) override {
        note("finish " + std::to_string(++finished_));
    }
    void finish_round_of_all(ModelHandle /*model*/) override {
        note("all finish " + std::to_string(++finished_));
    }

    [[nodiscard]] bool is_present(NodeId node) const override { return !absent.contains(node); }
    [[nodiscard]] bool takes_part(NodeId node, std::uint64_t /*round*/) const override {
        return is_present(node);
    }

    std::set<NodeId> absent;            ///< who is not there
    std::vector<WeightedModel> merged;  ///< what the latest merge was given

  private:
    ParameterLayout layout_;
    void run(Work /*work*/) override { note("compute"); }
    void when_made(const AnyHandle& /*value*/, std::function<void()> then) override {
        work_.push_back(std::move(then));
    }

    static ModelHandle model() { return ModelHandle::ready(nullptr); }
    static std::string short_text(double value) {
        std::string text = std::to_string(value);
        return text.substr(0, text.find_last_not_of('0') + 1);
    }
    void note(const std::string& text) { log_ += log_.empty() ? text : "; " + text; }

    NodeId id_;
    Neighbors neighbors_;
    std::uint64_t num_rounds_;
    std::uint64_t finished_ = 0;
    std::uint64_t next_id_ = 0;
    std::deque<std::function<void()>> work_;
    std::string log_;
};

}  // namespace murmur::test
