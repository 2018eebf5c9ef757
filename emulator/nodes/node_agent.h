#pragma once

#include "emulator/network/overlay.h"
#include "emulator/nodes/device.h"
#include "emulator/nodes/learners.h"
#include "emulator/nodes/mailbox.h"
#include "emulator/nodes/observation.h"
#include "emulator/nodes/protocol.h"
#include "emulator/nodes/protocol_door.h"
#include "emulator/nodes/run_events.h"
#include "emulator/tasks/bridge.h"
#include "emulator/tasks/compute_trace.h"
#include "learning/dataset.h"
#include "learning/learner.h"

#include "ns3/event-id.h"
#include "ns3/message-transport.h"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

class NodeAgent;

/// What all node agents of a run share.
struct RunServices {
    Bridge& bridge;
    Learners& learners;
    const Sharing& sharing;
    const Overlay& overlay;
    const Dataset& train_data;
    ns3::murmuration::MessageTransport& transport;
    ComputeTraceWriter& trace;
    RunEvents& events;
    const std::vector<std::unique_ptr<NodeAgent>>& agents;  ///< [num_nodes]
    const ProtocolDoor& door;
    std::uint64_t num_rounds;
    std::uint64_t seed;
    NodeId num_nodes;
    bool overlaps_training;  ///< as the protocol's plan has it
};

/// What one node is.
struct NodeSetup {
    NodeId id;
    SharingRole role;
    std::span<const std::int64_t> partition;
    Parameters initial;
    const ProtocolFactory& make_protocol;
};

/// One node of a run: joins its device and its mailbox behind the `NodeContext` of its protocol.
class NodeAgent final : public NodeContext {
  public:
    NodeAgent(const NodeSetup& setup, const RunServices& services);

    /// Starts the protocol; to be called once, at time 0.
    void start();
    /// Hands a message that has arrived to the protocol.
    void deliver(const ns3::murmuration::Message& message);
    /// Tells the protocol that a message of this node was given up.
    void give_up(const ns3::murmuration::Message& message, const std::string& reason);
    [[nodiscard]] Device& device() { return device_; }

    [[nodiscard]] const ModelHandle& final_model() const { return final_model_; }
    /// Returns the totals of this node until now.
    [[nodiscard]] Observation snapshot();
    /// Returns whether anything is under way that may wake this node: work on its device, a message
    /// to or from it, an event of its own.
    [[nodiscard]] bool has_something_ahead() const {
        return device_.is_busy() || device_.has_messages() || !timers_.empty() || reads_ > 0;
    }
    [[nodiscard]] std::string waits_for() const { return protocol_->waits_for(); }

    [[nodiscard]] NodeId id() const override { return id_; }
    [[nodiscard]] NodeId num_nodes() const override { return services_.num_nodes; }
    [[nodiscard]] SimTime now() const override { return Bridge::now(); }
    [[nodiscard]] std::uint64_t num_rounds() const override { return services_.num_rounds; }
    [[nodiscard]] std::uint64_t round() const override { return finished_rounds_; }
    [[nodiscard]] RandomStream stream(std::string_view purpose, std::uint64_t round) const override;
    [[nodiscard]] Neighbors neighbors_of(NodeId node, std::uint64_t round) const override;
    [[nodiscard]] bool has_static_overlay() const override {
        return !services_.overlay.is_dynamic();
    }
    [[nodiscard]] ModelHandle initial_model() const override { return initial_; }
    [[nodiscard]] std::size_t num_parameters() const override {
        return services_.learners.any().num_parameters();
    }
    [[nodiscard]] const ParameterLayout& layout() const override {
        return services_.learners.any().layout();
    }
    [[nodiscard]] std::uint32_t num_samples() const override {
        return static_cast<std::uint32_t>(partition_.size());
    }
    [[nodiscard]] std::vector<std::uint32_t> label_histogram() const override;
    void train(LocalWork work, std::function<void(TrainedModel)> done) override;
    void encode(ModelHandle model, std::uint64_t round, EncodedCallback done) override;
    void merge(ModelHandle model,
               double self_weight,
               std::vector<WeightedModel> neighbors,
               std::uint64_t round,
               ModelCallback done) override;
    MessageId send(Outgoing message) override;
    void cancel(MessageId message) override { mailbox_.cancel(message); }
    TimerId after(SimTime delay, std::function<void()> event) override;
    void cancel(TimerId timer) override;
    void count(std::string_view what) override { ++counts_[std::string(what)]; }
    void finish_round(ModelHandle model) override;
    void finish_round_of_all(ModelHandle model) override;

  private:
    void run(Work work) override;
    void when_made(const AnyHandle& value, std::function<void()> then) override;

    NodeId id_;
    RunServices services_;
    std::span<const std::int64_t> partition_;
    ModelHandle initial_;
    StateCell<TrainingState> training_state_;
    StateCell<std::unique_ptr<SharingState>> sharing_state_;
    Device device_;
    Mailbox mailbox_;
    std::map<TimerId, ns3::EventId> timers_;  ///< those that have not run
    std::uint64_t next_timer_ = 0;
    std::uint64_t reads_ = 0;  ///< values that are being waited for

    Handle<double> train_loss_;  ///< of the latest training
    std::uint64_t steps_ = 0;    ///< of all trainings that are over
    std::map<std::string, std::uint64_t> counts_;
    ModelHandle final_model_;
    std::uint64_t finished_rounds_ = 0;
    std::unique_ptr<Protocol> protocol_;
};

}  // namespace murmur
