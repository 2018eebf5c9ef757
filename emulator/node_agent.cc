#include "emulator/node_agent.h"

#include "emulator/run_error.h"
#include "emulator/run_observer.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace murmur {

namespace {

/// What travels beside the bytes of a message.
struct Envelope {
    std::uint64_t round;
    EncodedHandle content;
};

std::size_t bytes_of(std::size_t num_parameters) {
    return num_parameters * sizeof(float);
}

}  // namespace

NodeAgent::NodeAgent(NodeId id,
                     RunServices services,
                     std::span<const std::int64_t> partition,
                     Parameters initial,
                     std::unique_ptr<Protocol> protocol)
    : id_(id),
      services_(services),
      partition_(partition),
      initial_(ModelHandle::ready(initial)),
      protocol_(std::move(protocol)),
      sharing_state_(services.sharing.initial_state(initial, SharingRole::kPeer)) {}

void NodeAgent::start() {
    services_.observer.observe(snapshot(), initial_);
    protocol_->on_start(*this);
}

const MixingMatrix::Row& NodeAgent::neighbors(std::uint64_t round) const {
    return services_.overlay.row(id_, round);
}

RandomStream NodeAgent::stream(std::string_view purpose, std::uint64_t round) const {
    return RandomStream(stream_seed(services_.seed, purpose, id_, round));
}

void NodeAgent::train(ModelHandle model, std::uint64_t round, ModelCallback done) {
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
    const EncodedHandle encoded = EncodedHandle::pending();
    const SharingContext context{
        .node = id_,
        .round = round,
        .degree = static_cast<std::uint32_t>(neighbors(round).neighbors.size()),
        .stream_seed = stream_seed(services_.seed, "sharing", id_, round)};
    Work work;
    work.spec = {.kind = TaskKind::kEncode, .node = id_, .after = {model.producer()}};
    work.spec.run = [this, model, encoded, context](unsigned) {
        encoded.set(services_.sharing.encode(*sharing_state_, model.value(), context));
    };
    work.job = {.kind = TaskKind::kEncode,
                .round = round,
                .parameters = services_.learners.any().num_parameters()};
    work.on_submit = [encoded](const TaskRef& task) { encoded.set_producer(task); };
    work.on_complete = [encoded, done = std::move(done)] { done(encoded); };
    enqueue(std::move(work));
}

void NodeAgent::merge(ModelHandle model,
                      double self_weight,
                      std::vector<WeightedModel> neighbors,
                      std::uint64_t round,
                      ModelCallback done) {
    const std::size_t num_parameters = services_.learners.any().num_parameters();
    const ModelHandle merged = ModelHandle::pending();
    Work work;
    work.spec = {.kind = TaskKind::kMerge,
                 .node = id_,
                 .output_bytes = bytes_of(num_parameters),
                 .after = {model.producer()}};
    for (const WeightedModel& neighbor : neighbors) {
        work.spec.after.push_back(neighbor.content.producer());
    }
    work.job = {.kind = TaskKind::kMerge,
                .round = round,
                .parameters = num_parameters * (neighbors.size() + 1)};
    work.spec.run = [this, model, self_weight, neighbors = std::move(neighbors), merged](unsigned) {
        std::vector<WeightedMessage> messages;
        messages.reserve(neighbors.size());
        for (const WeightedModel& neighbor : neighbors) {
            messages.push_back({neighbor.from, neighbor.weight, neighbor.content.value()});
        }
        merged.set(services_.sharing.merge(*sharing_state_, model.value(), self_weight, messages));
    };
    work.on_submit = [merged](const TaskRef& task) { merged.set_producer(task); };
    work.on_complete = [merged, done = std::move(done)] { done(merged); };
    enqueue(std::move(work));
}

void NodeAgent::enqueue(Work work) {
    work.job.node = id_;
    queue_.push_back(std::move(work));
    start_next();
}

void NodeAgent::start_next() {
    if (device_busy_ || queue_.empty()) {
        return;
    }
    Work work = std::move(queue_.front());
    queue_.pop_front();
    account();
    device_busy_ = true;
    work.job.sequence = sequence_[static_cast<std::size_t>(work.job.kind)]++;
    work.spec.start = now();
    // State of this node is touched by one task at a time, in simulated order.
    work.spec.after.push_back(last_task_);
    const auto complete =
        [this, job = work.job, on_complete = std::move(work.on_complete)](SimTime duration) {
            services_.trace.add(job, now() - duration, duration);
            account();
            device_busy_ = false;
            on_complete();
            start_next();
        };
    last_task_ = services_.bridge.run(std::move(work.spec), work.job, complete);
    work.on_submit(last_task_);
}

void NodeAgent::send(NodeId to, std::uint64_t round, EncodedHandle content) {
    const std::optional<MessageSize> fixed =
        services_.sharing.message_size(services_.learners.any().num_parameters());
    const std::uint64_t bytes = (fixed ? *fixed : services_.bridge.value(content)->size()).total();
    bytes_content_ += bytes;
    services_.transport.Send(
        id_, to, bytes, std::make_shared<const Envelope>(round, std::move(content)));
}

std::uint64_t NodeAgent::round_of(const ns3::murmuration::Message& message) {
    return std::static_pointer_cast<const Envelope>(message.content)->round;
}

void NodeAgent::deliver(const ns3::murmuration::Message& message) {
    const auto envelope = std::static_pointer_cast<const Envelope>(message.content);
    protocol_->on_message(*this, {message.from, envelope->round, envelope->content});
}

void NodeAgent::give_up(const ns3::murmuration::Message& message, const std::string& reason) {
    const auto envelope = std::static_pointer_cast<const Envelope>(message.content);
    protocol_->on_send_failed(*this, message.to, envelope->round, reason);
}

void NodeAgent::after(SimTime delay, std::function<void()> event) {
    Bridge::after(delay, std::move(event));
}

void NodeAgent::finish_round(std::uint64_t rounds, ModelHandle model) {
    finished_rounds_ = rounds;
    if (rounds == services_.num_rounds) {
        final_model_ = model;
    }
    services_.observer.observe(snapshot(), model);
}

Observation NodeAgent::snapshot() {
    account();
    Observation observation;
    observation.time = now();
    observation.node = id_;
    observation.rounds = finished_rounds_;
    observation.bytes_sent = services_.transport.GetBytesSent(id_);
    observation.bytes_received = services_.transport.GetBytesReceived(id_);
    observation.bytes_content = bytes_content_;
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
    if (device_busy_) {
        time_use_.compute += elapsed;
    } else if (in_transit_ > 0) {
        time_use_.communication += elapsed;
    } else {
        time_use_.idle += elapsed;
    }
}

}  // namespace murmur
