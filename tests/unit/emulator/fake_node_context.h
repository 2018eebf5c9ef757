#pragma once

#include "emulator/nodes/protocol.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace murmur::test {

/// A node without a network, a device or a clock: it writes down what a protocol asks for and runs
/// callbacks when the test says so.
class FakeNodeContext final : public NodeContext {
  public:
    FakeNodeContext(NodeId id, MixingMatrix::Row row, std::uint64_t num_rounds)
        : id_(id), row_(std::move(row)), num_rounds_(num_rounds) {}

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
    [[nodiscard]] const MixingMatrix::Row& neighbors(std::uint64_t) const override { return row_; }
    [[nodiscard]] const MixingMatrix::Row& neighbors_of(NodeId, std::uint64_t) const override {
        return row_;
    }
    [[nodiscard]] bool has_static_overlay() const override { return true; }
    [[nodiscard]] std::uint32_t num_samples() const override { return 100; }
    [[nodiscard]] std::vector<std::uint32_t> label_histogram() const override { return {}; }
    [[nodiscard]] ModelHandle initial_model() const override { return model(); }
    [[nodiscard]] RandomStream stream(std::string_view purpose,
                                      std::uint64_t round) const override {
        return RandomStream(stream_seed(1, purpose, id_, round));
    }

    void train(ModelHandle /*model*/, std::uint64_t round, ModelCallback done) override {
        note("train " + std::to_string(round));
        work_.emplace_back([this, done] { done(model()); });
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
    void encode_with(ModelHandle /*model*/,
                     std::uint64_t round,
                     OwnEncoding /*encoding*/,
                     EncodedCallback done) override {
        encode(model(), round, std::move(done));
    }
    void merge_with(ModelHandle /*model*/,
                    OwnMerge /*merge*/,
                    std::uint64_t round,
                    ModelCallback done) override {
        note("merge " + std::to_string(round));
        work_.emplace_back([this, done] { done(model()); });
    }
    void apply_change(ModelHandle /*model*/,
                      Change /*change*/,
                      std::uint64_t round,
                      ModelCallback done) override {
        note("apply change " + std::to_string(round));
        work_.emplace_back([this, done] { done(model()); });
    }
    void send_note(NodeId to,
                   std::uint64_t round,
                   NotePtr note_sent,
                   EncodedHandle content) override {
        std::string text = "note " + std::to_string(note_sent->kind) + " of round " +
                           std::to_string(round) + " to " + std::to_string(to);
        note(text + (content ? " with a model" : ""));
    }
    void send(NodeId to, std::uint64_t round, EncodedHandle /*content*/) override {
        note("send " + std::to_string(round) + " to " + std::to_string(to));
    }
    void after(SimTime /*delay*/, std::function<void()> /*event*/) override { note("timer"); }
    void count(std::string_view what) override { note("count " + std::string(what)); }
    void finish_round(std::uint64_t rounds, ModelHandle /*model*/) override {
        note("finish " + std::to_string(rounds));
    }
    void finish_round_of_all(std::uint64_t rounds, ModelHandle /*model*/) override {
        note("all finish " + std::to_string(rounds));
    }

    std::vector<WeightedModel> merged;  ///< what the latest merge was given

  private:
    static ModelHandle model() { return ModelHandle::ready(nullptr); }
    static std::string short_text(double value) {
        std::string text = std::to_string(value);
        return text.substr(0, text.find_last_not_of('0') + 1);
    }
    void note(const std::string& text) { log_ += log_.empty() ? text : "; " + text; }

    NodeId id_;
    MixingMatrix::Row row_;
    std::uint64_t num_rounds_;
    std::deque<std::function<void()>> work_;
    std::string log_;
};

}  // namespace murmur::test
