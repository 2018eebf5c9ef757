#include "emulator/protocols/async_diloco.h"

#include "emulator/protocols/federated.h"
#include "emulator/protocols/group_protocol.h"
#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace murmur {
namespace {

constexpr NodeId kServer = 0;
enum Kind : std::uint32_t { kTheta, kDrift };

/// Reads the number beside a theta or a drift; `otherwise` where there is none.
double read_number(const NotePtr& note, double otherwise) {
    if (!note || note->fields().empty()) {
        return otherwise;
    }
    NoteReader reader(*note, "async-diloco: a number of steps");
    const double number = reader.f64();
    reader.expect_end();
    return number;
}

/// Returns the content of a message that is a vector as it is.
Encoded whole(const Parameters& vector) {
    return std::make_shared<const WholeModel>(vector);
}

}  // namespace

AsyncDilocoServer::AsyncDilocoServer(NodeContext& node, const Options& options)
    : Protocol(node), options_(options), outer_(node, options.outer) {}

void AsyncDilocoServer::on_start() {
    theta_ = node().initial_model();
    watch_clients(node());
    for (const NodeId worker : clients_there(node())) {
        working_.insert(worker);
    }
}

void AsyncDilocoServer::on_message(const Incoming& message) {
    working_.erase(message.from);
    if (node().is_done()) {
        node().count("late_drifts");
        return;
    }
    if (options_.scales_steps) {
        speeds_[message.from] = read_number(message.note, 0);
    }
    // The round of a drift is the version of the theta that it began from.
    arrivals_[message.from] = {message.round, message.content};
    proceed();
}

void AsyncDilocoServer::proceed() {
    if (is_stepping_ || arrivals_.empty() || node().is_done()) {
        return;
    }
    if (working_.empty()) {
        step();
    } else if (!window_) {
        window_ = node().after(options_.grace, [this] { step(); });
    }
}

double AsyncDilocoServer::weight_of(const Arrival& arrival, std::size_t count) const {
    const double of_count = std::sqrt(static_cast<double>(count)) / static_cast<double>(count);
    const std::uint64_t staleness = node().round() - arrival.version;
    return options_.weighs_staleness ? of_count / std::sqrt(1 + static_cast<double>(staleness))
                                     : of_count;
}

double AsyncDilocoServer::share_of_steps(NodeId worker) const {
    double fastest = 0;
    for (const auto& [other, speed] : speeds_) {
        fastest = std::max(fastest, speed);
    }
    const auto own = speeds_.find(worker);
    return own == speeds_.end() || fastest <= 0 ? 1 : own->second / fastest;
}

void AsyncDilocoServer::step() {
    if (window_) {
        node().cancel(*std::exchange(window_, {}));
    }
    is_stepping_ = true;
    auto arrivals = std::exchange(arrivals_, {});
    std::vector<double> weights;
    std::vector<EncodedHandle> drifts;
    for (auto& [worker, arrival] : arrivals) {
        weights.push_back(weight_of(arrival, arrivals.size()));
        drifts.push_back(std::move(arrival.drift));
    }
    const std::size_t size = node().num_parameters();
    const auto sum = [weights = std::move(weights),
                      size,
                      encoder = std::make_shared<const WholeModelEncoder>(options_.codec)](
                         const std::vector<Encoded>& of_workers) {
        auto total = std::make_shared<ParameterVector>(size);
        std::ranges::fill(total->values(), 0.0F);
        for (std::size_t k = 0; k < of_workers.size(); ++k) {
            const ModelView drift = encoder->decode(*of_workers[k], size, kServer);
            const auto weight = static_cast<float>(weights[k]);
            for (std::size_t i = 0; i < size; ++i) {
                total->values()[i] += weight * drift.values()[i];
            }
        }
        return Parameters(std::move(total));
    };
    const std::uint64_t values_read = drifts.size() * size;
    node().compute(
        {.kind = TaskKind::kMerge, .round = node().round(), .values_read = values_read},
        sum,
        [this, arrivals = std::move(arrivals)](ModelHandle drift) {
            outer_.along(std::exchange(theta_, {}),
                         std::move(drift),
                         node().round(),
                         [this, arrivals](ModelHandle theta) {
                             theta_ = std::move(theta);
                             node().finish_round_of_all(theta_);
                             is_stepping_ = false;
                             std::set<NodeId> workers = std::exchange(returned_, {});
                             for (const auto& [worker, arrival] : arrivals) {
                                 workers.insert(worker);
                             }
                             give_model(workers);
                         });
        },
        std::move(drifts));
}

void AsyncDilocoServer::give_model(const std::set<NodeId>& workers) {
    if (node().is_done()) {
        return;
    }
    const std::size_t size = node().num_parameters();
    for (const NodeId worker : workers) {
        if (node().is_present(worker)) {
            working_.insert(worker);
        }
    }
    node().encode_with(
        {.round = node().round(),
         .values_read = size,
         .size = MessageSize{sizeof(float) * size, kWholeModelMetadataBytes}},
        [](const Parameters& theta) { return whole(theta); },
        [this, workers](const EncodedHandle& encoded) {
            for (const NodeId worker : workers) {
                NoteWriter note(kTheta);
                if (options_.scales_steps) {
                    note.f64(share_of_steps(worker));
                }
                node().send({.to = worker,
                             .round = node().round(),
                             .content = encoded,
                             .note = note.finish()});
            }
            proceed();
        },
        theta_);
}

