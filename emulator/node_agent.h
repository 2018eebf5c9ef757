#pragma once

#include "emulator/bridge.h"
#include "emulator/compute_trace.h"
#include "emulator/learners.h"
#include "emulator/observation.h"
#include "emulator/overlay.h"
#include "emulator/protocol.h"
#include "learning/learner.h"

#include "ns3/message-transport.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>

namespace murmur {

class RunObserver;

/// What all node agents of a run share.
struct RunServices {
    Bridge& bridge;
    Learners& learners;
    const Sharing& sharing;
    const Overlay& overlay;
    ns3::murmuration::MessageTransport& transport;
    ComputeTraceWriter& trace;
    RunObserver& observer;
    std::uint64_t num_rounds;
    std::uint64_t seed;
};

/// One node of a run: its state, and the machinery behind its protocol's `NodeContext`.
class NodeAgent final : public NodeContext {
  public:
    NodeAgent(NodeId id,
              RunServices services,
              std::span<const std::int64_t> partition,
              Parameters initial,
              std::unique_ptr<Protocol> protocol);

    /// Returns the round that a message of any agent belongs to.
    [[nodiscard]] static std::uint64_t round_of(const ns3::murmuration::Message& message);

    /// Starts the protocol; to be called once, at time 0.
    void start();
    /// Hands a message that has arrived to the protocol.
    void deliver(const ns3::murmuration::Message& message);
    /// Tells the protocol that a message of this node was given up.
    void give_up(const ns3::murmuration::Message& message, const std::string& reason);
    /// Says that a message to or from this node is under way, or no longer.
    void message_departs() { change_transit(+1); }
    void message_ends() { change_transit(-1); }

    [[nodiscard]] std::uint64_t finished_rounds() const { return finished_rounds_; }
    [[nodiscard]] const ModelHandle& final_model() const { return final_model_; }
    /// Returns the totals of this node until now.
    [[nodiscard]] Observation snapshot();
    [[nodiscard]] std::int64_t num_samples() const {
        return static_cast<std::int64_t>(partition_.size());
    }
    [[nodiscard]] std::string waits_for() const { return protocol_->waits_for(); }

    [[nodiscard]] NodeId id() const override { return id_; }
    [[nodiscard]] SimTime now() const override { return Bridge::now(); }
    [[nodiscard]] std::uint64_t num_rounds() const override { return services_.num_rounds; }
    [[nodiscard]] const MixingMatrix::Row& neighbors(std::uint64_t round) const override;
    [[nodiscard]] ModelHandle initial_model() const override { return initial_; }
    [[nodiscard]] RandomStream stream(std::string_view purpose, std::uint64_t round) const override;
    void train(ModelHandle model, std::uint64_t round, ModelCallback done) override;
    void encode(ModelHandle model, std::uint64_t round, EncodedCallback done) override;
    void merge(ModelHandle model,
               double self_weight,
               std::vector<WeightedModel> neighbors,
               std::uint64_t round,
               ModelCallback done) override;
    void send(NodeId to, std::uint64_t round, EncodedHandle content) override;
    void after(SimTime delay, std::function<void()> event) override;
    void finish_round(std::uint64_t rounds, ModelHandle model) override;

  private:
    /// A piece of work that waits for the device or runs on it.
    struct Work {
        TaskSpec spec;
        ComputeJob job;
        std::function<void(const TaskRef&)> on_submit;
        std::function<void()> on_complete;
    };

    void enqueue(Work work);
    void start_next();
    void change_transit(int change);
    void account();

    NodeId id_;
    RunServices services_;
    std::span<const std::int64_t> partition_;
    ModelHandle initial_;
    std::unique_ptr<Protocol> protocol_;

    // Touched by this node's tasks alone, which run one after the other.
    OptimizerState optimizer_;
    std::unique_ptr<SharingState> sharing_state_;

    std::deque<Work> queue_;
    bool device_busy_ = false;
    TaskRef last_task_;
    std::uint64_t sequence_[4]{};  ///< tasks submitted so far, by kind

    int in_transit_ = 0;
    SimTime accounted_until_{0};
    TimeUse time_use_;

    Handle<double> train_loss_;  ///< of the latest training
    std::uint64_t bytes_content_ = 0;
    ModelHandle final_model_;
    std::uint64_t finished_rounds_ = 0;
};

}  // namespace murmur
