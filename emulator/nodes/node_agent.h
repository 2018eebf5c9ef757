#pragma once

#include "emulator/network/overlay.h"
#include "emulator/nodes/attackers.h"
#include "emulator/nodes/device.h"
#include "emulator/nodes/forger.h"
#include "emulator/nodes/learners.h"
#include "emulator/nodes/mailbox.h"
#include "emulator/nodes/observation.h"
#include "emulator/nodes/presence.h"
#include "emulator/nodes/protocol.h"
#include "emulator/nodes/protocol_door.h"
#include "emulator/nodes/run_events.h"
#include "emulator/nodes/sharing_cell.h"
#include "emulator/tasks/bridge.h"
#include "emulator/tasks/compute_trace.h"
#include "learning/dataset.h"
#include "learning/learner.h"
#include "learning/schedule.h"

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
    const Attackers& attackers;
    std::uint64_t num_rounds;
    std::uint64_t seed;
    LearningRate rate;
    NodeId num_nodes;
    bool overlaps_training;  ///< as the protocol's plan has it
    Presence* presence = nullptr;  ///< null where no node comes or goes
    bool keeps_models = false;     ///< each node its latest one, for those that have lost theirs
    DeviceWatcher* device_watcher = nullptr;  ///< or null
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

    /// Records the start; to be called once, at time 0.
    void begin();
    /// Starts the protocol; to be called once, when the node is there for the first time.
    /// @param model  to start from; empty: the initial one
    void start(ModelHandle model = {});
    [[nodiscard]] bool has_started() const { return has_started_; }

    // The life of the node; `Presence` is changed before.

    /// Stops timers and work.
    void leave(bool loses_work);
    /// Goes on, with another model where there is one.
    void come_back(ModelHandle model);
    /// Tells the protocol that another node has left or is back.
    void see_leave(NodeId peer) { protocol_->on_peer_left(peer); }
    void see_return(NodeId peer) { protocol_->on_peer_returned(peer); }
    /// Takes a message that was cut off: the protocol learns of it at once, or, where this node has
    /// left, when it is back.
    void cut_off(const ns3::murmuration::Message& message);
    /// Asks another node for its model, and gives what it has.
    MessageId ask_for_model(NodeId peer);
    void give_model(NodeId peer);
    /// Returns the model that came in answer.
    [[nodiscard]] ModelHandle model_in(const ns3::murmuration::Message& message);
    /// Misses rounds that others have finished for it.
    void pass_over(std::uint64_t until) { miss_rounds(until); }
    /// Leaves for good: holds on to nothing that only a return would need.
    void leave_for_good();

    /// Hands a message that has arrived to the protocol.
    void deliver(const ns3::murmuration::Message& message);
    /// Tells the protocol that a message of this node was given up.
    void give_up(const ns3::murmuration::Message& message, const std::string& reason);
    [[nodiscard]] Device& device() { return device_; }

    [[nodiscard]] const ModelHandle& final_model() const { return final_model_; }
    /// Returns what the node is making of its model by training now, or else has trained or encoded
    /// last: what somebody who knows everything would see.  Asked where attackers look at models
    /// alone.
    [[nodiscard]] ModelHandle newest_model() const;
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
    [[nodiscard]] RandomStream shared_stream(std::string_view purpose,
                                             std::uint64_t round) const override;
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
    [[nodiscard]] std::int64_t steps_per_round() const override {
        return services_.learners.any().steps_per_call(std::ssize(partition_));
    }
    [[nodiscard]] double learning_rates(std::uint64_t round) const override;
    [[nodiscard]] std::vector<std::uint32_t> label_histogram() const override;
    void train(LocalWork work, std::function<void(TrainedModel)> done) override;
    void gradient(ModelHandle model, std::uint64_t round, ModelCallback done) override;
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
    [[nodiscard]] bool has_churn() const override { return services_.presence != nullptr; }
    [[nodiscard]] bool is_present(NodeId node) const override {
        return services_.presence == nullptr || services_.presence->is_present(node);
    }
    [[nodiscard]] bool takes_part(NodeId node, std::uint64_t round) const override {
        return services_.presence == nullptr || services_.presence->takes_part(node, round);
    }
    void watch(NodeId node) override;
    void stop_watching(NodeId node) override;
    void watch_all() override;
    void rejoin(std::span<const NodeId> peers) override;
    void take_part_from(std::uint64_t round) override;
    [[nodiscard]] bool may_lose_training(std::uint64_t round) const override;
    [[nodiscard]] bool may_lose_merge(std::size_t num_messages,
                                      std::uint64_t round) const override;
    void miss_rounds(std::uint64_t until) override;
    void drop_work() override;
    void restart_sharing(const ModelHandle& model) override;
    [[nodiscard]] bool sends_changes() const override {
        return services_.sharing.has_own_merge();
    }
    void count(std::string_view what) override { ++counts_[std::string(what)]; }
    void finish_round(ModelHandle model) override;
    void finish_round_of_all(ModelHandle model) override;

  private:
    /// Returns how many steps all trainings have taken that have begun, over or not.
    [[nodiscard]] std::uint64_t steps_begun() const;
    /// @param steps  taken before: what forgets an optimizer's state does not forget these
    [[nodiscard]] StateCell<TrainingState> new_training_state(std::uint64_t steps) const;
    /// @param start  null: a task will begin the state
    [[nodiscard]] SharingCell new_sharing_state(const Parameters& start) const;
    [[nodiscard]] Cost training_cost(const LocalWork& work) const;
    [[nodiscard]] Cost merge_cost(std::size_t num_messages, std::uint64_t round) const;
    /// Returns whether the node may leave before work is over that it asks for now.
    [[nodiscard]] bool may_lose(const Cost& cost) const;
    void run(Work work) override;
    void run_aside(Work work) override;
    void check_own_encoding() const override;
    /// Lets attackers see a model.
    void show(const ModelHandle& model);
    void when_made(const AnyHandle& value, std::function<void()> then) override;
    /// Says that a message has no receiver, or no sender, that is there.
    MessageId refuse(Outgoing message);
    void tell_lost(const Outgoing& message, std::string_view reason);
    /// Lets training and sharing remember nothing but that they begin here.
    void reset_states(const ModelHandle& model);
    /// Says of what this node does aside: it takes no simulated time.
    [[nodiscard]] TaskDescription aside() const;
    /// Returns what tests models on samples of this node that are drawn for a merge, for
    /// aggregators that ask for it.
    [[nodiscard]] std::function<LossOf(unsigned worker)> tester(std::uint64_t round) const;

    NodeId id_;
    RunServices services_;
    std::span<const std::int64_t> partition_;
    ModelHandle initial_;
    SharingRole role_;
    StateCell<TrainingState> training_state_;
    SharingCell sharing_state_;
    Device device_;
    Mailbox mailbox_;
    std::map<TimerId, ns3::EventId> timers_;  ///< those that have not run
    std::uint64_t next_timer_ = 0;
    std::uint64_t reads_ = 0;  ///< values that are being waited for

    Handle<double> train_loss_;  ///< of the latest training
    ModelHandle shown_;          ///< trained or encoded last; empty where no attacker looks
    Handle<double> messages_not_finite_;
    std::unique_ptr<Forger> forger_;  ///< of an attacker that forges; null otherwise
    std::map<std::string, std::uint64_t> counts_;
    ModelHandle final_model_;
    ModelHandle latest_model_;  ///< of `initial_` and the rounds since, where models are kept
    std::uint64_t finished_rounds_ = 0;
    bool has_started_ = false;
    std::vector<Outgoing> lost_;  ///< messages that its protocol learns of when it is back
    std::uint64_t rounds_missed_ = 0;
    std::uint64_t departures_ = 0;
    std::uint64_t messages_aborted_ = 0;
    std::uint64_t sends_refused_ = 0;
    std::uint64_t samples_learnt_ = 0;
    std::uint64_t steps_ = 0;  ///< of all trainings that are over, or were dropped
    std::unique_ptr<Protocol> protocol_;
};

}  // namespace murmur