void AsyncDilocoServer::on_send_failed(const Outgoing& message, const std::string& /*reason*/) {
    node().count("lost_models");
    working_.erase(message.to);
    proceed();
}

void AsyncDilocoServer::on_peer_left(NodeId peer) {
    returned_.erase(peer);
    working_.erase(peer);
    proceed();
}

void AsyncDilocoServer::on_peer_returned(NodeId peer) {
    if (is_stepping_) {
        returned_.insert(peer);
    } else if (!arrivals_.contains(peer)) {  // else it gets the theta of the next step
        give_model({peer});
    }
}

std::string AsyncDilocoServer::waits_for() const {
    return fmt::format("round {}: drifts of {} workers", node().round(), working_.size());
}

AsyncDilocoWorker::AsyncDilocoWorker(NodeContext& node,
                                     std::shared_ptr<const ValueCodec> codec,
                                     bool scales_steps)
    : Protocol(node),
      encoder_(std::make_shared<const WholeModelEncoder>(std::move(codec))),
      scales_steps_(scales_steps) {}

void AsyncDilocoWorker::on_start() {
    if (node().now() == SimTime(0)) {
        work(node().initial_model(), 0, 1);
    }  // else it has come late, and the server gives it a theta
}

void AsyncDilocoWorker::on_return(ModelHandle /*model*/) {
    node().drop_work();
}

void AsyncDilocoWorker::on_message(const Incoming& message) {
    const std::size_t size = node().num_parameters();
    node().compute(
        {.kind = TaskKind::kMerge, .round = message.round, .values_read = size},
        [](const Encoded& theta) { return dynamic_cast<const WholeModel&>(*theta).parameters(); },
        [this, version = message.round, share = read_number(message.note, 1)](ModelHandle theta) {
            work(std::move(theta), version, share);
        },
        message.content);
}

void AsyncDilocoWorker::work(ModelHandle theta, std::uint64_t version, double share_of_steps) {
    if (node().is_done()) {
        return;
    }
    LocalWork local{.model = theta, .round = trainings_++};
    const auto all = static_cast<double>(node().steps_per_round());
    const double steps = std::max(1.0, std::floor(share_of_steps * all));
    if (scales_steps_) {
        local.steps.count = static_cast<std::int64_t>(steps);
    }
    node().train(
        std::move(local),
        [this, theta, version, steps, start = node().now()](TrainedModel trained) {
            const double seconds = to_seconds(node().now() - start);
            send_drift(theta, std::move(trained.model), version, seconds > 0 ? steps / seconds : 0);
        });
}

void AsyncDilocoWorker::send_drift(ModelHandle theta,
                                   ModelHandle trained,
                                   std::uint64_t version,
                                   double steps_per_second) {
    const SharingContext context{.node = node().id(),
                                 .round = version,
                                 .stream_seed = node().stream("drift codec", trainings_)()};
    NoteWriter note(kDrift);
    if (scales_steps_) {
        note.f64(steps_per_second);
    }
    node().encode_with(
        {.round = version,
         .values_read = 2 * node().num_parameters(),
         .size = encoder_->message_size(node().num_parameters(), context)},
        [encoder = encoder_, context](const Parameters& before, const Parameters& after) {
            EncoderState stateless;
            return encoder->encode(stateless, drift_between(*before, *after), context);
        },
        [this, version, note = note.finish()](EncodedHandle drift) {
            node().send(
                {.to = kServer, .round = version, .content = std::move(drift), .note = note});
        },
        std::move(theta),
        std::move(trained));
}

void AsyncDilocoWorker::on_send_failed(const Outgoing& /*message*/, const std::string& /*reason*/) {
    node().count("lost_drifts");
}

void register_async_diloco(ProtocolRegistry& registry) {
    std::vector<OptionForm> options = outer_optimizer_options();
    options.push_back(named("grace", "500ms", "how long the server waits after a first drift"));
    options.push_back(word("staleness", {"sqrt", "none"}, "factor of late drifts"));
    options.push_back(word(
        "steps", {"fixed", "dylu"}, "of a worker's local work: H, or in proportion to its speed"));
    options.push_back(value_codec_option());
    registry.add(
        {"async-diloco",
         "node 0 is a server that steps along the drifts of whoever has come",
         std::move(options)},
        [](const Options& given, NodeId) {
            const AsyncDilocoServer::Options options{
                .outer = outer_optimizer(given),
                .grace = time_option(given, "grace"),
                .weighs_staleness =
                    given.choice<bool>("staleness", {{"sqrt", true}, {"none", false}}),
                .scales_steps = given.choice<bool>("steps", {{"fixed", false}, {"dylu", true}}),
                .codec = value_codec(given)};
            ProtocolPlan plan;
            plan.make = [options](NodeContext& node) -> std::unique_ptr<Protocol> {
                if (node.id() == kServer) {
                    return std::make_unique<AsyncDilocoServer>(node, options);
                }
                return std::make_unique<AsyncDilocoWorker>(
                    node, options.codec, options.scales_steps);
            };
            plan.has_server = true;
            plan.overlay = {.topology = "star", .weights = "uniform"};
            plan.has_own_messages = true;
            plan.lives_with_churn = true;
            return plan;
        });
}

}  // namespace murmur
