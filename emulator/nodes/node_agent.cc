#include "emulator/nodes/node_agent.h"

#include "emulator/base/run_error.h"
#include "emulator/record/run_observer.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>
#include <utility>

namespace murmur {

namespace {

/// What travels beside the bytes of a message.
struct Envelope {
    std::uint64_t round;
    EncodedHandle content;
    NotePtr note;
};

std::size_t bytes_of(std::size_t num_parameters) {
    return num_parameters * sizeof(float);
}

/// What was sent by a size known beforehand must have that size.
void check_size(const EncodedModel& made, const std::optional<MessageSize>& known) {
    if (known && made.size().total() != known->total()) {
        throw std::logic_error(fmt::format(
            "an encoding of {} bytes was sent as one of {}", made.size().total(), known->total()));
    }
}

}  // namespace

NodeAgent::NodeAgent(NodeSetup setup, RunServices services)
    : id_(setup.id),
      services_(services),
      partition_(setup.partition),
      initial_(ModelHandle::ready(setup.initial)),
      protocol_(std::move(setup.protocol)),
      sharing_state_(services.sharing.initial_state(setup.initial, setup.role)) {}

void NodeAgent::start() {
    services_.observer.observe(snapshot(), initial_);
    protocol_->on_start(*this);
}

const MixingMatrix::Row& NodeAgent::neighbors(std::uint64_t round) const {
    return neighbors_of(id_, round);
}

const MixingMatrix::Row& NodeAgent::neighbors_of(NodeId node, std::uint64_t round) const {
    services_.door.check_node(id_, node);
    return services_.overlay.row(node, round);
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

void NodeAgent::train(ModelHandle model, std::uint64_t round, ModelCallback done) {
    services_.door.check_model(id_, "train", model);
    const Learner& learner = services_.learners.any();
    const ModelHandle trained = ModelHandle::pending();
    const Handle<double> loss = Handle<double>::pending();
    Work work;
    work.spec = {.kind = TaskKind::kTrain,
                 .node = id_,
                 .output_bytes = bytes_of(learner.num_parameters()),
                 .after = {model.producer()}};
    work.spec.run = [this, model, trained, loss, round](unsigned worker) {
        const std::uint64_t shuffle = stream_seed(services_.seed, "shuffle", id_, round);
        TrainingResult result =
            services_.learners.of(worker).train(*model.value(), partition_, optimizer_, shuffle);
        if (result.steps > 0 && !std::isfinite(result.mean_loss)) {
            throw DivergedError(fmt::format(
                "the training loss of node {} is {} in round {}", id_, result.mean_loss, round));
        }
        loss.set(result.mean_loss);
        trained.set(std::move(result.parameters));
    };
    const auto samples = static_cast<std::int64_t>(partition_.size());
    work.job = {.kind = TaskKind::kTrain,
                .round = round,
                .samples = learner.samples_per_call(samples),
                .steps = learner.steps_per_call(samples)};
    work.on_submit = [trained, loss](const TaskRef& task) {
        trained.set_producer(task);
        loss.set_producer(task);
    };
    work.on_complete = [this, trained, loss, done = std::move(done)] {
        train_loss_ = loss;
        done(trained);
    };
    enqueue(std::move(work));
}

void NodeAgent::encode(ModelHandle model, std::uint64_t round, EncodedCallback done) {
    services_.door.check_model(id_, "encode", model);
    const std::size_t num_parameters = services_.learners.any().num_parameters();
    const SharingContext context{
        .node = id_,
        .round = round,
        .degree = static_cast<std::uint32_t>(neighbors(round).neighbors.size()),
        .stream_seed = stream_seed(services_.seed, "sharing", id_, round)};
    auto make = [this, context](const Parameters& trained) {
        return services_.sharing.encode(*sharing_state_, trained, context);
    };
    encode_with(std::move(model),
                round,
                {.size = services_.sharing.message_size(num_parameters, context),
                 .values_read = num_parameters,
                 .make = std::move(make)},
                std::move(done));
}

void NodeAgent::encode_with(ModelHandle model,
                            std::uint64_t round,
                            OwnEncoding encoding,
                            EncodedCallback done) {
    const EncodedHandle encoded = EncodedHandle::pending(encoding.size);
    Work work;
    work.spec = {.kind = TaskKind::kEncode, .node = id_};
    if (model) {
        work.spec.after = {model.producer()};
    }
    work.spec.run = [model, encoded, make = std::move(encoding.make)](unsigned) {
        std::shared_ptr<const EncodedModel> made = make(model ? model.value() : nullptr);
        check_size(*made, encoded.known_size());
        encoded.set(std::move(made));
    };
    work.job = {.kind = TaskKind::kEncode, .round = round, .parameters = encoding.values_read};
    work.on_submit = [encoded](const TaskRef& task) { encoded.set_producer(task); };
    work.on_complete = [encoded, done = std::move(done)] { done(encoded); };
    enqueue(std::move(work));
}

void NodeAgent::merge(ModelHandle model,
                      double self_weight,
                      std::vector<WeightedModel> neighbors,
                      std::uint64_t round,
                      ModelCallback done) {
    services_.door.check_model(id_, "merge", model);
    services_.door.check_contents(id_, neighbors);
    std::vector<TaskRef> after{model.producer()};
    for (const WeightedModel& neighbor : neighbors) {
        after.push_back(neighbor.content.producer());
    }
    const std::size_t num_models = neighbors.size() + 1;
    auto make = [this, model, self_weight, neighbors = std::move(neighbors)] {
        std::vector<WeightedMessage> messages;
        messages.reserve(neighbors.size());
        for (const WeightedModel& neighbor : neighbors) {
            messages.push_back({neighbor.from, neighbor.weight, neighbor.content.value()});
        }
        return services_.sharing.merge(*sharing_state_, model.value(), self_weight, messages);
    };
    combine(num_models * services_.learners.any().num_parameters(),
            std::move(after),
            round,
            std::move(make),
            std::move(done));
}

void NodeAgent::merge_with(ModelHandle model,
                           OwnMerge merge,
                           std::uint64_t round,
                           ModelCallback done) {
    services_.door.check_model(id_, "merge_with", model);
    std::vector<TaskRef> after{model.producer()};
    for (const EncodedHandle& content : merge.contents) {
        after.push_back(content.producer());
    }
    auto make = [model, contents = std::move(merge.contents), make = std::move(merge.make)] {
        std::vector<std::shared_ptr<const EncodedModel>> values;
        values.reserve(contents.size());
        for (const EncodedHandle& content : contents) {
            values.push_back(content.value());
        }
        return make(model.value(), values);
    };
    combine(merge.values_read, std::move(after), round, std::move(make), std::move(done));
}

void NodeAgent::apply_change(ModelHandle model,
                             Change change,
                             std::uint64_t round,
                             ModelCallback done) {
    for (const ModelHandle& handle : {model, change.before, change.after}) {
        services_.door.check_model(id_, "apply_change", handle);
    }
    auto make = [model, change, &layout = services_.learners.any().layout()] {
        return murmur::apply_change(
            *model.value(), *change.before.value(), *change.after.value(), layout);
    };
    combine(3 * services_.learners.any().num_parameters(),
            {model.producer(), change.before.producer(), change.after.producer()},
            round,
            std::move(make),
            std::move(done));
}

void NodeAgent::combine(std::uint64_t values_read,
                        std::vector<TaskRef> after,
                        std::uint64_t round,
                        std::function<Parameters()> make,
                        ModelCallback done) {
    const ModelHandle combined = ModelHandle::pending();
    Work work;
    work.spec = {.kind = TaskKind::kMerge,
                 .node = id_,
                 .output_bytes = bytes_of(services_.learners.any().num_parameters()),
                 .after = std::move(after)};
    work.spec.run = [combined, make = std::move(make)](unsigned) { combined.set(make()); };
    work.job = {.kind = TaskKind::kMerge, .round = round, .parameters = values_read};
    work.on_submit = [combined](const TaskRef& task) { combined.set_producer(task); };
    work.on_complete = [combined, done = std::move(done)] { done(combined); };
    enqueue(std::move(work));
}

NodeAgent::Lane& NodeAgent::lane_of(TaskKind kind) {
    return lanes_[services_.overlaps_training && kind != TaskKind::kTrain ? 1 : 0];
}

void NodeAgent::enqueue(Work work) {
    work.job.node = id_;
    Lane& lane = lane_of(work.job.kind);
    lane.queue.push_back(std::move(work));
    start_next(lane);
}

void NodeAgent::start_next(Lane& lane) {
    if (lane.is_busy || lane.queue.empty()) {
        return;
    }
    Work work = std::move(lane.queue.front());
    lane.queue.pop_front();
    account();
    lane.is_busy = true;
    work.job.sequence = sequence_[static_cast<std::size_t>(work.job.kind)]++;
    work.spec.start = now();
    // State of this node is touched by one task at a time, in simulated order.
    work.spec.after.push_back(lane.last_task);
    const auto complete =
        [this, &lane, job = work.job, on_complete = std::move(work.on_complete)](SimTime duration) {
            services_.trace.add(job, now() - duration, duration);
            account();
            lane.is_busy = false;
            on_complete();
            start_next(lane);
        };
    lane.last_task = services_.bridge.run(std::move(work.spec), work.job, complete);
    work.on_submit(lane.last_task);
}

void NodeAgent::send(NodeId to, std::uint64_t round, EncodedHandle content) {
    send_note(to, round, nullptr, std::move(content));
}

void NodeAgent::send_note(NodeId to, std::uint64_t round, NotePtr note, EncodedHandle content) {
    services_.door.check_receiver(id_, to);
    services_.door.check_content(id_, static_cast<bool>(content), note != nullptr);
    MessageSize size;
    if (content) {
        const std::optional<MessageSize>& known = content.known_size();
        size = known ? *known : services_.bridge.value(content)->size();
    }
    size.metadata += note ? note->size_bytes() : 0;
    sent_.values += size.values;
    sent_.metadata += size.metadata;
    services_.transport.Send(
        id_,
        to,
        size.total(),
        std::make_shared<const Envelope>(round, std::move(content), std::move(note)));
}

std::uint64_t NodeAgent::round_of(const ns3::murmuration::Message& message) {
    return std::static_pointer_cast<const Envelope>(message.content)->round;
}

void NodeAgent::deliver(const ns3::murmuration::Message& message) {
    const auto envelope = std::static_pointer_cast<const Envelope>(message.content);
    protocol_->on_message(*this,
                          {message.from, envelope->round, envelope->content, envelope->note});
}

void NodeAgent::give_up(const ns3::murmuration::Message& message, const std::string& reason) {
    const auto envelope = std::static_pointer_cast<const Envelope>(message.content);
    protocol_->on_send_failed(
        *this, {message.to, envelope->round, envelope->content, envelope->note}, reason);
}

void NodeAgent::after(SimTime delay, std::function<void()> event) {
    services_.door.check_delay(id_, delay);
    Bridge::after(delay, std::move(event));
}

void NodeAgent::finish_round(std::uint64_t rounds, ModelHandle model) {
    services_.door.check_round(id_, finished_rounds_, rounds);
    services_.door.check_model(id_, "finish_round", model);
    finished_rounds_ = rounds;
    if (rounds == services_.num_rounds) {
        final_model_ = model;
    }
    services_.observer.observe(snapshot(), model);
}

void NodeAgent::finish_round_of_all(std::uint64_t rounds, ModelHandle model) {
    for (const auto& agent : services_.agents) {
        agent->finish_round(rounds, model);
    }
}

Observation NodeAgent::snapshot() {
    account();
    Observation observation;
    observation.time = now();
    observation.node = id_;
    observation.rounds = finished_rounds_;
    observation.bytes_sent = services_.transport.GetBytesSent(id_);
    observation.bytes_received = services_.transport.GetBytesReceived(id_);
    observation.bytes_content = sent_.total();
    observation.bytes_metadata = sent_.metadata;
    observation.time_use = time_use_;
    observation.train_loss = train_loss_;
    return observation;
}

void NodeAgent::change_transit(int change) {
    account();
    in_transit_ += change;
}

void NodeAgent::account() {
    const SimTime elapsed = now() - accounted_until_;
    accounted_until_ += elapsed;
    if (device_is_busy()) {
        time_use_.compute += elapsed;
    } else if (in_transit_ > 0) {
        time_use_.communication += elapsed;
    } else {
        time_use_.idle += elapsed;
    }
}

}  // namespace murmur
