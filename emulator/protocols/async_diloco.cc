#include "emulator/protocols/async_diloco.h"

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

/// Returns the content of a message that is a vector as it is.
Encoded whole(const Parameters& vector) {
    return std::make_shared<const WholeModel>(vector);
}

}  // namespace

AsyncDilocoServer::AsyncDilocoServer(NodeContext& node, const Options& options)
    : Protocol(node), options_(options), outer_(node, options.outer) {}

void AsyncDilocoServer::on_start() {
    theta_ = node().initial_model();
    for (NodeId worker = 1; worker < node().num_nodes(); ++worker) {
        working_.insert(worker);
    }
}

void AsyncDilocoServer::on_message(const Incoming& message) {
    working_.erase(message.from);
    if (node().is_done()) {
        node().count("late_drifts");
        return;
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
                             give_model(arrivals);
                         });
        },
        std::move(drifts));
}

void AsyncDilocoServer::give_model(const std::map<NodeId, Arrival>& workers) {
    if (node().is_done()) {
        return;
    }
    const std::size_t size = node().num_parameters();
    for (const auto& [worker, arrival] : workers) {
        working_.insert(worker);
    }
    node().encode_with(
        {.round = node().round(),
         .values_read = size,
         .size = MessageSize{sizeof(float) * size, kWholeModelMetadataBytes}},
        [](const Parameters& theta) { return whole(theta); },
        [this, workers](const EncodedHandle& encoded) {
            for (const auto& [worker, arrival] : workers) {
                node().send({.to = worker,
                             .round = node().round(),
                             .content = encoded,
                             .note = make_note(kTheta)});
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

std::string AsyncDilocoServer::waits_for() const {
    return fmt::format("round {}: drifts of {} workers", node().round(), working_.size());
}

AsyncDilocoWorker::AsyncDilocoWorker(NodeContext& node, std::shared_ptr<const ValueCodec> codec)
    : Protocol(node), encoder_(std::make_shared<const WholeModelEncoder>(std::move(codec))) {}

void AsyncDilocoWorker::on_start() {
    work(node().initial_model(), 0);
}

void AsyncDilocoWorker::on_message(const Incoming& message) {
    const std::size_t size = node().num_parameters();
    node().compute({.kind = TaskKind::kMerge, .round = message.round, .values_read = size},
                   [](const Encoded& theta) {
                       return dynamic_cast<const WholeModel&>(*theta).parameters();
                   },
                   [this, version = message.round](ModelHandle theta) {
                       work(std::move(theta), version);
                   },
                   message.content);
}

void AsyncDilocoWorker::work(ModelHandle theta, std::uint64_t version) {
    if (node().is_done()) {
        return;
    }
    node().train(theta, trainings_++, [this, theta, version](TrainedModel trained) {
        const SharingContext context{
            .node = node().id(),
            .round = version,
            .stream_seed = node().stream("drift codec", trainings_)()};
        node().encode_with(
            {.round = version,
             .values_read = 2 * node().num_parameters(),
             .size = encoder_->message_size(node().num_parameters(), context)},
            [encoder = encoder_, context](const Parameters& before, const Parameters& after) {
                EncoderState stateless;
                return encoder->encode(stateless, drift_between(*before, *after), context);
            },
            [this, version](EncodedHandle drift) {
                node().send({.to = kServer,
                             .round = version,
                             .content = std::move(drift),
                             .note = make_note(kDrift)});
            },
            theta,
            std::move(trained.model));
    });
}

void AsyncDilocoWorker::on_send_failed(const Outgoing& /*message*/, const std::string& /*reason*/) {
    node().count("lost_drifts");
}

void register_async_diloco(ProtocolRegistry& registry) {
    std::vector<OptionForm> options = outer_optimizer_options();
    options.push_back(named("grace", "500ms", "how long the server waits after a first drift"));
    options.push_back(word("staleness", {"sqrt", "none"}, "factor of late drifts"));
    options.push_back(value_codec_option());
    registry.add({"async-diloco",
                  "node 0 is a server that steps along the drifts of whoever has come",
                  std::move(options)},
                 [](const Options& given, NodeId) {
                     const AsyncDilocoServer::Options options{
                         .outer = outer_optimizer(given),
                         .grace = time_option(given, "grace"),
                         .weighs_staleness = given.choice<bool>(
                             "staleness", {{"sqrt", true}, {"none", false}}),
                         .codec = value_codec(given)};
                     ProtocolPlan plan;
                     plan.make = [options](NodeContext& node) -> std::unique_ptr<Protocol> {
                         if (node.id() == kServer) {
                             return std::make_unique<AsyncDilocoServer>(node, options);
                         }
                         return std::make_unique<AsyncDilocoWorker>(node, options.codec);
                     };
                     plan.has_server = true;
                     plan.overlay = {.topology = "star", .weights = "uniform"};
                     plan.has_own_messages = true;
                     return plan;
                 });
}

}  // namespace murmur
