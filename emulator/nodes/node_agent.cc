#include "emulator/nodes/node_agent.h"

#include "emulator/base/run_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>

namespace murmur {

NodeAgent::NodeAgent(const NodeSetup& setup, const RunServices& services)
    : id_(setup.id),
      services_(services),
      partition_(setup.partition),
      initial_(services.bridge.graph().give(setup.id, setup.initial)),
      role_(setup.role),
      training_state_(new_training_state(0)),
      sharing_state_(
          new_sharing_state(services.bridge.graph().owns(setup.id) ? setup.initial : nullptr)),
      device_(setup.id,
              services.bridge,
              services.trace,
              services.overlaps_training,
              services.device_watcher),
      mailbox_(setup.id, services.bridge, services.transport),
      protocol_(setup.make_protocol(*this)) {
    if (services_.keeps_models) {
        latest_model_ = initial_;
    }
    if (services_.attackers.has(id_) && services_.attackers.attack->forges()) {
        forger_ = std::make_unique<Forger>(id_, services_, setup.initial);
    }
}

StateCell<TrainingState> NodeAgent::new_training_state(std::uint64_t steps) const {
    return {id_,
            "training",
            TrainingState{.steps = steps},
            [](const TrainingState& state, ByteSink& sink) { write_value(state, sink); },
            [learner = &services_.learners.any()](ByteSource& source) {
                return learner->read_state(source);
            }};
}

SharingCell NodeAgent::new_sharing_state(const Parameters& start) const {
    return sharing_cell(id_, "sharing", services_.sharing, start, role_);
}

void NodeAgent::begin() {
    services_.events.observe(snapshot(), initial_);
}

void NodeAgent::start(ModelHandle model) {
    has_started_ = true;
    if (model) {
        initial_ = std::move(model);
    }
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

double NodeAgent::learning_rates(std::uint64_t round) const {
    const auto steps = static_cast<std::uint64_t>(steps_per_round());
    if (services_.rate.is_constant()) {
        return services_.rate.rate(round, 0) * static_cast<double>(steps);
    }
    double sum = 0;
    for (std::uint64_t step = steps_ - std::min(steps, steps_); step < steps_; ++step) {
        sum += services_.rate.rate(round, step);
    }
    return sum;
}

RandomStream NodeAgent::stream(std::string_view purpose, std::uint64_t round) const {
    return RandomStream(stream_seed(services_.seed, purpose, id_, round));
}

RandomStream NodeAgent::shared_stream(std::string_view purpose, std::uint64_t round) const {
    return RandomStream(stream_seed(services_.seed, purpose, 0, round));
}

Cost NodeAgent::training_cost(const LocalWork& work) const {
    const Learner& learner = services_.learners.any();
    const auto samples = static_cast<std::int64_t>(partition_.size());
    const std::int64_t all_steps = learner.steps_per_call(samples);
    const std::int64_t first = std::min(work.steps.first, all_steps);
    return {.kind = TaskKind::kTrain,
            .round = work.round,
            .samples = learner.samples_of(samples, work.steps),
            .steps = std::min(work.steps.count, all_steps - first)};
}

Cost NodeAgent::merge_cost(std::size_t num_messages, std::uint64_t round) const {
    Cost cost{.kind = TaskKind::kMerge,
              .round = round,
              .values_read = (num_messages + 1) * num_parameters()};
    if (const TestingAggregator* const testing = services_.sharing.testing()) {
        const std::int64_t batch = std::min<std::int64_t>(testing->test_samples(), num_samples());
        cost.samples = batch * static_cast<std::int64_t>(testing->tests_of(num_messages));
    }
    return cost;
}

void NodeAgent::train(LocalWork work, std::function<void(TrainedModel)> done) {
    services_.door.check_model(id_, "train", work.model);
    const Cost cost = training_cost(work);
    const auto learn = [learners = &services_.learners,
                        partition = partition_,
                        seed = services_.seed,
                        node = id_,
                        attacks = services_.attackers.has(id_),
                        flips_labels = services_.attackers.has(id_) &&
                                       services_.attackers.attack->flips_labels(),
                        round = work.round,
                        steps = work.steps](unsigned worker,
                                            const Parameters& start,
                                            const std::vector<Parameters>& correction,
                                            TrainingState& state) {
        const TrainingContext context{
            .seed = seed,
            .node = node,
            .round = round,
            .correction = correction.empty() ? nullptr : correction.front().get(),
            .flips_labels = flips_labels,
            .steps = steps};
        TrainingResult result = learners->of(worker).train(*start, partition, state, context);
        // Where samples are drawn one by one, there may be none.  What becomes of an attacker's own
        // model ends no run.
        if (result.samples > 0 && !std::isfinite(result.mean_loss) && !attacks) {
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
        cost,
        learn,
        [this, cost, done = std::move(done)](ModelHandle trained, const Handle<double>& loss) {
            train_loss_ = loss;
            samples_learnt_ += static_cast<std::uint64_t>(cost.samples);
            steps_ += static_cast<std::uint64_t>(cost.steps);
            show(trained);
            done({std::move(trained), loss});
        },
        WorkerNumber{},
        std::move(work.model),
        std::move(corrections),
        training_state_);
}

void NodeAgent::gradient(ModelHandle model, std::uint64_t round, ModelCallback done) {
    services_.door.check_model(id_, "gradient", model);
    compute(
        {.kind = TaskKind::kTrain, .round = round, .samples = std::ssize(partition_), .steps = 0},
        [learners = &services_.learners,
         partition = partition_,
         context = TrainingContext{
             .seed = services_.seed,
             .node = id_,
             .round = round,
             .flips_labels = services_.attackers.has(id_) &&
                             services_.attackers.attack->flips_labels()}](unsigned worker,
                                                                          const Parameters& at) {
            return learners->of(worker).gradient(*at, partition, context);
        },
        std::move(done),
        WorkerNumber{},
        std::move(model));
}

void NodeAgent::check_own_encoding() const {
    services_.door.check_own_encoding(id_, forger_ != nullptr);
}

void NodeAgent::show(const ModelHandle& model) {
    if (services_.attackers.see_models()) {
        shown_ = model;
    }
}

void NodeAgent::encode(ModelHandle model, std::uint64_t round, EncodedCallback done) {
    services_.door.check_model(id_, "encode", model);
    show(model);
    const SharingContext context{
        .node = id_,
        .round = round,
        .degree = static_cast<std::uint32_t>(services_.overlay.row(id_, round).neighbors.size()),
        .stream_seed = stream_seed(services_.seed, "sharing", id_, round)};
    EncodedCallback then = std::move(done);
    if (forger_) {
        then = [this, model, context, done = std::move(then)](const EncodedHandle& encoded) {
            forger_->remember(encoded, model, context);
            done(encoded);
        };
    }
    make_encoding(
        {.round = round,
         .values_read = num_parameters(),
         .size = services_.sharing.message_size(num_parameters(), context)},
        [sharing = &services_.sharing, context](const Parameters& trained,
                                                std::unique_ptr<SharingState>& state) {
            return sharing->encode(*state, trained, context);
        },
        std::move(then),
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
    // Before the contents are moved: the order in which arguments are made is not known.
    const Cost cost = merge_cost(contents.size(), round);
    compute(
        cost,
        [sharing = &services_.sharing,
         self_weight,
         messages = std::move(messages),
         loss_of = tester(round)](unsigned worker,
                                  const Parameters& own,
                                  const std::vector<Encoded>& received,
                                  std::unique_ptr<SharingState>& state) mutable {
            for (std::size_t i = 0; i < received.size(); ++i) {
                messages[i].message = received[i];
            }
            Parameters merged = sharing->merge(*state, own, self_weight, messages, loss_of(worker));
            return std::pair(std::move(merged), static_cast<double>(state->messages_not_finite()));
        },
        [this, done = std::move(done)](ModelHandle merged, Handle<double> not_finite) {
            messages_not_finite_ = std::move(not_finite);
            done(std::move(merged));
        },
        WorkerNumber{},
        std::move(model),
        std::move(contents),
        sharing_state_);
}

std::function<LossOf(unsigned worker)> NodeAgent::tester(std::uint64_t round) const {
    const TestingAggregator* const testing = services_.sharing.testing();
    if (testing == nullptr) {
        return [](unsigned) { return LossOf(); };
    }
    return
        [learners = &services_.learners,
         partition = partition_,
         count = static_cast<std::size_t>(testing->test_samples()),
         seed = stream_seed(services_.seed, "merge-test", id_, round)](unsigned worker) -> LossOf {
            std::vector<std::int64_t> samples(partition.begin(), partition.end());
            RandomStream(seed).shuffle(std::span(samples));
            samples.resize(std::min(count, samples.size()));
            return [learner = &learners->of(worker),
                    samples = std::move(samples)](const Parameters& model) {
                return learner->evaluate(*model, DataPart::kTraining, samples).loss;
            };
        };
}

ModelHandle NodeAgent::newest_model() const {
    for (const Device::Running& running : device_.running()) {
        if (running.task.cost.steps > 0) {
            return ModelHandle::of(running.output);
        }
    }
    return shown_ ? shown_ : initial_;
}

void NodeAgent::run(Work work) {
    services_.door.check_inputs(id_, work.has_inputs);
    device_.run(std::move(work));
}

void NodeAgent::run_aside(Work work) {
    services_.door.check_inputs(id_, work.has_inputs);
    services_.bridge.run_aside(aside(), work);
}

MessageId NodeAgent::send(Outgoing message) {
    services_.door.check_receiver(id_, message.to);
    services_.door.check_content(id_, bool{message.content}, message.note != nullptr);
    if (forger_ && message.content) {
        // Also of what is refused: it may be sent again when the forger knows nothing of it any more.
        message.content = forger_->forged(message.content, message.to);
    }
    if (services_.presence != nullptr) {
        if (message.content) {
            services_.presence->note_sent(id_, message.round);
        }
        if (!is_present(id_) || !is_present(message.to)) {
            return refuse(std::move(message));
        }
    }
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
    services_.bridge.graph().bring_to_all(value);
    Bridge::after(SimTime(0), [this, value, then = std::move(then)] {
        --reads_;
        services_.bridge.graph().wait(value);
        then();
    });
}

void NodeAgent::finish_round(ModelHandle model) {
    services_.door.check_round(id_, finished_rounds_);
    services_.door.check_model(id_, "finish_round", model);
    if (services_.keeps_models) {
        latest_model_ = model;
    }
    if (++finished_rounds_ == services_.num_rounds) {
        final_model_ = model;
    }
    services_.events.observe(snapshot(), model);
}

void NodeAgent::finish_round_of_all(ModelHandle model) {
    for (const auto& agent : services_.agents) {
        if (is_present(agent->id())) {
            agent->finish_round(model);
        } else {
            agent->miss_rounds(agent->round() + 1);
        }
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
    observation.samples = samples_learnt_;
    const Dataset& data = services_.train_data;
    if (const std::int64_t tokens = data.goal().tokens_per_sample(data); tokens > 0) {
        observation.tokens = samples_learnt_ * static_cast<std::uint64_t>(tokens);
    }
    observation.time_use = device_.time_use();
    observation.rounds_missed = rounds_missed_;
    observation.departures = departures_;
    observation.messages_aborted = messages_aborted_;
    observation.sends_refused = sends_refused_;
    observation.is_attacker = services_.attackers.has(id_);
    observation.counts = counts_;
    observation.messages_not_finite = messages_not_finite_;
    observation.train_loss = train_loss_;
    return observation;
}

}  // namespace murmur
