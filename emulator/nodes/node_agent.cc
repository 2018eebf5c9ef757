#include "emulator/nodes/node_agent.h"

#include "emulator/base/run_error.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>
#include <utility>

namespace murmur {

NodeAgent::NodeAgent(const NodeSetup& setup, const RunServices& services)
    : id_(setup.id),
      services_(services),
      partition_(setup.partition),
      initial_(services.bridge.graph().give(setup.id, setup.initial)),
      training_state_(
          setup.id,
          "training",
          TrainingState{},
          [](const TrainingState& state, ByteSink& sink) { write_value(state, sink); },
          [learner = &services.learners.any()](ByteSource& source) {
              return learner->read_state(source);
          }),
      sharing_state_(
          setup.id,
          "sharing",
          services.sharing.initial_state(setup.initial, setup.role),
          [](const std::unique_ptr<SharingState>& state, ByteSink& sink) { state->write(sink); },
          [sharing = &services.sharing](ByteSource& source) {
              return sharing->read_state(source);
          }),
      device_(setup.id, services.bridge, services.trace, services.overlaps_training),
      mailbox_(setup.id, services.bridge, services.transport),
      protocol_(setup.make_protocol(*this)) {}

void NodeAgent::start() {
    services_.events.observe(snapshot(), initial_);
    protocol_->on_start();
}

Neighbors NodeAgent::neighbors_of(NodeId node, std::uint64_t round) const {
    services_.door.check_node(id_, node);
    return services_.overlay.neighbors(node, round);
}

std::vector<std::uint32_t> NodeAgent::label_histogram() const {
    const std::span<const std::int64_t> labels = services_.train_data.labels();
    if (labels.empty()) {
        return {};
    }
    std::vector<std::uint32_t> histogram(
        static_cast<std::size_t>(services_.train_data.num_classes()));
    for (const std::int64_t sample : partition_) {
        ++histogram[static_cast<std::size_t>(labels[static_cast<std::size_t>(sample)])];
    }
    return histogram;
}

RandomStream NodeAgent::stream(std::string_view purpose, std::uint64_t round) const {
    return RandomStream(stream_seed(services_.seed, purpose, id_, round));
}

void NodeAgent::train(LocalWork work, std::function<void(TrainedModel)> done) {
    services_.door.check_model(id_, "train", work.model);
    const Learner& learner = services_.learners.any();
    const auto samples = static_cast<std::int64_t>(partition_.size());
    const auto learn = [learners = &services_.learners,
                        partition = partition_,
                        seed = services_.seed,
                        node = id_,
                        round = work.round](unsigned worker,
                                            const Parameters& start,
                                            const std::vector<Parameters>& correction,
                                            TrainingState& state) {
        const TrainingContext context{
            .seed = seed,
            .node = node,
            .round = round,
            .correction = correction.empty() ? nullptr : correction.front().get()};
        TrainingResult result = learners->of(worker).train(*start, partition, state, context);
        // Where samples are drawn one by one, there may be none.
        if (result.samples > 0 && !std::isfinite(result.mean_loss)) {
            throw DivergedError(fmt::format(
                "the training loss of node {} is {} in round {}", node, result.mean_loss, round));
        }
        return std::pair(std::move(result.parameters), result.mean_loss);
    };
    std::vector<ModelHandle> corrections;  // one, or none
    if (work.correction) {
        corrections.push_back(std::move(work.correction));
    }
    compute(
        {.kind = TaskKind::kTrain,
         .round = work.round,
         .samples = learner.samples_per_call(samples),
         .steps = learner.steps_per_call(samples)},
        learn,
        [this, steps = learner.steps_per_call(samples), done = std::move(done)](
            ModelHandle trained, const Handle<double>& loss) {
            train_loss_ = loss;
            steps_ += static_cast<std::uint64_t>(steps);
            done({std::move(trained), loss});
        },
        WorkerNumber{},
        std::move(work.model),
        std::move(corrections),
        training_state_);
}

void NodeAgent::encode(ModelHandle model, std::uint64_t round, EncodedCallback done) {
    services_.door.check_model(id_, "encode", model);
    const SharingContext context{
        .node = id_,
        .round = round,
        .degree = static_cast<std::uint32_t>(services_.overlay.row(id_, round).neighbors.size()),
        .stream_seed = stream_seed(services_.seed, "sharing", id_, round)};
    encode_with(
        {.round = round,
         .values_read = num_parameters(),
         .size = services_.sharing.message_size(num_parameters(), context)},
        [sharing = &services_.sharing, context](const Parameters& trained,
                                                std::unique_ptr<SharingState>& state) {
            return sharing->encode(*state, trained, context);
        },
        std::move(done),
        std::move(model),
        sharing_state_);
}

void NodeAgent::merge(ModelHandle model,
                      double self_weight,
                      std::vector<WeightedModel> neighbors,
                      std::uint64_t round,
                      ModelCallback done) {
    services_.door.check_model(id_, "merge", model);
    services_.door.check_contents(id_, neighbors);
    std::vector<EncodedHandle> contents;
    std::vector<WeightedMessage> messages;
    contents.reserve(neighbors.size());
    messages.reserve(neighbors.size());
    for (WeightedModel& neighbor : neighbors) {
        messages.push_back({neighbor.from, neighbor.weight, nullptr});
        contents.push_back(std::move(neighbor.content));
    }
    // Before `contents` are moved: the order in which arguments are made is not known.
    const std::uint64_t values_read = (contents.size() + 1) * num_parameters();
    compute(
        {.kind = TaskKind::kMerge, .round = round, .values_read = values_read},
        [sharing = &services_.sharing, self_weight, messages = std::move(messages)](
            const Parameters& own,
            const std::vector<Encoded>& received,
            std::unique_ptr<SharingState>& state) mutable {
            for (std::size_t i = 0; i < received.size(); ++i) {
                messages[i].message = received[i];
            }
            return sharing->merge(*state, own, self_weight, messages);
        },
        std::move(done),
        std::move(model),
        std::move(contents),
        sharing_state_);
}

void NodeAgent::run(Work work) {
    services_.door.check_inputs(id_, work.has_inputs);
    device_.run(std::move(work));
}

MessageId NodeAgent::send(Outgoing message) {
    services_.door.check_receiver(id_, message.to);
    services_.door.check_content(id_, bool{message.content}, message.note != nullptr);
    return mailbox_.send(std::move(message));
}

void NodeAgent::deliver(const ns3::murmuration::Message& message) {
    protocol_->on_message(Mailbox::incoming(message));
}

void NodeAgent::give_up(const ns3::murmuration::Message& message, const std::string& reason) {
    protocol_->on_send_failed(Mailbox::outgoing(message), reason);
}

TimerId NodeAgent::after(SimTime delay, std::function<void()> event) {
    services_.door.check_delay(id_, delay);
    const TimerId timer{next_timer_++};
    timers_[timer] = Bridge::after(delay, [this, timer, event = std::move(event)] {
        timers_.erase(timer);
        event();
    });
    return timer;
}

void NodeAgent::cancel(TimerId timer) {
    const auto found = timers_.find(timer);
    if (found != timers_.end()) {
        found->second.Cancel();
        timers_.erase(found);
    }
}

void NodeAgent::when_made(const AnyHandle& value, std::function<void()> then) {
    services_.door.check_value(id_, "read", value);
    // An event, not at once: what else is due now gets its work to the workers before the wait.
    ++reads_;
    Bridge::after(SimTime(0), [this, value, then = std::move(then)] {
        --reads_;
        services_.bridge.graph().wait(value);
        then();
    });
}

void NodeAgent::finish_round(ModelHandle model) {
    services_.door.check_round(id_, finished_rounds_);
    services_.door.check_model(id_, "finish_round", model);
    if (++finished_rounds_ == services_.num_rounds) {
        final_model_ = model;
    }
    services_.events.observe(snapshot(), model);
}

void NodeAgent::finish_round_of_all(ModelHandle model) {
    for (const auto& agent : services_.agents) {
        agent->finish_round(model);
    }
}

Observation NodeAgent::snapshot() {
    Observation observation;
    observation.time = now();
    observation.node = id_;
    observation.rounds = finished_rounds_;
    observation.bytes_sent = mailbox_.bytes_sent();
    observation.bytes_received = mailbox_.bytes_received();
    observation.bytes_content = mailbox_.sent().total();
    observation.bytes_metadata = mailbox_.sent().metadata;
    observation.steps = steps_;
    observation.time_use = device_.time_use();
    observation.counts = counts_;
    observation.train_loss = train_loss_;
    return observation;
}

}  // namespace murmur
