#pragma once

#include "emulator/network/overlay.h"
#include "emulator/nodes/learners.h"
#include "emulator/nodes/observation.h"
#include "emulator/nodes/protocol.h"
#include "emulator/nodes/protocol_door.h"
#include "emulator/tasks/bridge.h"
#include "emulator/tasks/compute_trace.h"
#include "learning/dataset.h"
#include "learning/learner.h"

#include "ns3/message-transport.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

class NodeAgent;
class RunObserver;

/// What all node agents of a run share.
struct RunServices {
    Bridge& bridge;
    Learners& learners;
    const Sharing& sharing;
    const Overlay& overlay;
    const Dataset& train_data;
    ns3::murmuration::MessageTransport& transport;
    ComputeTraceWriter& trace;
    RunObserver& observer;
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
    std::unique_ptr<Protocol> protocol;
};

/// One node of a run: its state, and the machinery behind its protocol's `NodeContext`.
class NodeAgent final : public NodeContext {
  public:
    NodeAgent(NodeSetup setup, RunServices services);

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
    /// Returns how often the protocol has counted what.
    [[nodiscard]] const std::map<std::string, std::uint64_t>& counts() const { return counts_; }
    [[nodiscard]] std::string waits_for() const { return protocol_->waits_for(); }

    [[nodiscard]] NodeId id() const override { return id_; }
    [[nodiscard]] NodeId num_nodes() const override { return services_.num_nodes; }
    [[nodiscard]] SimTime now() const override { return Bridge::now(); }
    [[nodiscard]] std::uint64_t num_rounds() const override { return services_.num_rounds; }
    [[nodiscard]] const MixingMatrix::Row& neighbors(std::uint64_t round) const override;
    [[nodiscard]] const MixingMatrix::Row& neighbors_of(NodeId node,
                                                        std::uint64_t round) const override;
    [[nodiscard]] bool has_static_overlay() const override {
        return !services_.overlay.is_dynamic();
    }
    [[nodiscard]] ModelHandle initial_model() const override { return initial_; }
    [[nodiscard]] std::uint32_t num_samples() const override {
        return static_cast<std::uint32_t>(partition_.size());
    }
    [[nodiscard]] std::vector<std::uint32_t> label_histogram() const override;
    [[nodiscard]] RandomStream stream(std::string_view purpose, std::uint64_t round) const override;
    void train(ModelHandle model, std::uint64_t round, ModelCallback done) override;
    void encode(ModelHandle model, std::uint64_t round, EncodedCallback done) override;
    void merge(ModelHandle model,
               double self_weight,
               std::vector<WeightedModel> neighbors,
               std::uint64_t round,
               ModelCallback done) override;
    void encode_with(ModelHandle model,
                     std::uint64_t round,
                     OwnEncoding encoding,
                     EncodedCallback done) override;
    void merge_with(ModelHandle model,
                    OwnMerge merge,
                    std::uint64_t round,
                    ModelCallback done) override;
    void apply_change(ModelHandle model,
                      Change change,
                      std::uint64_t round,
                      ModelCallback done) override;
    void send(NodeId to, std::uint64_t round, EncodedHandle content) override;
    void send_note(NodeId to, std::uint64_t round, NotePtr note, EncodedHandle content) override;
    void after(SimTime delay, std::function<void()> event) override;
    void count(std::string_view what) override { ++counts_[std::string(what)]; }
    void finish_round(std::uint64_t rounds, ModelHandle model) override;
    void finish_round_of_all(std::uint64_t rounds, ModelHandle model) override;

  private:
    /// A piece of work that waits for the device or runs on it.
    struct Work {
        TaskSpec spec;
        ComputeJob job;
        std::function<void(const TaskRef&)> on_submit;
        std::function<void()> on_complete;
    };

    /// A sequence of work on the device.
    struct Lane {
        std::deque<Work> queue;
        bool is_busy = false;
        TaskRef last_task;
    };

    [[nodiscard]] Lane& lane_of(TaskKind kind);
    [[nodiscard]] bool device_is_busy() const { return lanes_[0].is_busy || lanes_[1].is_busy; }
    void enqueue(Work work);
    void start_next(Lane& lane);
    /// Makes a model with `make` on the device.
    void combine(std::uint64_t values_read,
                 std::vector<TaskRef> after,
                 std::uint64_t round,
                 std::function<Parameters()> make,
                 ModelCallback done);
    void change_transit(int change);
    void account();

    NodeId id_;
    RunServices services_;
    std::span<const std::int64_t> partition_;
    ModelHandle initial_;
    std::unique_ptr<Protocol> protocol_;

    // Touched by this node's tasks alone, which run one after the other: the optimizer by training,
    // the state of the strategy by encoding and merging, so that the two may overlap.
    OptimizerState optimizer_;
    std::unique_ptr<SharingState> sharing_state_;

    Lane lanes_[2];                ///< all work; or training, and the rest
    std::uint64_t sequence_[4]{};  ///< tasks submitted so far, by kind

    int in_transit_ = 0;
    SimTime accounted_until_{0};
    TimeUse time_use_;

    Handle<double> train_loss_;  ///< of the latest training
    MessageSize sent_;           ///< before framing and headers
    std::map<std::string, std::uint64_t> counts_;
    ModelHandle final_model_;
    std::uint64_t finished_rounds_ = 0;
};

}  // namespace murmur
